"""Statements on runs of periodic subsidies."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.payments.subsidies.rules import Line
from shared.db import raw
from shared.money import Fen


class Run(NamedTuple):
    """A run as stored."""

    id: UUID
    county_code: str
    programme: str
    period: str
    state: str
    known_on: date
    prepared_at: datetime
    prepared_by: str
    decided_at: datetime | None = None
    decided_by: str | None = None


class Totals(NamedTuple):
    """What a run comes to."""

    people: int
    pays_fen: Fen
    takes_back_fen: Fen


class PersonYear(NamedTuple):
    """What a run pays a person for the months of a year."""

    person_id: UUID
    year: int
    difference_fen: Fen


_COLUMNS = ", ".join(Run._fields)
_OPENED = Run._fields[:8]
_OPEN = f"""
INSERT INTO subsidy_runs ({", ".join(_OPENED)})
VALUES ({", ".join(f"${no}" for no in range(1, len(_OPENED) + 1))})
ON CONFLICT (county_code, programme) WHERE state = 'prepared' DO NOTHING RETURNING id
"""
_GET = f"SELECT {_COLUMNS} FROM subsidy_runs WHERE id = $1"
_PAGE = f"""
SELECT {_COLUMNS} FROM subsidy_runs
WHERE ($1::text IS NULL OR county_code = $1) AND ($2::text IS NULL OR programme = $2)
  AND ($3::uuid IS NULL OR id > $3)
ORDER BY id LIMIT $4
"""
_DECIDE = "UPDATE subsidy_runs SET state = $2, decided_at = $3, decided_by = $4 WHERE id = $1"
_ENTITLED = """
SELECT person.person_id, month, spell->>0
FROM insured_persons AS person CROSS JOIN LATERAL jsonb_array_elements(person.categories) AS spell
JOIN unnest($3::date[]) AS month
  ON spell->>1 <= month::text AND (spell->>2 IS NULL OR month::text < spell->>2)
WHERE person.division_code ^@ $1 AND person.alive AND spell->>0 = ANY($2::text[])
"""
_PAID = """
SELECT line.person_id, line.month, sum(line.due_fen - line.paid_fen)::bigint
FROM subsidy_lines AS line JOIN subsidy_runs AS run ON run.id = line.run_id
JOIN insured_persons AS person ON person.person_id = line.person_id
WHERE run.county_code = $1 AND line.programme = $2 AND line.month = ANY($3::date[]) AND run.state = 'approved'
  AND person.alive AND person.division_code ^@ $1
GROUP BY 1, 2
"""
_PAID_ELSEWHERE = """
SELECT person_id, month, amount_fen FROM subsidies_paid_elsewhere($1, $2, $3::uuid[], $4::date[])
WHERE amount_fen <> 0
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('subsidies ' || $1, 0))"
_CHANGED = """
WITH line AS (SELECT person_id, month, paid_fen FROM subsidy_lines WHERE run_id = $1), before AS (
  SELECT earlier.person_id, earlier.month, earlier.due_fen - earlier.paid_fen AS fen
  FROM line JOIN subsidy_lines AS earlier ON earlier.programme = $3 AND earlier.month = line.month
    AND earlier.person_id = line.person_id
  JOIN subsidy_runs AS run ON run.id = earlier.run_id
  WHERE run.county_code = $2 AND run.state = 'approved'
  UNION ALL
  SELECT * FROM subsidies_paid_elsewhere(
    $2, $3, ARRAY(SELECT DISTINCT person_id FROM line), ARRAY(SELECT DISTINCT month FROM line))
)
SELECT count(*) FROM line LEFT JOIN (
  SELECT person_id, month, sum(fen) AS fen FROM before GROUP BY 1, 2
) AS now_paid USING (person_id, month)
WHERE line.paid_fen <> COALESCE(now_paid.fen, 0)
"""
_ADD_LINES = """
INSERT INTO subsidy_lines (run_id, county_code, programme, person_id, month, category, due_fen, paid_fen)
SELECT $1, $2, $3, person_id, month, category, due_fen, paid_fen
FROM unnest($4::uuid[], $5::date[], $6::text[], $7::bigint[], $8::bigint[])
  AS new (person_id, month, category, due_fen, paid_fen)
"""
_TOTALS = """
SELECT count(*), COALESCE(sum(fen) FILTER (WHERE fen > 0), 0)::bigint,
  COALESCE(-sum(fen) FILTER (WHERE fen < 0), 0)::bigint
FROM (SELECT sum(due_fen - paid_fen) AS fen FROM subsidy_lines WHERE run_id = $1 GROUP BY person_id) AS person
"""
_BY_YEAR = """
SELECT person_id, extract(year FROM month)::integer, sum(due_fen - paid_fen)::bigint
FROM subsidy_lines WHERE run_id = $1 GROUP BY 1, 2 HAVING sum(due_fen - paid_fen) <> 0 ORDER BY 1, 2
"""
_LINES = """
SELECT person_id, month, category, due_fen, paid_fen FROM subsidy_lines
WHERE run_id = $1 AND person_id = ANY(ARRAY(
  SELECT DISTINCT person_id FROM subsidy_lines
  WHERE run_id = $1 AND ($2::uuid IS NULL OR person_id > $2) ORDER BY person_id LIMIT $3))
ORDER BY person_id, month
"""


