"""SQL of the participants."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.participants.rules import Facts
from shared.divisions import county_of, township_of
from shared.events.registry import PersonRecorded

_UPSERT = text("""
INSERT INTO participants AS known
  (person_id, household_id, division_code, id_index, birth_date, sex, alive, enrolments, version)
SELECT * FROM unnest(
  CAST(:person_ids AS uuid[]), CAST(:household_ids AS uuid[]), CAST(:division_codes AS text[]),
  CAST(:id_indexes AS bytea[]), CAST(:birth_dates AS date[]), CAST(:sexes AS text[]),
  CAST(:alive AS boolean[]), CAST(:enrolments AS jsonb[]), CAST(:versions AS bigint[]))
ON CONFLICT (person_id) DO UPDATE SET
  household_id = excluded.household_id, division_code = excluded.division_code,
  id_index = excluded.id_index, birth_date = excluded.birth_date, sex = excluded.sex,
  alive = excluded.alive, enrolments = excluded.enrolments, version = excluded.version
WHERE known.version < excluded.version
""")
_FIND = text("""
SELECT person_id, household_id, division_code, id_index, birth_date, alive, enrolments
FROM participants
WHERE person_id = ANY(CAST(:person_ids AS uuid[])) OR id_index = ANY(CAST(:id_indexes AS bytea[]))
ORDER BY person_id
""")
_VOUCHERS = text("""
SELECT serial, year, redemption_id FROM vouchers
WHERE programme = :programme AND person_id = :person_id ORDER BY year DESC LIMIT 100
""")


@dataclass(frozen=True, slots=True)
class Participant:
    """A person as far as screening needs to know."""

    person_id: UUID
    household_id: UUID
    division_code: str
    id_index: bytes
    birth_date: date
    alive: bool
    enrolments: frozenset[tuple[str, int]]

    @property
    def township(self) -> str:
        """The township in which the person is registered."""
        return township_of(self.division_code)

    @property
    def county(self) -> str:
        """The county in which the person is registered."""
        return county_of(self.division_code)

    def facts(self, scheme: str) -> Facts:
        """What the rules of a programme on this insurance scheme look at."""
        years = frozenset(year for name, year in self.enrolments if name == scheme)
        return Facts(self.birth_date, self.alive, years)


async def save(session: AsyncSession, people: Sequence[PersonRecorded]) -> None:
    """Insert or update people, each named once; a version older than what we have changes nothing."""
    people = sorted(people, key=lambda person: person.person_id)  # one lock order for all writers
    await session.execute(
        _UPSERT,
        {
            "person_ids": [person.person_id for person in people],
            "household_ids": [person.household_id for person in people],
            "division_codes": [person.division_code for person in people],
            "id_indexes": [bytes.fromhex(person.id_index) for person in people],
            "birth_dates": [person.birth_date for person in people],
            "sexes": [person.sex for person in people],
            "alive": [person.alive for person in people],
            "enrolments": [_enrolments(person) for person in people],
            "versions": [person.version for person in people],
        },
    )


def _enrolments(person: PersonRecorded) -> str:
    kept = {
        (enrolment.scheme, enrolment.year)
        for enrolment in person.enrolments
        # An enrolment that ended on or before the day it began was withdrawn.
        if enrolment.valid_to is None or enrolment.valid_to > enrolment.valid_from
    }
    return json.dumps([{"scheme": scheme, "year": year} for scheme, year in sorted(kept)])


async def find(
    session: AsyncSession, *, person_ids: Sequence[UUID], id_indexes: Sequence[bytes]
) -> list[Participant]:
    """The people with these ids or blind indexes whom the caller may see."""
    rows = await session.execute(_FIND, {"person_ids": list(person_ids), "id_indexes": list(id_indexes)})
    return [participant(row) for row in rows]


async def vouchers_of(
    session: AsyncSession, programme: str, person_id: UUID
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The vouchers that a person was given, the latest year first."""
    found = await session.execute(_VOUCHERS, {"programme": programme, "person_id": person_id})
    return found.all()


def participant(row: Row[*tuple[Any, ...]]) -> Participant:
    """A row that holds the columns of a participant."""
    return Participant(
        row.person_id,
        row.household_id,
        row.division_code,
        bytes(row.id_index),
        row.birth_date,
        row.alive,
        frozenset((entry["scheme"], entry["year"]) for entry in row.enrolments),
    )
