"""The relapse insurance: one household from the warning to the payout."""

from rich.console import Console
from rich.markup import escape

from deploy.demo.steps.relapse import Payout
from deploy.demo.tables.layout import Column, Number, fields, table, wrap
from deploy.demo.tables.words import short_percent, word, yuan
from shared.clock import SHANGHAI

_ACTIONS = {"open": "预警登记", "verify": "入户核实", "publish": "张榜公示", "approve": "审批", "pay": "支付"}
_OFFICES = {"agency": "医保经办", "finance_approver": "财政审批", "finance": "财政经办"}
_CELLS = 100


def show(out: Console, payout: Payout) -> None:
    """Print the warning, the tiers, the notice and who did what."""
    burden, preview, claim = payout.burden, payout.preview, payout.claim
    out.print(
        fields(
            [
                ("本年家庭自付", f"{yuan(burden.own_payment)} 元"),
                ("已达到预警线", "、".join(burden.thresholds) or "无"),
                ("家庭类别", preview.class_title),
                ("起付线", f"{yuan(preview.deductible)} 元"),
            ]
        )
    )
    rows = [
        (f"{yuan(line.above)} 至 {yuan(line.up_to)}", short_percent(line.rate), yuan(line.amount))
        for line in preview.tiers
    ]
    columns = [Column("自付区间（元）"), Number("赔付比例"), Number("赔付（元）")]
    out.print(table(columns, rows, ("合计", "", yuan(preview.due))))
    out.print(escape(wrap(f"公示（不含证件号码、电话、账号、健康状况）：{payout.notice.text}", _CELLS)))
    done = [
        (
            word(_ACTIONS, step.action),
            word(_OFFICES, step.by),
            f"{step.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
        )
        for step in claim.steps
    ]
    out.print(table([Column("环节"), Column("办理"), Column("录入时间")], done))
    out.print(f"已赔付 {yuan(claim.payout or 0)} 元，一卡通发放，凭证 {claim.transfer}")


def faults(payout: Payout) -> list[str]:
    """What is wrong about the payout, if anything."""
    claim, found = payout.claim, []
    if claim.state != "paid" or claim.transfer is None:
        found.append(f"申请处于 {claim.state}，没有赔付")
    if claim.verified_own_cost == payout.preview.own_payment:
        due = payout.preview.due - claim.already_paid
        if claim.payout != due:
            found.append(f"赔付 {yuan(claim.payout or 0)} 元，试算为 {yuan(due)} 元")
    by = {step.action: step.by for step in claim.steps}
    if len({by.get("verify"), by.get("approve"), by.get("pay")}) < len(("verify", "approve", "pay")):
        found.append("核实、审批、支付不是三个人")
    if "*" not in payout.notice.name:
        found.append("公示中的姓名没有隐去")
    return found
