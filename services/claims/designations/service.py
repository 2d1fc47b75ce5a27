"""Stating for which disease programmes a provider is designated."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage.insured import Held, held_of
from services.claims.designations import repository
from services.claims.designations.problems import (
    DESIGNATION_DATES,
    DESIGNATIONS_OVERLAP,
    UNKNOWN_PROGRAMME,
)
from services.claims.designations.repository import Change
from services.claims.designations.rules import known_programme, overlapping
from services.claims.designations.schemas import Designation, DesignationReply, DesignationsReply
from services.claims.problems import OUTSIDE_JURISDICTION
from services.claims.readjudication import due
from services.claims.settlements.policies import Policies
from shared import logs, versions
from shared.auth import Caller
from shared.clock import Clock
from shared.db import Sessions
from shared.problems import NOT_FOUND, Problem

EVERY_SECONDS: Final = 30
SETTLED_DOWN: Final = timedelta(minutes=2)
"""Longer than the server lets any statement run or wait."""
ON_THEIR_WAY: Final = timedelta(seconds=30)
"""Bills that came so shortly after a change may have been decided by the list before."""
_AT_ONCE = 100
_log = logs.get(__name__)


async def get(session: AsyncSession, policies: Policies, facility_code: str) -> DesignationsReply:
    """A provider's designations, or a problem when there is no such provider."""
    return _reply(await _present(session, facility_code), policies)


async def put(
    session: AsyncSession,
    policies: Policies,
    caller: Caller,
    facility_code: str,
    body: Sequence[Designation],
    read: int | None,
    now: datetime,
) -> DesignationsReply:
    """State the whole list of a provider of the caller's jurisdiction; the same list again changes nothing.

    Whose visit lies on days for which the list says something else than before is due to be worked out anew:
    at once who is insured in the caller's jurisdiction, everybody else by ``follow_up``.
    """
    stored = await _present(session, facility_code)
    if not caller.governs(stored.division_code):
        raise Problem(OUTSIDE_JURISDICTION, division_code=stored.division_code)
    before = held_of(stored.programmes)
    stated = sorted(_checked(body, policies))
    if stored.version and stated == sorted(before):
        return _reply(stored, policies)
    versions.check(stored.version or None, read)
    days = due.changed_days(before, stated)
    change = Change(facility_code, stored.division_code, stored.version, caller.subject, now)
    if await repository.replace(session, change, stated, days) is None:
        # Somebody else was faster, and has committed since we looked.
        versions.check((await _present(session, facility_code)).version, read)
        raise RuntimeError("designations that could not be written have the version that was asked for")
    await due.after_designation(session, facility_code, days, now, now)
    return await get(session, policies, facility_code)


async def follow_up(sessions: Sessions, clock: Clock) -> None:
    """A second look at changed designations, some minutes later.

    Finds patients of other jurisdictions than that of whoever stated the list, and bills on their way then.
    """
    now = clock.now()
    async with sessions.begin() as session:
        rows = await repository.to_follow_up(session, now - SETTLED_DOWN, _AT_ONCE)
        for row in rows:
            days = [(row.first_day, row.end_day)]
            await due.after_designation(session, row.facility_code, days, row.recorded_at + ON_THEIR_WAY, now)
            await repository.followed_up(session, row, now)
    if rows:
        _log.info("changed designations followed up", changes=len(rows))


async def _present(session: AsyncSession, facility_code: str) -> Row[Any]:
    found = await repository.get(session, facility_code)
    if found is None:
        raise Problem(NOT_FOUND)
    return found


def _checked(body: Sequence[Designation], policies: Policies) -> list[Held]:
    stated = []
    for place, each in enumerate(body):
        if each.valid_to is not None and each.valid_to <= each.valid_from:
            raise Problem(
                DESIGNATION_DATES,
                pointer=f"/programmes/{place}/valid_to",
                programme=each.programme,
                valid_from=each.valid_from.isoformat(),
                valid_to=each.valid_to.isoformat(),
            )
        end = each.valid_to.isoformat() if each.valid_to else None
        stated.append(Held(each.programme, each.valid_from.isoformat(), end))
        if not known_programme(policies.books(), stated[-1]):
            raise Problem(
                UNKNOWN_PROGRAMME, pointer=f"/programmes/{place}/programme", programme=each.programme
            )
    twice = overlapping(stated)
    if twice is not None:
        raise Problem(DESIGNATIONS_OVERLAP, pointer=f"/programmes/{twice}", programme=stated[twice].name)
    return stated


def _reply(stored: Row[Any], policies: Policies) -> DesignationsReply:
    titles = {
        programme.id: programme.title
        for book in policies.books()
        for version in book.versions
        for programme in version.programmes
    }
    return DesignationsReply(
        facility_code=stored.facility_code,
        programmes=[
            DesignationReply(
                programme=held.name,
                title=titles.get(held.name),
                valid_from=held.valid_from,
                valid_to=held.valid_to,
            )
            for held in held_of(stored.programmes)
        ],
        version=stored.version,
    )