async def open_run(session: AsyncSession, run: Run) -> bool:
    """Store a new run; false when one of the county's programme is waiting for its approval."""
    return await (await raw(session)).fetchval(_OPEN, *run[: len(_OPENED)]) is not None


async def get(session: AsyncSession, run_id: UUID, *, lock: bool = False) -> Run | None:
    """One run, locked if so wished; ``None`` where the caller sees none."""
    row = await (await raw(session)).fetchrow(f"{_GET} FOR UPDATE" if lock else _GET, run_id)
    return Run(*row) if row else None


async def page(
    session: AsyncSession, county: str | None, programme: str | None, after: UUID | None, limit: int
) -> list[Run]:
    """Runs in the order in which they were prepared."""
    rows = await (await raw(session)).fetch(_PAGE, county, programme, after, limit)
    return [Run(*row) for row in rows]


async def decide(session: AsyncSession, run_id: UUID, state: str, now: datetime, by: str) -> None:
    """Approve or cancel a run that is locked."""
    await (await raw(session)).execute(_DECIDE, run_id, state, now, by)


async def entitled(
    session: AsyncSession, county: str, categories: Sequence[str], months: Sequence[date]
) -> dict[UUID, dict[date, set[str]]]:
    """Who of the county holds which of these categories on the first days of these months."""
    found: dict[UUID, dict[date, set[str]]] = {}
    rows = await (await raw(session)).fetch(_ENTITLED, county, list(categories), list(months))
    for person_id, month, category in rows:
        found.setdefault(person_id, {}).setdefault(month, set()).add(category)
    return found


async def paid(
    session: AsyncSession, county: str, programme: str, months: Sequence[date]
) -> dict[UUID, dict[date, Fen]]:
    """What approved runs paid the county's people for these months."""
    found: dict[UUID, dict[date, Fen]] = {}
    for person_id, month, fen in await (await raw(session)).fetch(_PAID, county, programme, list(months)):
        found.setdefault(person_id, {})[month] = fen
    return found


async def paid_elsewhere(
    session: AsyncSession, county: str, programme: str, people: Sequence[UUID], months: Sequence[date]
) -> dict[UUID, dict[date, Fen]]:
    """What approved runs of other counties paid people of this one for these months."""
    found: dict[UUID, dict[date, Fen]] = {}
    rows = await (await raw(session)).fetch(_PAID_ELSEWHERE, county, programme, list(people), list(months))
    for person_id, month, fen in rows:
        found.setdefault(person_id, {})[month] = fen
    return found


async def changed_since(session: AsyncSession, run: Run) -> int:
    """How many months of a run were paid since it was worked out; nobody else approves one until the commit.

    The lock is a statement of its own: the next one sees what it waited for.
    """
    connection = await raw(session)
    await connection.execute(_LOCK, run.programme)
    return int(await connection.fetchval(_CHANGED, run.id, run.county_code, run.programme))


async def add_lines(session: AsyncSession, run: Run, lines: Sequence[Line]) -> None:
    """Store what a run pays."""
    columns = [list(column) for column in zip(*lines, strict=True)]
    await (await raw(session)).execute(_ADD_LINES, run.id, run.county_code, run.programme, *columns)


async def totals(session: AsyncSession, run_id: UUID) -> Totals:
    """What a run comes to."""
    row = await (await raw(session)).fetchrow(_TOTALS, run_id)
    return Totals(*row) if row else Totals(0, 0, 0)


async def by_year(session: AsyncSession, run_id: UUID) -> list[PersonYear]:
    """What a run pays each person, by year."""
    return [PersonYear(*row) for row in await (await raw(session)).fetch(_BY_YEAR, run_id)]


async def lines(session: AsyncSession, run_id: UUID, after: UUID | None, people: int) -> list[Line]:
    """The lines of so many people, after one of them."""
    return [Line(*row) for row in await (await raw(session)).fetch(_LINES, run_id, after, people)]
