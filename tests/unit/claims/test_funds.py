"""Funds in order, ceilings of a year, balances, and who carries the rest: both sides of every edge."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.adjudicate import Decision, accumulator_kinds, adjudicate
from services.claims.benefits.explain import sentences
from services.claims.benefits.policy import PackError, PolicyVersion
from services.claims.benefits.read import read_version
from tests.support.visits import charge, fund_layer, layer, rate_benefit, rule, small_pack, visit

ALL = ["eligible", "upfront_copay", "over_limit", "non_covered"]
NAMES = {
    "test.paid": "累计支付",
    "fund.one": "一号基金本年累计支付",
    "fund.two": "二号基金本年累计支付",
    "year.whole": "本年累计费用",
    "year.person": "本年累计个人负担",
}
BASIC = layer("basic_insurance", benefits=[rate_benefit("0.50")])


def pack(*layers: dict[str, Any]) -> PolicyVersion:
    return read_version(small_pack(*layers, accumulators=NAMES))


def paid(decision: Decision) -> dict[str, int]:
    return dict(decision.payers)


def fund(name: str = "one", ceiling: str = "0.05", **parts: Any) -> dict[str, Any]:
    """A fund with rule ids of its own that covers everything."""
    ceilings = [rule(f"ceiling.{name}", rate=ceiling)]
    return {
        **fund_layer(ceiling, payer=name, covers=ALL),
        **rule(f"fund.{name}"),
        "ceilings": ceilings,
        **parts,
    }


def carrier(payer: str) -> dict[str, Any]:
    return rule(f"carrier.{payer}", payer=payer, title=payer, fund_pay_type="640100")


def balance(when_empty: Any, amount: str = "10.00", name: str = "one") -> dict[str, Any]:
    rows = [rule(f"balance.{name}", amount=amount)]
    return {"accumulator": f"fund.{name}", "rows": rows, "when_empty": when_empty}


def cap(amount: str) -> list[dict[str, Any]]:
    return [{"per": "visit", "rows": [rule("cap", amount=amount)]}]


@pytest.mark.parametrize(
    ("used", "pays", "rest"), [(0, 1_000, 8_500), (999, 1, 9_499), (1_000, 0, 9_500), (1_001, 0, 9_500)]
)
def test_a_fund_pays_what_its_balance_still_holds_and_the_county_the_rest(
    used: int, pays: int, rest: int
) -> None:
    version = pack(fund(balance=balance(carrier("county_finance"))))
    decision = adjudicate(version, visit(10_000), {"fund.one": used})
    assert paid(decision) == {name: fen for name, fen in (("one", pays), ("county_finance", rest)) if fen}
    assert decision.person_pays_fen == 500
    assert version.plan(visit(10_000)).county_kinds == ("fund.one",)


@pytest.mark.parametrize(("when_empty", "person"), [("person", 9_000), (carrier("provider"), 500)])
def test_who_carries_what_an_empty_fund_cannot_pay_is_explicit(when_empty: Any, person: int) -> None:
    decision = adjudicate(pack(fund(balance=balance(when_empty))), visit(10_000), {})
    assert decision.person_pays_fen == person


def test_the_next_fund_takes_over_from_an_empty_one() -> None:
    version = pack(fund(balance=balance("next")), fund("two", balance=balance("person", "30.00", "two")))
    assert paid(adjudicate(version, visit(10_000), {})) == {"one": 1_000, "two": 3_000}
    assert accumulator_kinds(version, visit(1)) == ("fund.one", "fund.two")


@pytest.mark.parametrize(
    ("rest", "expected", "person"),
    [
        (None, {"one": 2_000}, 8_000),
        ("person", {"one": 2_000}, 8_000),
        (carrier("provider"), {"one": 2_000, "provider": 7_500}, 500),
    ],
)
def test_what_a_limit_keeps_the_fund_from_paying_is_the_rest(
    rest: Any, expected: dict[str, int], person: int
) -> None:
    parts = {"rest": rest} if rest else {}
    decision = adjudicate(pack(fund(limits=cap("20.00"), **parts)), visit(10_000), {})
    assert (paid(decision), decision.person_pays_fen) == (expected, person)


@pytest.mark.parametrize(
    ("when_empty", "rest", "expected"),
    [
        (
            carrier("county_finance"),
            carrier("provider"),
            {"one": 1_000, "county_finance": 1_000, "provider": 7_500},
        ),
        ("person", carrier("provider"), {"one": 1_000, "provider": 7_500}),
        (carrier("county_finance"), "person", {"one": 1_000, "county_finance": 1_000}),
        (
            carrier("provider"),
            carrier("county_finance"),
            {"one": 1_000, "provider": 1_000, "county_finance": 7_500},
        ),
    ],
)
def test_an_empty_balance_and_a_limit_may_fall_to_different_payers(
    when_empty: Any, rest: Any, expected: dict[str, int]
) -> None:
    version = pack(fund(limits=cap("20.00"), balance=balance(when_empty), rest=rest))
    assert paid(adjudicate(version, visit(10_000), {})) == expected


def test_the_rest_never_covers_what_the_fund_does_not_cover() -> None:
    version = pack(fund(covers=["eligible"], limits=cap("1.00"), rest=carrier("provider")))
    decision = adjudicate(version, visit((charge(1_000), charge(9_000, "C"))), {})
    assert paid(decision) == {"one": 100, "provider": 900}
    assert decision.person_pays_fen == 9_000


YEARLY: dict[str, Any] = {"per": "year", "accumulators": {"whole": "year.whole", "person": "year.person"}}


@pytest.mark.parametrize(
    ("whole", "person", "pays", "bears"),
    [
        (0, 0, 9_500, 500),
        (90_000, 4_500, 9_500, 500),  # at the ceiling until now
        (90_000, 4_499, 9_499, 501),
        (90_000, 0, 5_000, 5_000),  # 5,000 left of the year's 5 %
        (390_000, 0, 0, 10_000),
        (90_000, 5_001, 10_000, 0),  # more than the ceiling even without this visit
        (90_000, 50_000, 10_000, 0),
    ],
)
def test_a_ceiling_of_the_year_looks_at_the_whole_year(
    whole: int, person: int, pays: int, bears: int
) -> None:
    used = {"year.whole": whole, "year.person": person}
    decision = adjudicate(pack(fund(**YEARLY)), visit(10_000), used)
    assert paid(decision) == ({"one": pays} if pays else {})
    assert decision.person_pays_fen == bears
    assert decision.movements == {
        kind: by for kind, by in (("year.whole", 10_000), ("year.person", bears)) if by
    }


def test_a_year_s_ceiling_of_the_eligible_cost_leaves_out_what_is_not_eligible() -> None:
    version = pack(BASIC, fund(share_of="eligible", covers=["eligible"], **YEARLY))
    decision = adjudicate(version, visit((charge(10_000), charge(3_000, "C"))), {"year.whole": 10_000})
    assert paid(decision) == {"basic_insurance": 5_000, "one": 4_000}
    assert decision.movements == {"year.whole": 10_000, "year.person": 1_000}


def test_what_later_payers_take_over_no_longer_burdens_the_year() -> None:
    channels = layer(
        "subsidy",
        subsidies=[
            rule("s", title="补助", per="event", covers=ALL, amounts=[rule("s.amount", amount="3.00")])
        ],
    )
    version = pack(fund(limits=cap("1.00"), **YEARLY), fund("two", "0.10", **YEARLY), channels)
    decision = adjudicate(version, visit(10_000), {})
    assert paid(decision) == {"one": 100, "two": 8_900, "subsidy": 300}
    assert decision.movements == {"year.whole": 10_000, "year.person": 700}
    assert "由10.00元减至7.00元" in "".join(sentences(decision))


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=8))
def test_a_year_of_visits_stays_below_the_year_s_ceiling(bills: list[int]) -> None:
    version = pack(BASIC, fund(**YEARLY))
    used: Counter[str] = Counter()
    for bill in bills:
        used.update(adjudicate(version, visit(bill), used).movements)
    assert used["year.person"] * 20 <= used["year.whole"] == sum(bills)


@pytest.mark.parametrize(
    "layers",
    [
        (fund(rest="next"),),
        (fund(balance=balance("next")),),
        (fund(rest="person"), fund("two")),
        (fund(balance={**balance("person"), "accumulator": "test.paid"}),),
        (fund(limits=[{"per": "year", "accumulator": "fund.one", "rows": [rule("cap", amount="1.00")]}]),),
        (fund(per="year"),),
        (fund(accumulators=YEARLY["accumulators"]),),
        (fund(per="year", accumulators={"whole": "year.whole", "person": "year.whole"}),),
        (fund(**YEARLY), fund("two", share_of="eligible", covers=["eligible"], **YEARLY)),
        (fund(rest={"payer": "provider"}),),
    ],
)
def test_a_fund_that_makes_no_sense_is_refused(layers: tuple[Any, ...]) -> None:
    with pytest.raises(PackError):
        pack(*layers)
