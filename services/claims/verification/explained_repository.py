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

Place = tuple[UUID, int]
"""A settlement and a revision."""

PAGE = 500


class Key(NamedTuple):
    """A posting in its place in the person's year; ``wanted`` if its settlement is of the time asked for."""

    person_id: UUID
    year: int
    id: UUID
    revision: int
    run: UUID | None
    wanted: bool


# One snapshot, and no limit on time: this may read the whole database. It is taken once a migration that
# moves what belongs to settlements is over: what that has emptied is empty in all snapshots.
_BEGIN = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "LOCK TABLE settlements IN ACCESS SHARE MODE",
)
_KEYS = """
WITH asked AS (
  SELECT person_id, year, id, posting_no, settled_at >= $1 AND settled_at < $2 AS wanted
  FROM (
    SELECT DISTINCT person_id, year FROM settlements WHERE settled_at >= $1 AND settled_at < $2
  ) AS concerned
  JOIN settlements USING (person_id, year)
)
SELECT person_id, year, id, revision, run, wanted FROM (
  SELECT person_id, year, id, 0 AS revision, NULL::uuid AS run, wanted, posting_no FROM asked
  UNION ALL
  SELECT asked.person_id, asked.year, id, revision, readjudication_id, wanted, revised.posting_no
  FROM asked JOIN settlement_revisions AS revised ON revised.settlement_id = asked.id
) AS posting
ORDER BY person_id, year, posting_no
"""
_FIGURES = """
total_fen, non_covered_fen, over_limit_fen, upfront_copay_fen, eligible_fen, person_pays_fen,
personal_share_bp, ceiling_bp, ceiling_base_fen, steps::text
"""
_SETTLEMENTS = f"""
SELECT id, person_id, household_id, year, facility_code, division_code, {_FIGURES}
FROM settlements WHERE id = ANY($1::uuid[])
"""
_REVISIONS = f"""
SELECT settlement_id AS id, revision, readjudication_id AS run, payers, payer_fen, {_FIGURES}
FROM settlement_revisions WHERE settlement_id = ANY($1::uuid[])
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
SELECT settlement_id, revision, person_id, year, kind, amount_fen
FROM accumulator_movements WHERE settlement_id = ANY($1::uuid[])
"""
_BOOKED = """
SELECT settlement_id, reference, kind, debit_account, credit_account, amount_fen
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
    """Every posting of every person and year with one settled in the time, in their order, in pages."""
    cursor = await connection.cursor(_KEYS, since, until)
    while rows := await cursor.fetch(PAGE):
        yield [Key(*row) for row in rows]


async def settled(connection: Connection, keys: Sequence[Key]) -> dict[Place, Settled]:
    """Everything about some postings. Reading a page's settlements whole costs less than asking for parts."""
    ids = list({key.id for key in keys})
    lines = await _grouped(connection, _LINES, ids)
    payers = await _grouped(connection, _PAYERS, ids)
    movements = await moved(connection, keys)
    booked = await _grouped(connection, _BOOKED, ids, 2)
    figures = await _figures(connection, ids)
    found = {}
    for key in keys:
        row = figures[key.id, key.revision]
        paid = row.pop("paid", None)
        found[key.id, key.revision] = Settled(
            **row,
            lines=tuple(Line(*rest) for rest in lines.get((key.id,), ())),
            payers=tuple(payers.get((key.id,), ()) if paid is None else paid),
            moved=movements.get((key.id, key.revision), ()),
            booked=tuple(Booked(*rest) for rest in booked.get((key.id, _reference(key)), ())),
        )
    return found


def _reference(key: Key) -> str | None:
    """What the transfers of a posting refer to."""
    if not key.revision:
        return None
    return f"readjudication/{key.run}" if key.run else f"reversal/{key.id}"


async def _figures(connection: Connection, ids: Sequence[UUID]) -> dict[Place, dict[str, Any]]:
    """The figures of settlements and of their revisions, with the payers of the latter."""
    found: dict[Place, dict[str, Any]] = {}
    for row in await connection.fetch(_SETTLEMENTS, ids):
        found[row["id"], 0] = {**row, "steps": json.loads(row["steps"])}
    for row in await connection.fetch(_REVISIONS, ids):
        values = {**row, "steps": json.loads(row["steps"])}
        paid = zip(values.pop("payers"), values.pop("payer_fen"), strict=True)
        found[row["id"], row["revision"]] = {**found[row["id"], 0], **values, "paid": list(paid)}
    return found


async def moved(connection: Connection, keys: Sequence[Key]) -> dict[Place, tuple[Moved, ...]]:
    """What postings moved."""
    found = await _grouped(connection, _MOVED, list({key.id for key in keys}), 2)
    return {(id_, revision): tuple(Moved(*rest) for rest in rows) for (id_, revision), rows in found.items()}


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
    connection: Connection, statement: str, ids: Sequence[UUID], columns: int = 1
) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
    """Rows by their first columns, without these."""
    found: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in await connection.fetch(statement, ids):
        found.setdefault(tuple(row[:columns]), []).append(tuple(row[columns:]))
    return found
