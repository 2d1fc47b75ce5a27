"""Keeping our copy of the insured people up to date."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage import repository
from services.claims.coverage.insured import Insured, held_of
from services.claims.coverage.repository import Known, PersonRow
from services.claims.coverage.stretches import waiting_may_differ
from services.claims.problems import BAD_ID_NUMBER, PATIENT_NOT_FOUND
from services.claims.readjudication import due
from shared import identity
from shared.crypto import BlindIndex
from shared.events.registry import EnrolmentSpell, PersonRecorded
from shared.problems import Problem


class Patient(NamedTuple):
    """An insured person whom a message names by ID number."""

    insured: Insured
    id_index: bytes
    masked: str


async def patient(session: AsyncSession, blind_index: BlindIndex, id_number: str) -> Patient:
    """The person with this ID number; a problem of the message when it is wrong or nobody's."""
    try:
        number = identity.check_id_number(id_number)
    except identity.BadIdentity as error:
        raise Problem(BAD_ID_NUMBER, pointer="/patient/id_number") from error
    id_index = blind_index.of(number)
    insured = await repository.by_index(session, id_index)
    if insured is None:
        raise Problem(PATIENT_NOT_FOUND, pointer="/patient/id_number")
    return Patient(insured, id_index, identity.mask(number))


async def people_by_index(session: AsyncSession, indexes: Sequence[bytes]) -> dict[bytes, Insured]:
    """The insured people with these blind indexes whom the caller may see, for other features."""
    return await repository.by_indexes(session, indexes)


async def people_with_categories(session: AsyncSession, county_code: str) -> list[Insured]:
    """Everybody alive in a county who holds or held an assistance category, for other features."""
    return await repository.with_categories(session, county_code)


async def record_people(session: AsyncSession, people: Iterable[tuple[datetime, PersonRecorded]]) -> None:
    """Store the newest version of each person with the time of its event; older versions change nothing.

    Nothing stored depends on which events came together, so a replay gives the same rows. Where a visit was
    settled on days for which categories, enrolments or certificates turn out different, its year is due to be
    worked out anew; nobody is due who has no such visit.
    """
    newest: dict[str, tuple[datetime, PersonRecorded]] = {}
    for recorded_at, person in people:
        known = newest.get(str(person.person_id))
        if known is None or known[1].version < person.version:
            newest[str(person.person_id)] = recorded_at, person
    rows = [_row(*each) for each in newest.values()]
    if not rows:
        return
    before = await repository.known(session, [row.person_id for row in rows])
    await repository.save(session, rows)
    changes = [
        (row.person_id, *stretch)
        for row in rows
        if row.person_id in before and before[row.person_id].version < row.version
        for stretch in _changed_days(before[row.person_id], row)
    ]
    await due.after_changes(session, changes, max(row.recorded_at for row in rows))


def _changed_days(before: Known, after: PersonRow) -> list[tuple[date, date]]:
    """Days on which a visit may come to another result."""
    if (before.birth_date, before.sex) != (after.birth_date, after.sex):
        return [(due.ALWAYS, due.NEVER)]
    pairs = (
        (before.categories, after.categories),
        (before.enrolments, after.enrolments),
        (before.certificates, after.certificates),
    )
    days = [days for was, is_now in pairs for days in due.changed_days(held_of(was), held_of(is_now))]
    histories = ((held_of(each.categories), held_of(each.enrolments)) for each in (before, after))
    return days + waiting_may_differ(*histories)


def _row(recorded_at: datetime, person: PersonRecorded) -> PersonRow:
    categories = [[spell.category, *_days(spell.valid_from, spell.valid_to)] for spell in person.categories]
    enrolments = [_enrolment(spell) for spell in person.enrolments]
    certificates = [
        [spell.chronic_code, *_days(spell.valid_from, spell.valid_to)] for spell in person.certificates
    ]
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
        json.dumps(certificates),
    )


def _enrolment(spell: EnrolmentSpell) -> list[str | int | None]:
    bought_back = [spell.bought_back_years] if spell.bought_back_years else []
    return [spell.scheme, *_days(spell.valid_from, spell.valid_to), *bought_back]


def _days(valid_from: date, valid_to: date | None) -> tuple[str, str | None]:
    return valid_from.isoformat(), valid_to.isoformat() if valid_to else None
