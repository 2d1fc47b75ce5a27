"""The group policy of the relapse insurance: who is insured for how much, and what its pool holds."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.relapse_policy import (
    RelapsePolicy,
    beyond,
    failed_premiums,
    premium_of,
    premium_sentences,
)
from tests.support.books import shipped_book


def sample() -> RelapsePolicy:
    insurance = shipped_book("sample-county").on(date(2026, 8, 9)).relapse
    assert insurance is not None
    assert insurance.policy is not None
    return insurance.policy


POLICY = sample()


def test_the_district_pays_3_600_000_yuan_for_a_tenth_of_720_000_people_at_50_yuan() -> None:
    premium = premium_of(POLICY, 720_000)
    assert (premium.insured, premium.premium_fen) == (72_000, 3_600_000_00)
    assert premium_sentences(premium.step)[0] == (
        "农村人口720000人的10%计72000人，每人保费50.00元，共3600000.00元。"
    )
    assert "待核实" in premium_sentences(premium.step)[1]


@pytest.mark.parametrize(("population", "insured"), [(4, 0), (5, 1), (14, 1), (15, 2)])
def test_people_are_counted_whole_and_half_a_one_counts(population: int, insured: int) -> None:
    assert premium_of(POLICY, population).insured == insured


def test_an_example_that_does_not_come_out_is_named() -> None:
    wrong = POLICY.examples[0]._replace(premium_fen=3_600_000_01)
    [failed] = failed_premiums(replace(POLICY, examples=(wrong, *POLICY.examples[1:])))
    assert (failed.name, str(failed.differences[0].found)) == (wrong.name, "3600000.00")


@pytest.mark.parametrize(
    ("balance", "payout", "missing"), [(100, 100, 0), (99, 100, 1), (0, 100, 100), (-50, 100, 100)]
)
def test_what_the_pool_does_not_hold_is_beyond_it(balance: int, payout: int, missing: int) -> None:
    assert beyond(balance, payout) == missing


@given(st.integers(0, 10**6), st.lists(st.integers(1, 10**5), max_size=30))
def test_what_payouts_were_beyond_adds_up_to_what_the_pool_is_overdrawn(
    premium: int, payouts: list[int]
) -> None:
    balance, missing = premium, 0
    for payout in payouts:
        missing += beyond(balance, payout)
        balance -= payout
    assert missing == max(0, -balance)
