"""What the sample county is made of. Plain values: the generators fill them, the writers read them."""

from datetime import date
from typing import NamedTuple

SEED = 990101
COUNTY_CODE = "990101"
YEAR = 2026
REFERENCE_DAY = date(YEAR, 1, 1)
"""Ages are whole years on this day."""

MALE, FEMALE = "1", "2"
"""Sex codes of GB/T 2261.1."""

HEALTHY, CHRONIC, MAJOR, DISABLED = "健康", "长期慢性病", "患有大病", "残疾"
"""Health states as provincial exports write them (DOMAIN 3.4, AAB017)."""


class Village(NamedTuple):
    code: str
    name: str
    township_code: str


class Township(NamedTuple):
    code: str
    name: str
    villages: tuple[Village, ...]


class Provider(NamedTuple):
    facility_code: str
    name: str
    level: int
    division_code: str


class Disability(NamedTuple):
    """Kind 1-7 and grade 1-4 as printed at the end of a disability-card number."""

    kind: str
    grade: str

    @property
    def severe(self) -> bool:
        return self.grade in {"1", "2"}


class Enrolment(NamedTuple):
    year: int
    scheme: str
    joined_on: date


class Member(NamedTuple):
    """One place in a family before it has a name: relation to the head, sex, birth date."""

    relation: str
    sex: str
    born: date
    family_name: bool


class Person(NamedTuple):
    person_no: str
    name: str
    id_number: str
    relation: str
    sex: str
    born: date
    ethnicity: str
    health: str
    disability: Disability | None
    categories: tuple[str, ...]
    enrolments: tuple[Enrolment, ...]
    phone: str

    def enrolled(self, year: int, scheme: str) -> bool:
        """Whether the person is a member of the scheme at any time of the year."""
        return any(each.year == year and each.scheme == scheme for each in self.enrolments)


class Hardship(NamedTuple):
    """What the household is registered with; months are YYYYMM texts, empty when they do not apply."""

    exited: bool
    monitored: str
    identified_month: str
    removed_month: str
    aid: str
    causes: tuple[str, ...]


class Household(NamedTuple):
    household_no: str
    village: Village
    hardship: Hardship
    people: tuple[Person, ...]


class County(NamedTuple):
    seed: int
    townships: tuple[Township, ...]
    providers: tuple[Provider, ...]
    households: tuple[Household, ...]

    @property
    def people_count(self) -> int:
        return sum(len(household.people) for household in self.households)


def age_of(born: date) -> int:
    """Whole years on the reference day."""
    before_birthday = (REFERENCE_DAY.month, REFERENCE_DAY.day) < (born.month, born.day)
    return REFERENCE_DAY.year - born.year - before_birthday
