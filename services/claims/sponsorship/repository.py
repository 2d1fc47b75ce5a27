"""Statements on batches of sponsored premiums, under the caller's row-level security."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw
from shared.money import Fen


class Batch(NamedTuple):
    """A batch as stored; ``totals`` and ``bases`` are JSON text."""

    id: UUID
    division_code: str
    year: int
    on_day: date
    premium_fen: Fen
    people: int
    sponsored_fen: Fen
    person_fen: Fen
    payer: str
    policy_pack: str
    policy_version: str
    totals: str
    bases: str
    state: str
    prepared_by: str
    prepared_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None


class Line(NamedTuple):
    """A line as stored; ``categories`` are joined by blanks, ``step`` is JSON text."""

    person_id: UUID
    division_code: str
    categories: str
    rule: str
    sponsored_fen: Fen
    person_fen: Fen
    step: str


_JSON = ("totals", "bases")
_HELD = ", ".join(f"{name}::text" if name in _JSON else name for name in Batch._fields)
_NEW = Batch._fields[:16]
_ADD = f"""
INSERT INTO sponsorship_batches ({", ".join(_NEW)})
SELECT {", ".join(f"${no}::jsonb" if name in _JSON else f"${no}" for no, name in enumerate(_NEW, 1))}
"""
_ADD_LINES = """
INSERT INTO sponsorship_lines (batch_id, person_id, division_code, categories, rule, sponsored_fen,
                               person_fen, step)
SELECT $1::uuid, person_id, division_code, string_to_array(categories, ' '), rule, sponsored_fen, person_fen,
       step::jsonb
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[])
  AS new (person_id, division_code, categories, rule, sponsored_fen, person_fen, step)
"""
# One lock for all counties: two of them may have a record each of one person.
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended('claims.sponsorship ' || $1, 0))"
_ALREADY = "SELECT * FROM sponsored_already($1::smallint, $2::uuid[])"
_TAKE = """
INSERT INTO sponsored_people (person_id, year, division_code, batch_id)
SELECT person_id, $1::smallint, $2::text, $3::uuid
FROM unnest($4::uuid[]) AS new (person_id) ORDER BY person_id
ON CONFLICT (person_id, year) DO NOTHING RETURNING person_id
"""
_GET = f"SELECT {_HELD} FROM sponsorship_batches WHERE id = $1"
_PAGE = f"""
SELECT {_HELD} FROM sponsorship_batches
WHERE ($1::text IS NULL OR division_code = $1) AND ($2::smallint IS NULL OR year = $2)
  AND ($3::uuid IS NULL OR id > $3)
ORDER BY id LIMIT $4
"""
_LINES = """
SELECT person_id, division_code, array_to_string(categories, ' '), rule, sponsored_fen, person_fen, step::text
FROM sponsorship_lines WHERE batch_id = $1 AND ($2::uuid IS NULL OR person_id > $2)
ORDER BY person_id LIMIT $3
"""
_DECIDE = """
UPDATE sponsorship_batches SET state = $2, decided_by = $3, decided_at = $4, reason = $5 WHERE id = $1
"""


async def hold(session: AsyncSession, year: int) -> None:
    """One batch of a year is prepared at a time: each sees whom those before it have."""
    await (await raw(session)).execute(_HOLD, str(year))


async def already(session: AsyncSession, year: int, people: Sequence[UUID]) -> set[UUID]:
    """Whose premium of a year is sponsored, also by other counties under the same ID number."""
    return {row[0] for row in await (await raw(session)).fetch(_ALREADY, year, list(people))}


async def take(session: AsyncSession, batch: Batch, person_ids: Sequence[UUID]) -> set[UUID]:
    """Take people into a batch; those whom no other batch of the year has."""
    found = await (await raw(session)).fetch(
        _TAKE, batch.year, batch.division_code, batch.id, list(person_ids)
    )
    return {row[0] for row in found}


async def add(session: AsyncSession, batch: Batch, lines: Sequence[Line]) -> None:
    """Store a batch with its lines."""
    connection = await raw(session)
    await connection.execute(_ADD, *batch[: len(_NEW)])
    await connection.execute(_ADD_LINES, batch.id, *(list(column) for column in zip(*lines, strict=True)))


async def get(session: AsyncSession, batch_id: UUID, *, lock: bool = False) -> Batch | None:
    """One batch, locked until the transaction ends if asked; ``None`` where the caller sees none."""
    row = await (await raw(session)).fetchrow(f"{_GET} FOR UPDATE" if lock else _GET, batch_id)
    return Batch(*row) if row else None


async def page(
    session: AsyncSession, county: str | None, year: int | None, after: UUID | None, limit: int
) -> list[Batch]:
    """Batches in the order in which they were prepared."""
    return [Batch(*row) for row in await (await raw(session)).fetch(_PAGE, county, year, after, limit)]


async def lines(session: AsyncSession, batch_id: UUID, after: UUID | None, limit: int) -> list[Line]:
    """People of a batch in the order of their ids."""
    return [Line(*row) for row in await (await raw(session)).fetch(_LINES, batch_id, after, limit)]


async def decide(
    session: AsyncSession, batch_id: UUID, state: str, by: str, at: datetime, reason: str | None
) -> None:
    """Write down who decided on a batch that is locked, and what."""
    await (await raw(session)).execute(_DECIDE, batch_id, state, by, at, reason)


async def give_back(session: AsyncSession, batch_id: UUID) -> None:
    """People of a rejected batch may be sponsored by another."""
    await (await raw(session)).execute("DELETE FROM sponsored_people WHERE batch_id = $1", batch_id)
