"""How a relapse claim goes from state to state, and what a public notice may show. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

ALERT, HOME_VERIFICATION, PUBLIC_NOTICE = "alert", "home_verification", "public_notice"
PAYABLE, PAID, REJECTED = "payable", "paid", "rejected"
STATES: Final = (ALERT, HOME_VERIFICATION, PUBLIC_NOTICE, PAYABLE, PAID, REJECTED)
CLOSED: Final = (PAID, REJECTED)

VERIFY, PUBLISH, OBJECT, ANSWER = "verify", "publish", "object", "answer"
APPROVE, PAY, REJECT = "approve", "pay", "reject"

NEXT: Final[Mapping[str, Mapping[str, str]]] = {
    # An objection may lead to a second visit; the notice then begins anew.
    VERIFY: {state: HOME_VERIFICATION for state in (ALERT, HOME_VERIFICATION, PUBLIC_NOTICE)},
    PUBLISH: {HOME_VERIFICATION: PUBLIC_NOTICE},
    OBJECT: {PUBLIC_NOTICE: PUBLIC_NOTICE},
    ANSWER: {PUBLIC_NOTICE: PUBLIC_NOTICE},
    APPROVE: {PUBLIC_NOTICE: PAYABLE},
    PAY: {PAYABLE: PAID},
    REJECT: {state: REJECTED for state in (ALERT, HOME_VERIFICATION, PUBLIC_NOTICE, PAYABLE)},
}
"""For every action the states in which it may happen, and where it leads."""


def governing_day(year: int, today: date) -> date:
    """The day whose policy governs a claim on a year's own payment: today, at the latest the year's end."""
    return max(date(year, 1, 1), min(today, date(year, 12, 31)))


def notice_over_on(posted_on: date, notice_days: int) -> date:
    """The first day after a notice has stood for its days, the day of posting being the first of them."""
    return posted_on + timedelta(days=notice_days)


def masked_name(name: str) -> str:
    """A name as a public notice may show it: 张三 is 张*, 欧阳小明 is 欧***."""
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else "*"
