"""What the patient is not billed for, and what is given for an event or a year: both sides of every edge."""

from typing import Any

import pytest

from services.claims.benefits.adjudicate import Decision, accumulator_kinds, adjudicate
from services.claims.benefits.explain import sentences
from services.claims.benefits.facts import Charge
from services.claims.benefits.policy import PackError, PolicyVersion
from services.claims.benefits.read import read_version
from tests.support.visits import charge, fund_layer, layer, rate_benefit, rule, small_pack, visit

ALL = ["eligible", "upfront_copay", "over_limit", "non_covered"]


def pack(*layers: dict[str, Any]) -> PolicyVersion:
    return read_version(small_pack(*layers))


def paid(decision: Decision) -> dict[str, int]:
    return dict(decision.payers)


def line(code: str, amount: int, item_class: str = "A", category: str = "other", **more: Any) -> Charge:
    return charge(amount, item_class, **more)._replace(item_code=code, category=category)


def waiver(*items: dict[str, Any], payer: str = "provider", **parts: Any) -> dict[str, Any]:
    return layer("waiver", **{"payer": payer, **rule(f"waiver.{payer}", items=list(items)), **parts})


FEE = rule("waived.fee", title="一般诊疗费", item_codes=["1102"])
SECOND_OPINION = rule("waived.opinion", title="会诊费", charge_categories=["consultation"])
BASIC = layer("basic_insurance", benefits=[rate_benefit("0.50")])


@pytest.mark.parametrize(
    ("charged", "waived"),
    [
        (line("110200001", 300), 300),
        (line("1102", 300), 300),
        (line("110300001", 300), 0),
        (line("999", 300, category="consultation"), 300),
        (line("999", 300, category="other"), 0),
        (line("110200001", 300, "C"), 300),
        (line("110200001", 300, "B", self_pay_rate_bp=1_000), 300),
        (line("110200001", 300, price_limit_e4=20_000), 300),
        (line("110200001", 0), 0),
    ],
)
def test_a_line_of_the_catalogue_leaves_the_bill_whole(charged: Charge, waived: int) -> None:
    decision = adjudicate(pack(waiver(FEE, SECOND_OPINION), BASIC), visit((line("999", 1_000), charged)), {})
    assert paid(decision).get("provider", 0) == waived
    assert decision.total_fen == 1_000 + charged.amount_fen
    if waived:
        assert (paid(decision)["basic_insurance"], decision.person_pays_fen) == (500, 500)


def test_what_is_waived_counts_for_no_ceiling() -> None:
    bill = visit((line("999", 10_000), line("1102", 90_000, "C")))
    decision = adjudicate(pack(waiver(FEE), fund_layer("0.05", covers=ALL)), bill, {})
    assert paid(decision) == {"provider": 90_000, "fund": 9_500}
    assert decision.person_pays_fen == 500


def test_a_line_belongs_to_the_first_item_that_holds_and_names_it() -> None:
    poor = {"categories": ["dibao"]}
    items = ({**FEE, "when": poor}, rule("waived.all", title="全部", item_codes=["1"]))
    bill = (line("110200001", 300), line("120000000", 50))
    version = pack(waiver(*items))
    rules = [step.rule_id for step in adjudicate(version, visit(bill), {}).steps[1:]]
    assert rules == ["waived.all"]
    of_poor = adjudicate(version, visit(bill, categories=frozenset({"dibao"})), {})
    assert [(step.rule_id, step.amount_fen) for step in of_poor.steps[1:]] == [
        ("waived.fee", 300),
        ("waived.all", 50),
    ]
    assert paid(of_poor) == {"provider": 350}


def test_two_payers_may_share_the_waivers_and_one_payer_may_pay_twice() -> None:
    programme = waiver(SECOND_OPINION, payer="programme")
    rest = rule("rest", payer="provider", title="waiver", fund_pay_type="390100")
    capped = fund_layer("0.10", limits=[{"per": "visit", "rows": [rule("cap", amount="1.00")]}], rest=rest)
    bill = visit((line("1102", 300), line("999", 200, category="consultation"), line("999", 1_000)))
    decision = adjudicate(pack(waiver(FEE), programme, capped), bill, {})
    assert decision.payers == (("provider", 300 + 800), ("programme", 200), ("fund", 100))
    assert decision.person_pays_fen == 100


def test_a_line_is_waived_once_even_where_two_payers_would_carry_it() -> None:
    fee_too = rule("waived.fee_too", title="一般诊疗费", item_codes=["1102"])
    version = pack(waiver(FEE), waiver(fee_too, payer="programme"), fund_layer("0.00", covers=ALL))
    decision = adjudicate(version, visit((line("1102", 300), line("999", 1_000))), {})
    assert decision.payers == (("provider", 300), ("fund", 1_000))


