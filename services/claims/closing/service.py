"""Closing days and reading what was closed; which days are closed, for other features. The edge commits."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.closing import repository
from services.claims.closing.close import close_day
from services.claims.closing.days import instants, open_days
from services.claims.closing.repository import Close, Stated, Statement
from services.claims.closing.schemas import (
    CloseReply,
    CloseSummary,
    MovementReply,
    ProviderLine,
    StatementReply,
)
from shared.auth import Caller
from shared.problems import NOT_FOUND, Problem

__all__ = ["close", "get", "instants", "open_days", "page", "statement", "statements_of"]


async def close(
    session: AsyncSession, caller: Caller, now: datetime, county: str, business_date: date
) -> CloseReply:
    """Close a county's day, see ``close_day``."""
    made, stated = await close_day(session, caller, now, county, business_date)
    return _reply(made, stated)


async def get(session: AsyncSession, close_id: UUID) -> CloseReply:
    """One close; a Problem where the caller sees none."""
    found = await repository.get(session, close_id)
    if found is None:
        raise Problem(NOT_FOUND)
    return _reply(found, await repository.statements(session, close_id))


async def page(
    session: AsyncSession, county: str | None, before: UUID | None, limit: int
) -> list[CloseSummary]:
    """Closes, the newest first."""
    return [
        CloseSummary(**_summary(found)) for found in await repository.page(session, county, before, limit)
    ]


async def statement(session: AsyncSession, close_id: UUID, facility_code: str) -> StatementReply:
    """What a close says to a provider; a Problem where the caller sees none."""
    found = await repository.statement(session, close_id, facility_code)
    if found is None:
        raise Problem(NOT_FOUND)
    return _statement(found)


async def statements_of(
    session: AsyncSession, facility_code: str, before: UUID | None, limit: int
) -> list[StatementReply]:
    """A provider's statements, the newest first."""
    found = await repository.statements_of(session, facility_code, before, limit)
    return [_statement(each) for each in found]


def _reply(close: Close, stated: list[Stated]) -> CloseReply:
    return CloseReply(**_summary(close), providers=[ProviderLine(**_line(each)) for each in stated])


def _summary(close: Close) -> dict[str, Any]:
    kept = ("id", "no", "business_date", "closed_at", "closed_by", "transfers", "first_no", "last_no")
    return {
        **{name: getattr(close, name) for name in kept},
        **_tie_out(close),
        "county": close.county_code,
        "amount": close.amount_fen,
        "previous_hash": close.previous_hash.hex(),
        "hash": close.hash.hex(),
    }


def _statement(found: Statement) -> StatementReply:
    return StatementReply(
        **_line(found.stated),
        close_id=found.close_id,
        county=found.county_code,
        no=found.close_no,
        business_date=found.business_date,
        closed_at=found.closed_at,
    )


def _line(stated: Stated) -> dict[str, Any]:
    return {
        **_tie_out(stated),
        "facility_code": stated.facility_code,
        "due_before": stated.due_before_fen,
        "due_after": stated.due_after_fen,
        "movements": [
            MovementReply(kind=kind, transfers=number, amount=fen) for kind, number, fen in stated.moved()
        ],
    }


def _tie_out(of: Close | Stated) -> dict[str, int]:
    return {
        "settlements": of.settlements,
        "reversals": of.reversals,
        "charged": of.charged_fen,
        "booked": of.booked_fen,
        "stated": of.stated_fen,
    }
