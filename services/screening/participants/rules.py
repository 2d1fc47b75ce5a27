"""Who may have a voucher: pure rules over what the registry announced."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from services.screening.problems import DECEASED, EXCLUDED, NOT_ENROLLED
from services.screening.programmes.model import Exclusion, Programme
from shared.problems import Problem

NOTHING_DECLARED: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a person. ``enrolled_years`` are those of the programme's scheme."""

    birth_date: date
    alive: bool
    enrolled_years: frozenset[int]


def age_years(birth_date: date, on: date) -> int:
    """Completed years of age on a day; somebody born on 29 February turns a year older on 1 March."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def in_consecutive_run(year: int, enrolled_years: Collection[int], length_years: int) -> bool:
    """Whether a year lies in some unbroken run of enrolment years of at least the given length."""
    return any(
        all(start + offset in enrolled_years for offset in range(length_years))
        for start in range(year - length_years + 1, year + 1)
    )


def check_entitled(
    programme: Programme,
    facts: Facts,
    year: int,
    on: date,
    declared: Collection[str] = NOTHING_DECLARED,
) -> None:
    """Refuse whoever may not receive the voucher of a year on a day (DOMAIN S-60, S-64).

    The right comes from membership in two consecutive years and there is one voucher for each of them, so
    the voucher's year must be one of such a pair.
    """
    if not facts.alive:
        raise Problem(DECEASED)
    for exclusion in programme.exclusions:
        if _applies(exclusion, facts.birth_date, on, declared):
            raise Problem(EXCLUDED, route_zh=exclusion.route_zh, route_en=exclusion.route_en)
    length = programme.eligibility.consecutive_years
    if not in_consecutive_run(year, facts.enrolled_years, length):
        raise Problem(NOT_ENROLLED, year=year, years=length)


def _applies(exclusion: Exclusion, birth_date: date, on: date, declared: Collection[str]) -> bool:
    if exclusion.below_age_years is not None:
        return age_years(birth_date, on) < exclusion.below_age_years
    return exclusion.declared in declared
