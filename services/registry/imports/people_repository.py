"""Statements of the people import. Everything goes through temporary tables, one statement per table."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.imports.parse import Prepared
from services.registry.imports.people_plan import (
    Beliefs,
    HouseholdWrite,
    KnownHousehold,
    KnownPerson,
)
from services.registry.spells.rules import Spell
from shared.db import raw

# LIKE would copy the generated column, so the columns are written out. DELETE ROWS would keep the table, and
# with it an older definition after a release, in a pooled connection.
_STAGE = """
CREATE TEMPORARY TABLE staged_people (
  row integer, person_no text, household_no text, id_index bytea, content_hash bytea
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_writes (
  id uuid, household_id uuid, division_code text, person_no text, id_index bytea, id_sealed bytea,
  name_sealed bytea, phone_sealed bytea, disability_kind text, disability_grade text, sex text,
  birth_date date, relation text, relation_source text, ethnicity text, ethnicity_source text,
  ethnicity_system text, health text, status text, content_hash bytea, version integer
) ON COMMIT DROP;
CREATE TEMPORARY TABLE staged_spells (
  kind text, id uuid, person_id uuid, division_code text, name text, valid_from date, valid_to date
) ON COMMIT DROP
"""
_CLASSIFY = """
SELECT staged.row, person.id, COALESCE(person.content_hash = staged.content_hash, false) AS same,
       person.version, person.division_code, person.stated_year, person.stated_on,
       holder.person_no AS number_held_by
FROM staged_people AS staged
LEFT JOIN people AS person ON person.county_code = $1 AND person.person_no = staged.person_no
LEFT JOIN people AS holder ON holder.county_code = $1 AND holder.id_index = staged.id_index
     AND holder.person_no <> staged.person_no
"""
_HOUSEHOLDS = """
SELECT household_no, id, division_code, household_class, version FROM households
WHERE county_code = $1 AND household_no IN (SELECT household_no FROM staged_people)
"""
_CURRENT_SPELLS = """
SELECT person_id, 0 AS kind, id, household_id::text AS name, valid_from, valid_to
FROM memberships WHERE superseded_at IS NULL AND person_id = ANY($1::uuid[])
UNION ALL SELECT person_id, 1, id, category, valid_from, valid_to
FROM category_spells WHERE superseded_at IS NULL AND person_id = ANY($1::uuid[])
UNION ALL SELECT person_id, 2, id, scheme, valid_from, valid_to
FROM enrolments WHERE superseded_at IS NULL AND person_id = ANY($1::uuid[]) AND year = $2
ORDER BY valid_from
"""
_WRITE_HOUSEHOLDS = """
INSERT INTO households (id, household_no, division_code, household_class, version, recorded_at, updated_at)
SELECT id, household_no, division_code, household_class, version, $6, $6
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::integer[])
     AS written (id, household_no, division_code, household_class, version)
ON CONFLICT (id) DO UPDATE SET division_code = excluded.division_code,
  household_class = excluded.household_class, version = excluded.version, updated_at = excluded.updated_at
"""
# A cell left empty does not erase what an earlier file said of phone and health.
_UPDATE_PEOPLE = """
UPDATE people AS person SET household_id = staged.household_id, division_code = staged.division_code,
  id_index = staged.id_index, id_sealed = staged.id_sealed, name_sealed = staged.name_sealed,
  phone_sealed = COALESCE(staged.phone_sealed, person.phone_sealed),
  disability_kind = COALESCE(staged.disability_kind, person.disability_kind),
  disability_grade = COALESCE(staged.disability_grade, person.disability_grade), sex = staged.sex,
  birth_date = staged.birth_date, relation = staged.relation, relation_source = staged.relation_source,
  ethnicity = staged.ethnicity, ethnicity_source = staged.ethnicity_source,
  ethnicity_system = staged.ethnicity_system, health = COALESCE(staged.health, person.health),
  status = staged.status, stated_year = $1, stated_on = $2, content_hash = staged.content_hash,
  version = staged.version, updated_at = $3
FROM staged_writes AS staged WHERE person.id = staged.id AND staged.version > 1
"""
_INSERT_PEOPLE = """
INSERT INTO people (id, household_id, division_code, person_no, id_index, id_sealed, name_sealed,
  phone_sealed, disability_kind, disability_grade, sex, birth_date, relation, relation_source, ethnicity,
  ethnicity_source, ethnicity_system, health, status, stated_year, stated_on, content_hash, version,
  recorded_at, updated_at)
SELECT id, household_id, division_code, person_no, id_index, id_sealed, name_sealed, phone_sealed,
  disability_kind, disability_grade, sex, birth_date, relation, relation_source, ethnicity, ethnicity_source,
  ethnicity_system, health, status, $1, $2, content_hash, version, $3, $3
FROM staged_writes WHERE version = 1
"""
_MOVE_OTHERS = """
UPDATE people AS person
SET division_code = household.division_code, version = person.version + 1, updated_at = $2
FROM households AS household
WHERE household.id = ANY($1::uuid[]) AND person.household_id = household.id
  AND person.division_code <> household.division_code
