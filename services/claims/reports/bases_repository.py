"""Statements on heads, populations and the year's financing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.reports.financing import Booked

_RECORD_HEADS = text("""
INSERT INTO report_head_counts AS stored (county_code, year, enrolled, plan_version, recorded_at)
VALUES (:county, :year, :enrolled, :version, :now)
ON CONFLICT (county_code, year) DO UPDATE
SET enrolled = excluded.enrolled, plan_version = excluded.plan_version, recorded_at = excluded.recorded_at
WHERE stored.plan_version < excluded.plan_version
""")
_HEADS = text("SELECT enrolled FROM report_head_counts WHERE county_code = :county AND year = :year")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('claims.report_populations.' || :place, 0))")
_ADD = text("""
INSERT INTO report_populations (county_code, year, version, population, name, source, counted_on, recorded_at,
                                recorded_by)
VALUES (:county, :year, :version, :population, :name, :source, :counted_on, :recorded_at, :recorded_by)
""")
_POPULATION = text("""
SELECT county_code AS county, year, version, population, name, source, counted_on, recorded_at, recorded_by
FROM report_populations WHERE county_code = :county AND year = :year ORDER BY version DESC LIMIT 1
""")
# Transfers of settlements are in neither index nor answer: there are some million of them.
_FINANCING = text("""
SELECT COALESCE(original.kind, booked.kind) AS kind, booked.debit_account, booked.credit_account,
       sum(booked.amount_fen)::bigint AS amount_fen
FROM transfers AS booked LEFT JOIN transfers AS original ON original.no = booked.reverses
WHERE booked.county_code = :county AND booked.year = :year AND booked.settlement_id IS NULL
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
""")


async def record_heads(
    session: AsyncSession, county: str, year: int, enrolled: int, version: int, now: datetime
) -> None:
    """Store the heads of a plan unless a newer version is stored."""
    values = {"county": county, "year": year, "enrolled": enrolled, "version": version, "now": now}
    await session.execute(_RECORD_HEADS, values)


async def heads(session: AsyncSession, county: str, year: int) -> int | None:
    """Heads enrolled by the county's plan; ``None`` where no plan said."""
    found = await session.scalar(_HEADS, {"county": county, "year": year})
    return None if found is None else int(found)


async def lock_populations(session: AsyncSession, county: str, year: int) -> None:
    """Wait until nobody else states this population; held until the transaction ends."""
    await session.execute(_LOCK, {"place": f"{county}.{year}"})


async def add_population(session: AsyncSession, values: Mapping[str, Any]) -> None:
    """Add a version."""
    await session.execute(_ADD, values)


async def population(session: AsyncSession, county: str, year: int) -> Mapping[str, Any] | None:
    """The last version."""
    row = (await session.execute(_POPULATION, {"county": county, "year": year})).mappings().one_or_none()
    return dict(row) if row is not None else None


async def financing(session: AsyncSession, county: str, year: int) -> list[Booked]:
    """Transfers of a county and year that no settlement is behind, summed by kind and accounts."""
    rows = (await session.execute(_FINANCING, {"county": county, "year": year})).all()
    return [Booked(*row) for row in rows]
