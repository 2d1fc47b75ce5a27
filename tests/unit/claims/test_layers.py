"""Each layer on its own, both sides of every edge."""

from datetime import date
from typing import Any

import pytest

from services.claims.benefits.adjudicate import Decision, accumulator_kinds, adjudicate
from services.claims.benefits.facts import Charge, Facts
from services.claims.benefits.policy import PackError, PolicyVersion
from services.claims.benefits.read import read_version
from tests.support.visits import charge, fund_layer, layer, rate_benefit, rule, small_pack, visit


def pack(*layers: dict[str, Any]) -> PolicyVersion:
    return read_version(small_pack(*layers))


def basic(rate: str = "0.50", limits: list[dict[str, Any]] | None = None, **parts: Any) -> dict[str, Any]:
    """A basic layer with one rate benefit that always applies."""
    extra = {"limits": limits} if limits else {}
    return layer("basic_insurance", benefits=[rate_benefit(rate, **parts)], **extra)


def cap(per: str, amount: str | None, **parts: Any) -> dict[str, Any]:
    counted = {} if per == "visit" else {"accumulator": "test.paid"}
    return {"per": per, **counted, "rows": [rule(f"cap.{per}", amount=amount)], **parts}


def critical(*tiers: tuple[str | None, str], deductible: str = "100.00", **parts: Any) -> dict[str, Any]:
    rows = [rule(f"tier.{number}", up_to=up_to, rate=rate) for number, (up_to, rate) in enumerate(tiers)]
    deductibles = {"rows": [rule("deductible", amount=deductible)]}
    named = {"accumulator": "test.own", "deductible": deductibles, "tiers": rows, **parts}
    return layer("critical_illness", **rule("critical"), **named)


def paid(decision: Decision) -> dict[str, int]:
    return dict(decision.payers)


DEDUCTIBLE = {"per": "visit", "rows": [rule("deductible", amount="6.00")]}
YEARLY = {"per": "year", "accumulator": "test.used", "rows": [rule("deductible", amount="6.00")]}


@pytest.mark.parametrize(
    ("eligible", "pays"), [(0, 0), (599, 0), (600, 0), (601, 1), (602, 1), (603, 2), (10_600, 5_000)]
)
def test_basic_insurance_pays_a_rate_above_the_deductible(eligible: int, pays: int) -> None:
    decision = adjudicate(pack(basic(deductible=DEDUCTIBLE)), visit(eligible), {})
    assert paid(decision) == ({"basic_insurance": pays} if pays else {})
    assert decision.person_pays_fen == eligible - pays


@pytest.mark.parametrize(
    ("used", "pays", "taken"),
    [(0, 200, 600), (599, 500, 1), (600, 500, 0), (601, 500, 0), (10_000, 500, 0)],
)
def test_a_yearly_deductible_counts_what_earlier_visits_took(used: int, pays: int, taken: int) -> None:
    decision = adjudicate(pack(basic(deductible=YEARLY)), visit(1_000), {"test.used": used})
    assert paid(decision) == {"basic_insurance": pays}
    assert decision.movements == ({"test.used": taken} if taken else {})


@pytest.mark.parametrize(
    ("used", "pays"), [(0, 500), (499, 500), (500, 500), (501, 499), (999, 1), (1_000, 0), (1_001, 0)]
)
def test_a_yearly_limit_leaves_what_is_left_of_it(used: int, pays: int) -> None:
    decision = adjudicate(pack(basic(limits=[cap("year", "10.00")])), visit(1_000), {"test.paid": used})
    assert paid(decision) == ({"basic_insurance": pays} if pays else {})
    assert decision.movements == ({"test.paid": pays} if pays else {})


@pytest.mark.parametrize(("eligible", "pays"), [(1_998, 999), (2_000, 1_000), (2_002, 1_000)])
def test_a_limit_per_visit_needs_no_accumulator(eligible: int, pays: int) -> None:
    version = pack(basic(limits=[cap("visit", "10.00")]))
    decision = adjudicate(version, visit(eligible), {})
    assert paid(decision) == {"basic_insurance": pays}
    assert accumulator_kinds(version, visit(eligible)) == ()


def test_a_daily_limit_counts_under_the_governing_date() -> None:
    version = pack(basic(limits=[cap("day", "1.00")]))
    facts = visit(1_000, day=date(2026, 2, 28))
    assert accumulator_kinds(version, facts) == ("test.paid@2026-02-28",)
    assert adjudicate(version, facts, {"test.paid@2026-02-27": 100}).movements == {
        "test.paid@2026-02-28": 100
    }
    assert adjudicate(version, facts, {"test.paid@2026-02-28": 60}).movements == {"test.paid@2026-02-28": 40}


def test_no_limit_still_counts_what_was_paid() -> None:
    decision = adjudicate(pack(basic(limits=[cap("year", None)])), visit(1_000), {"test.paid": 10**9})
    assert decision.movements == {"test.paid": 500}


