"""Statements on referrals, under the caller's row-level security."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_COLUMNS = (
    "referral_no, division_code, person_id, id_number_masked, from_facility_code, to_facility_code, to_level,"
    " to_place, diagnosis, filed_on, valid_until, compliant, rule, content_digest, filed_at, filed_by"
)
_NAMES = ", ".join(f":{name}" for name in _COLUMNS.split(", "))
_ADD = text(f"INSERT INTO referrals ({_COLUMNS}) VALUES ({_NAMES}) ON CONFLICT (referral_no) DO NOTHING")
_GET = text(f"SELECT {_COLUMNS}, withdrawn_at FROM referrals WHERE referral_no = :referral_no")
_LEADING_TO = text(
    "SELECT referral_no FROM referrals WHERE person_id = :person_id AND to_facility_code = :facility_code"
    " AND withdrawn_at IS NULL AND filed_on <= :filed_until AND valid_until >= :day"
    " ORDER BY filed_on DESC, referral_no LIMIT 1"
)
_WITHDRAW = text(
    "UPDATE referrals SET withdrawn_at = :now, withdrawn_by = :subject"
    " WHERE referral_no = :referral_no AND withdrawn_at IS NULL"
)


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    """File a referral; a number that is taken is left as it is."""
    await session.execute(_ADD, values)


async def get(session: AsyncSession, referral_no: str) -> Row[Any] | None:
    """A referral that the caller may see."""
    return (await session.execute(_GET, {"referral_no": referral_no})).one_or_none()


async def leading_to(
    session: AsyncSession, person_id: UUID, facility_code: str, day: date, filed_until: date
) -> str | None:
    """The newest referral of a person to this very provider that is valid on a day."""
    values = {"person_id": person_id, "facility_code": facility_code, "day": day, "filed_until": filed_until}
    found: str | None = (await session.execute(_LEADING_TO, values)).scalar_one_or_none()
    return found


async def withdraw(session: AsyncSession, referral_no: str, subject: str, now: datetime) -> None:
    """Withdraw a referral of the caller's own; one that is withdrawn stays as it is."""
    await session.execute(_WITHDRAW, {"referral_no": referral_no, "subject": subject, "now": now})
