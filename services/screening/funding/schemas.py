"""Request and reply of the funding preview."""

from datetime import date
from typing import Literal

from services.screening.funding.rules import Schedule
from shared.fields import Body, Count, RateOut, Reply, Year, Yuan, YuanOut


class FundingOrder(Body):
    """Members enrolled in a year, and what the check-ups of its halves cost (yuan)."""

    enrolled: Count
    year: Year
    first_half_cost: Yuan
    second_half_cost: Yuan


class PaymentReply(Reply):
    """One payment; ``due_by`` is null for the remainder, which follows the year-end acceptance."""

    name: Literal["first_half", "second_half", "remainder"]
    cost: YuanOut | None
    rate: RateOut | None
    amount: YuanOut
    due_by: date | None


class FundingReply(Reply):
    """What the city owes for a year; the payments add up to ``due``."""

    programme: str
    programme_version: date
    year: int
    enrolled: int
    per_head: YuanOut
    due: YuanOut
    payments: list[PaymentReply]
    source: str


def payment_replies(schedule: Schedule) -> list[PaymentReply]:
    """The payments of a schedule."""
    return [
        PaymentReply.model_validate(
            {
                "name": payment.name,
                "cost": payment.cost_fen,
                "rate": payment.rate_bp,
                "amount": payment.amount_fen,
                "due_by": payment.due_by,
            }
        )
        for payment in schedule.payments
    ]
