"""Time is passed in. Business dates are dates in Asia/Shanghai; instants are aware UTC."""

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Where "now" comes from."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


def business_date(instant: datetime) -> date:
    """The calendar day in China on which an instant falls."""
    return instant.astimezone(SHANGHAI).date()
