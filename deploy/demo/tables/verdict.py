"""What the demonstration claims, line by line, and whether each of it is so."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape

from deploy.demo.tables.layout import Column, Number, table


class Claim(NamedTuple):
    """One statement about the run; without faults it is so."""

    text: str
    faults: Sequence[str]

    @property
    def right(self) -> bool:
        """Whether it is so."""
        return not self.faults


class Timed(NamedTuple):
    """A step and how long it took."""

    step: str
    seconds: float


def show(out: Console, claims: Sequence[Claim]) -> None:
    """Print every claim with a tick, or with what is wrong."""
    for claim in claims:
        mark = "[green]✓[/green]" if claim.right else "[bold red]✗[/bold red]"
        out.print(f"{mark} {claim.text}")
        for fault in claim.faults:
            out.print(f"    [red]{escape(fault)}[/red]")


def show_times(out: Console, steps: Sequence[Timed]) -> None:
    """Print how long each step took."""
    rows = [(each.step, f"{each.seconds:.1f}") for each in steps]
    total = ("合计", f"{sum(each.seconds for each in steps):.1f}")
    out.print(table([Column("步骤"), Number("秒")], rows, total))


def holds(claims: Sequence[Claim]) -> bool:
    """Whether everything that is claimed is so."""
    return all(claim.right for claim in claims)
