"""Endpoints on eligibility."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request

from services.registry.eligibility import service
from services.registry.eligibility.schemas import CheckReply, CheckRequest, EligibilityReply
from services.registry.eligibility.service import Moment
from shared.clock import business_date
from shared.fields import Day, Instant
from shared.http import NowDep, SessionDep, new_router

router = new_router("/v1", "待遇资格", "registry:read")


@router.get("/persons/{person_id}/eligibility")
async def get_eligibility(
    person_id: UUID,
    session: SessionDep,
    now: NowDep,
    on: Annotated[Day | None, Query(description="哪一天，默认为今天")] = None,
    as_known_at: Annotated[Instant | None, Query(description="以哪一时刻所知为准，默认为现在")] = None,
) -> EligibilityReply:
    """一人某日的参保、身份类别与监测对象类别，以某一时刻系统所知为准。"""
    moment = Moment(on or business_date(now), as_known_at, now)
    return await service.eligibility(session, person_id, moment)


@router.post("/eligibility:check")
async def check_eligibility(
    body: CheckRequest, request: Request, session: SessionDep, now: NowDep
) -> CheckReply:
    """最多 1,000 人某日的资格，按人员编号（person_id）或证件号码；逐人给出结果或原因代码。"""
    moment = Moment(body.on or business_date(now), body.as_known_at, now)
    index = request.app.state.blind_index
    return CheckReply(items=await service.check(session, body.people, moment, index))
