"""What a worked example states beside what comes out."""

from typing import NamedTuple

from shared.money import Fen, format_yuan


class Difference(NamedTuple):
    """One amount of an example that comes out otherwise; ``name`` is its place below ``expect``
    (``eligible``, ``payers/<payer>``, ``person_pays``, ``movements/<accumulator>``), or ``pays`` in an
    example of the insurance against relapse."""

    name: str
    found_fen: Fen
    stated_fen: Fen


class FailedExample(NamedTuple):
    """An example that does not come out, or that (``misplaced``) does not belong to its version."""

    name: str
    misplaced: str
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        texts = [
            f"{name} {format_yuan(found)} instead of {format_yuan(stated)}"
            for name, found, stated in self.differences
        ]
        return f"{self.name}: {self.misplaced or ', '.join(texts)}"
