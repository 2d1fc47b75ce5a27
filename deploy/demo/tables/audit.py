"""The audit: how much each rule found, and one finding from the notice to the deduction."""

from rich.console import Console
from rich.markup import escape

from deploy.demo.steps.audit import MONTH, Audited
from deploy.demo.tables.layout import Column, Number, fields, table, wrap
from deploy.demo.tables.words import FUNDS, count, provider, word, yuan
from shared.money import parse_yuan

_ACTIONS = {"notify": "告知", "state": "申辩", "hear": "听证", "decide": "决定"}
_CELLS = 100


def show(out: Console, audited: Audited) -> None:
    """Print the counts by rule, the finding, and which funds got what back."""
    run, finding = audited.run, audited.finding
    titles = {rule.id: rule.title for rule in audited.rules}
    rows = [(titles.get(rule, rule), count(number)) for rule, number in run.by_rule.items()]
    out.print(
        f"{MONTH} 出院的 {count(run.settlements)} 笔结算，{len(audited.rules)} 条规则，"
        f"疑点 {count(run.found)} 条（新增 {count(run.added)} 条）"
    )
    if rows:
        out.print(table([Column("规则"), Number("疑点")], rows))
    if finding is None:
        return
    parts = [part for step in finding.steps for part in step.details.get("funds", [])]
    funds = "，".join(f"{word(FUNDS, part['payer'])} {yuan(parse_yuan(part['amount']))}" for part in parts)
    out.print(
        fields(
            [
                ("医疗机构", provider(finding.facility_code)),
                ("规则", finding.title),
                ("涉及金额", f"{yuan(finding.at_stake)} 元"),
                ("扣减", f"{yuan(finding.deducted or 0)} 元（从应付医疗机构款中扣减，患者不受影响）"),
            ]
        )
    )
    out.print(escape(wrap(finding.text, _CELLS)))
    out.print(" → ".join(f"{word(_ACTIONS, step.action)}（{step.by}）" for step in finding.steps))
    out.print(f"退回基金（元）：{funds}；凭证 {finding.transfer}")


def faults(audited: Audited) -> list[str]:
    """What is wrong about the audit, if anything."""
    run, finding, found = audited.run, audited.finding, []
    if run.found != sum(run.by_rule.values()):
        found.append("各规则疑点之和不等于合计")
    if finding is None:
        return found
    by = {step.action: step.by for step in finding.steps}
    if finding.state != "deducted" or finding.transfer is None:
        found.append(f"疑点处于 {finding.state}，没有扣减")
    if by.get("notify") == by.get("decide"):
        found.append("告知和决定是同一人")
    parts = [part for step in finding.steps for part in step.details.get("funds", [])]
    if sum(parse_yuan(part["amount"]) for part in parts) != (finding.deducted or 0):
        found.append("退回各基金之和不等于扣减金额")
    return found
