"""Statements on households."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.spells.tables import memberships
from shared.db import raw


class HouseholdView(NamedTuple):
    """A household as registered."""

    id: UUID
    household_no: str
    division_code: str
    household_class: str
    version: int
    updated_at: datetime


_HOUSEHOLDS = """
SELECT id, household_no, division_code, household_class, version, updated_at FROM households
WHERE id = ANY($1::uuid[])
"""


async def households(session: AsyncSession, ids: Sequence[UUID]) -> list[HouseholdView]:
    """The households that the caller may see among those asked for, in no particular order."""
    return [HouseholdView(*record) for record in await (await raw(session)).fetch(_HOUSEHOLDS, list(ids))]


async def members_on(session: AsyncSession, household_id: UUID, on: date) -> list[UUID]:
    """Who belongs to a household on a day, by what is known now."""
    spell = memberships.c
    query = select(spell.person_id).where(
        spell.household_id == household_id,
        spell.superseded_at.is_(None),
        spell.valid_from <= on,
        or_(spell.valid_to.is_(None), spell.valid_to > on),
    )
    return list((await session.scalars(query)).all())