def test_two_layers_share_one_limit() -> None:
    second = layer(
        "medical_assistance", benefits=[rule("aid", title="救助", rate={"rows": [rule("r", rate="0.50")]})]
    )
    shared = {"per": "year", "accumulator": "test.paid"}
    version = pack(
        basic(limits=[{**shared, "rows": [rule("one", amount="6.00")]}]),
        {**second, "limits": [{**shared, "rows": [rule("two", amount="6.00")]}]},
    )
    decision = adjudicate(version, visit(1_000), {})
    assert paid(decision) == {"basic_insurance": 500, "medical_assistance": 100}
    assert decision.movements == {"test.paid": 600}


@pytest.mark.parametrize(("eligible", "pays"), [(39_999, 39_999), (40_000, 40_000), (40_001, 40_000), (0, 0)])
def test_a_fixed_amount_is_never_more_than_the_cost(eligible: int, pays: int) -> None:
    fixed = rule("delivery", title="分娩", fixed=[rule("fixed", amount="400.00")])
    decision = adjudicate(pack(layer("basic_insurance", benefits=[fixed])), visit(eligible), {})
    assert paid(decision) == ({"basic_insurance": pays} if pays else {})


@pytest.mark.parametrize(
    ("points", "pays"), [("+0.05", 550), ("-0.10", 400), ("+0.60", 1_000), ("-0.60", 0), ("+0.00", 500)]
)
def test_points_move_the_rate_between_nothing_and_everything(points: str, pays: int) -> None:
    benefit = rate_benefit("0.50")
    benefit["rate"]["points"] = [rule("points", points=points)]
    decision = adjudicate(pack(layer("basic_insurance", benefits=[benefit])), visit(1_000), {})
    assert sum(paid(decision).values()) == pays


@pytest.mark.parametrize(
    ("before", "eligible", "pays"),
    [
        (0, 9_999, 0),
        (0, 10_000, 0),
        (0, 10_001, 1),  # 0.6 fen
        (10_000, 1_000, 600),
        (9_000, 2_000, 600),
        (0, 50_000, 24_000),  # up to the end of the first tier
        (0, 50_001, 24_001),  # 0.7 fen
        (49_999, 2, 1),  # 0.6 + 0.7 = 1.3 fen, rounded once
        (0, 100_000, 59_000),
        (99_999, 2, 2),  # 0.7 + 0.8 = 1.5 fen
        (1_000_000, 1_000, 800),
    ],
)
def test_critical_illness_pays_marginal_tiers_on_the_years_own_payment(
    before: int, eligible: int, pays: int
) -> None:
    version = pack(critical(("500.00", "0.60"), ("1000.00", "0.70"), (None, "0.80")))
    decision = adjudicate(version, visit(eligible), {"test.own": before})
    assert sum(paid(decision).values()) == pays
    assert decision.movements == {"test.own": eligible}


@pytest.mark.parametrize(("deductible", "pays"), [("600.00", 280), ("1000.00", 0), ("0.00", 30_000 + 7_280)])
def test_a_deductible_may_lie_inside_a_later_tier(deductible: str, pays: int) -> None:
    version = pack(critical(("500.00", "0.60"), (None, "0.70"), deductible=deductible))
    assert sum(paid(adjudicate(version, visit(60_400), {})).values()) == pays


@pytest.mark.parametrize(("used", "pays"), [(0, 600), (399, 600), (400, 600), (401, 599), (1_000, 0)])
def test_critical_illness_stops_at_its_yearly_limit(used: int, pays: int) -> None:
    version = pack(critical((None, "0.60"), limits=[cap("year", "10.00")]))
    decision = adjudicate(version, visit(1_000), {"test.own": 10_000, "test.paid": used})
    assert sum(paid(decision).values()) == pays


FOUR_PARTS = (charge(7_000), charge(1_000, "B", 5_000), charge(1_000, "A", 0, 50_000), charge(1_000, "C"))
"""10,000 fen: 8,000 eligible, 500 up-front copay, 500 over the limit, 1,000 not covered."""


@pytest.mark.parametrize(
    ("covers", "pays"),
    [
        (["eligible"], 8_000),
        (["eligible", "upfront_copay"], 8_500),
        (["eligible", "over_limit"], 8_500),
        (["eligible", "upfront_copay", "over_limit"], 9_000),
        (["eligible", "upfront_copay", "over_limit", "non_covered"], 9_500),
        (["non_covered"], 1_000),
    ],
)
def test_a_fund_takes_over_only_what_it_covers(covers: list[str], pays: int) -> None:
    decision = adjudicate(pack(fund_layer("0.05", covers=covers)), visit(FOUR_PARTS), {})
    assert (decision.eligible_fen, decision.upfront_copay_fen) == (8_000, 500)
    assert (decision.over_limit_fen, decision.non_covered_fen) == (500, 1_000)
    assert paid(decision) == {"fund": pays}
    assert decision.person_pays_fen == 10_000 - pays


@pytest.mark.parametrize(
    ("total", "ceiling", "person"),
    [
        (10_000, "0.05", 500),
        (10_019, "0.05", 500),
        (10_020, "0.05", 501),
        (10_000, "0.00", 0),
        (1, "0.05", 0),
    ],
)
def test_the_ceiling_is_never_exceeded_by_a_fraction_of_a_fen(total: int, ceiling: str, person: int) -> None:
    assert adjudicate(pack(fund_layer(ceiling)), visit(total), {}).person_pays_fen == person


