"""An explanation is complete: every amount follows from it alone, and people can read it."""

import json
import re
from datetime import date

import pytest
from hypothesis import given

from services.claims.benefits.adjudicate import adjudicate
from services.claims.benefits.explain import sentences, sentences_of
from services.claims.benefits.facts import Facts
from services.claims.benefits.policy import Example
from services.claims.benefits.steps import (
    basis_as_dict,
    row_as_dict,
    step_as_dict,
    step_as_row,
    steps_as_dicts,
)
from services.claims.policies import load_book
from shared.money import format_yuan
from tests.support.books import shipped_book
from tests.support.rederive import parameters_from_rules, rederived, stated_parameters
from tests.support.visits import charge, visit
from tests.unit.claims.test_properties import cases

VERSION = shipped_book("sample-county").on(date(2026, 3, 9))
POOR = visit(8_766_00, categories=frozenset({"registered_poor"}))


@given(cases())
def test_every_amount_follows_from_its_step_alone(case: tuple[Facts, dict[str, int]]) -> None:
    decision = adjudicate(VERSION, *case)
    steps = json.loads(json.dumps(steps_as_dicts(decision.steps)))
    assert [rederived(step) for step in steps] == [step.amount_fen for step in decision.steps]
    assert {step["payer"]: step["amount_fen"] for step in steps[1:] if step["amount_fen"]} == dict(
        decision.payers
    )


@given(cases())
def test_every_parameter_follows_from_the_rules_it_names(case: tuple[Facts, dict[str, int]]) -> None:
    for step in steps_as_dicts(adjudicate(VERSION, *case).steps):
        given_by_rules, stated = parameters_from_rules(step), stated_parameters(step)
        assert given_by_rules == {name: stated[name] for name in given_by_rules}


@given(cases())
def test_every_base_follows_from_the_steps_before(case: tuple[Facts, dict[str, int]]) -> None:
    decision = adjudicate(VERSION, *case)
    first, *layers = decision.steps
    open_now = {"eligible_open": first.amount_fen, "person_open": first.base_fen}
    for step in layers:
        assert step.base_fen == open_now[step.basis.base_name]
        open_now = {name: amount - step.amount_fen for name, amount in open_now.items()}
    assert open_now["person_open"] == decision.person_pays_fen


@given(cases())
def test_accumulators_in_the_steps_are_those_of_the_decision(case: tuple[Facts, dict[str, int]]) -> None:
    facts, used = case
    decision = adjudicate(VERSION, facts, used)
    state = dict(used)
    for step in decision.steps:
        for kind, before, after in step.accumulators:
            assert state[kind] == before
            state[kind] = after
    assert state == {kind: value + decision.movements.get(kind, 0) for kind, value in used.items()}


@given(cases())
def test_the_short_form_with_its_basis_says_the_same(case: tuple[Facts, dict[str, int]]) -> None:
    for step in adjudicate(VERSION, *case).steps:
        row = json.loads(json.dumps(step_as_row(step)))
        basis = json.loads(json.dumps(basis_as_dict(step.basis)))
        assert row[0] == step.basis.id
        assert row_as_dict(row, basis) == step_as_dict(step)


def test_equal_rules_have_equal_ids_and_other_rules_others() -> None:
    again = load_book("sample-county")
    of_version = [[step.basis.id for step in adjudicate(v, POOR, {}).steps] for v in again.versions]
    assert of_version[1] == [step.basis.id for step in adjudicate(VERSION, POOR, {}).steps]
    assert of_version[0][:4] == of_version[1][:4]
    assert of_version[0][4] != of_version[1][4]  # the ceiling of 2025 is another


def test_a_step_names_layer_payer_rule_clause_source_parameters_and_accumulators() -> None:
    basic = adjudicate(VERSION, POOR, {"basic_insurance.paid": 100}).steps[1]
    assert (basic.layer, basic.payer, basic.rule_id) == (
        "basic_insurance",
        "basic_insurance",
        "basic.inpatient",
    )
    assert (basic.clause, basic.source) == ("住院待遇", "tongchuan_2024_23")
    assert basic.parameters == {
        "deductible": 60_000,
        "rate_bp": 8_000,
        "limit_1": 13_000_000,
        "limit_1_used": 100,
    }
    assert basic.accumulators == (("basic_insurance.paid", 100, 653_380),)


