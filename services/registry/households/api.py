"""Endpoints on households."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.households import service
from services.registry.households.schemas import HouseholdReply
from services.registry.people.api import ReaderDep
from services.registry.people.schemas import person_reply
from shared.clock import business_date
from shared.fields import Day
from shared.http import NowDep, SessionDep, new_router

router = new_router("/v1/households", "户", "registry:read")


@router.get("/{household_id}")
async def get_household(
    household_id: UUID,
    session: SessionDep,
    reader: ReaderDep,
    now: NowDep,
    on: Annotated[Day | None, Query(description="哪一天的成员，默认为今天")] = None,
) -> HouseholdReply:
    """一户及其某日的成员，户主在前；个人信息的显示同人员查找。"""
    day = on or business_date(now)
    household, members = await service.household_on(session, household_id, day, reader)
    return HouseholdReply(
        household_id=household.id,
        household_no=household.household_no,
        division_code=household.division_code,
        household_class=household.household_class,
        version=household.version,
        updated_at=household.updated_at,
        on=day,
        members=[person_reply(member) for member in members],
    )
