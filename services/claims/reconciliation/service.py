"""Reconciling a provider's calendar days (China) with what we have. The edge commits.

``totals`` and ``details`` compare and write nothing; ``run`` compares and keeps the result as a document.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.closing.service import instants, open_days
from services.claims.coverage.insured import RESIDENT
from services.claims.reconciliation import repository
from services.claims.reconciliation.problems import DAY_NOT_CLOSED, PERIOD_INVALID, TOO_MANY_TO_RECONCILE
from services.claims.reconciliation.repository import Period
from services.claims.reconciliation.rules import (
    Amounts,
    Difference,
    Ours,
    Theirs,
    Totals,
    compare_lines,
    unmatched,
)
from shared.problems import Problem

MAX_LINES: Final = 20_000
MAX_DAYS: Final = 92
_TOLD_DAYS: Final = 10
_LOOK_BACK = timedelta(days=400)


class Selection(NamedTuple):
    """Which settlements count; ``None`` does not restrict.

    ``visit_types`` are ours (``inpatient`` …), the clearing kinds of an outside interface are translated to
    them. ``county_code`` is the county whose funds pay. ``scheme`` is the insurance: everything settled here
    belongs to the resident scheme, so any other finds nothing.
    """

    visit_types: tuple[str, ...] | None = None
    county_code: str | None = None
    scheme: str | None = None


EVERYTHING: Final = Selection()
NOTHING: Final = Totals(0, Amounts(0, 0))


async def check_closed(session: AsyncSession, facility_code: str, first_day: date, last_day: date) -> None:
    """Refuse a period that is too long, out of order, or holds a day that is not closed."""
    if not timedelta(0) <= last_day - first_day < timedelta(days=MAX_DAYS):
        raise Problem(PERIOD_INVALID, first_day=first_day, last_day=last_day, limit=MAX_DAYS)
    days = await open_days(session, facility_code, first_day, last_day)
    if days:
        told = "、".join(str(day) for day in days[:_TOLD_DAYS]) + ("…" if days[_TOLD_DAYS:] else "")
        raise Problem(DAY_NOT_CLOSED, count=len(days), days=told)


async def totals(
    session: AsyncSession,
    facility_code: str,
    first_day: date,
    last_day: date,
    *,
    refunds: bool,
    selection: Selection = EVERYTHING,
    closed: bool = False,
) -> Totals:
    """Our totals of the settlements (or, with ``refunds``, the reversals) of a period, both days included.

    A settlement counts on the day on which it was settled, with the amounts that were answered then, also
    when it was reversed or adjusted later; a reversal on the day on which it was made. The fund's amount is
    the bill without the person's and the provider's own parts. Nothing goes through personal accounts here.
    Raises the Problem of a period that is not closed, or no period, unless the caller has seen to that.
    """
    if not closed:
        await check_closed(session, facility_code, first_day, last_day)
    if selection.scheme not in (None, RESIDENT):
        return NOTHING
    period = _period(facility_code, first_day, last_day, selection)
    return await repository.totals(session, period, refunds=refunds)


async def details(
    session: AsyncSession,
    facility_code: str,
    first_day: date,
    last_day: date,
    theirs: Sequence[Theirs],
    *,
    refunds: bool | None = None,
    selection: Selection = EVERYTHING,
    closed: bool = False,
) -> list[Difference]:
    """How the hospital's list differs from ours; an empty list when it does not.

    ``refunds`` says what the list is to hold: settlements (false), reversals (true) or both (none). At most
    20,000 lines on either side, a Problem above.
    """
    if not closed:
        await check_closed(session, facility_code, first_day, last_day)
    _bounded(len(theirs))
    ours: list[Ours] = []
    period = _period(facility_code, first_day, last_day, selection)
    if selection.scheme in (None, RESIDENT):
        ours = await repository.lines(session, period, refunds, MAX_LINES + 1)
        _bounded(len(ours))
    return compare_lines(theirs, ours, await _elsewhere(session, period, theirs, ours, refunds))


async def _elsewhere(
    session: AsyncSession,
    period: Period,
    theirs: Sequence[Theirs],
    ours: Sequence[Ours],
    refunds: bool | None,
) -> list[Ours]:
    """What the hospital names and the period does not hold, from about a year before to now."""
    missing = unmatched(theirs, ours)
    ids = [UUID(line.settlement_id) for line in missing if line.settlement_id and _is_id(line.settlement_id)]
    visit_nos = [line.visit_no for line in missing if line.settlement_id is None and line.visit_no]
    if not ids and not visit_nos:
        return []
    wide = Period(
        period.facility_code, period.begin - _LOOK_BACK, datetime.max.replace(tzinfo=UTC), None, None
    )
    found = await repository.named(session, wide, ids, visit_nos, 2 * MAX_LINES)
    held = {(line.refund, line.settlement_id) for line in ours}
    # Of the other kind only what tells a refund that was not made here from a settlement that is unknown.
    return [line for line in found if (line.refund, line.settlement_id) not in held]


def _period(facility_code: str, first_day: date, last_day: date, selection: Selection) -> Period:
    begin, end = instants(first_day, last_day)
    visit_types = list(selection.visit_types) if selection.visit_types is not None else None
    return Period(facility_code, begin, end, visit_types, selection.county_code)


def _bounded(found: int) -> None:
    if found > MAX_LINES:
        raise Problem(TOO_MANY_TO_RECONCILE, found=found, limit=MAX_LINES)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
