"""Keeping our copy of the insured people up to date."""

import json
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage import repository
from services.claims.coverage.repository import PersonRow
from shared.events.registry import PersonRecorded


async def record_people(session: AsyncSession, people: Iterable[tuple[datetime, PersonRecorded]]) -> None:
    """Store the newest version of each person with the time of its event; older versions change nothing.

    Nothing stored depends on which events came together, so a replay gives the same rows.
    """
    newest: dict[str, tuple[datetime, PersonRecorded]] = {}
    for recorded_at, person in people:
        known = newest.get(str(person.person_id))
        if known is None or known[1].version < person.version:
            newest[str(person.person_id)] = recorded_at, person
    if newest:
        await repository.save(session, [_row(*each) for each in newest.values()])


def _row(recorded_at: datetime, person: PersonRecorded) -> PersonRow:
    categories = [[spell.category, *_days(spell.valid_from, spell.valid_to)] for spell in person.categories]
    enrolments = [[spell.scheme, *_days(spell.valid_from, spell.valid_to)] for spell in person.enrolments]
    return PersonRow(
        person.person_id,
        person.household_id,
        bytes.fromhex(person.id_index),
        person.division_code,
        person.birth_date,
        person.sex,
        person.alive,
        json.dumps(categories),
        json.dumps(enrolments),
        person.version,
        recorded_at,
    )


def _days(valid_from: date, valid_to: date | None) -> tuple[str, str | None]:
    return valid_from.isoformat(), valid_to.isoformat() if valid_to else None
