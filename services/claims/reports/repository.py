"""Statements of the reports: counted and summed by the database over what the caller may see."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession


class Period(NamedTuple):
    """Settlements of one county by the day of discharge, none reversed; the end is exclusive."""

    county: str
    first_day: date
    end_day: date
    poor: Sequence[str]


_CHOSEN = """
FROM current_settlements AS settlement
WHERE discharged_on >= :first_day AND discharged_on < :end_day AND division_code ^@ :county
  AND status = 'settled'
"""
_POOR = "categories && CAST(:poor AS text[])"
_VISITS = text(
    f"SELECT visit_type, {_POOR} AS poor, count(*) AS person_times,"
    " sum(total_fen)::bigint AS total_fen, sum(eligible_fen)::bigint AS eligible_fen,"
    f" sum(person_pays_fen)::bigint AS person_pays_fen {_CHOSEN} GROUP BY 1, 2 ORDER BY 1, 2 DESC"
)
_PAID = text(
    f"SELECT visit_type, {_POOR} AS poor, payer, sum(amount_fen)::bigint AS amount_fen"
    f" FROM (SELECT id, visit_type, categories {_CHOSEN}) AS chosen"
    " JOIN current_payers ON settlement_id = chosen.id GROUP BY 1, 2, 3 ORDER BY 1, 2 DESC, 3"
)
# The ceiling is rounded down to the fen, so a share is above it when its exact product is.
_CEILINGS = text(
    "SELECT ceiling_bp, count(*) AS person_times,"
    " count(*) FILTER (WHERE person_pays_fen > ceiling_base_fen * ceiling_bp / 10000) AS above,"
    " sum(person_pays_fen)::bigint AS person_pays_fen, sum(ceiling_base_fen)::bigint AS base_fen"
    f" {_CHOSEN} AND ceiling_bp IS NOT NULL GROUP BY 1 ORDER BY 1"
)


async def visits(session: AsyncSession, period: Period) -> Sequence[Row[Any]]:
    """Person-times and amounts by visit type and by poor or other."""
    return (await session.execute(_VISITS, period._asdict())).all()


async def paid(session: AsyncSession, period: Period) -> Sequence[Row[Any]]:
    """What each payer paid, by the same groups."""
    return (await session.execute(_PAID, period._asdict())).all()


async def ceilings(session: AsyncSession, period: Period) -> Sequence[Row[Any]]:
    """The person's share against each ceiling that applied."""
    values = {name: value for name, value in period._asdict().items() if name != "poor"}
    return (await session.execute(_CEILINGS, values)).all()
