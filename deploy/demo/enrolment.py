"""Who paid into which scheme in which year; premiums are collected in the autumn before."""

from datetime import date, timedelta
from random import Random

from deploy.demo.model import REFERENCE_DAY, YEAR, Enrolment, Member, age_of

RESIDENT, EMPLOYEE = "resident", "employee"
SCHEME_NAMES = {RESIDENT: "城乡居民基本医疗保险", EMPLOYEE: "城镇职工基本医疗保险"}
YEARS = (YEAR - 1, YEAR)

_WORKING_AGE = range(22, 60)
_EMPLOYED_PER_MILLE_TOWN = 70
_EMPLOYED_PER_MILLE_VILLAGE = 15
_NEVER_PER_MILLE = 9
_ONLY_FIRST_YEAR_PER_MILLE = 8
_ONLY_SECOND_YEAR_PER_MILLE = 14
_POOR_DIVISOR = 6
"""The county chases every registered poor household that has not paid (S-06): few of them are left."""


def employed(rng: Random, member: Member, *, town: bool, poor: bool) -> bool:
    """Whether somebody has a job with employee insurance."""
    if poor or age_of(member.born) not in _WORKING_AGE:
        return False
    return rng.randrange(1000) < (_EMPLOYED_PER_MILLE_TOWN if town else _EMPLOYED_PER_MILLE_VILLAGE)


def _collected(rng: Random, year: int) -> date:
    return date(year - 1, 9, 10) + timedelta(days=rng.randrange(110))


def _resident_years(rng: Random, *, poor: bool) -> tuple[int, ...]:
    draw = rng.randrange(1000) * (_POOR_DIVISOR if poor else 1)
    if draw < _NEVER_PER_MILLE:
        return ()
    if draw < _NEVER_PER_MILLE + _ONLY_FIRST_YEAR_PER_MILLE:
        return YEARS[:1]
    if draw < _NEVER_PER_MILLE + _ONLY_FIRST_YEAR_PER_MILLE + _ONLY_SECOND_YEAR_PER_MILLE:
        return YEARS[1:]
    return YEARS


def enrolments(rng: Random, member: Member, *, employee: bool, poor: bool) -> tuple[Enrolment, ...]:
    """The memberships of the two years; a baby's first one begins on the day it is registered."""
    if employee:
        return tuple(Enrolment(year, EMPLOYEE, date(year, 1, 1)) for year in YEARS)
    found = []
    for year in _resident_years(rng, poor=poor):
        joined_on = _collected(rng, year)
        if joined_on < member.born:
            registered_on = member.born + timedelta(days=rng.randint(3, 80))
            joined_on = min(registered_on, REFERENCE_DAY - timedelta(days=1))
        if joined_on.year <= year:
            found.append(Enrolment(year, RESIDENT, joined_on))
    return tuple(found)
