"""Assign check-up places to townships."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.places import repository
from services.screening.places.schemas import PlaceKind, PlaceReply, PlacesOrder, PlacesReply
from services.screening.problems import OUTSIDE_JURISDICTION
from services.screening.programmes.book import Versions
from shared.auth import Caller
from shared.problems import NOT_FOUND, Problem


async def assign(
    session: AsyncSession,
    versions: Versions,
    township: str,
    order: PlacesOrder,
    caller: Caller,
    now: datetime,
) -> PlacesReply:
    """Replace the places of a township. Redemptions that were accepted before stay as they are."""
    if not caller.governs(township):
        raise Problem(OUTSIDE_JURISDICTION, division=township)
    places = sorted((place.facility_code, place.kind) for place in order.places)
    await repository.replace(
        session, versions.code, township, places, recorded_at=now, recorded_by=caller.subject
    )
    return _reply(versions.code, township, {code: kind for code, kind in places})


async def get(session: AsyncSession, versions: Versions, township: str) -> PlacesReply:
    """The places of a township, or not found when it has none."""
    found = await repository.of_townships(session, versions.code, [township])
    if township not in found:
        raise Problem(NOT_FOUND)
    return _reply(versions.code, township, found[township])


async def of_townships(
    session: AsyncSession, programme: str, townships: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Township → facility code → kind, for other features."""
    return await repository.of_townships(session, programme, townships)


def _reply(programme: str, township: str, places: dict[str, str]) -> PlacesReply:
    items = [PlaceReply(facility_code=code, kind=cast(PlaceKind, kind)) for code, kind in places.items()]
    return PlacesReply(programme=programme, township_code=township, places=items)
