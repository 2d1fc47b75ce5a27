"""Calendar days in China, and which of them are closed for a provider."""

from datetime import date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.closing import days_repository
from shared.clock import SHANGHAI


def instants(first_day: date, last_day: date) -> tuple[datetime, datetime]:
    """From the first moment of a day in China to the first one after another day."""
    begin = datetime.combine(first_day, time.min, SHANGHAI)
    return begin, datetime.combine(last_day + timedelta(days=1), time.min, SHANGHAI)


async def open_days(session: AsyncSession, facility_code: str, first_day: date, last_day: date) -> list[date]:
    """The days of a period (both ends included) on which a provider's books are not closed.

    A day is open while a transfer of the provider booked on it is in no close, or while a county for whose
    people the provider settled in the period has no close with that business date or a later one.
    """
    begin, end = instants(first_day, last_day)
    return await days_repository.open_days(session, facility_code, begin, end, (first_day, last_day))
