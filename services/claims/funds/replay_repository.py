"""Statements that read the recorded lineage in its order, for working it out again."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.claims.funds.allocation import UNFUNDED, Entry, Movement
from services.claims.funds.movements import FundKey

_BEGIN = (
    text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"),
    text("SET LOCAL statement_timeout = 0"),
)
_FUNDS = text("SELECT county_code, year, payer, rule FROM earmark_funds ORDER BY 1, 2, 3")
_STEPS = text(
    "SELECT position, transfer_no, kind, amount_fen, use_no, reverses, earmark FROM earmark_steps"
    " WHERE (county_code, year, payer) = (:county_code, :year, :payer) ORDER BY position"
)
_ENTRIES = text(
    f"SELECT position, use_no, transfer_no, COALESCE(deposit_no, {UNFUNDED}), amount_fen"
    " FROM earmark_allocations WHERE (county_code, year, payer) = (:county_code, :year, :payer)"
    " ORDER BY position, no"
)


async def begin(connection: AsyncConnection) -> list[tuple[FundKey, str]]:
    """Freeze what is looked at; every fund with its rule."""
    for statement in _BEGIN:
        await connection.execute(statement)
    rows = (await connection.execute(_FUNDS)).all()
    return [(FundKey(*row[:3]), row[3]) for row in rows]


async def steps(connection: AsyncConnection, key: FundKey) -> list[tuple[int, Movement]]:
    """The movements of a fund in the order in which they were taken, each with its position."""
    rows = (await connection.execute(_STEPS, key._asdict())).all()
    return [(row[0], Movement(*row[1:])) for row in rows]


async def entries(connection: AsyncConnection, key: FundKey) -> AsyncIterator[tuple[int, Entry]]:
    """What was entered, in order, each with the position of the movement that led to it."""
    result: Any = await connection.stream(_ENTRIES, key._asdict())
    async for row in result:
        yield row[0], Entry(*row[1:])
