"""A year worked out anew: what every payer pays before and after."""

from rich.console import Console

from deploy.demo.replies import Readjudication
from deploy.demo.steps.readjudication import Corrected
from deploy.demo.tables.layout import Column, Number, table
from deploy.demo.tables.words import CATEGORIES, PAYERS, provider, word, yuan
from shared.money import Fen


def show(out: Console, corrected: Corrected) -> None:
    """Print the preview, settlement by settlement, and who proposed and approved it."""
    for proposal in corrected.preview:
        rows = []
        for line in proposal.lines:
            head = f"{line.discharged_on} {provider(line.facility_code)} {line.visit_no}"
            now = "、".join(word(CATEGORIES, each) for each in line.categories_after) or "无"
            rows.append((head, f"身份：{now}", "", "", ""))
            parts = [(word(PAYERS, each.payer), each.before, each.after) for each in line.payers]
            for name, before, after in [*parts, ("个人负担", line.person_before, line.person_after)]:
                rows.append(("", name, yuan(before), yuan(after), yuan(after - before)))
        columns = [Column("结算"), Column("支付方"), Number("原"), Number("新"), Number("差额")]
        out.print(table(columns, rows))
    posted = corrected.posted
    out.print(
        f"提出：{posted.proposed_by}；复核记账：{posted.decided_by}；只记差额，应退个人部分由一卡通发放"
    )


def given_back(posted: Readjudication) -> Fen:
    """By how much the person bears less."""
    return sum(line.person_before - line.person_after for line in posted.lines)


def faults(corrected: Corrected) -> list[str]:
    """What is wrong about the correction, if anything."""
    posted, found = corrected.posted, []
    if posted.state != "posted":
        found.append(f"重新核算处于 {posted.state}，没有记账")
    if posted.proposed_by == posted.decided_by:
        found.append("提出和复核是同一人")
    if [proposal.lines for proposal in corrected.preview] != [posted.lines]:
        found.append("记账的差额与试算不同")
    for line in posted.lines:
        before = line.person_before + sum(each.before for each in line.payers)
        after = line.person_after + sum(each.after for each in line.payers)
        if before != after:
            found.append(f"{line.visit_no} 调整前后合计不等")
    return found
