"""Pure parts of relapse claims: tier lines, masked names, notice days, and which action follows which."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.relapse import relapse_payout
from services.claims.relapse import rules
from services.claims.relapse.payout import decide, tier_lines, told
from shared.problems import Problem
from tests.support.books import shipped_book

PACK = shipped_book("sample-county").on(date(2026, 6, 1))
CLASSES = ("exited_poor", "non_poor_low_income")
own_payments = st.integers(0, 50_000_000)


@given(own=own_payments, household_class=st.sampled_from(CLASSES))
def test_tier_lines_add_up_to_what_is_due(own: int, household_class: str) -> None:
    payout = told(PACK, decide(PACK, household_class, own, 0))
    assert sum(line.amount for line in payout.tiers) == payout.due
    assert sum(line.up_to - line.above for line in payout.tiers) == max(0, own - payout.deductible)


@given(parts=st.lists(own_payments, min_size=1, max_size=6), household_class=st.sampled_from(CLASSES))
def test_claims_on_a_growing_own_payment_add_up_to_one_claim_on_all_of_it(
    parts: list[int], household_class: str
) -> None:
    own = paid = 0
    for part in parts:
        own += part
        payout = relapse_payout(PACK, household_class, own, paid).payout_fen
        assert 0 <= payout <= part
        paid += payout
    assert paid == relapse_payout(PACK, household_class, own, 0).payout_fen


@given(low=own_payments, more=own_payments, household_class=st.sampled_from(CLASSES))
def test_more_own_payment_never_pays_less_and_never_all_of_the_difference(
    low: int, more: int, household_class: str
) -> None:
    before = relapse_payout(PACK, household_class, low, 0).payout_fen
    after = relapse_payout(PACK, household_class, low + more, 0).payout_fen
    assert before <= after <= before + more


def test_a_class_that_the_pack_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(Problem) as refused:
        decide(PACK, "rich", 1, 0)
    assert refused.value.spec.code == "claims.relapse_class"


def test_tiers_that_are_not_reached_have_no_line() -> None:
    assert tier_lines(2_000_000, 2_000_000, [(5_000_000, 5_000), (None, 9_000)]) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [("张三", "张*"), ("张小三", "张**"), ("欧阳小明", "欧***"), ("张", "*"), ("张**", "张**")],
)
def test_a_masked_name_keeps_the_first_character_of_at_least_two(name: str, shown: str) -> None:
    assert rules.masked_name(name) == shown


def test_a_notice_of_five_days_is_over_on_the_sixth() -> None:
    posted = date(2026, 11, 1)
    assert rules.notice_over_on(posted, 5) - posted == timedelta(days=5)


@pytest.mark.parametrize(
    ("year", "today", "day"),
    [
        (2026, date(2026, 3, 1), date(2026, 3, 1)),
        (2026, date(2027, 2, 1), date(2026, 12, 31)),
        (2027, date(2026, 2, 1), date(2027, 1, 1)),
    ],
)
def test_the_policy_is_that_of_today_but_never_of_another_year(year: int, today: date, day: date) -> None:
    assert rules.governing_day(year, today) == day


def test_only_a_payable_claim_can_be_paid_and_a_closed_one_stays_closed() -> None:
    assert dict(rules.NEXT[rules.PAY]) == {rules.PAYABLE: rules.PAID}
    for steps in rules.NEXT.values():
        assert set(steps) <= set(rules.STATES) - set(rules.CLOSED)
