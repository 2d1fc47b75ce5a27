"""Insurance against relapse into poverty and thresholds of the year's burden: both sides of every edge."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.examples import ExamplesFailed, check_examples
from services.claims.benefits.explain import step_sentences
from services.claims.benefits.policy import PackError, PolicyBook, PolicyVersion
from services.claims.benefits.read import read_version
from services.claims.benefits.relapse import NotInsured, relapse_payout
from services.claims.benefits.steps import step_as_dict
from tests.support.rederive import parameters_from_rules, rederived
from tests.support.visits import fund_layer, rule, small_pack

ENDS = (("50000.00", "0.50"), ("100000.00", "0.60"), ("150000.00", "0.70"), ("200000.00", "0.80"))


def insurance(**changes: Any) -> dict[str, Any]:
    """The schedule of DOMAIN S-47 for two classes of households."""
    tiers = [
        rule(f"relapse.{n}", up_to=end, rate=rate) for n, (end, rate) in enumerate((*ENDS, (None, "0.90")))
    ]
    classes = [
        rule("relapse.poor", **{"class": "unstable_poor"}, title="非高标准脱贫户", amount="5000.00"),
        rule("relapse.low", **{"class": "non_poor_low_income"}, title="非贫低收入户", amount="20000.00"),
    ]
    named = {"payer": "relapse_insurance", "title": "防贫保", "classes": classes, "tiers": tiers}
    return rule("relapse", **named, **changes)


def pack(**sections: Any) -> PolicyVersion:
    return read_version(small_pack(fund_layer("0.05"), **sections))


INSURED = pack(relapse_insurance=insurance())


@pytest.mark.parametrize(
    ("own", "pays"),
    [
        (0, 0),
        (20_000_00, 0),
        (20_000_01, 1),  # half a fen
        (50_000_00, 15_000_00),
        (50_000_01, 15_000_01),
        (100_000_00, 45_000_00),
        (150_000_00, 80_000_00),
        (200_000_00, 120_000_00),
        (300_000_00, 210_000_00),
    ],
)
def test_tiers_pay_on_the_years_own_payment_above_the_deductible(own: int, pays: int) -> None:
    assert relapse_payout(INSURED, "non_poor_low_income", own, 0).payout_fen == pays


@pytest.mark.parametrize(("own", "pays"), [(5_000_00, 0), (5_000_02, 1), (20_000_00, 7_500_00)])
def test_the_class_of_the_household_decides_on_the_deductible(own: int, pays: int) -> None:
    assert relapse_payout(INSURED, "unstable_poor", own, 0).payout_fen == pays


@pytest.mark.parametrize(
    ("already", "pays"), [(0, 15_000_00), (14_999_99, 1), (15_000_00, 0), (15_000_01, 0)]
)
def test_a_later_claim_of_the_year_gets_the_difference(already: int, pays: int) -> None:
    decision = relapse_payout(INSURED, "non_poor_low_income", 50_000_00, already)
    assert (decision.due_fen, decision.payout_fen) == (15_000_00, pays)


@pytest.mark.parametrize(
    ("own", "pays"), [(39_998_00, 9_999_00), (40_000_00, 10_000_00), (40_002_00, 10_000_00)]
)
def test_a_yearly_limit_ends_the_payout(own: int, pays: int) -> None:
    version = pack(relapse_insurance=insurance(limit=rule("relapse.limit", amount="10000.00")))
    assert relapse_payout(version, "non_poor_low_income", own, 0).payout_fen == pays


@given(st.lists(st.integers(0, 40_000_000), min_size=1, max_size=6))
def test_claims_during_the_year_pay_together_what_one_claim_at_its_end_pays(parts: list[int]) -> None:
    own = paid = 0
    for part in parts:
        own += part
        paid += relapse_payout(INSURED, "unstable_poor", own, paid).payout_fen
    assert paid == relapse_payout(INSURED, "unstable_poor", own, 0).payout_fen


@given(st.integers(0, 10**8), st.integers(0, 10**8))
def test_the_payout_follows_from_its_explanation_and_never_exceeds_the_payment(
    own: int, already: int
) -> None:
    decision = relapse_payout(INSURED, "unstable_poor", own, already)
    step = step_as_dict(decision.step)
    assert rederived(step) == decision.payout_fen <= own
    assert parameters_from_rules(step)["deductible"] == 500_000


def test_the_payout_is_explained_in_chinese() -> None:
    text = "".join(
        step_sentences(step_as_dict(relapse_payout(INSURED, "unstable_poor", 60_000_00, 1_00).step))
    )
    assert "防贫保·非高标准脱贫户支付28499.00元" in text
    assert "其中5000.00元至50000.00元按50%，50000.00元至60000.00元按60%" in text
    assert "本年应赔付28500.00元减本年已赔付1.00元" in text


def test_a_class_or_pack_without_insurance_is_not_insured() -> None:
    with pytest.raises(NotInsured):
        relapse_payout(INSURED, "rich", 10**8, 0)
    with pytest.raises(NotInsured):
        relapse_payout(pack(), "unstable_poor", 10**8, 0)


def worked(pays: str) -> dict[str, Any]:
    return {"name": "例", "class": "unstable_poor", "own_payment": "20000.00", "pays": pays}


def test_a_pack_is_refused_when_an_example_of_the_insurance_fails() -> None:
    check_examples(PolicyBook([pack(relapse_insurance=insurance(examples=[worked("7500.00")]))]))
    with pytest.raises(ExamplesFailed, match=r"pays 7500\.00 instead of 7500\.01"):
        check_examples(PolicyBook([pack(relapse_insurance=insurance(examples=[worked("7500.01")]))]))


@pytest.mark.parametrize(
    "broken", [{"classes": []}, {"tiers": []}, {"examples": [{**worked("1.00"), "class": "x"}]}]
)
def test_insurance_that_makes_no_sense_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(PackError):
        pack(relapse_insurance={**insurance(), **broken})


BURDEN = [
    rule("burden.person", per="person", title="个人一万元", amount="10000.00"),
    rule("burden.household", per="household", title="收入一半", income="24001.01", share="0.50"),
]


def test_a_threshold_is_an_amount_or_a_share_of_an_income() -> None:
    person, household = pack(burden=BURDEN).burden
    assert (person.id, person.per, person.amount_fen) == ("burden.person", "person", 1_000_000)
    assert (household.per, household.amount_fen) == ("household", 1_200_051)
    assert (household.income_fen, household.share_bp) == (2_400_101, 5_000)


@pytest.mark.parametrize(
    ("before", "after", "crossed"),
    [(0, 999_999, 0), (999_999, 1_000_000, 1), (1_000_000, 2_000_000, 0), (1_000_000, 999_999, -1)],
)
def test_a_threshold_is_crossed_once_and_taken_back_once(before: int, after: int, crossed: int) -> None:
    assert pack(burden=BURDEN).burden[0].crossed(before, after) == crossed


@given(st.lists(st.integers(0, 2_000_000), min_size=2, max_size=10))
def test_crossings_add_up_to_where_the_year_stands(states: list[int]) -> None:
    threshold = pack(burden=BURDEN).burden[0]
    crossings = sum(threshold.crossed(before, after) for before, after in pairwise([0, *states]))
    assert crossings == (states[-1] >= threshold.amount_fen)


@pytest.mark.parametrize(
    "broken",
    [
        {"amount": "0.00"},
        {"amount": "1.00", "share": "0.50"},
        {"income": "1.00"},
        {"share": "0.50"},
        {},
        {"amount": "1.00", "per": "village"},
    ],
)
def test_a_threshold_that_makes_no_sense_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(PackError):
        pack(burden=[rule("burden", **{"per": "person", "title": "门槛", **broken})])
