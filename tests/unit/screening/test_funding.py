"""What the city owes for check-ups, to the fen (DOMAIN S-68, O-35)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.screening.funding.rules import schedule
from services.screening.programmes.book import load_programmes

FUNDING = load_programmes().versions_of("farmer_checkup").newest.funding


def amounts(enrolled: int, first: int, second: int) -> tuple[int, list[int]]:
    plan = schedule(FUNDING, 2026, enrolled, first, second)
    return plan.due_fen, [payment.amount_fen for payment in plan.payments]


def test_two_years_of_two_cohorts_cost_sixteen_million_yuan() -> None:
    per_year = [schedule(FUNDING, 2026, enrolled, 0, 0).due_fen for enrolled in (200_000, 600_000)]
    assert sum(2 * due for due in per_year) == 1_600_000_000


def test_two_vouchers_are_worth_what_the_city_pays_in_two_years() -> None:
    vouchers = load_programmes().versions_of("farmer_checkup").newest.vouchers
    assert vouchers.face_fen * vouchers.per_checkup == 2 * FUNDING.per_head_fen == 2_000


def test_instalments_are_eighty_per_cent_of_cost_and_the_rest_follows_acceptance() -> None:
    plan = schedule(FUNDING, 2026, 200_000, 90_000_000, 80_000_000)
    assert plan.due_fen == 200_000_000
    assert [(payment.name, payment.amount_fen, payment.due_by) for payment in plan.payments] == [
        ("first_half", 72_000_000, date(2026, 7, 31)),
        ("second_half", 64_000_000, date(2026, 12, 31)),
        ("remainder", 64_000_000, None),
    ]


@pytest.mark.parametrize(
    ("cost", "paid"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 5), (7, 6), (124, 99), (125, 100)]
)
def test_an_instalment_is_rounded_half_up_to_the_fen(cost: int, paid: int) -> None:
    assert amounts(1, cost, 0)[1][0] == paid


@pytest.mark.parametrize(("cost", "expected"), [(1_250, [1_000, 0, 0]), (1_249, [999, 1, 0])])
def test_instalments_never_exceed_what_is_due(cost: int, expected: list[int]) -> None:
    assert amounts(1, cost, 9_999_999) == (1_000, expected)


@given(st.integers(0, 10**9), st.integers(0, 10**15), st.integers(0, 10**15))
def test_payments_add_up_to_the_due_and_none_is_negative(enrolled: int, first: int, second: int) -> None:
    due, payments = amounts(enrolled, first, second)
    assert sum(payments) == due == enrolled * 1_000
    assert min(payments) >= 0
