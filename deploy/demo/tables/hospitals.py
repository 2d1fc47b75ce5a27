"""What the HIS simulator did: settled, repeated, refused, retried, how fast."""

from rich.console import Console
from rich.markup import escape

from deploy.demo.replies import HisSummary
from deploy.demo.tables.words import count, yuan


def show(out: Console, seen: HisSummary) -> None:
    """Print the summary in two lines, then whatever was answered wrongly."""
    refused = sum(each.count for each in seen.refused.values())
    retries = sum(seen.retries.values())
    out.print(
        f"发送 {count(seen.sent)} 条：新结算 {count(seen.settled)}，重复报文识别 {count(seen.replayed)}，"
        f"错误报文拒绝 {count(refused)}，重试 {count(retries)}；新结算总费用 {yuan(seen.total)} 元"
    )
    median, most = seen.milliseconds["p50"], seen.milliseconds["p95"]
    each = f"；单笔耗时中位数 {median:.0f} 毫秒，95% 在 {most:.0f} 毫秒以内" if seen.settled else ""
    out.print(f"{seen.seconds:.1f} 秒，每秒 {seen.per_second:.0f} 条{each}")
    for wrong in seen.wrong:
        out.print(f"[red]错误：{escape(wrong)}[/red]")


def faults(seen: HisSummary, visits: int) -> list[str]:
    """Wrong answers, and visits that were not settled."""
    found = [f"{seen.wrong_count} 条报文得到错误答复"] if seen.wrong_count else []
    if seen.settled + seen.replayed < visits:
        found.append(f"应结算 {visits} 次就诊，实际 {seen.settled + seen.replayed} 次")
    return found
