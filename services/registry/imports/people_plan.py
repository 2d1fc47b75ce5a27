"""What a people file changes: pure comparison of the file with what the registry knows."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.registry.imports import row_problems
from services.registry.imports.codes import HEADINGS
from services.registry.imports.order import Order
from services.registry.imports.parse import Prepared, year_bounds
from services.registry.imports.row_problems import RowFault
from services.registry.spells.rules import Change, Spell, Wanted, reconcile
from shared import identity
from shared.ids import new_id
from shared.problems import ProblemSpec


class KnownPerson(NamedTuple):
    """What the registry knows of the person number of a row, and who holds the row's identity number."""

    person_id: UUID | None
    same: bool
    version: int
    division_code: str
    stated_year: int
    stated_on: date | None
    number_held_by: str | None


class KnownHousehold(NamedTuple):
    """A household as registered."""

    household_id: UUID
    division_code: str
    household_class: str
    version: int


class HouseholdWrite(NamedTuple):
    """A household to be inserted (version 1) or updated."""

    id: UUID
    household_no: str
    division_code: str
    household_class: str
    version: int
    moved: bool


class PersonWrite(NamedTuple):
    """A person to be inserted (version 1) or updated. ``first``: the first statement about that year."""

    id: UUID
    household_id: UUID
    prepared: Prepared
    version: int
    first: bool
    moved: bool


class Plan(NamedTuple):
    """Everything that the file changes."""

    people: list[PersonWrite]
    households: list[HouseholdWrite]
    unchanged: int
    faults: list[RowFault]


class Beliefs(NamedTuple):
    """The spells of one person that are believed now; enrolments only of the file's year."""

    memberships: list[Spell]
    categories: list[Spell]
    enrolments: list[Spell]


def make_plan(
    rows: Sequence[Prepared],
    known: Mapping[int, KnownPerson],
    households: Mapping[str, KnownHousehold],
    order: Order,
) -> Plan:
    """Compare the accepted rows of a file with the registry."""
    faults: list[RowFault] = []
    differing = [row for row in rows if not known[row.person.row].same]
    current = [row for row in differing if not _outdated(row, known[row.person.row], order, faults)]
    writable = _with_free_numbers(current, known, faults)
    refused = len(differing) - len(writable)
    accepted = rows
    if refused:
        lines = {row.person.row for row in writable}
        accepted = [row for row in rows if known[row.person.row].same or row.person.row in lines]
    ids, household_writes = _households(accepted, households)
    people = [_person(row, known[row.person.row], ids, order) for row in writable]
    return Plan(people, household_writes, len(rows) - len(differing), faults)


def _outdated(row: Prepared, known: KnownPerson, order: Order, faults: list[RowFault]) -> bool:
    if known.stated_on is None or (known.stated_year, known.stated_on) <= (order.year, order.as_of):
        return False
    stated = {"year": known.stated_year, "stated_on": known.stated_on.isoformat()}
    faults.append(_fault(row, "person_no", row_problems.OLDER_FILE, stated))
    return True


def _with_free_numbers(
    rows: list[Prepared], known: Mapping[int, KnownPerson], faults: list[RowFault]
) -> list[Prepared]:
    """Rows whose identity number nobody else keeps. A holder whom the file gives another number frees it."""
    taken = {row.person.row: known[row.person.row].number_held_by for row in rows}
    refused: set[int] = set()
    while True:
        freed = {row.person.person_no for row in rows if row.person.row not in refused}
        more = {
            row.person.row
            for row in rows
            if row.person.row not in refused and taken[row.person.row] and taken[row.person.row] not in freed
        }
        if not more:
            break
        refused |= more
    faults.extend(
        _fault(row, "id_number", row_problems.ID_TAKEN, {}) for row in rows if row.person.row in refused
    )
    return [row for row in rows if row.person.row not in refused]


def _fault(row: Prepared, field: str, spec: ProblemSpec, params: dict[str, object]) -> RowFault:
    return RowFault(row.person.row, HEADINGS["people"].standard[field], spec.code, params)


def _households(
    rows: Sequence[Prepared], known: Mapping[str, KnownHousehold]
) -> tuple[dict[str, UUID], list[HouseholdWrite]]:
    ids: dict[str, UUID] = {}
    writes: list[HouseholdWrite] = []
    for row in rows:
        stated = row.person
        if stated.household_no in ids:
            continue
        found = known.get(stated.household_no)
        household_id = ids[stated.household_no] = found.household_id if found else new_id()
        if found and (found.division_code, found.household_class) == (stated.village, stated.household_class):
            continue
        writes.append(
            HouseholdWrite(
                household_id,
                stated.household_no,
                stated.village,
                stated.household_class,
                found.version + 1 if found else 1,
                bool(found and found.division_code != stated.village),
            )
        )
    return ids, writes


def _person(row: Prepared, known: KnownPerson, ids: Mapping[str, UUID], order: Order) -> PersonWrite:
    return PersonWrite(
        known.person_id or new_id(),
        ids[row.person.household_no],
        row,
        known.version + 1,
        known.person_id is None or known.stated_year != order.year,
        known.person_id is not None and known.division_code != row.person.village,
    )


def spell_changes(write: PersonWrite, beliefs: Beliefs, order: Order) -> tuple[Change, Change, Change]:
    """How memberships, categories and enrolments of a person change.

    The first statement about a year speaks of the year from its first day; a later one that differs, of the
    time from the day of the file. A finished year keeps what was believed of its ended enrolments.
    """
    stated = write.prepared.person
    here = stated.status == "active"
    born = identity.birth_date(stated.id_number)
    first_day, end = year_bounds(order.year)
    since = max(min(first_day, order.as_of) if write.first else order.as_of, born)
    enrolled_since = first_day if write.first or order.as_of >= end else max(first_day, order.as_of)
    memberships = [Wanted(str(write.household_id))] if here else []
    schemes = [("resident", stated.resident), ("employee", stated.employee)]
    enrolled = [Wanted(scheme) for scheme, holds in schemes if holds and here]
    return (
        reconcile(beliefs.memberships, memberships, since=since, until=order.as_of),
        reconcile(beliefs.categories, stated.categories if here else (), since=since, until=order.as_of),
        reconcile(
            beliefs.enrolments,
            enrolled,
            since=max(enrolled_since, born),
            until=min(order.as_of, end),
            end=end,
        ),
    )
