"""Endpoints of check-up places."""

from typing import Annotated

from fastapi import Path

from services.screening.places import service
from services.screening.places.schemas import PlacesOrder, PlacesReply
from services.screening.programmes.dependencies import VersionsDep
from shared.http import CallerDep, NowDep, SessionDep, new_router

TownshipCode = Annotated[str, Path(pattern=r"^[0-9]{9}$", examples=["990101100"])]

reads = new_router("/v1/programmes/{code}/places", "places", "screening:read")
writes = new_router("/v1/programmes/{code}/places", "places", "screening:write")


@writes.put("/{township_code}")
async def assign_places(
    township_code: TownshipCode,
    body: PlacesOrder,
    versions: VersionsDep,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
) -> PlacesReply:
    """Say where the people of a township are examined: its own hospital, or a nearby or paired one.

    Replaces the earlier list (DOMAIN S-65).
    """
    return await service.assign(session, versions, township_code, body, caller, now)


@reads.get("/{township_code}")
async def get_places(township_code: TownshipCode, versions: VersionsDep, session: SessionDep) -> PlacesReply:
    """Where the people of a township are examined."""
    return await service.get(session, versions, township_code)
