"""Dates that a request may leave out."""

from datetime import date, datetime

from services.screening.problems import FUTURE_DATE
from shared.clock import business_date
from shared.problems import Problem


def not_in_future(day: date | None, now: datetime, *, pointer: str) -> date:
    """The given day, or today in China; a later day is refused."""
    today = business_date(now)
    if day is None:
        return today
    if day > today:
        raise Problem(FUTURE_DATE, pointer=pointer, today=today.isoformat())
    return day
