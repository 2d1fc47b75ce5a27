"""Who is entitled to a voucher, on both sides of every edge."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.screening.participants.rules import (
    Facts,
    age_years,
    check_entitled,
    in_consecutive_run,
)
from services.screening.programmes.book import load_programmes
from shared.problems import Problem

DAY = date(2026, 11, 21)
PROGRAMME = load_programmes().versions_of("farmer_checkup").on(DAY)


def verdict(facts: Facts, year: int = 2026, on: date = DAY, declared: tuple[str, ...] = ()) -> str:
    """The code of the refusal, or "entitled"."""
    try:
        check_entitled(PROGRAMME, facts, year, on, declared)
    except Problem as problem:
        return problem.spec.code.removeprefix("screening.")
    return "entitled"


def adult(*years: int, alive: bool = True, born: date = date(1970, 5, 1)) -> Facts:
    """Somebody enrolled in the given years."""
    return Facts(born, alive, frozenset(years))


@pytest.mark.parametrize(
    ("enrolled", "year", "expected"),
    [
        ((2025, 2026), 2024, "not_enrolled"),
        ((2025, 2026), 2025, "entitled"),
        ((2025, 2026), 2026, "entitled"),
        ((2025, 2026), 2027, "not_enrolled"),
        ((2024, 2025, 2026), 2025, "entitled"),
        ((2026,), 2026, "not_enrolled"),
        ((2024, 2026), 2026, "not_enrolled"),
        ((2024, 2025, 2027, 2028), 2026, "not_enrolled"),
        ((), 2026, "not_enrolled"),
    ],
)
def test_a_voucher_year_must_belong_to_two_consecutive_enrolment_years(
    enrolled: tuple[int, ...], year: int, expected: str
) -> None:
    assert verdict(adult(*enrolled), year) == expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [(date(2026, 11, 21), "entitled"), (date(2026, 11, 20), "served_elsewhere")],
)
def test_a_child_is_entitled_from_the_seventh_birthday_on(on: date, expected: str) -> None:
    assert verdict(adult(2025, 2026, born=date(2019, 11, 21)), on=on) == expected


@pytest.mark.parametrize(
    ("on", "years"),
    [(date(2027, 2, 28), 6), (date(2027, 3, 1), 7), (date(2028, 2, 28), 7), (date(2028, 2, 29), 8)],
)
def test_somebody_born_on_29_february_turns_a_year_older_on_1_march_of_short_years(
    on: date, years: int
) -> None:
    assert age_years(date(2020, 2, 29), on) == years


def test_pupils_are_examined_by_their_school() -> None:
    assert verdict(adult(2025, 2026), declared=("pupil",)) == "served_elsewhere"
    assert verdict(adult(2025, 2026), declared=("farmer",)) == "entitled"


def test_the_dead_get_no_voucher() -> None:
    assert verdict(adult(2025, 2026, alive=False)) == "person_deceased"


@given(st.frozensets(st.integers(2015, 2030)), st.integers(2014, 2031), st.integers(1, 4))
def test_a_year_is_in_a_run_exactly_when_its_unbroken_stretch_is_long_enough(
    enrolled: frozenset[int], year: int, length: int
) -> None:
    stretch = 0
    if year in enrolled:
        first = last = year
        while first - 1 in enrolled:
            first -= 1
        while last + 1 in enrolled:
            last += 1
        stretch = last - first + 1
    assert in_consecutive_run(year, enrolled, length) == (stretch >= length)
