"""Why a layer has no part in a decision."""

import json
from typing import Any

import pytest

from services.claims.benefits.left_out import left_out, left_out_as_dict
from services.claims.benefits.read import read_version
from tests.support.visits import charge, fund_layer, layer, rate_benefit, rule, small_pack, visit

COMPLIANT = {"referrals": ["not_needed", "compliant"]}
INPATIENT = {"visit_types": ["inpatient"], **COMPLIANT}
CEILINGS = [
    rule("fund.delivery", rate="0.00", when={"visit_types": ["delivery"]}),
    rule("fund.poor", rate="0.05", when={**INPATIENT, "categories": ["registered_poor", "dibao"]}),
    rule(
        "fund.monitored",
        rate="0.10",
        when={**INPATIENT, "categories": ["unstable_exited", "marginal_at_risk"]},
    ),
]
CLAUSES = ("分娩零支付", "个人自付控制在5%以内", "监测对象控制在10%以内")
VERSION = read_version(
    small_pack(
        {
            **fund_layer("0.05"),
            "ceilings": [{**row, "clause": clause} for row, clause in zip(CEILINGS, CLAUSES, strict=True)],
        }
    )
)


def test_the_sentence_names_the_rule_what_it_asks_for_and_what_there_was() -> None:
    facts = visit(1_000, categories=frozenset({"dibao"}), referral="filed", place="out_of_city")
    (fund,) = left_out(VERSION, facts)
    assert fund.sentence == (
        "fund未参与本次支付。“个人自付控制在5%以内”："
        "转诊情况须为县域内就医（无需转诊）、依规转诊，本次为仅备案；“监测对象控制在10%以内”："
        "转诊情况须为县域内就医（无需转诊）、依规转诊，本次为仅备案，"
        "人员类别须为脱贫不稳定人口、边缘易致贫人口，本次为低保对象。"
    )
    assert left_out_as_dict(fund)["gates"][1]["rule"] == "fund.poor"
    assert left_out_as_dict(fund)["gates"][1]["failed"] == [
        {"part": "referrals", "required": "县域内就医（无需转诊）、依规转诊", "found": "仅备案"}
    ]
    assert json.loads(json.dumps(left_out_as_dict(fund))) == left_out_as_dict(fund)


@pytest.mark.parametrize(
    ("condition", "facts", "says"),
    [
        ({"min_age": 60}, {}, "年龄须为60岁及以上，本次为50岁"),
        ({"max_age": 14}, {}, "年龄须为14岁及以下，本次为50岁"),
        ({"sex": "2"}, {}, "性别须为女，本次为男"),
        ({"without_categories": ["dibao"]}, {"categories": frozenset({"dibao"})}, "人员类别不得为低保对象"),
        ({"diagnoses": ["C16"]}, {}, "诊断须为C16，本次为I63.900"),
        ({"levels": [0, 1]}, {}, "医疗机构级别须为村卫生室、一级（乡镇），本次为二级（县级）"),
        ({"programmes": ["major"]}, {}, "病种须为大病专项救治所列病种，本次为I63.900"),
        ({"designated_for": ["major"]}, {}, "定点救治病种须为major，本次为无"),
    ],
)
def test_every_part_of_a_condition_has_words(
    condition: dict[str, Any], facts: dict[str, Any], says: str
) -> None:
    diseases = [{"name": "胃癌", "icd10": ["C16"]}]
    major = rule("major", title="大病专项救治", diagnosis="main", diseases=diseases)
    benefit = rate_benefit("0.50", when=condition)
    version = read_version(small_pack(layer("basic_insurance", benefits=[benefit]), programmes=[major]))
    (basic,) = left_out(version, visit(1_000, **facts))
    assert says in basic.sentence


def test_rows_inside_a_benefit_that_fits_are_named_where_none_of_them_holds() -> None:
    rate = {"rows": [rule("rate", rate="0.50", when={"levels": [3]})]}
    benefit = rule("benefit", title="待遇", rate=rate)
    version = read_version(small_pack(layer("basic_insurance", benefits=[benefit])))
    (basic,) = left_out(version, visit(1_000))
    assert [gate.rule.id for gate in basic.gates] == ["rate"]


def test_a_waiver_is_left_out_where_no_line_is_of_its_items() -> None:
    item = rule("fee", title="一般诊疗费", item_codes=["1102"])
    waiver = layer("waiver", **rule("waiver"), items=[item])
    version = read_version(small_pack(waiver, fund_layer("0.05")))
    (waived,) = left_out(version, visit((charge(1_000),)))
    assert "费用项目须为1102，本次为无此项目" in waived.sentence
    assert left_out(version, visit((charge(1_000)._replace(item_code="110200001"),))) == []


def test_a_layer_that_applies_and_pays_nothing_is_not_left_out() -> None:
    assert left_out(VERSION, visit(0, categories=frozenset({"dibao"}))) == []
