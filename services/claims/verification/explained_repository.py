"""Statements that read settlements for the independent evaluator: keys in a stream, the rest page by page."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.verification.records import Booked, Line, Moved, Settled
from shared.db import raw

Connection: TypeAlias = "asyncpg.Connection[Any]"

PAGE = 500


class Key(NamedTuple):
    """A settlement in its place in the person's year; ``wanted`` if it was settled in the time asked for."""

    person_id: UUID
    year: int
    id: UUID
    wanted: bool


# One snapshot, and no limit on time: this may read the whole database.
_BEGIN = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
)
# Whoever shares an accumulator writes while holding its lock, so the numbers of the transfers rise in the
# order of posting. Ids need not: clocks of two processes differ.
_KEYS = """
SELECT settlement.person_id, settlement.year, settlement.id,
       settlement.settled_at >= $1 AND settlement.settled_at < $2 AS wanted
FROM (
  SELECT DISTINCT person_id, year FROM settlements WHERE settled_at >= $1 AND settled_at < $2
) AS concerned
JOIN settlements AS settlement USING (person_id, year)
LEFT JOIN transfers ON transfers.settlement_id = settlement.id
GROUP BY settlement.id
ORDER BY settlement.person_id, settlement.year, min(transfers.no) NULLS FIRST, settlement.id
"""
_SETTLEMENTS = """
SELECT id, person_id, household_id, year, facility_code, division_code, total_fen, non_covered_fen,
       over_limit_fen, upfront_copay_fen, eligible_fen, person_pays_fen, personal_share_bp, ceiling_bp,
       ceiling_base_fen, steps::text
FROM settlements WHERE id = ANY($1::uuid[])
"""
_LINES = """
SELECT settlement_id, item_code, category, item_class, self_pay_rate_bp, quantity_milli, unit_price_e4,
       price_limit_e4, amount_fen
FROM settlement_charges WHERE settlement_id = ANY($1::uuid[]) ORDER BY settlement_id, line_no
"""
_PAYERS = """
SELECT settlement_id, payer, amount_fen
FROM settlement_payers WHERE settlement_id = ANY($1::uuid[]) ORDER BY settlement_id, line_no
"""
_MOVED = """
SELECT settlement_id, person_id, year, kind, amount_fen
FROM accumulator_movements WHERE settlement_id = ANY($1::uuid[])
"""
_BOOKED = """
SELECT settlement_id, kind, debit_account, credit_account, amount_fen
FROM transfers WHERE settlement_id = ANY($1::uuid[])
"""
_BASES = "SELECT id, content::text FROM explanation_bases WHERE id = ANY($1::text[])"
_USED = """
SELECT person_id, year, kind, used_fen
FROM unnest($1::uuid[], $2::smallint[]) AS asked (person_id, year) JOIN accumulators USING (person_id, year)
"""


async def begin(session: AsyncSession) -> Connection:
    """Freeze what is looked at; the connection that sees it."""
    for statement in _BEGIN:
        await session.execute(text(statement))
    return await raw(session)


async def keys(connection: Connection, since: datetime, until: datetime) -> AsyncIterator[list[Key]]:
    """Every settlement of every person and year with one settled in the time, in posting order, in pages."""
    cursor = await connection.cursor(_KEYS, since, until)
    while rows := await cursor.fetch(PAGE):
        yield [Key(*row) for row in rows]


async def settled(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Settled]:
    """Everything about some settlements."""
    lines = await _grouped(connection, _LINES, ids)
    payers = await _grouped(connection, _PAYERS, ids)
    movements = await moved(connection, ids)
    booked = await _grouped(connection, _BOOKED, ids)
    return {
        row["id"]: Settled(
            **{name: value for name, value in row.items() if name != "steps"},
            steps=json.loads(row["steps"]),
            lines=tuple(Line(*rest) for rest in lines.get(row["id"], ())),
            payers=tuple((payer, amount) for payer, amount in payers.get(row["id"], ())),
            moved=movements.get(row["id"], ()),
            booked=tuple(Booked(*rest) for rest in booked.get(row["id"], ())),
        )
        for row in await connection.fetch(_SETTLEMENTS, ids)
    }


async def moved(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, tuple[Moved, ...]]:
    """What settlements moved."""
    found = await _grouped(connection, _MOVED, ids)
    return {id_: tuple(Moved(*rest) for rest in rows) for id_, rows in found.items()}


async def bases(connection: Connection, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What short steps refer to, by digest."""
    return {row["id"]: json.loads(row["content"]) for row in await connection.fetch(_BASES, ids)}


async def used(
    connection: Connection, years: Sequence[tuple[UUID, int]]
) -> dict[tuple[UUID, int], dict[str, int]]:
    """The accumulators of people's years, by person and year."""
    found: dict[tuple[UUID, int], dict[str, int]] = {}
    people, numbers = [person for person, _ in years], [year for _, year in years]
    for person_id, year, kind, used_fen in await connection.fetch(_USED, people, numbers):
        found.setdefault((person_id, year), {})[kind] = used_fen
    return found


async def _grouped(
    connection: Connection, statement: str, ids: Sequence[UUID]
) -> dict[UUID, list[tuple[Any, ...]]]:
    """Rows by the settlement that their first column names, without it."""
    found: dict[UUID, list[tuple[Any, ...]]] = {}
    for settlement_id, *rest in await connection.fetch(statement, ids):
        found.setdefault(settlement_id, []).append(tuple(rest))
    return found
