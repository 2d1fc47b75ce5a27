"""Who gets which check-up vouchers: print runs, custody chain, people, examinations (DOMAIN S-60 to S-68).

Pure and deterministic: the same county gives the same serials to the same people, and a smaller number of
vouchers is always the beginning of a larger one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

from deploy.demo import places
from deploy.demo.enrolment import RESIDENT, YEARS
from deploy.demo.model import County, Household, Person, Township, age_of

PROGRAMME = "farmer_checkup"
REQUIRED_ITEMS = ("physical", "blood_urine", "ultrasound", "ecg")
OPTIONAL_ITEM, OPTIONAL_FROM_AGE = "chest_fluoroscopy", 50
_ADULT_AGE = 18
_FIRST_EXAMINATION = date(YEARS[1], 4, 1)
_EXAMINATION_DAYS = 180


class Timetable(NamedTuple):
    """When one year's vouchers pass from hand to hand."""

    printed_on: date
    to_townships_on: date
    to_villages_on: date
    issued_on: date


class SerialRange(NamedTuple):
    """Serials from first to last, both included; empty when last is below first."""

    first: int
    last: int


class Holder(NamedTuple):
    """Somebody who gets vouchers by the number of members he serves."""

    code: str
    signed_by: str
    members: int


class Guest(NamedTuple):
    """Somebody who gets a voucher of each year and is examined for both."""

    person: Person
    household: Household
    village_code: str
    number_in_village: int
    facility_code: str
    examined_on: date

    @property
    def items(self) -> tuple[str, ...]:
        """What is examined: the optional item from an age on."""
        older = age_of(self.person.born) >= OPTIONAL_FROM_AGE
        return (*REQUIRED_ITEMS, OPTIONAL_ITEM) if older else REQUIRED_ITEMS


def timetable(year: int) -> Timetable:
    """The days of a voucher year."""
    return Timetable(date(year, 2, 20), date(year, 3, 1), date(year, 3, 8), date(year, 3, 15))


def members_by_village(county: County, year: int) -> dict[str, int]:
    """Village → members of the resident scheme in the year."""
    found: dict[str, int] = {}
    for household in county.households:
        members = sum(person.enrolled(year, RESIDENT) for person in household.people)
        found[household.village.code] = found.get(household.village.code, 0) + members
    return found


def township_holders(county: County, members: Mapping[str, int]) -> list[Holder]:
    """The township governments with the members of their villages."""
    return [
        Holder(
            township.code,
            f"{township.name}政府",
            sum(members.get(village.code, 0) for village in township.villages),
        )
        for township in county.townships
    ]


def village_holders(township: Township, members: Mapping[str, int]) -> list[Holder]:
    """The cadres of a township's villages."""
    return [
        Holder(village.code, f"{village.name}驻村干部", members.get(village.code, 0))
        for village in township.villages
    ]


def allot(first: int, holders: Iterable[Holder]) -> dict[str, SerialRange]:
    """One range after another from the first serial on, as large as each holder's number of members."""
    found = {}
    for holder in holders:
        found[holder.code] = SerialRange(first, first + holder.members - 1)
        first += holder.members
    return found


def guests(county: County, count: int) -> list[Guest]:
    """The first ``count`` grown-up members of both years, by township; fewer if there are not more."""
    return list(islice(_all_guests(county), count))


def townships_of(county: County, chosen: Sequence[Guest]) -> list[Township]:
    """The townships whose cadres hand out vouchers."""
    codes = {guest.village_code[:9] for guest in chosen}
    return [township for township in county.townships if township.code in codes]


def _all_guests(county: County) -> Iterable[Guest]:
    orders = {township.code: order for order, township in enumerate(county.townships)}
    given: dict[str, int] = {}
    for number, (household, person) in enumerate(_entitled(county)):
        village = household.village.code
        given[village] = given.get(village, 0) + 1
        facility = places.township_hospital(orders[household.village.township_code])
        day = _FIRST_EXAMINATION + timedelta(days=number * 7 % _EXAMINATION_DAYS)
        yield Guest(person, household, village, given[village] - 1, facility, day)


def _entitled(county: County) -> Iterable[tuple[Household, Person]]:
    for household in county.households:
        for person in household.people:
            if age_of(person.born) >= _ADULT_AGE and all(person.enrolled(year, RESIDENT) for year in YEARS):
                yield household, person
