"""The printable statement: everything on it, nothing that runs or loads, hostile text as text."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits import facts as rules
from services.claims.benefits.adjudicate import adjudicate
from services.claims.benefits.facts import Charge, Facts
from services.claims.benefits.steps import step_as_row, steps_as_dicts
from services.claims.settlements import words
from services.claims.settlements.record import Settlement
from services.claims.settlements.statement import Account, compose
from services.claims.settlements.statement_page import HEADERS, page
from shared.money import format_yuan
from shared.money_words import yuan_in_words
from tests.support.books import shipped_book
from tests.support.visits import charge, visit

VERSION = shipped_book("sample-county").on(date(2026, 3, 9))
HOSTILE = "<script>alert('费')</script>\"&'{{ 7*7 }}"
VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Reads a page as a browser would: elements, attributes, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.style = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["style"]:
            self.style += data
        else:
            self.texts.append(data.strip())

    @property
    def text(self) -> str:
        return "\n".join(filter(None, self.texts))


def rendered(facts: Facts, used: Mapping[str, int] | None = None, **changes: Any) -> Reader:
    decision = adjudicate(VERSION, facts, used or {})
    standard: dict[str, Any] = {
        "id": UUID(int=7),
        "facility_code": "H99010100001",
        "visit_no": "ZY1",
        "division_code": "990101200203",
        "person_id": UUID(int=8),
        "household_id": UUID(int=9),
        "id_number_masked": "990***********1234",
        "visit_type": facts.visit_type,
        "admitted_on": facts.admitted_on,
        "discharged_on": facts.discharged_on,
        "year": 2026,
        "referral_no": None,
        "referral_reason": None,
        "designated_for": [],
        "chronic_reason": None,
        "chronic_code": None,
        "diagnoses": list(facts.diagnoses),
        "place": facts.place,
        "referral": facts.referral,
        "provider_level": facts.provider_level,
        "categories": sorted(facts.categories),
        "policy_pack": VERSION.pack,
        "policy_version": VERSION.version,
        "settled_at": datetime(2026, 3, 9, 16, 30, tzinfo=UTC),
        "settled_by": "his",
        "total_fen": decision.total_fen,
        "non_covered_fen": decision.non_covered_fen,
        "over_limit_fen": decision.over_limit_fen,
        "upfront_copay_fen": decision.upfront_copay_fen,
        "eligible_fen": decision.eligible_fen,
        "person_pays_fen": decision.person_pays_fen,
        "personal_share_bp": decision.personal_share_bp,
        "ceiling_bp": None,
        "ceiling_base_fen": None,
        "steps": json.dumps([step_as_row(step) for step in decision.steps]),
        "payers": decision.payers,
    }
    provider = changes.pop("provider", "县人民医院")
    left_out, accounts = changes.pop("left_out", []), changes.pop("accounts", None)
    settlement = Settlement(**{**standard, **changes})
    statement = compose(settlement, provider, facts.charges, steps_as_dicts(decision.steps), left_out)
    if accounts:
        statement = replace(statement, accounts=accounts)
    return Reader(page(statement))


BILL = (
    charge(500_000)._replace(name="床位", category="bed"),
    charge(100_000, "B", 1_000)._replace(name="头孢", category="western_medicine", quantity_milli=2_500),
    charge(20_000, "C")._replace(name="特需护理", category="nursing"),
    charge(30_000, price_limit_e4=2_500_000)._replace(name="支架", category="material"),
    charge(1_000)._replace(name="新项", category="a_new_category"),
)
DIBAO = visit(BILL, categories=frozenset({"dibao"}))


def test_it_shows_settlement_patient_policy_and_dates_in_chinese() -> None:
    text = rendered(DIBAO).text
    for part in (
        f"结算编号：{UUID(int=7)}",
        "县人民医院（H99010100001，二级）",
        "990***********1234",
        "低保对象",
        "住院",
        "2026-03-09 至 2026-03-09",
        "县域内；无需转诊",
        "2026年03月10日 00:30",
        "sample-county 2026-01-01；累计年度 2026",
        "I63.900",
    ):
        assert part in text


def test_every_line_stands_in_its_category_with_class_self_pay_and_sum() -> None:
    text = rendered(DIBAO).text
    order = [
        text.index(part)
        for part in ("床位费（1 项）", "护理费（1 项）", "卫生材料费", "西药费", "a_new_category（")
    ]
    assert order == sorted(order)
    assert "一、费用明细（共 5 项" in text
    beds, drugs = text.split("床位费（1 项）")[1], text.split("西药费（1 项）")[1]
    assert beds.split()[:2] == ["5,000.00", "0.00"]
    assert drugs.split()[:12] == [
        *("1,000.00", "100.00"),
        *("330100001", "头孢", "乙类", "10%", "1000.00", "2.5", "1,000.00", "100.00"),
        *("a_new_category（1", "项）"),
    ]


def test_every_amount_that_decides_also_stands_in_words() -> None:
    decision = adjudicate(VERSION, DIBAO, {})
    text = rendered(DIBAO).text
    paid = sum(amount for _, amount in decision.payers)
    for amount in (decision.total_fen, decision.person_pays_fen, paid):
        assert f"人民币（大写）{yuan_in_words(amount)}" in text


def test_every_payer_has_its_rule_clause_arithmetic_and_amount() -> None:
    decision = adjudicate(VERSION, DIBAO, {})
    text = rendered(DIBAO).text
    for step in decision.steps[1:]:
        assert step.basis.title in text
        assert f"〔{step.rule_id}〕{step.clause}" in text
        assert f"支付{format_yuan(step.amount_fen)}元：" in text
        assert step.basis.rule.source_title in text


def test_accumulators_stand_before_and_after_the_visit() -> None:
    text = rendered(DIBAO, {"basic_insurance.paid": 100_000}).text
    account = text.split("居民医保统筹基金本年累计支付")[-1].split()
    assert account[0] == "1,000.00"
    before, by, after = (int(part.replace(",", "").replace(".", "")) for part in account[:3])
    assert before + by == after


def test_a_day_limit_names_its_day() -> None:
    text = rendered(visit(5_000, visit_type="outpatient", provider_level=1)).text
    assert "（2026-03-09）" in text


def test_a_visit_that_nobody_pays_has_a_statement_without_accumulators() -> None:
    text = rendered(visit(5_000, visit_type="outpatient", provider_level=3)).text
    assert "各方支付合计\n人民币（大写）零元整" in text
    assert "普通参保居民" in text
    assert "四、累计情况" not in text


def test_layers_without_a_part_stand_in_small_print() -> None:
    text = rendered(DIBAO, left_out=["某基金未参与本次支付。<b>"]).text
    assert "未参与本次支付的支付方\n某基金未参与本次支付。<b>" in text
    assert "未参与本次支付" not in rendered(DIBAO).text


def test_a_reversed_settlement_says_so_and_a_revised_one_which_revision_it_is() -> None:
    text = rendered(DIBAO, status="reversed", revision=2).text
    assert "第 2 次修订" in text
    assert "本结算已撤销" in text
    assert "撤销" not in rendered(DIBAO).text


def test_times_are_no_money() -> None:
    account = Account("本年住院次数", 1, 2, times=True)
    assert rendered(DIBAO, accounts=[account]).text.count("本年住院次数\n1 次\n1 次\n2 次") == 1


def test_hostile_text_stays_text() -> None:
    lines = (charge(1_000)._replace(name=HOSTILE, category=HOSTILE, item_code=HOSTILE),)
    found = rendered(
        visit(lines), provider=HOSTILE, visit_no=HOSTILE, referral_no=HOSTILE, diagnoses=[HOSTILE]
    )
    assert found.text.count(HOSTILE) == 7
    assert "script" not in found.elements


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1))
def test_whatever_an_item_is_called_the_page_keeps_its_form(name: str) -> None:
    usual = rendered(visit((charge(1_000),)))
    found = rendered(visit((charge(1_000)._replace(name=name),)))
    assert (found.elements, found.attributes) == (usual.elements, usual.attributes)
    assert found.open == []
    assert name.strip() in "\n".join(found.texts)


def test_nothing_runs_and_nothing_is_loaded() -> None:
    found = rendered(DIBAO)
    assert found.elements.isdisjoint({"script", "link", "img", "iframe", "object", "form", "a", "base"})
    names = {name for name, _ in found.attributes}
    assert not names & {"src", "href", "style", "action", "srcset"}
    assert not any(name.startswith("on") for name in names)
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]


def test_it_prints_on_a4() -> None:
    style = rendered(DIBAO).style
    assert "@page { size: A4;" in style
    assert not re.search(r"url\(|@import", style)


@pytest.mark.parametrize(
    "table", ["VISIT_TYPES", "PLACES", "REFERRALS", "CATEGORIES", "LEVELS", "ITEM_CLASSES"]
)
def test_every_code_of_the_rules_has_a_chinese_word(table: str) -> None:
    codes = getattr(rules, {"LEVELS": "PROVIDER_LEVELS"}.get(table, table))
    assert set(getattr(words, table)) == set(codes)


def test_charges_keep_the_order_in_which_they_were_sent() -> None:
    lines: list[Charge] = [charge(100)._replace(name=name, category="bed") for name in ("乙", "甲", "丙")]
    text = rendered(visit(lines)).text
    assert text.index("乙") < text.index("甲\n") < text.index("丙\n")
