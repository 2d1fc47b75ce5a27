"""Whose year is to be worked out anew, and why. Each function may run twice: nobody is due twice."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage.insured import Held
from services.claims.readjudication import due_repository as repository
from services.claims.readjudication.due_repository import Change
from shared.db import raw

REVERSAL, FACTS, PACK, STALE, REQUEST = "reversal", "facts", "pack", "stale", "request"
DESIGNATION = "designation"
"""Reasons: an earlier settlement was reversed, a fact about the person turned out different, a pack did, what
was proposed is outdated, somebody asked, a provider's designation turned out different."""

ALWAYS, NEVER = date(1, 1, 1), date(9999, 12, 31)


async def after_reversal(
    session: AsyncSession, person_id: UUID, year: int, settlement_id: UUID, now: datetime
) -> None:
    """The rest of a year in which a settlement is reversed; nobody is due where nothing is left."""
    await repository.add_if_settled(await raw(session), person_id, year, settlement_id, REVERSAL, now)


async def after_changes(session: AsyncSession, changes: Sequence[Change], now: datetime) -> None:
    """The years of people in which a visit lies on days whose facts turned out different."""
    if changes:
        await repository.add_changed(await raw(session), changes, FACTS, now)


async def after_designation(
    session: AsyncSession,
    facility_code: str,
    days: Sequence[tuple[date, date]],
    settled_until: datetime,
    now: datetime,
) -> None:
    """The years with a visit to a provider on days for which it is designated otherwise than before.

    Visits settled after ``settled_until`` were decided by the designation of now.
    """
    if days:
        await repository.add_designated(
            await raw(session), facility_code, days, settled_until, DESIGNATION, now
        )


async def due_after_pack(
    session: AsyncSession,
    pack: str,
    effective_from: date,
    until: date | None,
    jurisdiction: str,
    now: datetime,
) -> int:
    """Everybody with a visit that a corrected pack version may govern; how many person-years became due.

    ``effective_from`` to ``until`` (exclusive, ``None`` for open) is when the version is in force in a
    jurisdiction (division prefix). A visit counts when any of its days lies there, whichever of them governs.
    """
    reason = f"{PACK}:{pack}@{effective_from.isoformat()}"
    return await repository.add_in_force(await raw(session), effective_from, until, jurisdiction, reason, now)


async def left_behind(
    session: AsyncSession,
    pack: str,
    version: str,
    days: tuple[date, date | None],
    jurisdiction: str,
    now: datetime,
) -> int:
    """Everybody who has a visit on a version's days that now stands by another version of the pack.

    Also visits that another version rightly governs; working those out anew changes nothing.
    """
    reason = f"{PACK}:{pack}@{days[0].isoformat()}"
    connection = await raw(session)
    return await repository.add_left_behind(connection, (pack, version), days, jurisdiction, reason, now)


def changed_days(before: Sequence[Held], after: Sequence[Held]) -> list[tuple[date, date]]:
    """Stretches of days (the end exclusive) on which what is held differs. Pure."""
    edges = {held.valid_from for held in (*before, *after)}
    edges |= {held.valid_to for held in (*before, *after) if held.valid_to is not None}
    stretches = []
    for start, end in pairwise([*sorted(edges), NEVER.isoformat()]):
        was = {held.name for held in before if held.on(start)}
        if was != {held.name for held in after if held.on(start)}:
            stretches.append((date.fromisoformat(start), date.fromisoformat(end)))
    return stretches
