"""What can be done with people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import problems
from services.registry.people import repository
from services.registry.people.masking import mask_name, mask_number, mask_phone
from services.registry.people.repository import PersonRow
from services.registry.people.sealing import unseal
from shared import audit, identity
from shared.auth import Caller
from shared.crypto import BlindIndex, FieldCipher
from shared.identity import BadIdentity, IdentityFault
from shared.messaging.event_log import NewEvent, append
from shared.problems import Problem, ProblemSpec
from shared.sensitivity import sees_restricted

PII = "registry:pii"
_EVENTS_PER_STATEMENT = 10_000
_ID_PROBLEMS = {
    IdentityFault.LENGTH: problems.ID_NUMBER_LENGTH,
    IdentityFault.OLD_FORM: problems.ID_NUMBER_OLD_FORM,
    IdentityFault.CHECKSUM: problems.ID_NUMBER_CHECKSUM,
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads personal data, and with which keys."""

    caller: Caller
    cipher: FieldCipher

    @property
    def sees_all(self) -> bool:
        """Whether numbers, names and phones are shown whole; such reads are audited."""
        return self.caller.may(PII)

    @property
    def sees_restricted(self) -> bool:
        """Whether the kind of a disability is shown, which may be a mental one; such reads are audited."""
        return sees_restricted(self.caller)


class PersonView(NamedTuple):
    """A person with number, name, phone and kind of disability as the reader may see them."""

    row: PersonRow
    id_number: str
    name: str
    phone: str | None
    disability_kind: str | None


async def announce(session: AsyncSession, person_ids: Sequence[UUID], now: datetime) -> None:
    """Append one event for each of the people, as they now stand in the transaction."""
    for start in range(0, len(person_ids), _EVENTS_PER_STATEMENT):
        snapshots = await repository.snapshots(session, person_ids[start : start + _EVENTS_PER_STATEMENT])
        events = [NewEvent(person, person.household_id, person.division_code) for person in snapshots]
        await append(session, events, now)


def id_number_problem(error: BadIdentity) -> ProblemSpec:
    """The refusal for an identity number that cannot be right."""
    return _ID_PROBLEMS[error.fault]


async def look_up(session: AsyncSession, id_number: str, index: BlindIndex, reader: Reader) -> PersonView:
    """The person with an identity number; refused when the number is wrong or nobody visible has it."""
    try:
        number = identity.check_id_number(id_number)
    except BadIdentity as error:
        raise Problem(id_number_problem(error), pointer="/id_number") from error
    person_id = await repository.find_by_index(session, index.of(number))
    if person_id is None:
        raise Problem(problems.PERSON_NOT_FOUND)
    return await person(session, person_id, reader)


async def person(session: AsyncSession, person_id: UUID, reader: Reader) -> PersonView:
    """One person; refused when the caller cannot see them."""
    found = await views(session, [person_id], reader)
    if not found:
        raise Problem(problems.PERSON_NOT_FOUND)
    return found[0]


async def views(session: AsyncSession, person_ids: Sequence[UUID], reader: Reader) -> list[PersonView]:
    """People as the reader may see them, heads of household first. Whole personal data are audited."""
    found = [_view(row, reader) for row in await repository.people(session, person_ids)]
    seen = {"people": [str(view.row.id) for view in found]}
    if found and reader.sees_all:
        await audit.record(session, reader.caller, "read personal data", "people", seen)
    if reader.sees_restricted and any(view.disability_kind for view in found):
        await audit.record(session, reader.caller, "read restricted data", "people", seen)
    return found


def _view(row: PersonRow, reader: Reader) -> PersonView:
    cipher = reader.cipher
    id_number = unseal(cipher, row.id, "id_number", row.id_sealed)
    name = unseal(cipher, row.id, "name", row.name_sealed)
    phone = unseal(cipher, row.id, "phone", row.phone_sealed) if row.phone_sealed else None
    # For everybody, not for mental disabilities alone: a gap would say what it hides.
    kind = row.disability_kind if reader.sees_restricted else None
    if reader.sees_all:
        return PersonView(row, id_number, name, phone, kind)
    return PersonView(
        row, mask_number(id_number), mask_name(name), mask_phone(phone) if phone else None, kind
    )
