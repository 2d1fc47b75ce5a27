"""Whether and as what somebody is covered on a day, by what was known at an instant."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import problems
from services.registry.eligibility import repository
from services.registry.eligibility.repository import Standing
from services.registry.eligibility.schemas import AskedPerson, CheckedPerson, EligibilityReply
from services.registry.people.service import id_number_problem
from shared import identity
from shared.crypto import BlindIndex
from shared.events.registry import CategorySpell, EnrolmentSpell
from shared.identity import BadIdentity
from shared.problems import Problem, ProblemSpec

MONITORED = frozenset({"unstable_exited", "marginal_at_risk", "sudden_hardship"})
"""The three classes of dynamic monitoring (DOMAIN 3.4)."""


class Moment(NamedTuple):
    """The day asked about, and the instant whose knowledge counts; None: all that is known ``now``."""

    on: date
    as_known_at: datetime | None
    now: datetime


async def eligibility(session: AsyncSession, person_id: UUID, moment: Moment) -> EligibilityReply:
    """One person's eligibility; refused when the caller cannot see them."""
    found = await repository.standings(session, [(person_id, None)], moment.on, moment.as_known_at)
    if not found:
        raise Problem(problems.PERSON_NOT_FOUND)
    return _reply(found[0], moment)


async def check(
    session: AsyncSession, people: Sequence[AskedPerson], moment: Moment, index: BlindIndex
) -> list[CheckedPerson]:
    """The eligibility of many people in one query, in the order asked; each failure has its own code."""
    asked: dict[int, tuple[UUID | None, bytes | None]] = {}
    refused: dict[int, ProblemSpec] = {}
    for no, person in enumerate(people):
        try:
            asked[no] = _key(person, index)
        except Problem as problem:
            refused[no] = problem.spec
    places = list(asked)
    keys = list(asked.values())
    found = await repository.standings(session, keys, moment.on, moment.as_known_at) if keys else {}
    standings = {places[place]: standing for place, standing in found.items()}
    return [_checked(no, refused.get(no), standings.get(no), moment) for no in range(len(people))]


def _key(person: AskedPerson, index: BlindIndex) -> tuple[UUID | None, bytes | None]:
    if (person.person_id is None) == (person.id_number is None):
        raise Problem(problems.ONE_OF_PERSON_ID_OR_NUMBER)
    if person.id_number is None:
        return person.person_id, None
    try:
        return None, index.of(identity.check_id_number(person.id_number))
    except BadIdentity as error:
        raise Problem(id_number_problem(error)) from error


def _checked(
    no: int, refused: ProblemSpec | None, standing: Standing | None, moment: Moment
) -> CheckedPerson:
    if standing is None:
        return CheckedPerson(no=no, code=(refused or problems.PERSON_NOT_FOUND).code, eligibility=None)
    return CheckedPerson(no=no, code=None, eligibility=_reply(standing, moment))


def _reply(standing: Standing, moment: Moment) -> EligibilityReply:
    categories = [
        CategorySpell(category=category, valid_from=start, valid_to=end)
        for category, start, end in standing.categories
    ]
    enrolments = [
        EnrolmentSpell(scheme=scheme, year=year, valid_from=start, valid_to=end)
        for scheme, year, start, end in standing.enrolments
    ]
    # Ordered by their beginning: the newest class counts where an old one has not been ended.
    monitored = [spell.category for spell in categories if spell.category in MONITORED]
    return EligibilityReply(
        person_id=standing.person_id,
        household_id=standing.household_id,
        on=moment.on,
        as_known_at=moment.as_known_at or moment.now,
        enrolled=bool(enrolments),
        enrolments=enrolments,
        categories=categories,
        monitored=monitored[-1] if monitored else None,
    )
