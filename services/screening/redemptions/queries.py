"""Look up redemptions."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.cursors import after_id
from services.screening.redemptions import read_repository
from services.screening.redemptions.schemas import RedemptionReply
from shared.paging import Page, encode_cursor
from shared.problems import NOT_FOUND, Problem


async def get_redemption(session: AsyncSession, programme: str, redemption_id: UUID) -> RedemptionReply:
    """One redemption; not found outside the jurisdiction or at another facility."""
    row = await read_repository.get(session, programme, redemption_id)
    if row is None:
        raise Problem(NOT_FOUND)
    return RedemptionReply.model_validate(dict(row._mapping))


async def list_redemptions(
    session: AsyncSession, programme: str, facility_code: str | None, cursor: str | None, limit: int
) -> Page[RedemptionReply]:
    """Redemptions, oldest first."""
    rows = await read_repository.page(session, programme, facility_code, after_id(cursor), limit + 1)
    items = [RedemptionReply.model_validate(dict(row._mapping)) for row in rows[:limit]]
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if rows[limit:] else None)
