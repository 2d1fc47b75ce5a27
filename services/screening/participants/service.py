"""Keep the local copy of people, and find the people whom a request names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.participants import repository
from services.screening.participants.repository import Participant
from services.screening.problems import (
    BAD_ID_NUMBER,
    PERSON_AMBIGUOUS,
    PERSON_NOT_FOUND,
    PERSON_UNNAMED,
)
from shared.crypto import BlindIndex
from shared.events.registry import PersonRecorded
from shared.identity import BadIdentity, check_id_number
from shared.problems import Problem


@dataclass(frozen=True, slots=True)
class PersonKey:
    """How a request names a person: by id, or by the blind index of the ID number."""

    person_id: UUID | None = None
    id_index: bytes | None = None


async def record_people(session: AsyncSession, people: Iterable[PersonRecorded]) -> None:
    """Take over the newest of the given snapshots of every person; running twice changes nothing."""
    newest: dict[UUID, PersonRecorded] = {}
    for person in people:
        known = newest.get(person.person_id)
        if known is None or known.version < person.version:
            newest[person.person_id] = person
    await repository.save(session, list(newest.values()))


def person_key(blind_index: BlindIndex, person_id: UUID | None, id_number: str | None) -> PersonKey:
    """The key of the person that a request names in exactly one of two ways."""
    if (person_id is None) == (id_number is None):
        raise Problem(PERSON_UNNAMED)
    return PersonKey(person_id) if id_number is None else PersonKey(None, index_of(blind_index, id_number))


def index_of(blind_index: BlindIndex, id_number: str) -> bytes:
    """The blind index of an ID number; a number that cannot be right is refused, and never repeated."""
    try:
        return blind_index.of(check_id_number(id_number))
    except BadIdentity as error:
        raise Problem(BAD_ID_NUMBER, pointer="/id_number") from error


class People:
    """The people of one request, found with a single query."""

    def __init__(self, found: Iterable[Participant]) -> None:
        self._by_id: dict[UUID, Participant] = {}
        self._by_index: dict[bytes, list[Participant]] = {}
        for person in found:
            self._by_id[person.person_id] = person
            self._by_index.setdefault(person.id_index, []).append(person)

    @property
    def ids(self) -> list[UUID]:
        """The ids of everybody found."""
        return list(self._by_id)

    def get(self, key: PersonKey) -> Participant:
        """The person of a key, or a refusal."""
        if key.person_id is not None:
            found = [self._by_id[key.person_id]] if key.person_id in self._by_id else []
        else:
            found = self._by_index.get(key.id_index or b"", [])
        if not found:
            raise Problem(PERSON_NOT_FOUND)
        if len(found) > 1:
            raise Problem(PERSON_AMBIGUOUS)
        return found[0]


async def find_people(session: AsyncSession, keys: Sequence[PersonKey]) -> People:
    """Look up everybody whom a request names."""
    ids = {key.person_id for key in keys if key.person_id is not None}
    indexes = {key.id_index for key in keys if key.id_index is not None}
    return People(await repository.find(session, person_ids=sorted(ids), id_indexes=sorted(indexes)))