def test_a_ceiling_on_the_eligible_cost_leaves_the_rest_to_the_person() -> None:
    decision = adjudicate(pack(fund_layer("0.05", share_of="eligible")), visit(FOUR_PARTS), {})
    assert paid(decision) == {"fund": 7_600}
    assert decision.person_pays_fen == 400 + 2_000


def test_a_person_below_the_ceiling_gets_nothing_from_the_fund() -> None:
    assert paid(adjudicate(pack(basic("0.95"), fund_layer("0.05")), visit(10_000), {})) == {
        "basic_insurance": 9_500
    }
    assert paid(adjudicate(pack(basic("0.94"), fund_layer("0.05")), visit(10_000), {}))["fund"] == 100


def test_a_second_fund_pays_what_the_first_could_not() -> None:
    first = fund_layer("0.05", payer="first", limits=[cap("year", "10.00")])
    second = {**fund_layer("0.10", payer="second"), **rule("second", ceilings=[rule("other", rate="0.05")])}
    decision = adjudicate(pack(first, second), visit(10_000), {"test.paid": 400})
    assert paid(decision) == {"first": 600, "second": 8_900}


def test_nobody_pays_for_a_bill_of_nothing() -> None:
    decision = adjudicate(pack(basic(), fund_layer("0.05")), visit(0), {})
    assert (decision.payers, decision.person_pays_fen, decision.personal_share_bp) == ((), 0, 0)


@pytest.mark.parametrize(
    ("condition", "fits", "misses"),
    [
        ({"visit_types": ["inpatient"]}, {}, {"visit_type": "outpatient"}),
        ({"levels": [1, 2]}, {"provider_level": 1}, {"provider_level": 3}),
        ({"places": ["in_county"]}, {}, {"place": "in_city"}),
        ({"referrals": ["compliant"]}, {"referral": "compliant"}, {"referral": "filed"}),
        ({"categories": ["dibao", "orphan"]}, {"categories": frozenset({"dibao"})}, {}),
        ({"without_categories": ["dibao"]}, {}, {"categories": frozenset({"dibao", "orphan"})}),
        ({"chronic_codes": ["M03900"]}, {"chronic_codes": frozenset({"M03900"})}, {}),
        ({"diagnoses": ["I63", "C16"]}, {}, {"diagnoses": ("I64.x00", "I6")}),
        ({"min_age": 50}, {"age": 50}, {"age": 49}),
        ({"max_age": 14}, {"age": 14}, {"age": 15}),
        ({"sex": "2"}, {"sex": "2"}, {"sex": "1"}),
        ({"sex": "1", "min_age": 60}, {"age": 60}, {"age": 60, "sex": "2"}),
    ],
)
def test_a_benefit_applies_when_every_part_of_its_condition_holds(
    condition: dict[str, Any], fits: dict[str, Any], misses: dict[str, Any]
) -> None:
    version = pack(basic(when=condition))
    assert paid(adjudicate(version, visit(1_000, **fits), {})) == {"basic_insurance": 500}
    assert paid(adjudicate(version, visit(1_000, **misses), {})) == {}
    assert accumulator_kinds(version, visit(1_000, **misses)) == ()


def test_forgetting_a_remembered_plan_changes_nothing() -> None:
    version = pack(basic(deductible=DEDUCTIBLE), fund_layer("0.05"))
    facts: Facts = visit(10_000)
    before = adjudicate(version, facts, {})
    version.plans.clear()
    assert adjudicate(version, facts, {}) == before


@pytest.mark.parametrize(
    "broken",
    [
        basic(fixed=[rule("fixed", amount="1.00")]),
        basic(deductible={**YEARLY, "accumulator": "x.y"}),
        basic(when={"colour": ["red"]}),
        basic(when={"sex": ["1"]}),
        basic("half"),
        layer("basic_insurance", benefits="none"),
        layer("basic_insurance", benefits=["none"]),
        fund_layer("0.05", share_of="eligible", covers=["eligible", "non_covered"]),
        critical(("500.00", "0.60"), ("400.00", "0.70"), (None, "0.80")),
        critical(),
        {"kind": "unheard_of"},
    ],
)
def test_a_layer_that_makes_no_sense_is_refused_even_without_the_schema(broken: dict[str, Any]) -> None:
    with pytest.raises(PackError):
        pack(broken)


def test_lines_of_every_class_together_keep_the_identity() -> None:
    lines: tuple[Charge, ...] = (*FOUR_PARTS, *FOUR_PARTS)
    decision = adjudicate(pack(basic(), fund_layer("0.05")), visit(lines), {})
    split = (
        decision.total_fen - decision.non_covered_fen - decision.over_limit_fen - decision.upfront_copay_fen
    )
    assert decision.eligible_fen == split
    assert sum(paid(decision).values()) + decision.person_pays_fen == decision.total_fen
