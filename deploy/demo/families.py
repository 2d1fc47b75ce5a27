"""Family structures of a rural county: who lives with whom, how old, in which relation to the head."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from deploy.demo.model import FEMALE, MALE, REFERENCE_DAY, Member

_OLDEST = 97
_LEAVES_HOME_AT = 31
_MOTHER_AT_BIRTH = (20, 33)


def born_at(rng: Random, age: int) -> date:
    """A birth day that makes somebody this old on the reference day."""
    first = date(REFERENCE_DAY.year - 1 - age, 1, 1)
    return first + timedelta(days=rng.randrange(365))


def _member(rng: Random, relation: str, sex: str, age: int, *, family_name: bool) -> Member:
    return Member(relation, sex, born_at(rng, age), family_name)


class _Couple(NamedTuple):
    man: int
    woman: int


def _couple(rng: Random, youngest: int, oldest: int) -> _Couple:
    man = rng.randint(youngest, oldest)
    return _Couple(man, max(20, man + rng.randint(-5, 2)))


def _heads(rng: Random, ages: _Couple) -> list[Member]:
    man_leads = rng.random() < 0.86
    man = _member(rng, "户主" if man_leads else "配偶", MALE, ages.man, family_name=True)
    woman = _member(rng, "配偶" if man_leads else "户主", FEMALE, ages.woman, family_name=False)
    return [man, woman] if man_leads else [woman, man]


def _children(
    rng: Random, mother: int, son: str = "之子", daughter: str = "之女", *, family_name: bool = True
) -> list[Member]:
    """One to three children still registered at home."""
    count = rng.choices((1, 2, 3), (40, 48, 12))[0]
    ages = sorted({mother - rng.randint(*_MOTHER_AT_BIRTH) for _ in range(count)}, reverse=True)
    at_home = [age for age in ages if 0 <= age < _LEAVES_HOME_AT]
    sexes = [MALE if rng.random() < 0.52 else FEMALE for _ in at_home]
    return [
        _member(rng, son if sex == MALE else daughter, sex, age, family_name=family_name)
        for age, sex in zip(at_home, sexes, strict=True)
    ]


def _parents(rng: Random, man: int) -> list[Member]:
    """The man's surviving parents."""
    mother = man + rng.randint(19, 31)
    father = mother + rng.randint(0, 6)
    alive = []
    if father <= _OLDEST and rng.random() < 0.66:
        alive.append(_member(rng, "之父", MALE, father, family_name=True))
    if mother <= _OLDEST and rng.random() < 0.82:
        alive.append(_member(rng, "之母", FEMALE, mother, family_name=False))
    return alive


def nuclear(rng: Random) -> list[Member]:
    """A couple and their children."""
    ages = _couple(rng, 23, 57)
    return _heads(rng, ages) + _children(rng, ages.woman)


def with_parents(rng: Random) -> list[Member]:
    """Three generations, the man in the middle is the head."""
    ages = _couple(rng, 24, 55)
    man = _member(rng, "户主", MALE, ages.man, family_name=True)
    wife = _member(rng, "配偶", FEMALE, ages.woman, family_name=False)
    return [man, wife, *_children(rng, ages.woman), *_parents(rng, ages.man)]


def under_grandparents(rng: Random) -> list[Member]:
    """Three generations, the old couple still leads: son and daughter-in-law, or daughter and son-in-law."""
    old = _couple(rng, 48, 76)
    young = max(22, old.woman - rng.randint(20, 28))
    partner = max(21, young + rng.randint(-4, 3))
    if rng.random() < 0.85:
        pair = [
            _member(rng, "之子", MALE, young, family_name=True),
            _member(rng, "之儿媳", FEMALE, partner, family_name=False),
        ]
        return _heads(rng, old) + pair + _children(rng, partner, "之孙子", "之孙女")
    pair = [
        _member(rng, "之女", FEMALE, young, family_name=True),
        _member(rng, "之女婿", MALE, partner, family_name=False),
    ]
    return _heads(rng, old) + pair + _children(rng, young, "之外孙子", "之外孙女", family_name=False)


def old_couple(rng: Random) -> list[Member]:
    """A couple past sixty whose children have their own households."""
    return _heads(rng, _couple(rng, 60, 89))


def old_single(rng: Random) -> list[Member]:
    """A widow, widower or never-married person past sixty."""
    sex = MALE if rng.random() < 0.55 else FEMALE
    return [_member(rng, "户主", sex, rng.randint(60, 94), family_name=True)]


def single_adult(rng: Random) -> list[Member]:
    sex = MALE if rng.random() < 0.8 else FEMALE
    return [_member(rng, "户主", sex, rng.randint(22, 59), family_name=True)]


def single_parent(rng: Random) -> list[Member]:
    """Father or mother alone with children."""
    sex = MALE if rng.random() < 0.5 else FEMALE
    age = rng.randint(28, 52)
    head = _member(rng, "户主", sex, age, family_name=sex == MALE)
    return [head, *_children(rng, age)]


def left_behind(rng: Random) -> list[Member]:
    """Grandparents who bring up grandchildren; the parents are gone or registered elsewhere."""
    old = _couple(rng, 56, 74)
    count = rng.choices((1, 2), (65, 35))[0]
    sexes = [MALE if rng.random() < 0.52 else FEMALE for _ in range(count)]
    children = [
        _member(rng, "之孙子" if sex == MALE else "之孙女", sex, rng.randint(2, 16), family_name=True)
        for sex in sexes
    ]
    heads = _heads(rng, old)
    return (heads if rng.random() < 0.7 else [heads[0]]) + children


class Structure(NamedTuple):
    """A way of building a family, how common it is, and its chance of having been registered as poor."""

    build: Callable[[Random], list[Member]]
    weight: int
    poor_per_mille: int


STRUCTURES = (
    Structure(nuclear, 345, 120),
    Structure(with_parents, 215, 150),
    Structure(under_grandparents, 100, 110),
    Structure(old_couple, 150, 165),
    Structure(old_single, 85, 230),
    Structure(single_adult, 50, 190),
    Structure(single_parent, 25, 250),
    Structure(left_behind, 30, 280),
)
_WEIGHTS = tuple(structure.weight for structure in STRUCTURES)


def pick_structure(rng: Random) -> Structure:
    """Choose a structure by how common it is."""
    return rng.choices(STRUCTURES, _WEIGHTS)[0]
