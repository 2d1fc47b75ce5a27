"""Statements on people."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw
from shared.events.registry import CategorySpell, EnrolmentSpell, PersonRecorded

_SNAPSHOTS = """
SELECT person.id, household_id, division_code, id_index, birth_date, sex, status, version,
  (SELECT json_agg(json_build_array(category, valid_from, valid_to) ORDER BY category, valid_from)::text
   FROM category_spells AS spell WHERE spell.person_id = person.id AND superseded_at IS NULL) AS categories,
  (SELECT json_agg(json_build_array(scheme, year, valid_from, valid_to)
                   ORDER BY year, scheme, valid_from)::text
   FROM enrolments AS spell WHERE spell.person_id = person.id AND superseded_at IS NULL) AS enrolments
FROM people AS person WHERE person.id = ANY($1::uuid[])
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
    return [_snapshot(*record) for record in records]


def _snapshot(
    person_id: UUID,
    household_id: UUID,
    division_code: str,
    id_index: bytes,
    birth_date: date,
    sex: Literal["1", "2"],
    status: str,
    version: int,
    categories: str | None,
    enrolments: str | None,
) -> PersonRecorded:
    # The values come from our own tables, so they are not validated once more: tens of thousands at a time.
    return PersonRecorded.model_construct(
        person_id=person_id,
        household_id=household_id,
        division_code=division_code,
        id_index=id_index.hex(),
        birth_date=birth_date,
        sex=sex,
        alive=status != "dead",
        version=version,
        categories=[_category(*spell) for spell in json.loads(categories or "[]")],
        enrolments=[_enrolment(*spell) for spell in json.loads(enrolments or "[]")],
    )


def _category(category: str, valid_from: str, valid_to: str | None) -> CategorySpell:
    until = date.fromisoformat(valid_to) if valid_to else None
    return CategorySpell.model_construct(
        category=category, valid_from=date.fromisoformat(valid_from), valid_to=until
    )


def _enrolment(
    scheme: Literal["resident", "employee"], year: int, valid_from: str, valid_to: str
) -> EnrolmentSpell:
    return EnrolmentSpell.model_construct(
        scheme=scheme,
        year=year,
        valid_from=date.fromisoformat(valid_from),
        valid_to=date.fromisoformat(valid_to),
    )


async def people(session: AsyncSession, ids: Sequence[UUID]) -> list[PersonRow]:
    """The people that the caller may see among those asked for; heads of household first."""
    records = await (await raw(session)).fetch(_PEOPLE, list(ids))
    return [PersonRow(*record) for record in records]


async def find_by_index(session: AsyncSession, id_index: bytes) -> UUID | None:
    """Who has an identity number, among the people that the caller may see."""
    found: UUID | None = await (await raw(session)).fetchval(_FIND_BY_INDEX, id_index)
    return found