RETURNING person.id
"""
_MOVE_SPELLS = """
UPDATE {table} AS spell SET division_code = person.division_code
FROM people AS person WHERE person.id = ANY($1::uuid[]) AND spell.person_id = person.id
"""
_SUPERSEDE = "UPDATE {table} SET superseded_at = $2 WHERE id = ANY($1::uuid[]) AND superseded_at IS NULL"
_ADD_SPELLS = (
    """
INSERT INTO memberships (id, person_id, division_code, household_id, valid_from, valid_to, recorded_at)
SELECT id, person_id, division_code, name::uuid, valid_from, valid_to, $1
FROM staged_spells WHERE kind = 'memberships'
""",
    """
INSERT INTO category_spells (id, person_id, division_code, category, valid_from, valid_to, recorded_at)
SELECT id, person_id, division_code, name, valid_from, valid_to, $1
FROM staged_spells WHERE kind = 'category_spells'
""",
    """
INSERT INTO enrolments (id, person_id, division_code, scheme, year, valid_from, valid_to, recorded_at)
SELECT id, person_id, division_code, name, $2, valid_from, valid_to, $1
FROM staged_spells WHERE kind = 'enrolments'
""",
)
SPELL_TABLES = ("memberships", "category_spells", "enrolments")
FOLLOWING_TABLES = (*SPELL_TABLES, "chronic_certificates")
"""Tables whose rows follow a person who moves."""


class SpellRow(NamedTuple):
    """A spell to be written, in the order of the temporary table."""

    kind: str
    id: UUID
    person_id: UUID
    division_code: str
    name: str
    valid_from: date
    valid_to: date | None


async def stage(session: AsyncSession, rows: Sequence[Prepared]) -> None:
    """Copy numbers, indexes and hashes of the file's rows into a temporary table."""
    connection = await raw(session)
    await connection.execute(_STAGE)
    await connection.copy_records_to_table(
        "staged_people",
        records=(
            (row.person.row, row.person.person_no, row.person.household_no, row.id_index, row.content_hash)
            for row in rows
        ),
    )
    await connection.execute("ANALYZE staged_people")


async def classify(session: AsyncSession, county: str) -> dict[int, KnownPerson]:
    """What is known of each staged row, by its number in the file."""
    records = await (await raw(session)).fetch(_CLASSIFY, county)
    return {record["row"]: _known(record) for record in records}


def _known(record: asyncpg.Record) -> KnownPerson:
    return KnownPerson(
        record["id"],
        record["same"],
        record["version"] or 0,
        record["division_code"] or "",
        record["stated_year"] or 0,
        record["stated_on"],
        record["number_held_by"],
    )


async def known_households(session: AsyncSession, county: str) -> dict[str, KnownHousehold]:
    """The registered households among those of the staged rows, by number."""
    records = await (await raw(session)).fetch(_HOUSEHOLDS, county)
    return {household_no: KnownHousehold(*rest) for household_no, *rest in records}


async def current_spells(session: AsyncSession, people: list[UUID], year: int) -> dict[UUID, Beliefs]:
    """What is believed now of each of the people; enrolments of one year only."""
    beliefs: dict[UUID, Beliefs] = {}
    for person_id, kind, *spell in await (await raw(session)).fetch(_CURRENT_SPELLS, people, year):
        beliefs.setdefault(person_id, Beliefs([], [], []))[kind].append(Spell(*spell))
    return beliefs


async def write_households(session: AsyncSession, writes: Sequence[HouseholdWrite], now: datetime) -> None:
    """Insert new households and update changed ones."""
    columns = list(zip(*(write[:5] for write in writes), strict=True))
    await (await raw(session)).execute(_WRITE_HOUSEHOLDS, *map(list, columns), now)


async def write_people(
    session: AsyncSession, rows: Iterable[tuple[Any, ...]], year: int, as_of: date, now: datetime
) -> None:
    """Update changed people, then insert new ones: an update may free the number of a new person."""
    connection = await raw(session)
    await connection.copy_records_to_table("staged_writes", records=rows)
    await connection.execute("ANALYZE staged_writes")
    await connection.execute(_UPDATE_PEOPLE, year, as_of, now)
    await connection.execute(_INSERT_PEOPLE, year, as_of, now)


async def move_others(session: AsyncSession, households: list[UUID], now: datetime) -> list[UUID]:
    """Let people whom the file does not name follow their household to its new village; who they are."""
    records = await (await raw(session)).fetch(_MOVE_OTHERS, households, now)
    return [record["id"] for record in records]


async def write_spells(
    session: AsyncSession,
    superseded: dict[str, list[UUID]],
    added: Sequence[SpellRow],
    moved: list[UUID],
    year: int,
    now: datetime,
) -> None:
    """Supersede what is no longer believed, add what is believed instead, follow people who moved."""
    connection = await raw(session)
    for table in SPELL_TABLES:
        if superseded[table]:
            await connection.execute(_SUPERSEDE.format(table=table), superseded[table], now)
    for table in FOLLOWING_TABLES if moved else ():
        await connection.execute(_MOVE_SPELLS.format(table=table), moved)
    await connection.copy_records_to_table("staged_spells", records=added)
    for statement in _ADD_SPELLS:
        await connection.execute(statement, now, *([year] if "$2" in statement else []))
