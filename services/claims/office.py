"""An agency's office: who acts there, when, by which policies, in which transaction. Hospitals have none."""

from datetime import date, datetime
from typing import Annotated, NamedTuple

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.problems import AGENCY_ONLY
from services.claims.settlements.desk import DeskDep
from services.claims.settlements.policies import Policies
from services.claims.settlements.settle import Desk
from shared.auth import Caller
from shared.clock import business_date
from shared.http import CallerDep, NowDep, SessionDep
from shared.problems import Problem


class Office(NamedTuple):
    """Who acts, when, by which policies and keys, in which transaction."""

    session: AsyncSession
    desk: Desk
    caller: Caller
    now: datetime

    @property
    def policies(self) -> Policies:
        """The packs now in force."""
        return self.desk.policies

    @property
    def today(self) -> date:
        """The business day."""
        return business_date(self.now)


def agency_only(caller: Caller) -> None:
    """Problem for a provider's token: agencies and supervisors alone may do or see this."""
    if caller.facility is not None:
        raise Problem(AGENCY_ONLY)


async def _agency(caller: CallerDep) -> Caller:
    agency_only(caller)
    return caller


ONLY_AGENCIES = Depends(_agency)
AgencyDep = Annotated[Caller, ONLY_AGENCIES]
"""The caller, who is no hospital."""


async def _office(session: SessionDep, desk: DeskDep, caller: AgencyDep, now: NowDep) -> Office:
    return Office(session, desk, caller, now)


OfficeDep = Annotated[Office, Depends(_office)]
