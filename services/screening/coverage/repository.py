"""SQL of the coverage figures."""

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_FIGURES = text("""
SELECT
  (SELECT count(*) FROM participants
   WHERE division_code ^@ :county AND alive AND birth_date <= :born_by
     AND enrolments @> ANY(CAST(:year_runs AS jsonb[]))) AS eligible,
  (SELECT CAST(coalesce(sum(last_serial - first_serial + 1), 0) AS bigint) FROM voucher_batches
   WHERE programme = :programme AND division_code = :county AND year = :year) AS printed,
  (SELECT count(*) FROM vouchers
   WHERE programme = :programme AND division_code ^@ :county AND year = :year) AS issued,
  (SELECT count(*) FROM vouchers
   WHERE programme = :programme AND division_code ^@ :county AND year = :year
     AND redemption_id IS NOT NULL) AS redeemed
""")


async def figures(session: AsyncSession, parameters: dict[str, Any]) -> Row[*tuple[Any, ...]]:
    """Eligible people and printed, issued and redeemed vouchers, all in one snapshot."""
    return (await session.execute(_FIGURES, parameters)).one()
