"""The one function by which other features say to whom a transfer on a card account (一卡通) is due."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.payments import repository


async def due_to(session: AsyncSession, county_code: str, people: Mapping[str, UUID]) -> None:
    """Remember the person behind each reference of a transfer on ``card_due:…``, once per reference.

    Transfers of settlements and of relapse claims name their person themselves and need no such word. What
    names nobody is left out of every batch, and each batch says how much that is.
    """
    await repository.link_people(session, county_code, people)
