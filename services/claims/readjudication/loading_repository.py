"""Statements that read whole years of people: settlements in posting order, bills, movements, the person."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.claims.benefits.facts import Charge
from services.claims.coverage.insured import Held, Insured, held_of, insured_of
from services.claims.settlements import lines
from services.claims.settlements.reading_repository import CURRENT, settlement_from_row
from services.claims.settlements.record import Settlement
from services.claims.settlements.repository import Connection

PersonYearKey = tuple[UUID, int]

_WANTED = "(SELECT * FROM unnest($1::uuid[], $2::smallint[]))"
_LOCK_VISITS = f"""
SELECT visit.settlement_id
FROM visits AS visit JOIN settlements AS settlement
  ON settlement.facility_code = visit.facility_code AND settlement.visit_no = visit.visit_no
WHERE (settlement.person_id, settlement.year) IN {_WANTED}
ORDER BY visit.facility_code, visit.visit_no FOR UPDATE OF visit
"""
_SETTLEMENTS = f"""
{CURRENT.replace("SELECT", "SELECT posting_no,", 1)}
WHERE (person_id, year) IN {_WANTED} ORDER BY posting_no
"""
_BILLS = "SELECT settlement_id, charges::text FROM bills WHERE settlement_id = ANY($1::uuid[])"
_PEOPLE = """
SELECT person_id, household_id, division_code, birth_date, sex, categories::text, enrolments::text,
       certificates::text
FROM insured_persons WHERE person_id = ANY($1::uuid[])
"""
_PROGRAMMES = """
SELECT facility_code, programmes::text FROM providers
WHERE facility_code = ANY($1::text[]) AND programmes <> '[]'
"""
_LAST = f"""
SELECT person_id, year, max(posting_no) FROM settlements
WHERE (person_id, year) IN {_WANTED} GROUP BY person_id, year
"""
_OF_FILTER = """
SELECT person_id, year, max(division_code) FROM settlements
WHERE ($1::text IS NULL OR division_code ^@ $1) AND ($2::smallint IS NULL OR year = $2)
  AND ($3::uuid[] IS NULL OR person_id = ANY($3)) AND ($4::uuid[] IS NULL OR id = ANY($4))
GROUP BY person_id, year ORDER BY year, person_id LIMIT $5
"""


def _columns(keys: Sequence[PersonYearKey]) -> tuple[list[UUID], list[int]]:
    return [person for person, _ in keys], [year for _, year in keys]


async def lock_visits(connection: Connection, keys: Sequence[PersonYearKey]) -> None:
    """Keep others from correcting anything in these years until the transaction ends."""
    await connection.execute(_LOCK_VISITS, *_columns(keys))


async def settlements(connection: Connection, keys: Sequence[PersonYearKey]) -> list[tuple[Settlement, int]]:
    """Every settlement of these years with its current figures and its posting number, in that order."""
    rows = await connection.fetch(_SETTLEMENTS, *_columns(keys))
    return [_numbered(row) for row in rows]


def _numbered(row: asyncpg.Record) -> tuple[Settlement, int]:
    values = dict(row)
    posting_no = values.pop("posting_no")
    return settlement_from_row(values), posting_no


async def charges(connection: Connection, settlement_ids: Sequence[UUID]) -> dict[UUID, list[Charge]]:
    """The bills of settlements."""
    return {id_: lines.read(bill) for id_, bill in await connection.fetch(_BILLS, settlement_ids)}


async def people(connection: Connection, person_ids: Sequence[UUID]) -> dict[UUID, Insured]:
    """People as now known; those whom the caller may not see are missing."""
    rows = await connection.fetch(_PEOPLE, person_ids)
    return {row[0]: insured_of(row) for row in rows}


async def programmes(connection: Connection, facility_codes: Sequence[str]) -> dict[str, Sequence[Held]]:
    """For which disease programmes these providers are designated, as now known."""
    return {row[0]: held_of(row[1]) for row in await connection.fetch(_PROGRAMMES, facility_codes)}


async def last_postings(connection: Connection, keys: Sequence[PersonYearKey]) -> dict[PersonYearKey, int]:
    """The number of the last settlement of each year."""
    return {(row[0], row[1]): row[2] for row in await connection.fetch(_LAST, *_columns(keys))}


async def chosen(
    connection: Connection,
    county: str | None,
    year: int | None,
    person_ids: Sequence[UUID] | None,
    settlement_ids: Sequence[UUID] | None,
    limit: int,
) -> list[tuple[UUID, int, str]]:
    """Years with settlements that a filter names, and where they were insured; ``None`` does not restrict."""
    rows = await connection.fetch(_OF_FILTER, county, year, person_ids, settlement_ids, limit)
    return [(row[0], row[1], row[2]) for row in rows]
