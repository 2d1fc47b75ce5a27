"""What may be booked into a county's funds, and what an approver has to look at first. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

Fen = int

RECEIPT, RESERVE_USE, ADVANCE, CLAWBACK, REVERSAL = (
    "receipt",
    "reserve_use",
    "advance",
    "clawback",
    "reversal",
)
PREPARED, APPROVED, REJECTED, REVERSED = "prepared", "approved", "rejected", "reversed"

ABOVE_DUE, PAST_YEAR, LOOKS_ALIKE = "above_due", "past_year", "looks_alike"
WARNING_TEXTS: Final[Mapping[str, str]] = {
    ABOVE_DUE: "到位金额超过该来源应到位金额",
    PAST_YEAR: "所属年度已经结束",
    LOOKS_ALIKE: "另有一笔来源、金额、日期相同的到位",
}
"""What is unusual but may be right: money above what is due does arrive, and late. An approver accepts it."""


class Due(NamedTuple):
    """What one source owes a year's fund by the plan, and what has arrived of it."""

    due_fen: Fen
    received_fen: Fen

    @property
    def arrears_fen(self) -> Fen:
        """Still to come; nothing when more came than was due."""
        return max(self.due_fen - self.received_fen, 0)


class Repayment(NamedTuple):
    """A part of an advance and the day by which it is taken back."""

    due_on: date
    amount_fen: Fen


class Scheduled(NamedTuple):
    """A repayment, what has been taken back of it, and whether its day is over without all of it."""

    due_on: date
    amount_fen: Fen
    recovered_fen: Fen
    overdue: bool


def day_limits(year: int, today: date) -> tuple[date, date]:
    """Money arrives from the year before on (premiums are collected in autumn), never in the future."""
    return date(year - 1, 1, 1), today


def oldest_open_year(today: date, open_years: int) -> int:
    """The first year that still takes receipts."""
    return today.year - open_years


def receipt_warnings(
    year: int, amount_fen: Fen, due: Due | None, alike: bool, today: date
) -> tuple[str, ...]:
    """What an approver has to accept; ``due`` is ``None`` where no plan says what a source owes."""
    found = (
        (ABOVE_DUE, due is not None and due.received_fen + amount_fen > due.due_fen),
        (PAST_YEAR, year < today.year),
        (LOOKS_ALIKE, alike),
    )
    return tuple(code for code, holds in found if holds)


def schedule_fits(schedule: Sequence[Repayment], amount_fen: Fen, year: int) -> bool:
    """An advance to a year's fund is recovered from the next year's, all of it, in that year (S-25)."""
    within = all(each.due_on.year == year + 1 and each.amount_fen > 0 for each in schedule)
    return within and sum(each.amount_fen for each in schedule) == amount_fen


def recovered(schedule: Sequence[Repayment], recovered_fen: Fen, today: date) -> list[Scheduled]:
    """What was clawed back settles the repayments in the order of their days."""
    left, lines = recovered_fen, []
    for each in sorted(schedule):
        part = min(left, each.amount_fen)
        left -= part
        lines.append(Scheduled(*each, part, each.due_on < today and part < each.amount_fen))
    return lines
