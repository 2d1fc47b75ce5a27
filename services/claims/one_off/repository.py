"""Statements on batches of one-off aid, under the caller's row-level security."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.one_off.rules import Grant
from shared.db import raw
from shared.money import Fen


class Batch(NamedTuple):
    """A batch as stored; ``bases`` is JSON text."""

    id: UUID
    division_code: str
    year: int
    title: str
    lines: int
    accepted: int
    total_fen: Fen
    declared_people: int | None
    declared_fen: Fen | None
    bases: str
    state: str
    prepared_by: str
    prepared_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None


class Line(NamedTuple):
    """A line as stored; ``step`` and ``refusal_params`` are JSON text."""

    line_no: int
    person_id: UUID | None
    id_number_masked: str
    diagnosed_on: date
    diagnoses: list[str]
    amount_fen: Fen
    payer: str | None
    policy_pack: str | None
    policy_version: str | None
    rule: str | None
    step: str | None
    refusal: str | None
    refusal_params: str


class Payable(NamedTuple):
    """What a line gives to whom, out of which fund."""

    line_no: int
    person_id: UUID
    payer: str
    amount_fen: Fen


class GrantRow(NamedTuple):
    """A grant about to be stored."""

    person_id: UUID
    policy_pack: str
    rule: str
    amount_fen: Fen
    line_no: int


# One lock for all counties: two of them may have a record each of one person.
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended('claims.one_off', 0))"
_GRANTS = "SELECT person_id, policy_pack, rule, year, amount_fen FROM one_off_grants_of($1::uuid[])"
_GRANT = """
INSERT INTO one_off_grants (person_id, policy_pack, rule, division_code, year, amount_fen, batch_id, line_no)
SELECT person_id, policy_pack, rule, $1::text, $2::smallint, amount_fen, $3::uuid, line_no
FROM unnest($4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::integer[])
  AS new (person_id, policy_pack, rule, amount_fen, line_no)
ORDER BY person_id
ON CONFLICT (person_id, policy_pack, rule) DO NOTHING RETURNING line_no
"""
_HELD = ", ".join("bases::text" if name == "bases" else name for name in Batch._fields)
_NEW = Batch._fields[:13]
_ADD = f"""
INSERT INTO one_off_batches ({", ".join(_NEW)})
SELECT {", ".join(f"${no}::jsonb" if name == "bases" else f"${no}" for no, name in enumerate(_NEW, 1))}
"""
_ADD_LINES = """
INSERT INTO one_off_lines (batch_id, division_code, line_no, person_id, id_number_masked, diagnosed_on,
                           diagnoses, amount_fen, payer, policy_pack, policy_version, rule, step, refusal,
                           refusal_params)
SELECT $1::uuid, $2::text, line_no, person_id, id_number_masked, diagnosed_on,
       string_to_array(diagnoses, ' '), amount_fen, payer, policy_pack, policy_version, rule,
       step::jsonb, refusal, refusal_params::jsonb
