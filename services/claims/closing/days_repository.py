"""Which days of a provider are closed. A transfer is searched for behind what was closed an hour ago."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw

# Without settlements in the period, the counties that the provider has ever settled for must have closed it;
# a provider without any is measured by its own county.
_OPEN_DAYS = """
WITH reached AS (
  SELECT county_code, max(business_date) AS day,
    COALESCE(max(last_no) FILTER (WHERE swept_at < now() - interval '1 hour'), 0) AS horizon
  FROM day_closes GROUP BY county_code
), served AS (
  SELECT DISTINCT left(division_code, 6) AS county_code FROM settlements
  WHERE facility_code = $1 AND settled_at >= $2 AND settled_at < $3
), ever AS (
  SELECT DISTINCT left(division_code, 6) AS county_code FROM settlements
  WHERE facility_code = $1 AND NOT EXISTS (SELECT 1 FROM served)
), counties AS (
  SELECT county_code FROM served UNION SELECT county_code FROM ever
  UNION SELECT left(division_code, 6) FROM providers
  WHERE facility_code = $1 AND NOT EXISTS (SELECT 1 FROM served) AND NOT EXISTS (SELECT 1 FROM ever)
)
SELECT day::date FROM generate_series($4::date, $5::date, interval '1 day') AS day
WHERE EXISTS (
  SELECT 1 FROM counties LEFT JOIN reached USING (county_code)
  WHERE reached.day IS NULL OR reached.day < day.day::date)
UNION
SELECT (booked_at AT TIME ZONE 'Asia/Shanghai')::date FROM transfers AS booked
WHERE facility_code = $1 AND booked_at >= $2 AND booked_at < $3
  AND no > COALESCE((SELECT horizon FROM reached WHERE reached.county_code = booked.county_code), 0)
  AND NOT EXISTS (SELECT 1 FROM closed_transfers WHERE transfer_no = no)
ORDER BY 1
"""


async def open_days(
    session: AsyncSession, facility_code: str, begin: datetime, end: datetime, days: tuple[date, date]
) -> list[date]:
    """The days of a period (instants, the end exclusive; the same as days, both included) not closed yet."""
    rows = await (await raw(session)).fetch(_OPEN_DAYS, facility_code, begin, end, *days)
    return [row[0] for row in rows]
