"""Keeping our copy of the insured people up to date."""

import json
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage import repository
from services.claims.coverage.repository import PersonRow
from shared.events.registry import PersonRecorded


async def record_people(session: AsyncSession, people: Iterable[PersonRecorded], now: datetime) -> None:
    """Store the newest version of each person; older versions than what is stored change nothing."""
    newest: dict[str, PersonRecorded] = {}
    for person in people:
        known = newest.get(str(person.person_id))
        if known is None or known.version < person.version:
            newest[str(person.person_id)] = person
    if newest:
        await repository.save(session, [_row(person) for person in newest.values()], now)


def _row(person: PersonRecorded) -> PersonRow:
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
    )


def _days(valid_from: date, valid_to: date | None) -> tuple[str, str | None]:
    return valid_from.isoformat(), valid_to.isoformat() if valid_to else None
