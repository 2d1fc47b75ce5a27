"""The statement: formulas that repeat the engine's arithmetic, and what it notices when sums are wrong."""

from io import StringIO
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from deploy.demo.replies import Explanation, Settlement
from deploy.demo.tables import statement
from deploy.demo.tables.formulas import formulas
from deploy.demo.tables.statement import Statement
from deploy.demo.tables.words import yuan
from services.claims.benefits.adjudicate import Decision, adjudicate
from services.claims.benefits.explain import sentences, step_sentences
from services.claims.benefits.steps import step_as_dict
from shared.money import format_rate, format_yuan
from tests.support.books import shipped_book
from tests.support.visits import A_DAY, charge, visit

USED = {"critical_illness.own_payment": 480_000, "medical_assistance.paid": 990_000}


@pytest.fixture(scope="module")
def decision() -> Decision:
    """A bill that all four payers share, with tiers and with a limit that is nearly used up."""
    facts = visit(
        [charge(2_000_000), charge(100_000, "B", 1_000), charge(50_000, "C")],
        provider_level=3,
        place="out_of_city",
        referral="compliant",
        categories=frozenset({"registered_poor"}),
    )
    return adjudicate(shipped_book("sample-county").on(A_DAY), facts, USED)


def made(decision: Decision, **changes: Any) -> Statement:
    """The statement of a decision, as the service's replies give it."""
    settlement = {
        "id": "0199",
        "settled_at": "2026-03-10T20:00:00Z",
        "facility_code": "H99000000001",
        "visit_no": "ZY2026000001",
        "visit_type": "inpatient",
        "patient": "990***********0024",
        "admitted_on": "2026-03-01",
        "discharged_on": A_DAY.isoformat(),
        "place": "out_of_city",
        "referral": "compliant",
        "categories": ["registered_poor"],
        "total": format_yuan(decision.total_fen),
        "non_covered": format_yuan(decision.non_covered_fen),
        "over_limit": format_yuan(decision.over_limit_fen),
        "upfront_copay": format_yuan(decision.upfront_copay_fen),
        "eligible": format_yuan(decision.eligible_fen),
        "payers": [{"payer": payer, "amount": format_yuan(fen)} for payer, fen in decision.payers],
        "person_pays": format_yuan(decision.person_pays_fen),
        "personal_share": format_rate(decision.personal_share_bp),
    }
    explanation = {
        "policy": {"pack": "sample-county", "version": "2026-01-01"},
        "total": format_yuan(decision.total_fen),
        "person_pays": format_yuan(decision.person_pays_fen),
        "steps": [_step(step_as_dict(step)) for step in decision.steps],
        "sentences": sentences(decision),
    }
    charges = {"bed": (2, 50_000), "surgery": (1, 2_100_000)}
    return Statement(
        Settlement.model_validate(settlement | changes), Explanation.model_validate(explanation), charges
    )


def _step(detail: dict[str, Any]) -> dict[str, Any]:
    known = {name: detail[name] for name in ("layer", "payer", "title")}
    amount = format_yuan(detail["amount_fen"])
    return {**known, "amount": amount, "sentences": step_sentences(detail), "detail": detail}


def text_of(one: Statement) -> str:
    out = Console(file=StringIO(), width=120, highlight=False, color_system=None)
    statement.show(out, one)
    assert isinstance(out.file, StringIO)
    return out.file.getvalue()


def test_four_payers_share_the_bill_and_the_statement_adds_up(decision: Decision) -> None:
    assert len(decision.payers) == 4
    assert statement.faults(made(decision)) == []


def test_a_fen_too_many_is_noticed(decision: Decision) -> None:
    person = format_yuan(decision.person_pays_fen + 1)
    assert statement.faults(made(decision, person_pays=person)) == ["各方支付与个人负担之和不等于总费用"]
    eligible = format_yuan(decision.eligible_fen - 1)
    assert statement.faults(made(decision, eligible=eligible)) == ["政策范围内费用划分不平"]


def test_payers_that_the_explanation_does_not_know_are_noticed(decision: Decision) -> None:
    swapped = [{"payer": "other", "amount": format_yuan(fen)} for _, fen in decision.payers]
    assert statement.faults(made(decision, payers=swapped)) == ["说明中的支付与结算不一致"]


def test_charges_that_do_not_make_the_total_are_noticed(decision: Decision) -> None:
    right = made(decision)
    assert statement.faults(right._replace(charges={"bed": (1, 1)})) == ["费用清单合计不等于总费用"]


def test_every_payers_formulas_end_in_its_amount(decision: Decision) -> None:
    for step in decision.steps:
        if step.payer is None:
            continue
        found = [text for text in formulas(step_as_dict(step)) if text.startswith("计算：")]
        # A limit that does not bite leaves the amount of the line before it.
        assert any(yuan(step.amount_fen) in text for text in found)


def test_a_limit_that_bites_is_named_and_one_that_does_not_is_too(decision: Decision) -> None:
    texts = [text for step in decision.steps if step.payer for text in formulas(step_as_dict(step))]
    assert any(text.endswith("超过剩余年度限额，取 100.00") for text in texts)
    assert any(text.startswith("计算：未超过剩余年度限额") for text in texts)


def test_the_statement_is_chinese_from_end_to_end(decision: Decision) -> None:
    text = text_of(made(decision))
    for code in ("inpatient", "registered_poor", "out_of_city", "compliant", "basic_insurance", "surgery"):
        assert code not in text
    for word in ("住院", "脱贫人口", "市外", "依规转诊", "城乡居民基本医疗保险", "手术", "2026-03-11 04:00"):
        assert word in text


def test_all_lines_of_the_payments_are_equally_wide(decision: Decision) -> None:
    lines = text_of(made(decision)).split("三、")[1].splitlines()[1:]
    assert len({cell_len(line) for line in lines if line.strip()}) == 1
