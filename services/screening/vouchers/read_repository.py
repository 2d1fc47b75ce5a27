"""SQL of what holders have and how vouchers got there; reads only."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

Rows = Sequence[Row[*tuple[Any, ...]]]

_BALANCES = text("""
WITH counted AS (
  SELECT year, last_serial - first_serial + 1 AS printed, 0 AS received, 0 AS handed_over, 0 AS issued,
         0 AS in_hand
  FROM voucher_batches WHERE programme = :programme AND division_code = :holder
  UNION ALL SELECT year, 0, last_serial - first_serial + 1, 0, 0, 0
            FROM handovers WHERE programme = :programme AND to_holder = :holder
  UNION ALL SELECT year, 0, 0, last_serial - first_serial + 1, 0, 0
            FROM handovers WHERE programme = :programme AND from_holder = :holder
  UNION ALL SELECT year, 0, 0, 0, count(*), 0
            FROM vouchers WHERE programme = :programme AND division_code = :holder GROUP BY year
  UNION ALL SELECT year, 0, 0, 0, 0, last_serial - first_serial + 1
            FROM holdings WHERE programme = :programme AND division_code = :holder
)
SELECT year, CAST(sum(printed) AS bigint) AS printed, CAST(sum(received) AS bigint) AS received,
       CAST(sum(handed_over) AS bigint) AS handed_over, CAST(sum(issued) AS bigint) AS issued,
       CAST(sum(in_hand) AS bigint) AS in_hand
FROM counted GROUP BY year ORDER BY year
""")
_HOLDINGS = text("""
SELECT division_code AS holder, year, first_serial, last_serial FROM holdings
WHERE programme = :programme AND division_code = :holder AND first_serial > :after
ORDER BY first_serial LIMIT :limit
""")
_HANDOVERS = text("""
SELECT id, programme, from_holder, to_holder, year, first_serial, last_serial, receipt_no, signed_by,
       handed_over_on, recorded_at
FROM handovers
WHERE programme = :programme AND id > :after AND (from_holder = :holder OR to_holder = :holder)
ORDER BY id LIMIT :limit
""")
_VOUCHERS = text("""
SELECT serial, year, person_id, division_code AS village, issued_on, redemption_id FROM vouchers
WHERE programme = :programme AND division_code ^@ :division AND serial > :after
ORDER BY serial LIMIT :limit
""")
_ISSUED = text("""
SELECT serial, year, person_id, division_code AS village, issued_on, redemption_id FROM vouchers
WHERE programme = :programme AND serial = :serial
""")
_HELD = text("""
SELECT division_code AS holder, year FROM holdings
WHERE programme = :programme AND first_serial <= :serial AND last_serial >= :serial
""")
_CUSTODY = text("""
SELECT id, programme, from_holder, to_holder, year, first_serial, last_serial, receipt_no, signed_by,
       handed_over_on, recorded_at
FROM handovers
WHERE programme = :programme AND first_serial <= :serial AND last_serial >= :serial
ORDER BY id LIMIT 100
""")


async def balances(session: AsyncSession, programme: str, holder: str) -> Rows:
    """What a holder got, gave and has, a row for each voucher year."""
    return (await session.execute(_BALANCES, {"programme": programme, "holder": holder})).all()


async def holdings(session: AsyncSession, programme: str, holder: str, after: int, limit: int) -> Rows:
    """A holder's ranges in the order of their serials."""
    parameters = {"programme": programme, "holder": holder, "after": after, "limit": limit}
    return (await session.execute(_HOLDINGS, parameters)).all()


async def handovers(session: AsyncSession, programme: str, holder: str, after: UUID, limit: int) -> Rows:
    """The archived hand-overs to and from a holder, oldest first."""
    parameters = {"programme": programme, "holder": holder, "after": after, "limit": limit}
    return (await session.execute(_HANDOVERS, parameters)).all()


async def vouchers(session: AsyncSession, programme: str, division: str, after: int, limit: int) -> Rows:
    """The vouchers that people of a division were given, in the order of their serials."""
    parameters = {"programme": programme, "division": division, "after": after, "limit": limit}
    return (await session.execute(_VOUCHERS, parameters)).all()


async def issued(session: AsyncSession, programme: str, serial: int) -> Row[*tuple[Any, ...]] | None:
    """A voucher that reached a person."""
    return (await session.execute(_ISSUED, {"programme": programme, "serial": serial})).one_or_none()


async def held(session: AsyncSession, programme: str, serial: int) -> Row[*tuple[Any, ...]] | None:
    """The holder of a voucher that has not reached a person."""
    return (await session.execute(_HELD, {"programme": programme, "serial": serial})).one_or_none()


async def custody(session: AsyncSession, programme: str, serial: int) -> Rows:
    """The hand-overs that a serial went through, oldest first."""
    return (await session.execute(_CUSTODY, {"programme": programme, "serial": serial})).all()
