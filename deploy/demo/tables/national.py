"""The hospital that connects by the national interface: the kit's result and the reconciliation."""

from rich.console import Console
from rich.markup import escape

from deploy.conformance.sheet import PASSED
from deploy.demo.steps.national import FACILITY, NAME, Connected
from deploy.demo.tables.layout import Column, Number, table, wrap

_CELLS = 96


def show(out: Console, connected: Connected) -> None:
    """Print what the hospital saw, from its first message to the reconciled day."""
    sheet = connected.sheet
    passed = sum(row.result == PASSED for row in sheet.rows)
    visits = [
        (info["setl_id"], info["medfee_sumamt"], info["fund_pay_sumamt"], info["psn_cash_pay"])
        for info in connected.settled
    ]
    columns = [Column("结算编号 setl_id"), Number("总费用"), Number("基金支付"), Number("个人现金")]
    out.print(
        f"{NAME}（{FACILITY}）用 /nhsa 结算 {len(visits)} 笔，另有 1 笔应答丢失（中心已结算，医院未记）："
    )
    out.print(table(columns, visits))
    told = [
        ("接口验收", f"{len(sheet.rows)} 项，通过 {passed} 项"),
        ("3201 对总账", connected.before.said),
        *(("3202 对明细账", _named(each)) for each in connected.named),
        ("2601 冲正", f"按原报文编号 {connected.repaired} 冲正"),
        ("再次日结后对总账", connected.after.said),
    ]
    rows = [(step, escape(wrap(text, _CELLS))) for step, text in told]
    out.print(table([Column("环节"), Column("结果")], rows))


def _named(difference: dict[str, str]) -> str:
    return f"{difference['setl_id']}：{difference['memo']}"


def faults(connected: Connected) -> list[str]:
    """What is wrong about it, if anything: the planted difference is found, and nothing else is."""
    found = [f"{row.infno} {row.title}：{row.found}" for row in connected.sheet.rows if row.result != PASSED]
    if connected.before.equal:
        found.append("对总账没有发现漏记的一笔")
    if len(connected.named) != 1:
        found.append(f"对明细账指出 {len(connected.named)} 笔，应为 1 笔")
    if not connected.after.equal:
        found.append(f"冲正后对账仍不符：{connected.after.said}")
    return found
