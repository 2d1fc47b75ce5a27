"""A small county and a year of visits, drawn once for a seed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice

from deploy.demo import county, visits
from deploy.demo.columns import ENROLMENTS, PEOPLE, enrolment_rows, people_rows
from deploy.demo.enrolment import RESIDENT
from deploy.demo.model import YEAR, County, Household, Person, age_of
from deploy.demo.settlement_request import Charge
from deploy.demo.visits import Visit
from shared.money import Fen, format_yuan, parse_yuan

HOUSEHOLDS, VISITS = 250, 1_500
_LEAST_AGE = 7
_DEAR_EVERY = 6
_LIMITED_ITEM = "310701001001000"
"""Its highest price is in the audit's rules."""
_BATCH = 12


@dataclass(frozen=True)
class Village:
    """A village and its people who may have vouchers of both years."""

    code: str
    people: tuple[Person, ...]


def draw(seed: int) -> tuple[County, list[Visit]]:
    """The county and its visits."""
    sample = county.generate(seed, HOUSEHOLDS)
    planned = visits.generate(sample, VISITS)
    return sample, [_dear(visit) if no % _DEAR_EVERY == 0 else visit for no, visit in enumerate(planned)]


def _dear(visit: Visit) -> Visit:
    """The visit with a bill that most people bear themselves, and a price that an audit finds too high."""
    request = deepcopy(visit.request)
    request["charges"] += [
        _charge("C01010100100000000", "进口耗材", "C", 2_400_000),
        _charge(_LIMITED_ITEM, "常规心电图", "A", 9_900),
    ]
    request["total"] = format_yuan(parse_yuan(request["total"]) + 2_400_000 + 9_900)
    return visit._replace(request=request)


def _charge(code: str, name: str, class_: str, fen: Fen) -> Charge:
    amount = format_yuan(fen)
    return {
        "item_code": code,
        "name": name,
        "category": "other",
        "class": class_,
        "self_pay_rate": "0.00",
        "quantity": "1",
        "unit_price": amount,
        "amount": amount,
    }


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
