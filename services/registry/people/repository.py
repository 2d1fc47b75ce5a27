"""Statements on people."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw
from shared.events.registry import PersonRecorded

# The database writes the JSON and pydantic reads it in one go: a county's people are announced in seconds.
_SNAPSHOTS = """
SELECT json_build_object(
  'person_id', person.id, 'household_id', household_id, 'division_code', division_code,
  'id_index', encode(id_index, 'hex'), 'birth_date', birth_date, 'sex', sex, 'alive', status <> 'dead',
  'version', version, 'categories', COALESCE((
    SELECT json_agg(json_build_object('category', category, 'valid_from', valid_from, 'valid_to', valid_to)
                    ORDER BY category, valid_from)
    FROM category_spells AS spell WHERE spell.person_id = person.id AND superseded_at IS NULL), '[]'),
  'enrolments', COALESCE((
    SELECT json_agg(json_build_object('scheme', scheme, 'year', year, 'valid_from', valid_from,
                                      'valid_to', valid_to, 'bought_back_years', bought_back_years)
                    ORDER BY year, scheme, valid_from)
    FROM enrolments AS spell WHERE spell.person_id = person.id AND superseded_at IS NULL), '[]'),
  'certificates', COALESCE((
    SELECT json_agg(json_build_object('chronic_code', chronic_code, 'valid_from', valid_from,
                                      'valid_to', valid_to) ORDER BY chronic_code, valid_from)
    FROM chronic_certificates AS spell WHERE spell.person_id = person.id AND superseded_at IS NULL), '[]')
)::text FROM people AS person WHERE person.id = ANY($1::uuid[])
"""
_PEOPLE = """
SELECT person.id, household_id, household_no, person.division_code, person_no, id_sealed, name_sealed,
       phone_sealed, sex, birth_date, relation, relation_source, ethnicity, ethnicity_source,
       ethnicity_system, health, disability_kind, disability_grade, status, person.version, person.updated_at
FROM people AS person JOIN households AS household ON household.id = household_id
WHERE person.id = ANY($1::uuid[]) ORDER BY relation, birth_date, person.id
"""
# The same number may be registered in two counties that the caller sees; the living entry, then the newest.
_FIND_BY_INDEX = """
SELECT id FROM people WHERE id_index = $1 ORDER BY status <> 'active', updated_at DESC LIMIT 1
"""


class PersonRow(NamedTuple):
    """A person as stored: number, name and phone are sealed."""

    id: UUID
    household_id: UUID
    household_no: str
    division_code: str
    person_no: str
    id_sealed: bytes
    name_sealed: bytes
    phone_sealed: bytes | None
    sex: str
    birth_date: date
    relation: str
    relation_source: str
    ethnicity: str | None
    ethnicity_source: str | None
    ethnicity_system: str | None
    health: str | None
    disability_kind: str | None
    disability_grade: str | None
    status: str
    version: int
    updated_at: datetime


async def snapshots(session: AsyncSession, ids: Sequence[UUID]) -> list[PersonRecorded]:
    """People with everything that is believed of them now, ready to be told."""
    records = await (await raw(session)).fetch(_SNAPSHOTS, list(ids))
    return [PersonRecorded.model_validate_json(record[0]) for record in records]


async def people(session: AsyncSession, ids: Sequence[UUID]) -> list[PersonRow]:
    """The people that the caller may see among those asked for; heads of household first."""
    records = await (await raw(session)).fetch(_PEOPLE, list(ids))
    return [PersonRow(*record) for record in records]


async def find_by_index(session: AsyncSession, id_index: bytes) -> UUID | None:
    """Who has an identity number, among the people that the caller may see."""
    found: UUID | None = await (await raw(session)).fetchval(_FIND_BY_INDEX, id_index)
    return found
