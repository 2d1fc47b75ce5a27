"""How the county's funds stand: due and received, spent and left; and whose money paid for one bill."""

from collections.abc import Iterator

from rich.console import Console

from deploy.demo.fund_replies import Earmarks, Fund, Funds, SourceLine
from deploy.demo.steps.funds import BASIC, FundFacts
from deploy.demo.tables.layout import Column, Number, table
from deploy.demo.tables.words import FUNDS, SOURCES, word, yuan
from shared.money import FULL_RATE_BP

_EARMARKS = {
    **SOURCES,
    "donation": "社会捐赠",
    "risk_reserve": "风险基金",
    "risk_advance": "上级调剂金",
    "recovered": "收回资金",
    "audit_deduction": "稽核扣减退回",
    "unfunded": "暂无到位资金对应",
}
_RULES = {"fifo": "先到先用", "ratio": "按来源比例"}


def show(out: Console, facts: FundFacts) -> None:
    """Print the funds, the basic insurance by source, the lineage of two funds and of one bill."""
    columns = [
        Column("基金"), Number("应到位"), Number("到位"), Number("欠拨"), Number("已支付"),
        Number("在院预占"), Number("余额"), Number("使用率"),
    ]  # fmt: skip
    out.print(table(columns, _funds(facts.funds)))
    basic = _basic(facts.funds)
    if basic is not None:
        _show_sources(out, basic)
    for payer, earmarks in facts.earmarks.items():
        _show_earmarks(out, payer, earmarks)
    for paid in facts.sources.payers:
        parts = " + ".join(f"{_earmark(part.earmark)} {yuan(part.amount)}" for part in paid.parts)
        told = f" = {parts}" if parts else "（资金溯源正在进行）"
        out.print(f"抽取的结算单 · {word(FUNDS, paid.payer)}支付 {yuan(paid.amount)} 元{told}")


def faults(facts: FundFacts, received: int) -> list[str]:
    """Where amounts that belong together differ."""
    found = []
    arrived = sum(fund.received for fund in facts.funds.funds)
    # Premiums that a fund pays for people arrive as well.
    if arrived < received:
        found.append(f"台账到位 {yuan(arrived)} 元，登记到位 {yuan(received)} 元")
    for fund in facts.funds.funds:
        if fund.due is not None and fund.due != fund.received + (fund.arrears or 0):
            found.append(f"{word(FUNDS, fund.payer)}：应到位不等于到位加欠拨")
    for payer, earmarks in facts.earmarks.items():
        for line in earmarks.earmarks:
            spent = line.settlements + line.set_apart + line.other
            if line.earmark != "unfunded" and line.deposited != spent + line.left:
                found.append(f"{word(FUNDS, payer)}：{_earmark(line.earmark)}的用途与结余之和不等于到位")
    for each in facts.sources.payers:
        if each.attributed and sum(part.amount for part in each.parts) != each.amount:
            found.append(f"{word(FUNDS, each.payer)}：溯源合计不等于支付")
    return found


def _basic(funds: Funds) -> Fund | None:
    return next((fund for fund in funds.funds if fund.payer == BASIC), None)


def _funds(funds: Funds) -> Iterator[tuple[str, ...]]:
    for fund in funds.funds:
        yield (
            word(FUNDS, fund.payer),
            "-" if fund.due is None else yuan(fund.due),
            yuan(fund.received),
            "-" if fund.arrears is None else yuan(fund.arrears),
            yuan(fund.payouts),
            yuan(fund.commitments.amount),
            yuan(fund.balance),
            _percent(fund.utilisation.numerator_fen, fund.utilisation.denominator_fen),
        )


def _show_sources(out: Console, basic: Fund) -> None:
    rows = [
        (_earmark(line.source), yuan(line.due or 0), yuan(line.received), yuan(line.arrears or 0))
        for line in sorted(basic.sources, key=_natural)
    ]
    total = ("合计", yuan(basic.due or 0), yuan(basic.received), yuan(basic.arrears or 0))
    columns = [Column("居民医保资金来源"), Number("应到位"), Number("到位"), Number("欠拨")]
    out.print(table(columns, rows, total))
    if basic.risk_reserve is not None and basic.outpatient_account is not None:
        out.print(
            f"风险基金 {yuan(basic.risk_reserve.left)} 元，"
            f"门诊家庭账户 {yuan(basic.outpatient_account.left)} 元（尚无待遇从中支付），"
            f"可用统筹资金 {yuan(basic.pooled)} 元"
        )


def _show_earmarks(out: Console, payer: str, earmarks: Earmarks) -> None:
    rows = [
        (
            _earmark(line.earmark),
            yuan(line.deposited),
            yuan(line.settlements),
            yuan(line.set_apart + line.other),
            yuan(line.left),
        )
        for line in earmarks.earmarks
    ]
    rule = _RULES.get(earmarks.rule or "", "尚未开始")
    heading = Column(f"{word(FUNDS, payer)}（{rule}）")
    columns = [heading, Number("到位"), Number("用于结算"), Number("提取、其他"), Number("结余")]
    out.print(table(columns, rows))


def _natural(line: SourceLine) -> tuple[int, str]:
    """Sources in their usual order, then by code."""
    usual = list(SOURCES)
    return usual.index(line.source) if line.source in usual else len(usual), line.source


def _earmark(code: str) -> str:
    return word(_EARMARKS, code)


def _percent(part: int, whole: int) -> str:
    """A rate with two decimals, also above one; nothing to compare with is a dash."""
    if whole <= 0:
        return "-"
    hundredths = part * FULL_RATE_BP // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}%"
