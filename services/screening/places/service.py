"""Assign check-up places to townships."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.places import repository
from services.screening.places.repository import PlaceList
from services.screening.places.schemas import PlaceKind, PlaceReply, PlacesOrder, PlacesReply
from services.screening.problems import OUTSIDE_JURISDICTION
from services.screening.programmes.book import Versions
from shared import versions
from shared.auth import Caller
from shared.problems import NOT_FOUND, Problem


async def assign(
    session: AsyncSession,
    programme: Versions,
    township: str,
    order: PlacesOrder,
    *,
    read: int | None,
    caller: Caller,
    now: datetime,
) -> PlacesReply:
    """Replace the places of a township, of which the caller has read a version, or none.

    Redemptions that were accepted before stay as they are. The same places again change nothing.
    """
    if not caller.governs(township):
        raise Problem(OUTSIDE_JURISDICTION, division=township)
    kinds: dict[str, str] = dict(sorted((place.facility_code, place.kind) for place in order.places))
    await repository.lock(session, programme.code, township)
    present = await repository.find(session, programme.code, township)
    if present is not None and present.kinds == kinds:
        return _reply(programme.code, township, present)
    versions.check(present.version if present else None, read)
    new = PlaceList(present.version + 1 if present else 1, kinds)
    await repository.replace(
        session,
        programme.code,
        township,
        new.kinds,
        version=new.version,
        recorded_at=now,
        recorded_by=caller.subject,
    )
    return _reply(programme.code, township, new)


async def get(session: AsyncSession, programme: Versions, township: str) -> PlacesReply:
    """The places of a township, or not found when it has none."""
    found = await repository.find(session, programme.code, township)
    if found is None:
        raise Problem(NOT_FOUND)
    return _reply(programme.code, township, found)


async def of_townships(
    session: AsyncSession, programme: str, townships: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Township → facility code → kind, for other features."""
    return await repository.of_townships(session, programme, townships)


def _reply(programme: str, township: str, found: PlaceList) -> PlacesReply:
    items = [PlaceReply(facility_code=code, kind=cast(PlaceKind, kind)) for code, kind in found.kinds.items()]
    return PlacesReply(programme=programme, township_code=township, version=found.version, places=items)
