"""What holds for every valid visit under the sample county's pack."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from services.claims.benefits.adjudicate import Decision, accumulator_kinds, adjudicate
from services.claims.benefits.facts import (
    CATEGORIES,
    PLACES,
    PROVIDER_LEVELS,
    REFERRALS,
    VISIT_TYPES,
    Charge,
    Facts,
)
from services.claims.benefits.policy import PolicyVersion
from tests.support.books import shipped_book
from tests.support.visits import charge, visit

VERSION: PolicyVersion = shipped_book("sample-county").on(date(2026, 3, 9))
CHRONIC = ("M03900", "M01600", "M08300", "M99999")
YEAR_LIMITS = {
    "basic_insurance.paid": 13_000_000,
    "basic_insurance.outpatient": 12_000,
    "basic_insurance.chronic.M03900": 150_000,
    "basic_insurance.chronic.M01600": 200_000,
    "basic_insurance.chronic.M08300": 6_000_000,
    "critical_illness.paid": 30_000_000,
    "medical_assistance.deductible": 500_000,
    "medical_assistance.paid": 1_000_000,
}

POOR = frozenset({"registered_poor", "extreme_poverty", "dibao", "orphan"})


def limit_of(kind: str) -> int:
    """The most an accumulator can hold; a day of outpatient visits ends at 40 yuan."""
    return 4_000 if "@" in kind else YEAR_LIMITS.get(kind, 10**8)


amounts = st.one_of(st.integers(0, 200), st.integers(0, 200_000), st.integers(0, 50_000_000))


@st.composite
def charges(draw: st.DrawFn) -> Charge:
    item_class = draw(st.sampled_from("ABC"))
    amount = draw(amounts)
    rate = draw(st.integers(0, 10_000)) if item_class == "B" else 0
    limit = draw(st.none() | st.integers(0, 2 * amount * 100))
    return charge(amount, item_class, rate, limit)


@st.composite
def visits(draw: st.DrawFn) -> Facts:
    changes: dict[str, Any] = {
        "visit_type": draw(st.sampled_from(VISIT_TYPES)),
        "provider_level": draw(st.sampled_from(PROVIDER_LEVELS)),
        "place": draw(st.sampled_from(PLACES)),
        "referral": draw(st.sampled_from(REFERRALS)),
        "categories": draw(st.frozensets(st.sampled_from(CATEGORIES), max_size=3)),
        "chronic_codes": draw(st.frozensets(st.sampled_from(CHRONIC), max_size=2)),
        "age": draw(st.integers(0, 110)),
        "sex": draw(st.sampled_from("12")),
    }
    return visit(draw(st.lists(charges(), min_size=1, max_size=4)), **changes)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Facts, dict[str, int]]:
    """A visit and accumulators that earlier visits may have left behind."""
    facts = draw(visits())
    used = {kind: draw(st.integers(0, limit_of(kind))) for kind in accumulator_kinds(VERSION, facts)}
    return facts, used


def covered(decision: Decision) -> int:
    return sum(amount for _, amount in decision.payers)


@given(cases())
def test_payers_and_person_together_pay_the_bill(case: tuple[Facts, dict[str, int]]) -> None:
    facts, used = case
    decision = adjudicate(VERSION, facts, used)
    assert covered(decision) + decision.person_pays_fen == decision.total_fen == facts.total_fen
    taken_off = decision.non_covered_fen + decision.over_limit_fen + decision.upfront_copay_fen
    assert decision.eligible_fen == decision.total_fen - taken_off
    assert min(decision.person_pays_fen, decision.eligible_fen, taken_off) >= 0


@given(cases())
def test_no_payer_pays_less_than_nothing_or_more_than_its_base(case: tuple[Facts, dict[str, int]]) -> None:
    decision = adjudicate(VERSION, *case)
    order = [layer.payer for layer in VERSION.layers]
    assert [payer for payer in order if payer in dict(decision.payers)] == [
        payer for payer, _ in decision.payers
    ]
    assert all(amount > 0 for _, amount in decision.payers)
    assert all(0 <= step.amount_fen <= step.base_fen for step in decision.steps)
    insured = sum(amount for payer, amount in decision.payers if payer != "poverty_relief_fund")
    assert insured <= decision.eligible_fen


@given(cases())
def test_movements_grow_only_and_stay_within_the_limits(case: tuple[Facts, dict[str, int]]) -> None:
    facts, used = case
    decision = adjudicate(VERSION, facts, used)
    assert set(decision.movements) <= set(accumulator_kinds(VERSION, facts))
    assert all(moved > 0 for moved in decision.movements.values())
    uncapped = {"critical_illness.own_payment"}
    if facts.categories & POOR:
        uncapped.add("critical_illness.paid")
    for kind, moved in decision.movements.items():
        if kind not in uncapped:
            assert used[kind] + moved <= limit_of(kind)


@given(cases())
def test_only_the_named_accumulators_matter(case: tuple[Facts, dict[str, int]]) -> None:
    facts, used = case
    others = {"basic_insurance.unheard_of": 10**9, "medical_assistance.paid.x": 10**9}
    assert adjudicate(VERSION, facts, {**others, **used}) == adjudicate(VERSION, facts, used)
    spent = Counter({kind: 10**12 for kind in used})
    assert set(adjudicate(VERSION, facts, spent).movements) <= set(used)


@given(cases(), st.integers(0, 3), st.integers(1, 10**7))
@example((visit(10_018, categories=frozenset({"dibao"})), {}), 0, 1)
def test_a_dearer_charge_lowers_neither_what_the_payers_pay_nor_what_the_person_pays(
    case: tuple[Facts, dict[str, int]], line: int, more: int
) -> None:
    facts, used = case
    lines = list(facts.charges)
    line %= len(lines)
    lines[line] = lines[line]._replace(amount_fen=lines[line].amount_fen + more)
    dearer = replace(facts, charges=tuple(lines), total_fen=facts.total_fen + more)
    before, after = adjudicate(VERSION, facts, used), adjudicate(VERSION, dearer, used)
    assert covered(after) >= covered(before)
    assert after.person_pays_fen >= before.person_pays_fen


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(case: tuple[Facts, dict[str, int]], shuffle: Any) -> None:
    facts, used = case
    lines = list(facts.charges)
    shuffle.shuffle(lines)
    assert adjudicate(VERSION, replace(facts, charges=tuple(lines)), used) == adjudicate(VERSION, facts, used)


@given(cases())
def test_the_ceiling_is_kept_whenever_the_fund_applies(case: tuple[Facts, dict[str, int]]) -> None:
    facts, used = case
    decision = adjudicate(VERSION, facts, used)
    ceilings = [step.parameters["ceiling_bp"] for step in decision.steps if step.layer == "fund"]
    poor = facts.categories & POOR
    if poor and facts.referral in {"not_needed", "compliant"} and facts.visit_type != "outpatient":
        assert ceilings == [0 if facts.visit_type == "delivery" else 500]
    for ceiling in ceilings:
        assert isinstance(ceiling, int)
        assert decision.person_pays_fen * 10_000 <= decision.total_fen * ceiling
        assert decision.personal_share_bp <= ceiling


def settle_year(facts: Facts, parts: list[int]) -> tuple[Mapping[str, int], int]:
    """Settle visits one after another; the accumulators and the sum the person paid."""
    used: Counter[str] = Counter()
    person = 0
    for part in parts:
        decision = adjudicate(VERSION, replace(facts, charges=(charge(part),), total_fen=part), used)
        used.update(decision.movements)
        person += decision.person_pays_fen
    return used, person


whole_yuan_parts = st.lists(st.integers(0, 600).map(lambda tens: tens * 1_000), min_size=1, max_size=12)


@given(
    whole_yuan_parts,
    st.sampled_from(["M03900", "M01600", "M08300"]),
    st.frozensets(st.sampled_from(["illness_poverty", "dibao_margin", "severe_disability"]), max_size=1),
)
def test_splitting_a_years_chronic_visits_changes_no_deductible_and_no_limit(
    parts: list[int], code: str, categories: frozenset[str]
) -> None:
    facts = visit(0, visit_type="chronic_outpatient", chronic_codes=frozenset({code}), categories=categories)
    assert settle_year(facts, parts) == settle_year(facts, [sum(parts)])


@given(whole_yuan_parts)
def test_splitting_a_day_of_outpatient_visits_changes_no_limit(parts: list[int]) -> None:
    facts = visit(0, visit_type="outpatient", provider_level=1)
    assert settle_year(facts, parts) == settle_year(facts, [sum(parts)])


@given(st.lists(st.tuples(visits(), st.dates(date(2026, 1, 1), date(2026, 12, 31))), max_size=15))
def test_a_year_of_visits_keeps_every_yearly_limit(year: list[tuple[Facts, date]]) -> None:
    used: Counter[str] = Counter()
    for facts, day in year:
        facts = replace(facts, categories=facts.categories - POOR)
        decision = adjudicate(VERSION, replace(facts, discharged_on=day), used)
        used.update(decision.movements)
    assert all(
        value <= limit_of(kind) for kind, value in used.items() if kind != "critical_illness.own_payment"
    )
