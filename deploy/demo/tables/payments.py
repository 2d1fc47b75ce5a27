"""A payment batch: per hospital what it is made of, who did what, and what the bank said."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from deploy.demo.payment_replies import Batch, Item
from deploy.demo.steps.payments import Paid
from deploy.demo.tables.layout import Column, Number, table, wrap
from deploy.demo.tables.words import count, provider, word, yuan
from shared.clock import SHANGHAI
from shared.money import Fen

_ACTIONS = {
    "prepare": "编制",
    "approve": "审批",
    "export": "导出支付文件",
    "results": "导入银行回执",
    "retry": "失败重发",
}
_OFFICES = {"finance_approver": "财政审批", "finance": "财政经办"}
_STATES = {
    "paid": "已付",
    "failed": "失败",
    "bank_returned": "已付，退汇",
    "retried": "失败，已重发",
    "returned": "失败，退回应付",
    "carried_forward": "应扣款，结转下批",
    "unpayable": "无收款账户",
    "offset": "净额为零",
    "in_payment": "在途",
}
_SHOWN = 8
_CELLS = 100


def show(out: Console, paid: Paid) -> None:
    """Print the largest payments and the one that came back, the totals, and who did what."""
    batch, items = paid.batch, sorted(paid.items, key=lambda item: -item.amount)
    shown = items[:_SHOWN] + [item for item in items[_SHOWN:] if item.state != "paid"]
    rows = [_row(item) for item in shown]
    rest = [item for item in items if item not in shown]
    if rest:
        total = sum(item.amount for item in rest)
        rows.append((f"其余 {len(rest)} 家", *_figures(rest), yuan(total), "已付", ""))
    sums = ("合计", *_figures(items), yuan(sum(item.amount for item in items)), "", "")
    columns = [Column("医疗机构"), Number("记账笔数"), Number("结算"), Number("撤销"), Number("调整")]
    out.print(table([*columns, Number("实付（元）"), Column("状态"), Column("说明")], rows, sums))
    out.print(f"支付总额（大写）：{batch.payable_words}；截至 {batch.through}，共 {batch.payable_count} 笔")
    out.print(table([Column("环节"), Column("办理"), Column("时间")], _steps(batch)))
    again = paid.again
    if again is not None:
        amount = f"{again.payable_count} 笔 {yuan(again.payable)} 元"
        text = f"退回的 {amount}更正账户后另行编制、审批、重发，银行已付"
        out.print(escape(wrap(text, _CELLS)))
    out.print(f"支付文件 pain.001（ISO 20022）{paid.in_file} 笔，SHA-256 {batch.digest}")


def faults(paid: Paid) -> list[str]:
    """What is wrong about the payment, if anything."""
    found, by = [], {step.action: step.by for step in paid.batch.steps}
    if by.get("prepare") == by.get("approve"):
        found.append("编制与审批不是两个人")
    # One payment comes back in every demo; of a batch of one that is all of it, and it is paid in the next.
    ended = {"returned"} if paid.batch.payable_count == 1 else {"confirmed", "partly_confirmed"}
    if paid.batch.state not in ended:
        found.append(f"批次处于 {paid.batch.state}，银行没有确认")
    if any(item.state in ("failed", "bank_returned", "in_payment", "payable") for item in paid.items):
        found.append("还有在途、失败或退汇的明细")
    if paid.again is None or paid.again.state != "confirmed":
        found.append("银行退回的一笔没有重发成功")
    total = sum(item.amount for item in paid.items if item.state in ("paid", "retried"))
    if total != paid.batch.payable:
        found.append(f"已付 {yuan(total)} 元，应付 {yuan(paid.batch.payable)} 元")
    return found


def _row(item: Item) -> tuple[str, ...]:
    state = word(_STATES, item.state)
    return provider(item.payee), *_figures([item]), yuan(item.amount), state, item.failure or ""


def _figures(items: Sequence[Item]) -> tuple[str, str, str, str]:
    """Settlements with their number, reversals, adjustments."""
    parts = [part for item in items for part in item.parts]

    def fen(name: str) -> Fen:
        return sum(part.amount for part in parts if part.part == name)

    settled = sum(part.count for part in parts if part.part == "settlements")
    return count(settled), yuan(fen("settlements")), yuan(fen("reversals")), yuan(fen("adjustments"))


def _steps(batch: Batch) -> list[tuple[str, str, str]]:
    return [
        (
            word(_ACTIONS, step.action),
            word(_OFFICES, step.by),
            f"{step.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
        )
        for step in batch.steps
    ]
