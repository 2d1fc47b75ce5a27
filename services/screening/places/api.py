"""Endpoints of check-up places."""

from typing import Annotated

from fastapi import Path, Response

from services.screening.places import service
from services.screening.places.schemas import PlacesOrder, PlacesReply
from services.screening.programmes.dependencies import VersionsDep
from shared import versions
from shared.http import CallerDep, NowDep, SessionDep, new_router
from shared.versions import VersionRead

TownshipCode = Annotated[str, Path(pattern=r"^[0-9]{9}$", examples=["990101100"])]

reads = new_router("/v1/programmes/{code}/places", "places", "screening:read")
writes = new_router("/v1/programmes/{code}/places", "places", "screening:write")


@writes.put("/{township_code}")
async def assign_places(
    township_code: TownshipCode,
    body: PlacesOrder,
    programme: VersionsDep,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    response: Response,
    read: VersionRead,
) -> PlacesReply:
    """Say where the people of a township are examined: its own hospital, or a nearby or paired one.

    Replaces the earlier list (DOMAIN S-65), which has to be read first: its ETag comes as If-Match. The same
    list again changes nothing.
    """
    places = await service.assign(session, programme, township_code, body, read=read, caller=caller, now=now)
    versions.show(response, places.version)
    return places


@reads.get("/{township_code}")
async def get_places(
    township_code: TownshipCode, programme: VersionsDep, session: SessionDep, response: Response
) -> PlacesReply:
    """Where the people of a township are examined; the ETag is the version of the list."""
    places = await service.get(session, programme, township_code)
    versions.show(response, places.version)
    return places
