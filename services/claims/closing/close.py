"""Closing a county's day: sweep the ledger, tie it out, chain it. The edge commits, or nothing is written."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.closing import chain, repository
from services.claims.closing.problems import (
    CLOSE_IN_FUTURE,
    CLOSE_OUT_OF_ORDER,
    SETTLEMENT_DIFFERS,
    TIE_OUT_FAILED,
)
from services.claims.closing.repository import Close, Differing, Last, Stated
from services.claims.problems import OUTSIDE_JURISDICTION
from shared.auth import Caller
from shared.clock import business_date as business_day
from shared.ids import new_id
from shared.money import format_yuan
from shared.problems import FieldError, Problem

_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
# Processes' clocks may differ a little, and a settlement's time is taken before it commits.
_OVERLAP = timedelta(days=1)


async def close_day(
    session: AsyncSession, caller: Caller, now: datetime, county_code: str, on: date
) -> tuple[Close, list[Stated]]:
    """Close a county's books up to this moment under a business date; the close and its statements.

    Everything booked for the county that is in no close yet goes into this one, in the order of booking;
    what commits later goes into the next. Refused when a settlement's charge lines, its transfers and what it
    says differ (each is named), when the date lies ahead or before the last close, or for another county.
    """
    if not caller.governs(county_code):
        raise Problem(OUTSIDE_JURISDICTION, pointer="/county", division_code=county_code)
    last = await repository.lock_last(session, county_code)
    _check_date(on, business_day(now), last)
    previous = last.hash if last else chain.genesis(county_code)
    close_id, no = new_id(), last.no + 1 if last else 1
    swept = await repository.sweep(session, county_code, close_id, previous, last.horizon if last else 0)
    since = last.closed_at - _OVERLAP if last else _BEGINNING
    differing = await repository.state_providers(session, close_id, county_code, since, no)
    if differing:
        raise _refused(differing)
    stated = await repository.statements(session, close_id)
    amount_fen = await repository.amount(session, close_id)
    close = Close(
        close_id,
        county_code,
        no,
        on,
        now,
        caller.subject,
        swept.transfers,
        swept.first_no,
        swept.last_no,
        amount_fen,
        sum(each.settlements for each in stated),
        sum(each.reversals for each in stated),
        sum(each.charged_fen for each in stated),
        sum(each.booked_fen for each in stated),
        sum(each.stated_fen for each in stated),
        previous,
        swept.last_link,
        b"",
    )
    close = close._replace(hash=hash_of(close, stated))
    await repository.add(session, close)
    return close, stated


def hash_of(close: Close, statements: Sequence[Stated]) -> bytes:
    """The hash of a close: over the last link, its own figures and every provider statement."""
    told = {
        **close._asdict(),
        "business_date": close.business_date.isoformat(),
        "closed_at": close.closed_at.astimezone(UTC).strftime(chain.INSTANT),
        "previous_hash": close.previous_hash.hex(),
        "last_link": close.last_link.hex(),
    }
    values = [told[name] for name in chain.CLOSE]
    lines = [[*statement[:-1], statement.moved()] for statement in statements]
    return chain.link(close.last_link, chain.close_text(values, lines))


def _check_date(on: date, today: date, last: Last | None) -> None:
    if on > today:
        raise Problem(CLOSE_IN_FUTURE, pointer="/business_date", business_date=on, today=today)
    if last and on < last.business_date:
        raise Problem(CLOSE_OUT_OF_ORDER, pointer="/business_date", business_date=on, last=last.business_date)


def _refused(differing: Sequence[Differing]) -> Problem:
    errors = [
        FieldError(
            "/county",
            SETTLEMENT_DIFFERS,
            {
                "settlement_id": each.id,
                "facility_code": each.facility_code,
                "charged": format_yuan(each.charged_fen),
                "booked": format_yuan(each.booked_fen),
                "stated": format_yuan(each.stated_fen),
            },
        )
        for each in differing
    ]
    first = differing[0]
    return Problem(TIE_OUT_FAILED, errors=errors, count=first.number, settlement_id=first.id)
