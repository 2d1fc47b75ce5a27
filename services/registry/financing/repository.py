"""Statements on financing plans."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.financing.tables import financing_plans as table


async def lock(session: AsyncSession, county_code: str, year: int) -> None:
    """Wait until nobody else changes the plan of this county and year; held until the transaction ends."""
    name = f"registry.financing.{county_code}.{year}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


async def find(
    session: AsyncSession, county_code: str, year: int, as_known_at: datetime | None = None
) -> RowMapping | None:
    """The plan as it is now, or as it was known at an instant."""
    plan = table.c
    query = select(table).where(plan.county_code == county_code, plan.year == year)
    if as_known_at is None:
        query = query.where(plan.superseded_at.is_(None))
    else:
        query = query.where(
            plan.recorded_at <= as_known_at,
            or_(plan.superseded_at.is_(None), plan.superseded_at > as_known_at),
        )
    return (await session.execute(query)).mappings().one_or_none()


async def add_version(session: AsyncSession, plan_id: UUID, row: dict[str, Any], now: datetime) -> None:
    """Supersede the present version of a plan, if there is one, and write the next."""
    await session.execute(
        update(table)
        .where(table.c.plan_id == plan_id, table.c.superseded_at.is_(None))
        .values(superseded_at=now)
    )
    await session.execute(insert(table).values(plan_id=plan_id, recorded_at=now, **row))
