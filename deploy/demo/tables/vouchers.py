"""Check-up vouchers: what this run did, coverage by year, and what the city owes."""

from collections.abc import Sequence

from rich.console import Console

from deploy.demo.replies import Count, Coverage, Funding
from deploy.demo.tables.layout import Column, Number, table
from deploy.demo.tables.words import count, percent, short_percent, yuan
from deploy.demo.voucher_count import VoucherCount

_PAYMENTS = {
    "first_half": "上半年费用拨付",
    "second_half": "下半年费用拨付",
    "remainder": "余款（年终考核验收后）",
}


def show_count(out: Console, done: VoucherCount) -> None:
    """Print what was printed, handed down, handed out and redeemed."""
    printed = "，".join(f"{year} 年 {count(number)} 张" for year, number in done.printed.items())
    out.print(
        f"印制：{printed}；逐级交接（合作医疗办 → 乡镇政府 → 驻村干部）{count(done.handovers)} 次，均有签收单"
    )
    out.print(
        f"发放到户 {count(done.issued)} 张{_before(done.issued_before, '张此前已发放')}；"
        f"体检并核销 {count(done.redeemed)} 人次{_before(done.redeemed_before, '人次此前已核销')}，"
        f"合计 {yuan(done.paid_fen)} 元"
    )


def show_coverage(out: Console, years: Sequence[Coverage], funding: Funding) -> None:
    """Print coverage and the funding preview."""
    names = ("应享人数", "印制", "发放", "发放率", "核销", "核销率")
    rows = [
        (
            str(each.year),
            count(each.eligible),
            count(each.printed),
            *_ratio(each.issued),
            *_ratio(each.redeemed),
        )
        for each in years
    ]
    out.print(table([Column("年度"), *(Number(name) for name in names)], rows))
    product = f"{count(funding.enrolled)} 人 × {yuan(funding.per_head)} 元 = {yuan(funding.due)} 元"
    out.print(f"[bold]{funding.year} 年市级补助测算：参保 {product}[/bold]")
    payments = [
        (
            _PAYMENTS.get(each.name, each.name),
            "" if each.cost is None else yuan(each.cost),
            "" if each.rate is None else short_percent(each.rate),
            yuan(each.amount),
            str(each.due_by or "考核验收后"),
        )
        for each in funding.payments
    ]
    columns = [Column("拨付"), Number("体检费用"), Number("比例"), Number("金额（元）"), Column("期限")]
    out.print(
        table(columns, payments, ("合计", "", "", yuan(sum(each.amount for each in funding.payments)), ""))
    )


def faults(done: VoucherCount, vouchers: int, funding: Funding) -> list[str]:
    """What is missing of the vouchers asked for, and lines that were answered wrongly."""
    people = vouchers // 2
    found = [f"{code}：{text}（{number} 行）" for (code, text), number in done.refused.items()]
    if done.issued != 2 * people:
        found.append(f"应发放 {2 * people} 张，实际 {done.issued} 张")
    if done.redeemed != people:
        found.append(f"应核销 {people} 人次，实际 {done.redeemed} 人次")
    if done.accepted_mistakes:
        found.append(f"{done.accepted_mistakes} 行错误报文被接受")
    if sum(each.amount for each in funding.payments) != funding.due:
        found.append("各期拨付之和不等于应补助金额")
    return found


def _before(number: int, what: str) -> str:
    return f"（其中 {count(number)} {what}）" if number else ""


def _ratio(ratio: Count) -> tuple[str, str]:
    return count(ratio.numerator), percent(ratio.rate)
