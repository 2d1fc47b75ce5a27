"""Statements on our copy of the people insured."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage.insured import Insured, insured_of
from shared.db import raw


class PersonRow(NamedTuple):
    """A person as stored; categories, enrolments and certificates as JSON text."""

    person_id: UUID
    household_id: UUID
    id_index: bytes
    division_code: str
    birth_date: date
    sex: str
    alive: bool
    categories: str
    enrolments: str
    version: int
    recorded_at: datetime
    certificates: str


# An older version changes nothing. Accumulators follow the person to a new county, or the new county would
# not see what was used; those of the household follow the member last recorded. They are locked in the order
# in which settling locks them, so that neither waits for the other in a circle.
_SAVE = """
WITH saved AS (
  INSERT INTO insured_persons AS stored (person_id, household_id, id_index, division_code, birth_date, sex,
                                         alive, categories, enrolments, version, recorded_at, certificates)
  SELECT person_id, household_id, id_index, division_code, birth_date, sex,
         alive, categories::jsonb, enrolments::jsonb, version, recorded_at, certificates::jsonb
  FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::text[], $5::date[], $6::text[], $7::boolean[],
              $8::text[], $9::text[], $10::bigint[], $11::timestamptz[], $12::text[])
    AS new (person_id, household_id, id_index, division_code, birth_date, sex, alive, categories,
            enrolments, version, recorded_at, certificates)
  ORDER BY person_id
  ON CONFLICT (person_id) DO UPDATE SET
    household_id = excluded.household_id, id_index = excluded.id_index,
    division_code = excluded.division_code, birth_date = excluded.birth_date, sex = excluded.sex,
    alive = excluded.alive, categories = excluded.categories, enrolments = excluded.enrolments,
    version = excluded.version, recorded_at = excluded.recorded_at, certificates = excluded.certificates
  WHERE stored.version < excluded.version
  RETURNING stored.person_id, stored.household_id, stored.division_code, stored.recorded_at
), households AS (
  SELECT DISTINCT ON (household_id) household_id, division_code FROM saved
  ORDER BY household_id, recorded_at DESC, person_id DESC
), holders AS (
  SELECT person_id AS holder_id, division_code FROM saved
  UNION ALL SELECT household_id, division_code FROM households
), locked AS (
  SELECT stored.holder_id, stored.year, holders.division_code
  FROM accumulator_years AS stored JOIN holders USING (holder_id)
  WHERE stored.division_code <> holders.division_code
  ORDER BY stored.holder_id, stored.year FOR UPDATE OF stored
)
UPDATE accumulator_years AS stored SET division_code = locked.division_code
FROM locked WHERE (stored.holder_id, stored.year) = (locked.holder_id, locked.year)
"""


_BY_INDEX = """
SELECT person_id, household_id, division_code, birth_date, sex, categories::text, enrolments::text,
       certificates::text
FROM insured_persons WHERE id_index = $1 ORDER BY alive DESC, recorded_at DESC LIMIT 1
"""


async def by_index(session: AsyncSession, id_index: bytes) -> Insured | None:
    """The insured person with this ID number that the caller may see; the newest of several."""
    row = await (await raw(session)).fetchrow(_BY_INDEX, id_index)
    return None if row is None else insured_of(tuple(row))


_BY_INDEXES = """
SELECT DISTINCT ON (id_index) id_index, person_id, household_id, division_code, birth_date, sex,
       categories::text, enrolments::text, certificates::text
FROM insured_persons WHERE id_index = ANY($1::bytea[])
ORDER BY id_index, alive DESC, recorded_at DESC
"""


async def by_indexes(session: AsyncSession, indexes: Sequence[bytes]) -> dict[bytes, Insured]:
    """The same for many ID numbers; numbers of nobody are left out."""
    rows = await (await raw(session)).fetch(_BY_INDEXES, list(indexes))
    return {row[0]: insured_of(tuple(row)[1:]) for row in rows}


_WITH_CATEGORIES = """
SELECT person_id, household_id, division_code, birth_date, sex, categories::text, enrolments::text,
       certificates::text
FROM insured_persons WHERE division_code ^@ $1 AND alive AND categories <> '[]'::jsonb ORDER BY person_id
"""


async def with_categories(session: AsyncSession, county_code: str) -> list[Insured]:
    """Everybody alive in a county who holds or held an assistance category."""
    rows = await (await raw(session)).fetch(_WITH_CATEGORIES, county_code)
    return [insured_of(tuple(row)) for row in rows]


_KNOWN = """
SELECT person_id, version, birth_date, sex, categories::text, enrolments::text, certificates::text
FROM insured_persons WHERE person_id = ANY($1::uuid[]) ORDER BY person_id FOR UPDATE
"""


class Known(NamedTuple):
    """What was known of a person before; categories, enrolments and certificates as JSON text."""

    person_id: UUID
    version: int
    birth_date: date
    sex: str
    categories: str
    enrolments: str
    certificates: str


async def known(session: AsyncSession, person_ids: Sequence[UUID]) -> dict[UUID, Known]:
    """What is stored of these people, locked until the transaction ends."""
    rows = await (await raw(session)).fetch(_KNOWN, person_ids)
    return {row[0]: Known(*row) for row in rows}


async def save(session: AsyncSession, people: Sequence[PersonRow]) -> None:
    """Insert or update people, each at most once in the list; what is stored with a newer version stays."""
    connection = await raw(session)
    await connection.execute(_SAVE, *(list(column) for column in zip(*people, strict=True)))
