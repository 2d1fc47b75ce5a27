"""What a worked example states beside what comes out."""

from typing import NamedTuple

from services.claims.benefits.steps import counts_times
from shared.money import Fen, format_yuan


class Difference(NamedTuple):
    """One number of an example that comes out otherwise; ``name`` is its place below ``expect``
    (``eligible``, ``payers/<payer>``, ``person_pays``, ``waived``, ``movements/<accumulator>``), or ``pays``
    in an example of the insurance against relapse. In fen, times for accumulators that count times."""

    name: str
    found_fen: Fen
    stated_fen: Fen

    @property
    def found(self) -> str:
        """What came out, as the pack would write it."""
        return _written(self.name, self.found_fen)

    @property
    def stated(self) -> str:
        """What the example states, as the pack writes it."""
        return _written(self.name, self.stated_fen)

    @property
    def unit(self) -> str:
        """The unit of both numbers in Chinese."""
        return "次" if counts_times(self.name) else "元"


class FailedExample(NamedTuple):
    """An example that does not come out, or that (``misplaced``) does not belong to its version."""

    name: str
    misplaced: str
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        texts = [f"{line.name} {line.found} instead of {line.stated}" for line in self.differences]
        return f"{self.name}: {self.misplaced or ', '.join(texts)}"


def _written(name: str, number: int) -> str:
    return str(number) if counts_times(name) else format_yuan(number)
