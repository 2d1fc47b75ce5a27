"""Counts what the screening service answered; lines that an earlier run has done are recognised."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.money import Fen, parse_yuan

_DONE_BEFORE = {
    "screening.serial_already_issued",
    "screening.year_already_issued",
    "screening.already_redeemed",
}
Results = Sequence[Mapping[str, Any]]


class Refusal(NamedTuple):
    """Why a line was refused."""

    code: str
    text: str


@dataclass
class VoucherCount:
    """Vouchers and check-ups of this run, and of earlier ones."""

    printed: dict[int, int] = field(default_factory=dict)
    handovers: int = 0
    handovers_before: int = 0
    issued: int = 0
    issued_before: int = 0
    redeemed: int = 0
    redeemed_before: int = 0
    paid_fen: Fen = 0
    refused: Counter[Refusal] = field(default_factory=Counter)
    """Lines that should have been accepted."""
    mistakes: Counter[tuple[str, Refusal]] = field(default_factory=Counter)
    """Deliberate mistakes by name, and how they were refused."""
    accepted_mistakes: int = 0

    def add_handover(self, *, replayed: bool) -> None:
        """One hand-over was archived, now or before."""
        self.handovers += 1
        self.handovers_before += replayed

    def add_issues(self, results: Results, *, replayed: bool) -> None:
        """Lines of vouchers handed out."""
        new, before = self._done(results, "issued")
        self.issued += new + before
        self.issued_before += before + (new if replayed else 0)

    def add_redemptions(self, results: Results, *, replayed: bool) -> None:
        """Lines of check-ups."""
        new, before = self._done(results, "redeemed")
        self.redeemed += new + before
        self.redeemed_before += before + (new if replayed else 0)
        self.paid_fen += sum(parse_yuan(each["amount"]) for each in results if each.get("amount"))

    def add_mistakes(self, names: Sequence[str], results: Results) -> None:
        """Lines of which every one must be refused; the names say what is wrong with them."""
        for name, each in zip(names, results, strict=True):
            if each["status"] == "refused":
                self.mistakes[name, _refusal(each)] += 1
            else:
                self.accepted_mistakes += 1

    def _done(self, results: Results, status: str) -> tuple[int, int]:
        """How many lines are done by this message, and how many were done before it."""
        new = sum(each["status"] == status for each in results)
        before = 0
        for each in results:
            if each["status"] != status:
                refusal = _refusal(each)
                if refusal.code in _DONE_BEFORE:
                    before += 1
                else:
                    self.refused[refusal] += 1
        return new, before


def _refusal(result: Mapping[str, Any]) -> Refusal:
    problem = result.get("problem") or {}
    return Refusal(str(problem.get("code", "")), str(problem.get("title", "")))
