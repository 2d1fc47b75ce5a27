"""One patient's one-stop settlement statement, line by line and payer by payer."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rich.console import Console

from deploy.demo.replies import Explanation, Settlement, Step
from deploy.demo.tables import words
from deploy.demo.tables.formulas import formulas
from deploy.demo.tables.layout import Column, Number, fields, table, wrap
from deploy.demo.tables.words import word, yuan
from shared.clock import SHANGHAI
from shared.money import Fen

_OTHER_COLUMNS, _NARROWEST = 46, 40
"""Cells taken by payer and amount; the least that the explanation gets."""

ChargeSummary = Mapping[str, tuple[int, Fen]]
"""Charge category → how many lines and what they come to, as the hospital sent them."""


class Statement(NamedTuple):
    """Everything that stands on the statement."""

    settlement: Settlement
    explanation: Explanation
    charges: ChargeSummary


def show(out: Console, statement: Statement) -> None:
    """Print the statement."""
    out.print(fields(_head(statement)))
    out.print("\n[bold]一、费用清单（按类别，医院上传）[/bold]")
    out.print(_charges(statement.charges))
    out.print("[bold]二、费用划分[/bold]")
    out.print(_division(statement.settlement))
    out.print("[bold]三、各方支付（一站式结算，逐项列明基数、算式和依据）[/bold]")
    out.print(_payments(statement, max(_NARROWEST, out.width - _OTHER_COLUMNS)))


def faults(statement: Statement) -> list[str]:
    """What does not add up on the statement; nothing when it is right."""
    settlement, steps = statement.settlement, statement.explanation.steps
    paid = sum(payer.amount for payer in settlement.payers)
    taken = settlement.non_covered + settlement.over_limit + settlement.upfront_copay
    explained = {step.payer: step.amount for step in steps if step.payer and step.amount}
    checks = {
        "各方支付与个人负担之和不等于总费用": paid + settlement.person_pays == settlement.total,
        "政策范围内费用划分不平": settlement.total - taken == settlement.eligible,
        "说明中的支付与结算不一致": explained == {each.payer: each.amount for each in settlement.payers},
        "费用清单合计不等于总费用": sum(fen for _, fen in statement.charges.values()) == settlement.total,
    }
    return [fault for fault, right in checks.items() if not right]


def _head(statement: Statement) -> Iterator[tuple[str, str]]:
    one, policy = statement.settlement, statement.explanation.policy
    days = (one.discharged_on - one.admitted_on).days
    categories = [word(words.CATEGORIES, each) for each in one.categories]
    yield "结算编号", one.id
    yield "结算时间", f"{one.settled_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    yield "医疗机构", f"{words.provider(one.facility_code)}（{one.facility_code}）"
    yield "就诊号", one.visit_no
    yield "患者证件", one.patient
    yield "人员类别", "、".join(categories) or "普通居民"
    yield "就诊类型", word(words.VISIT_TYPES, one.visit_type)
    yield "入院—出院", f"{one.admitted_on} — {one.discharged_on}（{days} 天）"
    yield "就医地点", word(words.PLACES, one.place)
    yield "转诊", word(words.REFERRALS, one.referral)
    yield "政策", f"{policy.pack}，{policy.version} 起执行"


def _charges(charges: ChargeSummary) -> Any:
    rows = [
        (word(words.CHARGES, category), words.count(lines), yuan(fen))
        for category, (lines, fen) in sorted(charges.items(), key=lambda item: -item[1][1])
    ]
    lines = sum(number for number, _ in charges.values())
    total = ("合计", words.count(lines), yuan(sum(fen for _, fen in charges.values())))
    return table([Column("费用类别"), Number("项数"), Number("金额（元）")], rows, total)


def _division(one: Settlement) -> Any:
    rows = [
        ("总费用", yuan(one.total)),
        ("减：全自费", yuan(one.non_covered)),
        ("减：超限价自费", yuan(one.over_limit)),
        ("减：乙类先行自付", yuan(one.upfront_copay)),
    ]
    return table([Column("项目"), Number("金额（元）")], rows, ("政策范围内费用", yuan(one.eligible)))


def _payments(statement: Statement, cells: int) -> Any:
    rows: list[tuple[str, str, str]] = []
    for step in statement.explanation.steps:
        if step.payer:
            rows += [(payer, wrap(text, cells), fen) for payer, text, fen in _step_rows(step)]
            rows.append(("", "", ""))
    one = statement.settlement
    rows.append(("个人负担", f"占总费用 {words.percent(one.personal_share)}", yuan(one.person_pays)))
    total = ("合计", "各方支付 + 个人负担 = 总费用", yuan(one.total))
    return table([Column("支付方"), Column("基数、算式与依据"), Number("金额（元）")], rows, total)


def _step_rows(step: Step) -> Iterator[tuple[str, str, str]]:
    """The amount with the base, a row for each line of arithmetic, a row for the sources."""
    base = step.detail["base"]
    label = step.detail["labels"].get(base["name"], base["name"])
    yield step.title, f"基数：{label} {yuan(base['fen'])}", yuan(step.amount)
    for formula in formulas(step.detail):
        yield "", formula, ""
    if len(step.sentences) > 1:
        yield "", step.sentences[-1], ""