def test_a_waiver_says_what_it_is_and_why() -> None:
    text = "".join(sentences(adjudicate(pack(waiver(FEE)), visit((line("1102", 300),)), {})))
    assert "waiver·一般诊疗费3.00元，不向患者收取。依据：测试文件：第一条（待核实）。" in text


@pytest.mark.parametrize(
    "layers",
    [
        (BASIC, waiver(FEE)),
        (waiver(rule("waived.none", title="无")),),
        (waiver(FEE), {**BASIC, "payer": "provider"}),
    ],
)
def test_waivers_come_first_name_their_items_and_say_the_same_of_a_payer(layers: tuple[Any, ...]) -> None:
    with pytest.raises(PackError):
        pack(*layers)


def subsidy(amount: str, **parts: Any) -> dict[str, Any]:
    standard = {"title": "补助", "per": "event", "covers": ALL, "amounts": [rule("amount", amount=amount)]}
    return layer("subsidy", subsidies=[rule("subsidy", **{**standard, **parts})])


@pytest.mark.parametrize(("cost", "pays"), [(0, 0), (2_999, 2_999), (3_000, 3_000), (3_001, 3_000)])
def test_a_subsidy_per_event_is_never_more_than_the_cost(cost: int, pays: int) -> None:
    version = pack(subsidy("30.00"))
    decision = adjudicate(version, visit((charge(cost, "C"),)), {})
    assert paid(decision) == ({"subsidy": pays} if pays else {})
    assert accumulator_kinds(version, visit(cost)) == ()


@pytest.mark.parametrize(("used", "pays"), [(0, 3_000), (2_999, 1), (3_000, 0), (3_001, 0)])
def test_a_subsidy_per_person_year_ends_with_the_year_s_amount(used: int, pays: int) -> None:
    version = pack(subsidy("30.00", per="person_year", accumulator="test.paid"))
    decision = adjudicate(version, visit(10_000), {"test.paid": used})
    assert paid(decision) == ({"subsidy": pays} if pays else {})
    assert decision.movements == ({"test.paid": pays} if pays else {})


@pytest.mark.parametrize(
    ("cost", "pays"),
    [(600_000, 50_000), (500_000, 100_000), (700_000, 0), (800_000, 0), (200_000, 100_000)],
)
def test_all_channels_together_give_no_more_than_their_limit(cost: int, pays: int) -> None:
    channels = [rule("channels", amount="3500.00")]
    decision = adjudicate(pack(BASIC, subsidy("1000.00", channels=channels)), visit(cost), {})
    assert paid(decision).get("subsidy", 0) == pays
    assert paid(decision)["basic_insurance"] + pays <= max(350_000, cost // 2)


def test_waived_items_are_no_channel() -> None:
    channels = [rule("channels", amount="35.00")]
    bill = visit((line("1102", 5_000), line("999", 5_000)))
    decision = adjudicate(pack(waiver(FEE), subsidy("100.00", channels=channels)), bill, {})
    assert paid(decision) == {"provider": 5_000, "subsidy": 3_500}


@pytest.mark.parametrize(("covers", "pays"), [(["eligible"], 600), (["non_covered"], 400), (ALL, 1_000)])
def test_a_subsidy_takes_over_only_what_it_covers(covers: list[str], pays: int) -> None:
    decision = adjudicate(pack(subsidy("90.00", covers=covers)), visit((charge(600), charge(400, "C"))), {})
    assert paid(decision) == {"subsidy": pays}


def test_the_first_subsidy_that_fits_applies_and_one_without_amount_gives_nothing() -> None:
    amounts = [rule("amount", amount="1.00", when={"sex": "2"})]
    first = rule("one", title="一", per="event", covers=ALL, amounts=amounts, when={"min_age": 40})
    second = rule("two", title="二", per="event", covers=ALL, amounts=[rule("other", amount="2.00")])
    version = pack(layer("subsidy", subsidies=[first, second]))
    assert paid(adjudicate(version, visit(1_000), {})) == {}
    assert paid(adjudicate(version, visit(1_000, sex="2"), {})) == {"subsidy": 100}
    assert paid(adjudicate(version, visit(1_000, age=39), {})) == {"subsidy": 200}


@pytest.mark.parametrize("parts", [{"accumulator": "test.paid"}, {"per": "person_year"}, {"covers": []}])
def test_a_subsidy_that_makes_no_sense_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(PackError):
        pack(subsidy("1.00", **parts))