FROM unnest($3::integer[], $4::uuid[], $5::text[], $6::date[], $7::text[], $8::bigint[], $9::text[],
            $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
  AS new (line_no, person_id, id_number_masked, diagnosed_on, diagnoses, amount_fen, payer, policy_pack,
          policy_version, rule, step, refusal, refusal_params)
"""
_GET = f"SELECT {_HELD} FROM one_off_batches WHERE id = $1"
_PAGE = f"""
SELECT {_HELD} FROM one_off_batches
WHERE ($1::text IS NULL OR division_code = $1) AND ($2::smallint IS NULL OR year = $2)
  AND ($3::text IS NULL OR state = $3) AND ($4::uuid IS NULL OR id > $4)
ORDER BY id LIMIT $5
"""
_COLUMNS = ", ".join(f"{name}::text" if name in {"step", "refusal_params"} else name for name in Line._fields)
_LINES = f"""
SELECT {_COLUMNS} FROM one_off_lines
WHERE batch_id = $1 AND line_no > $2 AND ($3::boolean IS NULL OR (refusal IS NULL) = $3)
ORDER BY line_no LIMIT $4
"""
_TIERS = """
SELECT rule, count(*), sum(amount_fen)::bigint FROM one_off_lines
WHERE batch_id = $1 AND refusal IS NULL GROUP BY rule ORDER BY rule
"""
_REFUSALS = """
SELECT refusal, count(*) FROM one_off_lines
WHERE batch_id = $1 AND refusal IS NOT NULL GROUP BY refusal ORDER BY refusal
"""
_PAYABLE = """
SELECT line_no, person_id, payer, amount_fen FROM one_off_lines
WHERE batch_id = $1 AND refusal IS NULL ORDER BY line_no
"""
_DECIDE = """
UPDATE one_off_batches SET state = $2, decided_by = $3, decided_at = $4, reason = $5 WHERE id = $1
"""


async def hold(session: AsyncSession) -> None:
    """One batch is prepared at a time: each sees the grants of those before it, whichever county's."""
    await (await raw(session)).execute(_HOLD)


async def grants(session: AsyncSession, person_ids: Sequence[UUID]) -> list[Grant]:
    """What these people were given or wait for, also by other counties under the same ID number."""
    return [Grant(*row) for row in await (await raw(session)).fetch(_GRANTS, list(person_ids))]


async def grant(session: AsyncSession, batch: Batch, rows: Sequence[GrantRow]) -> set[int]:
    """Store grants; the numbers of the lines that got theirs, others are aided by a grant not to be seen."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if not columns:
        return set()
    found = await (await raw(session)).fetch(_GRANT, batch.division_code, batch.year, batch.id, *columns)
    return {row[0] for row in found}


async def add(session: AsyncSession, batch: Batch, lines: Sequence[Line]) -> None:
    """Store a batch with its lines."""
    connection = await raw(session)
    await connection.execute(_ADD, *batch[: len(_NEW)])
    rows = [line._replace(diagnoses=" ".join(line.diagnoses)) for line in lines]  # type: ignore[arg-type]  # an array of arrays would have to be square
    columns = [list(column) for column in zip(*rows, strict=True)]
    await connection.execute(_ADD_LINES, batch.id, batch.division_code, *columns)


async def get(session: AsyncSession, batch_id: UUID, *, lock: bool = False) -> Batch | None:
    """One batch, locked until the transaction ends if asked; ``None`` where the caller sees none."""
    row = await (await raw(session)).fetchrow(f"{_GET} FOR UPDATE" if lock else _GET, batch_id)
    return Batch(*row) if row else None


async def page(
    session: AsyncSession,
    county: str | None,
    year: int | None,
    state: str | None,
    after: UUID | None,
    limit: int,
) -> list[Batch]:
    """Batches in the order in which they were prepared."""
    return [Batch(*row) for row in await (await raw(session)).fetch(_PAGE, county, year, state, after, limit)]


async def lines(
    session: AsyncSession, batch_id: UUID, after: int, accepted: bool | None, limit: int
) -> list[Line]:
    """Lines of a batch in order, all of them or those with one outcome."""
    return [Line(*row) for row in await (await raw(session)).fetch(_LINES, batch_id, after, accepted, limit)]


async def tiers(session: AsyncSession, batch_id: UUID) -> list[tuple[str, int, Fen]]:
    """Rule, people and amount of what is accepted."""
    return [(row[0], row[1], row[2]) for row in await (await raw(session)).fetch(_TIERS, batch_id)]


async def refusals(session: AsyncSession, batch_id: UUID) -> list[tuple[str, int]]:
    """How many lines were refused, by code."""
    return [(row[0], row[1]) for row in await (await raw(session)).fetch(_REFUSALS, batch_id)]


async def payable(session: AsyncSession, batch_id: UUID) -> list[Payable]:
    """Whatever a batch gives, in the order of its lines."""
    return [Payable(*row) for row in await (await raw(session)).fetch(_PAYABLE, batch_id)]


async def decide(
    session: AsyncSession, batch_id: UUID, state: str, by: str, at: datetime, reason: str | None
) -> None:
    """Write down who decided on a batch that is locked, and what."""
    await (await raw(session)).execute(_DECIDE, batch_id, state, by, at, reason)


async def give_back(session: AsyncSession, batch_id: UUID) -> None:
    """People of a rejected batch may be aided by another."""
    await (await raw(session)).execute("DELETE FROM one_off_grants WHERE batch_id = $1", batch_id)
