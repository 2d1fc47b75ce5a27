"""SQL of redemptions that were made; reads only."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_COLUMNS = """
SELECT r.id, r.programme, r.programme_version, r.person_id, r.facility_code, r.place_kind AS place,
       r.examined_on, r.redeemed_on, r.items, r.amount_fen AS amount, r.recorded_at,
       ARRAY(SELECT serial FROM vouchers WHERE redemption_id = r.id ORDER BY year) AS serials
FROM redemptions AS r
"""
_ONE = text(f"{_COLUMNS} WHERE r.programme = :programme AND r.id = :id")
_LIST = text(f"""{_COLUMNS}
WHERE r.programme = :programme AND r.id > :after
  AND (CAST(:facility_code AS text) IS NULL OR r.facility_code = :facility_code)
ORDER BY r.id LIMIT :limit
""")


async def get(session: AsyncSession, programme: str, redemption_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One redemption."""
    found = await session.execute(_ONE, {"programme": programme, "id": redemption_id})
    return found.one_or_none()


async def page(
    session: AsyncSession, programme: str, facility_code: str | None, after: UUID, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Redemptions, oldest first, of one facility or of all."""
    parameters = {"programme": programme, "facility_code": facility_code, "after": after, "limit": limit}
    return (await session.execute(_LIST, parameters)).all()
