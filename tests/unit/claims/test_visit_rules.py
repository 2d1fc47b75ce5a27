"""Rules of open visits, referrals and guards: data with sources, edges on both sides."""

from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.facts import CATEGORIES, PLACES, REFERRALS, VISIT_TYPES, Charge
from services.claims.guards.data import item_limits
from services.claims.guards.rules import HalfDays, ItemLimits, half_days, item_uses
from services.claims.referrals.data import referral_rules
from services.claims.referrals.rules import (
    REASONS,
    Referral,
    Treated,
    is_compliant,
    months_after,
    standing,
)
from services.claims.settlements.visit import Provider
from services.claims.visits.data import deposit_waivers
from services.claims.visits.rules import Arrival, waiver_for
from shared.problems import Problem, render
from tests.support.visits import visit

DAY = date(2026, 3, 9)
PERSON = uuid4()
DAYS = st.dates(date(2025, 12, 1), date(2026, 2, 1))
LIMITS = ItemLimits({"CT": 2_000}, {"CT": "来源：条款"})


def occupied(first: date, last: date) -> HalfDays:
    found = half_days(visit(100, admitted_on=first, discharged_on=last))
    assert found is not None
    return found


@given(DAYS, DAYS, DAYS, DAYS)
def test_two_stays_overlap_when_each_begins_before_the_other_ends(a: date, b: date, c: date, d: date) -> None:
    one, other = sorted((a, b)), sorted((c, d))
    x, y = occupied(*one), occupied(*other)
    overlap = x.first < y.end and y.first < x.end
    strictly = one[0] < other[1] and other[0] < one[1]
    same_single_day = one[0] == one[1] == other[0] == other[1]
    assert overlap == (strictly or same_single_day)


@given(DAYS, DAYS)
def test_every_stay_takes_some_time(a: date, b: date) -> None:
    taken = occupied(*sorted((a, b)))
    assert taken.first < taken.end


def test_outpatients_take_no_bed() -> None:
    assert half_days(visit(100, visit_type="outpatient")) is None
    assert half_days(visit(100, visit_type="chronic_outpatient")) is None


def ct(quantity_milli: int) -> Charge:
    return Charge("CT", "CT平扫", "examination", "A", 0, quantity_milli, 0, 0, None)


@pytest.mark.parametrize(
    ("lines", "fits"), [([2_000], True), ([1_000, 1_000], True), ([1_000, 1_001], False)]
)
def test_lines_of_one_item_count_together_against_its_limit(lines: list[int], fits: bool) -> None:
    facts = visit(map(ct, lines), visit_type="outpatient")
    if fits:
        assert [use.quantity_milli for use in item_uses(facts, LIMITS)] == [2_000]
        return
    with pytest.raises(Problem) as refusal:
        item_uses(facts, LIMITS)
    assert refusal.value.spec.code == "claims.item_over_limit"
    assert "本次就诊 1 天（首尾都算）最多 2，账单为 2.001" in str(render(refusal.value, "zh")["title"])


def test_a_longer_stay_shares_no_day_with_other_bills() -> None:
    stay = visit([ct(4_000)], admitted_on=date(2026, 3, 8), discharged_on=DAY)
    assert item_uses(stay, LIMITS) == ()


def test_every_limit_and_every_rule_names_a_source() -> None:
    limits = item_limits()
    assert limits.per_day_milli.keys() == limits.sources.keys()
    assert all(limit > 0 for limit in limits.per_day_milli.values())
    assert all(rule.source for rule in deposit_waivers())
    assert referral_rules().compliant_rule


def test_waivers_speak_the_words_of_the_facts() -> None:
    for rule in deposit_waivers():
        assert rule.categories <= set(CATEGORIES)
        assert rule.visit_types <= set(VISIT_TYPES)
        assert rule.places <= set(PLACES)
        assert rule.referrals <= set(REFERRALS)


@pytest.mark.parametrize(
    ("day", "categories", "visit_type", "place", "referral", "rule"),
    [
        (DAY, {"dibao"}, "inpatient", "in_county", "not_needed", "deposit.assisted"),
        (DAY, {"dibao"}, "inpatient", "out_of_city", "compliant", "deposit.assisted"),
        (DAY, {"dibao"}, "inpatient", "out_of_city", "none", None),
        (DAY, {"dibao"}, "outpatient", "in_county", "not_needed", None),
        (DAY, {"dibao_margin"}, "inpatient", "in_county", "not_needed", None),
        (DAY, set(), "inpatient", "in_county", "not_needed", None),
        (DAY, {"registered_poor"}, "delivery", "in_county", "not_needed", "deposit.registered_poor"),
        (DAY, {"registered_poor"}, "inpatient", "in_city", "compliant", None),
        (date(2025, 1, 1), {"dibao"}, "inpatient", "in_county", "not_needed", "deposit.assisted"),
        (date(2024, 12, 31), {"dibao"}, "inpatient", "in_county", "not_needed", None),
    ],
)
def test_a_deposit_is_waived_by_the_first_rule_that_holds(
    day: date, categories: set[str], visit_type: str, place: str, referral: str, rule: str | None
) -> None:
    arrival = Arrival(day, frozenset(categories), visit_type, place, referral)
    found = waiver_for(arrival, deposit_waivers())
    assert (found and found.id) == rule


@pytest.mark.parametrize(
    ("level", "place", "compliant"),
    [(2, "in_county", True), (1, "in_county", False), (3, "in_county", False), (2, "in_city", False)],
)
def test_county_hospitals_refer_by_the_rule(level: int, place: str, compliant: bool) -> None:
    assert is_compliant(level, place, referral_rules()) is compliant


def test_every_reason_a_referral_can_fail_for_has_words() -> None:
    referral = Referral(PERSON, "H", None, None, DAY, DAY, compliant=False, withdrawn=False)
    treated = Treated(PERSON, "H", 3, "in_city", DAY)
    word, reason = standing("in_city", referral, treated, referral_rules())
    assert (word, reason) == ("filed", "not_compliant")
    assert reason in REASONS


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 2, 27), 6, date(2026, 8, 27)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 6, 15), 6, date(2026, 12, 15)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(day: date, months: int, later: date) -> None:
    assert months_after(day, months) == later


@pytest.mark.parametrize(
    ("day", "designated"),
    [
        (date(2026, 1, 31), False),
        (date(2026, 2, 1), True),
        (date(2026, 2, 28), True),
        (date(2026, 3, 1), False),
    ],
)
def test_a_licence_counts_from_its_first_day_to_the_day_before_its_end(day: date, designated: bool) -> None:
    licence = Provider(2, "990101", ["inpatient"], date(2026, 2, 1), date(2026, 3, 1))
    assert licence.designated_on(day) is designated
    assert Provider(2, "990101", ["inpatient"]).designated_on(day)
