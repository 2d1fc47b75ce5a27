"""Who has a handbook of chronic diseases (慢性病手册, DOMAIN S-43): for which disease, until when."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from deploy.demo.diseases import CHRONIC, ChronicDisease
from deploy.demo.enrolment import RESIDENT
from deploy.demo.model import CHRONIC as CHRONIC_STATE
from deploy.demo.model import COUNTY_CODE, MAJOR, YEAR, County, Person

_RECOGNISED_PER_MILLE = 330
_RUN_OUT_PER_MILLE = 40
_FIRST_DAY = date(YEAR - 3, 1, 1)
_DAYS = (date(YEAR, 1, 1) - _FIRST_DAY).days
_RUNS_OUT = date(YEAR, 6, 30)
"""The last day of those that nobody has renewed yet."""
ISSUER = "样例县医疗保障局"


class Handbook(NamedTuple):
    """One recognised disease; ``last_day`` None: it lasts."""

    number: str
    disease: ChronicDisease
    recognised_on: date
    last_day: date | None


def ill(person: Person) -> bool:
    """Whether somebody is ill for long and insured by the resident scheme."""
    return person.health in {CHRONIC_STATE, MAJOR} and person.enrolled(YEAR, RESIDENT)


def handbooks(county: County) -> dict[str, Handbook]:
    """The handbooks by ID number; the same county has the same."""
    rng = Random(f"handbooks/{county.seed}")
    found: dict[str, Handbook] = {}
    for person in _people(county):
        if ill(person) and rng.randrange(1000) < _RECOGNISED_PER_MILLE:
            found[person.id_number] = _handbook(rng, len(found) + 1)
    return found


def _people(county: County) -> Iterator[Person]:
    return (person for household in county.households for person in household.people)


def _handbook(rng: Random, order: int) -> Handbook:
    disease = rng.choices(CHRONIC, [each.weight for each in CHRONIC])[0]
    recognised_on = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS))
    last_day = _RUNS_OUT if rng.randrange(1000) < _RUN_OUT_PER_MILLE else None
    return Handbook(f"MB{COUNTY_CODE}{order:06d}", disease, recognised_on, last_day)
