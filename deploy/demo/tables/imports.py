"""What the import of each file did, and which rows were refused."""

from collections.abc import Sequence

from rich.console import Console

from deploy.demo.bad_rows import bad_rows
from deploy.demo.model import YEAR
from deploy.demo.replies import PlanReply, RowProblem
from deploy.demo.steps.financing import PER_HEAD
from deploy.demo.steps.imports import Imported
from deploy.demo.tables import words
from deploy.demo.tables.layout import Column, Number, table
from deploy.demo.tables.words import count, word, yuan
from shared.money import parse_yuan

_KINDS = {"people": "人员", "enrolments": "参保", "certificates": "慢特病认定"}
_LINES_BEFORE_ROWS = 1
"""The header of the small file with bad rows."""


def show(out: Console, imported: Sequence[Imported]) -> None:
    """Print a row for each file, then the refused rows of the small file with mistakes."""
    numbers = ("行数", "接受", "新增", "变更", "未变", "拒绝", "提示", "秒")
    columns = [Column("文件"), Column("内容"), *(Number(name) for name in numbers)]
    out.print(table(columns, [_row(each) for each in imported]))
    refused = refusals(imported)
    if refused:
        out.print("[bold]被拒绝的行（其余行照常导入；完整清单可下载为 CSV）[/bold]")
        rows = [(str(each.row), each.column, each.code, each.detail) for each in refused]
        out.print(table([Number("行"), Column("列"), Column("代码"), Column("原因")], rows))


def show_plan(out: Console, plan: PlanReply) -> None:
    """Print the financing of the year: who owes what, and how the total is divided."""
    rows = [
        (word(words.SOURCES, payer), yuan(parse_yuan(PER_HEAD[payer])), yuan(fen))
        for payer, fen in plan.due.items()
    ]
    per_head = yuan(sum(parse_yuan(amount) for amount in PER_HEAD.values()))
    out.print(f"{YEAR} 年城乡居民参保 {count(plan.enrolled)} 人，筹资方案（元）：")
    columns = [Column("出资方"), Number("每人标准"), Number("应出资")]
    out.print(table(columns, rows, ("合计", per_head, yuan(plan.total))))
    out.print(
        f"其中：风险基金 {yuan(plan.reserve)}，门诊家庭账户 {yuan(plan.outpatient_account)}，"
        f"统筹基金 {yuan(plan.pooled)}"
    )


def refusals(imported: Sequence[Imported]) -> list[RowProblem]:
    """The rows that were refused, of all files."""
    return [each for one in imported for each in one.reply.problems if each.severity == "error"]


def faults(imported: Sequence[Imported]) -> list[str]:
    """What is not as it must be: right rows all taken, wrong ones refused at the right column."""
    *right, wrong = imported
    found = [
        f"{each.file.path.name}：{each.reply.rejected} 行被拒绝，应全部接受"
        for each in right
        if each.reply.rejected or each.reply.rows != each.file.rows
    ]
    wanted = [(line, bad.column) for line, bad in enumerate(bad_rows(), 1 + _LINES_BEFORE_ROWS) if bad.column]
    got = [(each.row, each.column) for each in wrong.reply.problems if each.severity == "error"]
    if got != wanted:
        found.append(f"{wrong.file.path.name}：应拒绝 {wanted}，实际拒绝 {got}")
    return found


def changed(imported: Sequence[Imported]) -> int:
    """Rows that changed anything."""
    return sum(each.reply.created + each.reply.changed for each in imported)


def _row(each: Imported) -> tuple[str, ...]:
    reply = each.reply
    accepted = (reply.accepted, reply.created, reply.changed, reply.unchanged)
    numbers = (reply.rows, *accepted, reply.rejected, reply.warnings)
    kind = f"{_KINDS[each.file.kind]}·{each.file.format.upper()}"
    return (each.file.path.name, kind, *(count(number) for number in numbers), f"{each.seconds:.1f}")
