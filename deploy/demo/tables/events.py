"""Events published, consumed and healed per service, and that nobody is behind."""

from collections.abc import Mapping

from rich.console import Console

from deploy.demo.figures import WorkerFigures
from deploy.demo.tables import words
from deploy.demo.tables.layout import Column, Number, table
from deploy.demo.tables.words import count, word


def show(out: Console, figures: Mapping[str, WorkerFigures]) -> None:
    """Print a row for each worker (counts since it was started)."""
    names = ("已发布", "待发布", "已消费", "其中补齐", "落后", "拒收", "搁置")
    rows = [_row(service, each) for service, each in figures.items()]
    out.print(table([Column("服务"), Column("消费来源"), *(Number(name) for name in names)], rows))


def faults(figures: Mapping[str, WorkerFigures]) -> list[str]:
    """Who is behind, and events that were set aside."""
    found = []
    for service, each in figures.items():
        lag = sum(followed.lag for followed in each.followed.values())
        if lag or each.backlog:
            found.append(f"{word(words.SERVICES, service)}服务落后 {lag}，待发布 {each.backlog}")
        if each.dead_letters:
            found.append(f"{word(words.SERVICES, service)}服务有 {each.dead_letters} 个事件被搁置")
    return found


def _row(service: str, each: WorkerFigures) -> tuple[str, ...]:
    sources = "、".join(word(words.SERVICES, source) for source in sorted(each.followed)) or "—"
    numbers = (
        each.published,
        each.backlog,
        sum(each.consumed.values()),
        sum(each.healed.values()),
        sum(followed.lag for followed in each.followed.values()),
        sum(each.refused.values()),
        each.dead_letters,
    )
    return (f"{word(words.SERVICES, service)} {service}", sources, *(count(number) for number in numbers))
