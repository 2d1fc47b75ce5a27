"""The form of everything printed: sections, tables, fields, bars; without colours outside a terminal."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

PLAIN_WIDTH, NARROWEST_WIDTH = 120, 112
_WORDS = re.compile(
    r"\s+|[（《“]*(?:[^\s\u2e80-\uffff“”]+|[\u2e80-\uffff])[，。；：、！？）》”%]*|[，。；：、！？）》“”]"
)
Side = Literal["left", "right"]


class Column(str):
    """A column heading; its texts stand on the left."""

    side: Side = "left"


class Number(Column):
    """A column heading; its numbers stand on the right and are never broken."""

    side: Side = "right"


def console() -> Console:
    """Where the demonstration prints: as wide as the terminal, or 120 cells into a file or a pipe.

    In a narrow terminal lines run over rather than lose digits of an amount.
    """
    here = Console(highlight=False)
    if not here.is_terminal:
        return Console(highlight=False, width=PLAIN_WIDTH, color_system=None)
    return here if here.width >= NARROWEST_WIDTH else Console(highlight=False, width=NARROWEST_WIDTH)


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], total: Sequence[str] | None = None
) -> Table:
    """A table; ``total`` is a last row under a line of its own."""
    made = Table(
        box=box.SIMPLE, pad_edge=False, show_edge=False, header_style="bold", show_footer=total is not None
    )
    for column, footer in zip(columns, total or [""] * len(columns), strict=True):
        whole = column.side == "right"
        made.add_column(str(column), footer, justify=column.side, no_wrap=whole, overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    return made


def wrap(text: str, cells: int) -> str:
    """Break a Chinese text into lines: between characters, but not inside a number or a date, nor before a
    closing or after an opening sign."""
    lines, line = [], ""
    for word in _WORDS.findall(text):
        if line.strip() and cell_len(line + word.rstrip()) > cells:
            lines.append(line.rstrip())
            line = ""
        line += word if line else word.lstrip()
    return "\n".join([*lines, line.rstrip()])


def fields(pairs: Iterable[tuple[str, str]], per_row: int = 2) -> Table:
    """Names and values side by side, such as the head of a statement."""
    made = Table.grid(padding=(0, 3, 0, 0))
    for _ in range(per_row):
        made.add_column(style="dim", no_wrap=True)
        made.add_column(overflow="fold")
    cells = [cell for pair in pairs for cell in pair]
    for start in range(0, len(cells), 2 * per_row):
        row = cells[start : start + 2 * per_row]
        made.add_row(*(Text(cell) for cell in row), *[""] * (2 * per_row - len(row)))
    return made


def section(out: Console, title: str) -> None:
    """Begin a part of the output."""
    out.print()
    out.print(f"[bold cyan]■ {title}[/bold cyan]")


def progress(out: Console) -> Progress:
    """Bars while something goes on; outside a terminal only how they ended."""
    return Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        # Bars are drawn again and again in one line, so they keep to the terminal's real width.
        console=Console(highlight=False) if out.is_terminal else out,
    )
