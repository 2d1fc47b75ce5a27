"""Sections of the sample county that no worked example of a visit reaches."""

from datetime import date

import pytest

from services.claims.benefits.enrolment import Enrolling, sponsored_premium, waiting_until
from services.claims.benefits.one_off import one_off_aid
from tests.support.books import shipped_book

VERSION = shipped_book("sample-county").on(date(2026, 8, 9))
NOBODY: frozenset[str] = frozenset()
ADULT = date(1980, 5, 1)


@pytest.mark.parametrize(
    ("in_time", "missed", "bought_back", "until"),
    [
        (True, 0, 0, date(2026, 8, 9)),
        (False, 0, 0, date(2026, 11, 9)),
        (True, 2, 0, date(2027, 1, 9)),
        (True, 2, 1, date(2026, 12, 9)),
        (True, 2, 2, date(2026, 11, 9)),
    ],
)
def test_three_months_and_one_more_for_each_missed_year_less_one_bought_back(
    in_time: bool, missed: int, bought_back: int, until: date
) -> None:
    enrolling = Enrolling(date(2026, 8, 9), in_time, missed, bought_back, NOBODY, ADULT)
    assert waiting_until(VERSION, enrolling).until == until


def test_newborns_and_rural_low_income_people_do_not_wait() -> None:
    newborn = Enrolling(date(2026, 8, 9), False, 0, 0, NOBODY, date(2026, 7, 1))
    poor = Enrolling(date(2026, 8, 9), False, 3, 0, frozenset({"dibao"}), ADULT)
    assert [waiting_until(VERSION, each).months for each in (newborn, poor)] == [0, 0]


@pytest.mark.parametrize(
    ("category", "sponsored"), [("extreme_poverty", 400_00), ("dibao", 240_00), ("dibao_margin", 0)]
)
def test_premiums_are_sponsored_by_identity(category: str, sponsored: int) -> None:
    assert sponsored_premium(VERSION, frozenset({category}), 400_00).sponsored_fen == sponsored


@pytest.mark.parametrize(
    ("diagnosis", "amount"), [("N18.500", 3_000_00), ("C16.900", 2_000_00), ("I21.900", 1_000_00)]
)
def test_one_off_aid_has_three_tiers_by_disease(diagnosis: str, amount: int) -> None:
    aid = one_off_aid(VERSION, (diagnosis,), 50, NOBODY)
    assert aid is not None
    assert aid.amount_fen == amount


def test_other_diseases_get_no_one_off_aid() -> None:
    assert one_off_aid(VERSION, ("J06.900",), 50, NOBODY) is None


def test_the_schedule_of_the_insurance_against_relapse_is_that_of_the_published_case() -> None:
    insurance = VERSION.relapse
    assert insurance is not None
    [low_income] = [each for each in insurance.classes if each.id == "non_poor_low_income"]
    assert low_income.deductible.value == 20_000_00
    assert [(end, row.value) for end, row in low_income.tiers] == [
        (50_000_00, 5_000),
        (100_000_00, 6_000),
        (150_000_00, 7_000),
        (200_000_00, 8_000),
        (None, 9_000),
    ]


def test_the_thresholds_of_the_year_are_ten_thousand_a_person_five_and_twenty_a_household() -> None:
    assert [(line.per, line.amount_fen) for line in VERSION.burden] == [
        ("person", 10_000_00),
        ("household", 5_000_00),
        ("household", 20_000_00),
    ]
