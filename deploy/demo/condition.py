"""Health, certified disability and the identities that belong to one person."""

from collections.abc import Sequence
from random import Random

from deploy.demo.hardship import household_categories
from deploy.demo.model import CHRONIC, DISABLED, HEALTHY, MAJOR, Disability, Hardship, Member, age_of

_ADULT = 18
_GRANDCHILDREN = {"之孙子", "之孙女"}
_MIDDLE_GENERATION = {"之子", "之女", "之儿媳", "之女婿"}
_CHRONIC_PER_MILLE = ((15, 4), (45, 35), (60, 150), (75, 400), (200, 520))
_MAJOR_PER_MILLE = ((15, 2), (45, 8), (60, 18), (75, 40), (200, 55))
_DISABLED_PER_MILLE = ((15, 7), (45, 18), (60, 35), (75, 55), (200, 75))
_POOR_FACTOR = 2
_KINDS = ("1", "2", "3", "4", "5", "6", "7")
_KIND_WEIGHTS = (15, 20, 3, 42, 8, 9, 3)
_GRADE_WEIGHTS = (14, 26, 32, 28)
_ILLNESS_POVERTY_PER_MILLE = 120
_ORPHAN_PER_MILLE = 30


def _by_age(table: tuple[tuple[int, int], ...], age: int) -> int:
    return next(per_mille for below, per_mille in table if age < below)


def disability(rng: Random, age: int, *, poor: bool) -> Disability | None:
    """A disability certificate, about twice as common among the poor."""
    per_mille = _by_age(_DISABLED_PER_MILLE, age) * (_POOR_FACTOR if poor else 1)
    if rng.randrange(1000) >= per_mille:
        return None
    kind = rng.choices(_KINDS, _KIND_WEIGHTS)[0]
    return Disability(kind, rng.choices(("1", "2", "3", "4"), _GRADE_WEIGHTS)[0])


def health(rng: Random, age: int, *, poor: bool, disabled: bool) -> str:
    """Health state of the export; a serious illness is written before the disability."""
    factor = _POOR_FACTOR if poor else 1
    draw = rng.randrange(1000)
    major = _by_age(_MAJOR_PER_MILLE, age) * factor
    if draw < major:
        return MAJOR
    if disabled:
        return DISABLED
    return CHRONIC if draw < major + _by_age(_CHRONIC_PER_MILLE, age) else HEALTHY


def categories(
    rng: Random,
    hardship: Hardship,
    state: str,
    certificate: Disability | None,
    *,
    parentless_child: bool,
) -> tuple[str, ...]:
    """The household's identities and the person's own, several at once where they overlap (S-12)."""
    found = household_categories(hardship)
    if certificate and certificate.severe:
        found.append("severe_disability")
    if parentless_child and rng.randrange(1000) < _ORPHAN_PER_MILLE:
        found.append("orphan")
    helped = hardship.aid or hardship.monitored
    if state == MAJOR and not helped and rng.randrange(1000) < _ILLNESS_POVERTY_PER_MILLE:
        found.append("illness_poverty")
    return tuple(found)


def parentless_child(member: Member, members: Sequence[Member]) -> bool:
    """A child whom grandparents bring up: it has no mother, father, aunt or uncle in the household."""
    if age_of(member.born) >= _ADULT or member.relation not in _GRANDCHILDREN:
        return False
    return not any(each.relation in _MIDDLE_GENERATION for each in members)
