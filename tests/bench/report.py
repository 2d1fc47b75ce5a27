"""The figures as a page: what was measured, how, where and when."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from deploy.local.layout import ROOT
from shared.clock import SHANGHAI
from tests.bench import curve
from tests.bench.pgbench import CLIENTS, SCALE, Yardstick

PAGE = ROOT / "docs" / "performance.md"
_AIMS = {
    "single HTTP settlements": "≥ 0.15, aim 0.25",
    "settlements in batches": "≥ 1, aim 2",
}


@dataclass(frozen=True)
class Figure:
    """One measured rate, per second."""

    name: str
    per_second: float
    note: str
    beside: float | None = None
    """Transactions a second of pgbench in the same minutes, where it was measured then."""


def write(
    yardsticks: Sequence[Yardstick],
    figures: Sequence[Figure],
    latencies: Sequence[str],
    points: Sequence[curve.Point],
) -> str:
    """Write docs/performance.md and return its text."""
    tps = sum(each.tps for each in yardsticks) / len(yardsticks)
    lines = [
        "# Performance",
        "",
        "Written by `make bench`. Every rate stands beside pgbench (TPC-B, prepared statements,"
        f" {CLIENTS} clients, scale {SCALE}) on the same PostgreSQL in the same run, because a ratio can be"
        " compared between machines and a rate cannot. Clients, services, workers, broker and database share"
        " the machine's cores. Single settlements and batches stand beside pgbench of the same minutes.",
        "",
        f"- Date: {datetime.now(SHANGHAI).date().isoformat()}",
        f"- Machine: {psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB,"
        f" {platform.system()} {platform.machine()}, Python {platform.python_version()}",
        f"- pgbench: {tps:,.0f} transactions/s (before and after the rest:"
        f" {', '.join(f'{each.tps:,.0f}' for each in yardsticks)})",
        "",
        "| what | per second | pgbench | ratio | to be reached | how |",
        "|---|---:|---:|---:|---|---|",
        *(_row(each, each.beside or tps) for each in figures),
        "",
        *(f"- {line}" for line in latencies),
        "",
        "## Cost of a settlement as the database grows",
        "",
        *curve.plot(points),
    ]
    text = "\n".join(lines) + "\n"
    Path(PAGE).write_text(text, encoding="utf-8")
    return text


def _row(figure: Figure, tps: float) -> str:
    return (
        f"| {figure.name} | {figure.per_second:,.0f} | {tps:,.0f} | {figure.per_second / tps:.2f}"
        f" | {_AIMS.get(figure.name, '')} | {figure.note} |"
    )
