"""What the city owes for a year's check-ups and when: pure (DOMAIN S-68, O-35)."""

from dataclasses import dataclass
from datetime import date

from services.screening.programmes.model import Funding, Instalment
from shared.money import Fen, share


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a year. The remainder has no day: it follows the acceptance after the year's end."""

    name: str
    cost_fen: Fen | None
    rate_bp: int | None
    amount_fen: Fen
    due_by: date | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is due for a year; the payments add up to it exactly."""

    due_fen: Fen
    payments: tuple[Payment, ...]


def schedule(
    funding: Funding, year: int, enrolled: int, first_half_cost_fen: Fen, second_half_cost_fen: Fen
) -> Schedule:
    """Split a year's due into two instalments by cost and the remainder.

    An instalment never takes the total beyond what is due, however high the cost was.
    """
    due_fen = funding.per_head_fen * enrolled
    first = _instalment("first_half", funding.first_half, year, first_half_cost_fen, due_fen)
    left_fen = due_fen - first.amount_fen
    second = _instalment("second_half", funding.second_half, year, second_half_cost_fen, left_fen)
    remainder = Payment("remainder", None, None, left_fen - second.amount_fen, None)
    return Schedule(due_fen, (first, second, remainder))


def _instalment(name: str, terms: Instalment, year: int, cost_fen: Fen, available_fen: Fen) -> Payment:
    amount_fen = min(share(cost_fen, terms.rate_bp), available_fen)
    return Payment(name, cost_fen, terms.rate_bp, amount_fen, date(year, terms.due_month, terms.due_day))
