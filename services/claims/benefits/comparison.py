"""What a worked example states beside what comes out."""

from typing import NamedTuple

from shared.money import Fen, format_yuan


class Difference(NamedTuple):
    """One amount of an example that comes out otherwise: ``eligible``, ``payers/<payer>``, ``person_pays``,
    ``movements/<accumulator>`` or ``pays`` (insurance against relapse)."""

    what: str
    stated_fen: Fen
    found_fen: Fen


class FailedExample(NamedTuple):
    """An example that does not come out, or that (``misplaced``) does not belong to its version."""

    name: str
    misplaced: str
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        texts = [
            f"{what} {format_yuan(found)} instead of {format_yuan(stated)}"
            for what, stated, found in self.differences
        ]
        return f"{self.name}: {self.misplaced or ', '.join(texts)}"
