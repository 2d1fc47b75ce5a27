"""Deductibles by admission, further assistance, example sets of critical illness, disease programmes."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.adjudicate import Decision, adjudicate
from services.claims.benefits.explain import sentences
from services.claims.benefits.policy import PackError, PolicyVersion
from services.claims.benefits.read import read_version
from tests.support.visits import layer, rate_benefit, rule, small_pack, visit

NAMES = {
    "test.paid": "累计支付",
    "test.own": "累计自付",
    "test.used": "累计起付",
    "further.own": "救助后累计自付",
    "basic.visit_count": "本年住院次数",
}


def pack(*layers: dict[str, Any], **sections: Any) -> PolicyVersion:
    return read_version(small_pack(*layers, accumulators=NAMES, **sections))


def paid(decision: Decision) -> dict[str, int]:
    return dict(decision.payers)


BY_ADMISSION = {
    "per": "admission",
    "accumulator": "basic.visit_count",
    "rows": [
        rule("third", from_admission=3, amount="0.00"),
        rule("second.dibao", from_admission=2, amount="1.00", when={"categories": ["dibao"]}),
        rule("second", from_admission=2, amount="3.00"),
        rule("first", amount="6.00"),
    ],
}


@pytest.mark.parametrize(
    ("before", "categories", "pays", "by"),
    [
        (0, [], 200, "first"),
        (1, [], 350, "second"),
        (1, ["dibao"], 450, "second.dibao"),
        (2, [], 500, "third"),
        (9, ["dibao"], 500, "third"),
    ],
)
def test_the_deductible_falls_with_the_admissions_of_the_year(
    before: int, categories: list[str], pays: int, by: str
) -> None:
    version = pack(layer("basic_insurance", benefits=[rate_benefit("0.50", deductible=BY_ADMISSION)]))
    facts = visit(1_000, categories=frozenset(categories))
    decision = adjudicate(version, facts, {"basic.visit_count": before})
    assert paid(decision) == {"basic_insurance": pays}
    assert decision.movements == {"basic.visit_count": 1}
    assert decision.steps[1].basis.arithmetic.applied[0].rule.id == by
    assert f"本年住院次数由{before}次增至{before + 1}次" in "".join(sentences(decision))


def further(per: str, **parts: Any) -> dict[str, Any]:
    """Example set C: 20/30/40/50 % of what is left above 5,000 yuan after assistance of 70 %."""
    bounds = (("10000.00", "0.20"), ("20000.00", "0.30"), ("30000.00", "0.40"), (None, "0.50"))
    tiers = [rule(f"further.{n}", up_to=end, rate=rate) for n, (end, rate) in enumerate(bounds)]
    counted = {"accumulator": "further.own"} if per == "year" else {}
    deductible = {"rows": [rule("further.deductible", amount="5000.00")]}
    shape = {"per": per, "tiers": tiers, "deductible": deductible, **counted}
    benefit = rule("further", title="再救助", tiers=shape)
    return layer("medical_assistance", payer="further", benefits=[benefit], **parts)


@pytest.mark.parametrize(
    ("own", "pays"),
    [(500_000, 0), (500_005, 1), (1_000_000, 100_000), (2_000_000, 400_000), (4_000_000, 1_300_000)],
)
def test_further_assistance_pays_tiers_on_what_the_person_still_bears_of_a_visit(own: int, pays: int) -> None:
    assert paid(adjudicate(pack(further("visit")), visit(own), {})).get("further", 0) == pays


def test_further_assistance_per_year_counts_what_assistance_left_open() -> None:
    aid = layer("medical_assistance", benefits=[rate_benefit("0.70")])
    decision = adjudicate(pack(aid, further("year")), visit(1_000_000), {"further.own": 400_000})
    assert paid(decision) == {"medical_assistance": 700_000, "further": 40_000}
    assert decision.movements == {"further.own": 300_000}


def test_two_layers_of_assistance_share_one_annual_limit() -> None:
    limit = {"per": "year", "accumulator": "test.paid"}
    aid = layer("medical_assistance", benefits=[rate_benefit("0.70")])
    aid["limits"] = [{**limit, "rows": [rule("one", amount="7100.00")]}]
    version = pack(aid, further("visit", limits=[{**limit, "rows": [rule("two", amount="7100.00")]}]))
    decision = adjudicate(version, visit(2_000_000), {"test.paid": 10_000})
    assert paid(decision) == {"medical_assistance": 700_000}
    decision = adjudicate(version, visit(2_000_000), {"test.paid": 0})
    assert paid(decision) == {"medical_assistance": 710_000}


def test_no_assistance_is_due_where_the_pool_has_paid_all_of_the_eligible_cost() -> None:
    aid = layer("medical_assistance", benefits=[rule("aid", title="救助", fixed=[rule("f", amount="9.00")])])
    version = pack(layer("basic_insurance", benefits=[rate_benefit("1.00")]), aid, further("visit"))
    assert paid(adjudicate(version, visit(10_000_000), {})) == {"basic_insurance": 10_000_000}


POOR = {"categories": ["dibao"]}


def critical(ends: tuple[str, ...], rates: tuple[str, ...], poor: tuple[str, ...], **parts: Any) -> Any:
    """Critical illness insurance with tiers for the poor and for the others."""

    def tiers(name: str, of: tuple[str, ...]) -> list[dict[str, Any]]:
        bounds = zip((*ends, None), of, strict=True)
        return [rule(f"{name}.{n}", up_to=end, rate=rate) for n, (end, rate) in enumerate(bounds)]

    sets = [{"when": POOR, "tiers": tiers("poor", poor)}, {"tiers": tiers("others", rates)}]
    return layer("critical_illness", **rule("critical", accumulator="test.own", tier_sets=sets, **parts))


def deductible(others: str) -> dict[str, Any]:
    rows = [rule("d.poor", when=POOR, amount="5000.00"), rule("d.others", amount=others)]
    return {"deductible": {"rows": rows}}


LIMIT = {
    "limits": [
        {
            "per": "year",
            "accumulator": "test.paid",
            "rows": [rule("cap.none", when=POOR, amount=None), rule("cap", amount="300000.00")],
        }
    ]
}
SET_A = critical(
    ("50000.00", "100000.00"),
    ("0.60", "0.70", "0.80"),
    ("0.65", "0.75", "0.85"),
    **deductible("10000.00"),
    **LIMIT,
)
SET_B = critical(
    ("30000.00", "100000.00"),
    ("0.55", "0.65", "0.75"),
    ("0.60", "0.70", "0.80"),
    **deductible("12000.00"),
    **LIMIT,
)
SET_C = critical(
    ("100000.00", "300000.00"), ("0.65", "0.75", "0.85"), ("0.65", "0.75", "0.85"), **deductible("5000.00")
)


@pytest.mark.parametrize(
    ("layer_of_set", "poor", "own", "pays"),
    [
        (SET_A, False, 10_000, 0),
        (SET_A, False, 50_000, 24_000),
        (SET_A, False, 100_000, 59_000),
        (SET_A, False, 1_000_000, 300_000),
        (SET_A, True, 5_000, 0),
        (SET_A, True, 100_000, 66_750),
        (SET_A, True, 1_000_000, 831_750),
        (SET_B, False, 12_000, 0),
        (SET_B, False, 100_000, 55_400),
        (SET_B, True, 100_000, 64_000),
        (SET_C, True, 100_000, 61_750),
        (SET_C, True, 300_000, 211_750),
        (SET_C, True, 400_000, 296_750),
    ],
)
def test_the_example_sets_of_critical_illness_can_be_stated(
    layer_of_set: dict[str, Any], poor: bool, own: int, pays: int
) -> None:
    facts = visit(own * 100, categories=frozenset({"dibao"} if poor else ()))
    assert paid(adjudicate(pack(layer_of_set), facts, {})).get("critical_illness", 0) == pays * 100


CHILDREN = {"name": "儿童白血病", "icd10": ["C91.0", "C92.4"], "max_age": 14}
TUBERCULOSIS = {"name": "耐多药肺结核", "icd10": ["A15", "A16"], "also": ["U84.3"]}
CANCER = {"name": "胃癌", "icd10": ["C16"]}


def programme(diagnosis: str) -> list[dict[str, Any]]:
    diseases = [CHILDREN, TUBERCULOSIS, CANCER]
    return [rule("major", title="大病专项救治", diagnosis=diagnosis, diseases=diseases)]


@pytest.mark.parametrize(
    ("diagnosis", "diagnoses", "age", "holds"),
    [
        ("main", ("C16.900",), 50, True),
        ("main", ("C17.900",), 50, False),
        ("main", ("C91.000",), 14, True),
        ("main", ("C91.000",), 15, False),
        ("main", ("C91.100",), 14, False),
        ("main", ("A15.000",), 50, False),
        ("main", ("A15.000", "U84.300"), 50, True),
        ("main", ("U84.300", "A15.000"), 50, False),
        ("any", ("U84.300", "A15.000"), 50, True),
        ("main", ("J18.900", "C16.900"), 50, False),
        ("any", ("J18.900", "C16.900"), 50, True),
        ("any", (), 50, False),
    ],
)
def test_a_programme_lists_diseases_by_prefix_with_an_age_test(
    diagnosis: str, diagnoses: tuple[str, ...], age: int, holds: bool
) -> None:
    benefit = rate_benefit("0.50", when={"programmes": ["major"]})
    version = pack(layer("basic_insurance", benefits=[benefit]), programmes=programme(diagnosis))
    facts = visit(1_000, diagnoses=diagnoses, age=age)
    assert bool(paid(adjudicate(version, facts, {}))) is holds


def test_a_provider_can_be_designated_for_a_programme() -> None:
    benefit = rate_benefit("0.50", when={"designated_for": ["major"]})
    version = pack(layer("basic_insurance", benefits=[benefit]), programmes=programme("main"))
    assert paid(adjudicate(version, visit(1_000), {})) == {}
    designated = visit(1_000, designated_for=frozenset({"major"}))
    assert paid(adjudicate(version, designated, {})) == {"basic_insurance": 500}


def test_visits_that_differ_in_their_diagnosis_only_get_different_benefits() -> None:
    benefit = rate_benefit("0.50", when={"programmes": ["major"]})
    version = pack(layer("basic_insurance", benefits=[benefit]), programmes=programme("main"))
    paying = [
        bool(paid(adjudicate(version, visit(1_000, diagnoses=(code,), age=age), {})))
        for code, age in (("C16.900", 50), ("J18.900", 50), ("C91.000", 14), ("C91.000", 15), ("C16.900", 50))
    ]
    assert paying == [True, False, True, False, True]


def test_diagnoses_make_no_more_plans_than_conditions_can_tell_apart() -> None:
    benefit = rate_benefit("0.50", when={"programmes": ["major"]})
    version = pack(layer("basic_insurance", benefits=[benefit]), programmes=programme("main"))
    for number in range(200):
        adjudicate(version, visit(1_000, diagnoses=(f"J{number:03}",), age=number % 90), {})
    assert len(version.plans) == 1


def test_ages_and_categories_make_no_more_plans_than_conditions_can_tell_apart() -> None:
    young = rule("young", title="少儿", when={"max_age": 13, "without_categories": ["dibao"]})
    old = rule("old", title="老年", when={"min_age": 65})
    benefits = [
        {**benefit, "fixed": [rule(f"{benefit['id']}.fixed", amount="5.00")]} for benefit in (young, old)
    ]
    version = pack(layer("basic_insurance", benefits=benefits))
    paid_at = {
        (age, category): paid(
            adjudicate(version, visit(1_000, age=age, categories=frozenset([category])), {})
        )
        for age in range(100)
        for category in ("dibao", "orphan", "registered_poor")
    }
    assert len(version.plans) == 6
    assert [age for age in range(100) if paid_at[age, "orphan"]] == [*range(14), *range(65, 100)]
    assert [age for age in range(100) if paid_at[age, "dibao"]] == [*range(65, 100)]


@pytest.mark.parametrize(
    "broken",
    [
        layer("basic_insurance", benefits=[rate_benefit("0.50", when={"programmes": ["unknown"]})]),
        layer("basic_insurance", benefits=[rate_benefit("0.50", when={"designated_for": ["unknown"]})]),
        layer("basic_insurance", benefits=[rate_benefit("0.50", fixed=[rule("f", amount="1.00")])]),
        layer(
            "basic_insurance",
            benefits=[rate_benefit("0.50", deductible={**BY_ADMISSION, "accumulator": "test.used"})],
        ),
        layer(
            "basic_insurance",
            benefits=[rate_benefit("0.50", deductible={**BY_ADMISSION, "per": "year"})],
        ),
    ],
)
def test_what_makes_no_sense_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(PackError):
        pack(broken)


# Bills and deductibles are multiples of 800 yuan: no rate below leaves a fraction of a fen to round.
yearly_parts = st.lists(st.integers(0, 40).map(lambda number: number * 1_600_000), min_size=1, max_size=8)
yearly_rates = st.integers(0, 20).map(lambda number: f"{number * 500 // 10_000}.{number * 500 % 10_000:04}")


@given(yearly_parts, yearly_rates, yearly_rates, st.integers(0, 40), st.integers(0, 60))
def test_splitting_a_stay_changes_no_yearly_deductible_tier_limit_or_subsidy(
    parts: list[int], rate: str, further_rate: str, deductible_of_year: int, limit: int
) -> None:
    yearly = {
        "per": "year",
        "accumulator": "test.used",
        "rows": [rule("d", amount=f"{deductible_of_year * 800}.00")],
    }
    capped = [{"per": "year", "accumulator": "test.paid", "rows": [rule("cap", amount=f"{limit}0000.00")]}]
    aid = rate_benefit(further_rate)
    for number, place in enumerate((aid, *aid["rate"]["rows"])):
        place["id"] = f"aid.{number}"
    version = pack(
        layer("basic_insurance", benefits=[rate_benefit(rate, deductible=yearly, limits=capped)]),
        {**SET_A, "limits": []},
        layer("medical_assistance", benefits=[aid]),
        further("year"),
    )
    assert settled(version, parts) == settled(version, [sum(parts)])


def settled(version: PolicyVersion, bills: list[int]) -> tuple[Counter[str], Counter[str]]:
    """Accumulators and what every payer paid, after settling bills one after another."""
    used: Counter[str] = Counter()
    payers: Counter[str] = Counter()
    for bill in bills:
        decision = adjudicate(version, visit(bill), used)
        used.update(decision.movements)
        payers.update(dict(decision.payers))
    return used, payers


def test_splitting_a_stay_starts_again_where_the_pack_counts_by_admission() -> None:
    version = pack(layer("basic_insurance", benefits=[rate_benefit("0.50", deductible=BY_ADMISSION)]))
    assert settled(version, [2_000])[1] == {"basic_insurance": 700}
    assert settled(version, [1_000, 1_000])[1] == {"basic_insurance": 200 + 350}


def counting(payer: str, kind: str, accumulator: str) -> dict[str, Any]:
    """A layer that counts in an accumulator: a limit, a deductible, tiers or admissions."""

    def own(name: str, **more: Any) -> dict[str, Any]:
        return rule(f"{payer}.{name}", **more)

    rate = {"rate": {"rows": [own("rate", rate="0.50")]}}
    rows = [own("rows", amount="1.00")]
    shapes: dict[str, dict[str, Any]] = {
        "limit": {**rate, "limits": [{"per": "year", "accumulator": accumulator, "rows": rows}]},
        "deductible": {**rate, "deductible": {"per": "year", "accumulator": accumulator, "rows": rows}},
        "admissions": {**rate, "deductible": {"per": "admission", "accumulator": accumulator, "rows": rows}},
        "tiers": {
            "tiers": {
                "per": "year",
                "accumulator": accumulator,
                "tiers": [own("tier", up_to=None, rate="0.50")],
            }
        },
    }
    benefit = own("benefit", title="待遇", **shapes[kind])
    return layer("medical_assistance", payer=payer, benefits=[benefit])


FUND = layer(
    "fund",
    **rule("fund", per="visit", share_of="total", covers=["eligible"], ceilings=[rule("c", rate="0.05")]),
)


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ((("one", "limit"), ("two", "limit")), None),
        ((("one", "limit"), ("two", "deductible")), "counts one thing only"),
        ((("one", "tiers"), ("two", "limit")), "counts one thing only"),
        ((("one", "deductible"), ("two", "deductible")), "only limits and burdens are shared"),
        ((("one", "tiers"), ("two", "tiers")), "only limits and burdens are shared"),
        ((("one", "limit"), None, ("two", "limit")), "both sides of a fund"),
        ((("one", "limit"), ("two", "limit"), None), None),
    ],
)
def test_an_accumulator_counts_one_thing(
    layers: tuple[tuple[str, str] | None, ...], says: str | None
) -> None:
    stated = [counting(*named, "test.paid") if named else FUND for named in layers]
    if says is None:
        assert len(pack(*stated).layers) == len(layers)
        return
    with pytest.raises(PackError, match=says):
        pack(*stated)


def test_two_layers_do_not_count_the_same_admission() -> None:
    with pytest.raises(PackError, match="only limits and burdens are shared"):
        pack(*(counting(payer, "admissions", "basic.visit_count") for payer in ("one", "two")))


def test_what_is_kept_for_households_cannot_be_used_by_a_pack() -> None:
    own = counting("one", "limit", "household.own_payment")
    with pytest.raises(PackError, match="kept for the burden of households"):
        read_version(small_pack(own, accumulators={"household.own_payment": "家庭负担"}))