def test_the_sentences_tell_the_whole_settlement_in_yuan() -> None:
    decision = adjudicate(VERSION, POOR, {})
    assert sentences(decision) == [
        "总费用8766.00元，政策范围内费用8766.00元。",
        "城乡居民基本医疗保险·住院支付6532.80元：尚未支付的政策范围内费用8766.00元减起付线600.00元，得8166.00元；"
        "起付线以上费用8166.00元按支付比例80%计6532.80元；6532.80元未超过剩余年度限额130000.00元；"
        "居民医保统筹基金本年累计支付由0.00元增至6532.80元。",
        "依据：铜政办发〔2024〕23号（铜川市城乡居民基本医疗保险待遇，2025年执行）：住院待遇（待核实），"
        "市内二级医疗机构起付标准600元（待核实），二级医疗机构支付比例75%（待核实），"
        "统筹基金年度最高支付限额13万元（待核实）；甘肃省健康扶贫实施方案（贫困人口新农合和大病保险倾斜政策）："
        "贫困人口住院报销比例提高5个百分点。",
        "城乡居民大病保险支付0.00元：本年累计自付2233.20元，未超过起付线5000.00元；"
        "本年累计政策范围内自付由0.00元增至2233.20元。",
        *sentences(decision)[4:5],
        "医疗救助·脱贫人口及监测对象支付1451.58元：起付线以上费用2233.20元按支付比例65%计1451.58元；"
        "1451.58元未超过剩余年度限额10000.00元；医疗救助本年累计支付由0.00元增至1451.58元。",
        *sentences(decision)[6:7],
        "卫生扶贫救助基金支付343.32元：总费用8766.00元按个人自付比例上限5%计438.30元（不足一分舍去）；"
        "个人尚需负担781.62元减个人自付上限438.30元，得343.32元；343.32元未超过基金可承担部分781.62元。",
        "依据：健康扶贫个人自付比例控制目标（2017年10%，2018年起5%）：2018年起个人自付比例控制在5%以内。",
        "个人负担438.30元，占总费用的5%。",
    ]


@pytest.mark.parametrize(
    ("facts", "used", "says"),
    [
        (visit((charge(1_000, "B", 1_000), charge(500, "C"))), {}, "扣除全自费5.00元、乙类先行自付1.00元"),
        (visit(860_000), {"basic_insurance.paid": 12_900_000}, "超过剩余年度限额，按1000.00元支付"),
        (visit(860_000), {"critical_illness.own_payment": 900_000}, "其中10000.00元至11600.00元按60%"),
        (visit(8_000, visit_type="outpatient", provider_level=1), {}, "超过剩余日限额，按40.00元支付"),
        (visit(39_000, visit_type="delivery"), {}, "390.00元未超过定额标准400.00元"),
        (visit(41_000, visit_type="delivery"), {}, "超过定额标准，按400.00元支付"),
        (visit(330_000, categories=frozenset({"dibao_margin"})), {}, "减尚余起付线2000.00元，得0.00元"),
    ],
)
def test_the_sentences_name_every_edge_that_was_reached(
    facts: Facts, used: dict[str, int], says: str
) -> None:
    assert says in "".join(sentences(adjudicate(VERSION, facts, used)))


@pytest.mark.parametrize("example", VERSION.examples, ids=lambda example: example.name)
def test_every_amount_of_an_example_appears_in_its_sentences(example: Example) -> None:
    decision = adjudicate(VERSION, example.facts, example.used)
    text = "".join(sentences(decision))
    told = set(re.findall(r"支付(\d+\.\d\d)元", text))
    assert {format_yuan(amount) for _, amount in decision.payers} <= told
    assert f"个人负担{format_yuan(decision.person_pays_fen)}元" in text


def test_a_stored_explanation_reads_like_a_fresh_one() -> None:
    decision = adjudicate(VERSION, POOR, {})
    stored = json.loads(json.dumps(steps_as_dicts(decision.steps)))
    assert sentences_of(stored, decision.person_pays_fen, decision.personal_share_bp) == sentences(decision)
