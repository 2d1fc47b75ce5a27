"""The day close: what was tied out, the head of the chain, and what the offline check says."""

from rich.console import Console
from rich.markup import escape

from deploy.demo.steps.closing import Closed
from deploy.demo.tables.layout import Column, Number, fields, table
from deploy.demo.tables.words import count, provider, yuan

_SHOWN = 6


def show(out: Console, closed: Closed) -> None:
    """Print the close, the largest providers' statements and the two checks."""
    close = closed.close
    out.print(
        fields(
            [
                ("业务日期", f"{close.business_date}（第 {close.no} 次日结）"),
                ("记账", f"{count(close.transfers)} 笔，借方 = 贷方 = {yuan(close.amount)} 元"),
                ("结算", f"{count(close.settlements)} 笔，撤销 {count(close.reversals)} 笔"),
                ("三方核对", f"费用明细 {yuan(close.charged)} = 台账 {yuan(close.booked)}"),
                ("", f"= 结算单 {yuan(close.stated)} 元"),
                ("链头", close.hash[:32] + "…"),
            ]
        )
    )
    largest = sorted(close.providers, key=lambda each: -abs(each.charged))[:_SHOWN]
    rows = [
        (
            provider(each.facility_code),
            count(each.settlements),
            yuan(each.charged),
            yuan(each.due_before),
            yuan(each.due_after),
        )
        for each in largest
    ]
    if rows:
        columns = [Column("医疗机构对账单"), *map(Number, ("结算笔数", "费用（元）", "上次应付", "本次应付"))]
        out.print(table(columns, rows))
        out.print(f"共 {len(close.providers)} 家，以上为费用最高的 {len(rows)} 家")
    out.print(f"已导出 {count(closed.exported)} 笔记账；离线核验：{escape(_last(closed.verified.output))}")
    out.print(f"改动文件中一分钱后再核验：{escape(_last(closed.tampered.output))}")


def faults(closed: Closed) -> list[str]:
    """What is wrong about the close, if anything."""
    close, found = closed.close, []
    if not close.charged == close.booked == close.stated:
        found.append("费用明细、台账、结算单不相等")
    if not closed.verified.right or closed.verified.checked != closed.exported:
        found += closed.verified.output.splitlines()[-3:] or ["离线核验没有结果"]
    if closed.tampered.right:
        found.append("离线核验没有发现被改动的一分钱")
    return found


def _last(output: str) -> str:
    return output.splitlines()[-1] if output else "-"
