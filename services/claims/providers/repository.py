"""Statements on providers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_COLUMNS = "facility_code, name, level, division_code, visit_types, version, updated_at, valid_from, valid_to"
_GET = text(f"SELECT {_COLUMNS} FROM providers WHERE facility_code = :facility_code")
_PAGE = text(
    f"SELECT {_COLUMNS} FROM providers"
    " WHERE (CAST(:division AS text) IS NULL OR division_code ^@ :division)"
    " AND (CAST(:programme AS text) IS NULL OR EXISTS (SELECT 1 FROM jsonb_array_elements(programmes) AS held"
    "  WHERE held->>0 = :programme AND held->>1 <= :day AND COALESCE(:day < held->>2, true)))"
    " AND (CAST(:after AS text) IS NULL OR facility_code > :after) ORDER BY facility_code LIMIT :limit"
)
_ADD = text(
    f"INSERT INTO providers ({_COLUMNS})"
    " VALUES (:facility_code, :name, :level, :division_code, :visit_types, 1, :now, :valid_from, :valid_to)"
    f" ON CONFLICT (facility_code) DO NOTHING RETURNING {_COLUMNS}"
)
_CHANGE = text(
    "UPDATE providers SET name = :name, level = :level, division_code = :division_code,"
    " visit_types = :visit_types, version = version + 1, updated_at = :now,"
    " valid_from = :valid_from, valid_to = :valid_to"
    f" WHERE facility_code = :facility_code AND version = :version RETURNING {_COLUMNS}"
)


async def get(session: AsyncSession, facility_code: str) -> Row[Any] | None:
    """One provider."""
    return (await session.execute(_GET, {"facility_code": facility_code})).one_or_none()


async def page(
    session: AsyncSession,
    division: str | None,
    programme: str | None,
    day: date,
    after: str | None,
    limit: int,
) -> list[Row[Any]]:
    """Providers by code, after one of them; those designated for a programme on a day where one is named."""
    values = {"division": division, "after": after, "limit": limit}
    values |= {"programme": programme, "day": day.isoformat()}
    return list((await session.execute(_PAGE, values)).all())


async def add(session: AsyncSession, values: dict[str, Any], now: datetime) -> Row[Any] | None:
    """Register a provider; ``None`` when the code is taken."""
    return (await session.execute(_ADD, {**values, "now": now})).one_or_none()


async def change(
    session: AsyncSession, values: dict[str, Any], version: int, now: datetime
) -> Row[Any] | None:
    """Change a provider that still has this version; ``None`` when it has another."""
    return (await session.execute(_CHANGE, {**values, "version": version, "now": now})).one_or_none()
