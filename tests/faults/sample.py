"""A small county and a year of visits, drawn once for a seed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from deploy.demo import county, visits
from deploy.demo.columns import ENROLMENTS, PEOPLE, enrolment_rows, people_rows
from deploy.demo.enrolment import RESIDENT
from deploy.demo.model import YEAR, County, Household, Person, age_of
from deploy.demo.visits import Visit

HOUSEHOLDS, VISITS = 250, 1_500
_LEAST_AGE = 7
_BATCH = 12


@dataclass(frozen=True)
class Village:
    """A village and its people who may have vouchers of both years."""

    code: str
    people: tuple[Person, ...]


def draw(seed: int) -> tuple[County, list[Visit]]:
    """The county and its visits."""
    sample = county.generate(seed, HOUSEHOLDS)
    return sample, visits.generate(sample, VISITS)


def people_csv(households: Sequence[Household]) -> bytes:
    """The households' people as a provincial export."""
    rows = [",".join(PEOPLE), *(",".join(row) for row in people_rows(households, {}))]
    return "\r\n".join(rows).encode("utf-8-sig")


def enrolments_csv(households: Sequence[Household]) -> bytes:
    """The households' memberships of both years."""
    rows = [",".join(ENROLMENTS), *(",".join(row) for row in enrolment_rows(households))]
    return "\r\n".join(rows).encode("utf-8-sig")


def villages(sample: County) -> list[Village]:
    """Villages with somebody who may have vouchers, most people first."""
    people: dict[str, list[Person]] = defaultdict(list)
    for household in sample.households:
        for person in household.people:
            if _entitled(person):
                people[household.village.code].append(person)
    found = [Village(code, tuple(each)) for code, each in people.items()]
    return sorted(found, key=lambda village: (-len(village.people), village.code))


def _entitled(person: Person) -> bool:
    both = all(person.enrolled(year, RESIDENT) for year in (YEAR - 1, YEAR))
    return both and age_of(person.born) >= _LEAST_AGE + 1


def batches(planned: Sequence[Visit]) -> Iterator[list[Visit]]:
    """The visits in batches of one hospital each, as a hospital would send them at night."""
    by_facility: dict[str, list[Visit]] = defaultdict(list)
    for visit in planned:
        by_facility[visit.facility_code].append(visit)
    for found in by_facility.values():
        waiting = iter(found)
        while batch := list(islice(waiting, _BATCH)):
            yield batch
