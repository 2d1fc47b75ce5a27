"""Prints the heading of each step and remembers how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from deploy.demo.tables import layout
from deploy.demo.tables.verdict import Timed


class Stopwatch:
    """One for a whole demonstration."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.steps: list[Timed] = []

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A step with its heading; a step that fails is not counted."""
        layout.section(self.out, title)
        began = self.now()
        yield
        self.steps.append(Timed(title.partition("：")[0], self.now() - began))
