"""Registering and changing providers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.guards.rules import STAYS
from services.claims.problems import (
    LEVEL_WITHOUT_BEDS,
    LICENCE_DATES,
    OUTSIDE_JURISDICTION,
    UNKNOWN_PROVIDER,
)
from services.claims.providers import repository
from services.claims.providers.schemas import ProviderBody
from shared import versions
from shared.auth import Caller
from shared.problems import NOT_FOUND, Problem


async def get(session: AsyncSession, facility_code: str) -> Row[Any]:
    """One provider, or a problem."""
    found = await repository.get(session, facility_code)
    if found is None:
        raise Problem(NOT_FOUND)
    return found


async def known(session: AsyncSession, facility_code: str, pointer: str) -> Row[Any]:
    """A provider that a message names at ``pointer``; a problem of the message when there is none."""
    found = await repository.get(session, facility_code)
    if found is None:
        raise Problem(UNKNOWN_PROVIDER, pointer=pointer, facility_code=facility_code)
    return found


async def put(
    session: AsyncSession,
    caller: Caller,
    facility_code: str,
    body: ProviderBody,
    read: int | None,
    now: datetime,
) -> Row[Any]:
    """Register (no version) or change (the version that was read) a provider of the caller's jurisdiction.

    What is registered with the same content already stays as it is.
    """
    stored = await repository.get(session, facility_code)
    for division in {body.division_code, stored.division_code if stored else body.division_code}:
        if not caller.governs(division):
            raise Problem(OUTSIDE_JURISDICTION, pointer="/division_code", division_code=division)
    _check(body)
    values = {
        **body.model_dump(),
        "visit_types": sorted(set(body.visit_types)),
        "facility_code": facility_code,
    }
    if stored is not None and values.items() <= stored._asdict().items():
        return stored
    versions.check(stored.version if stored else None, read)
    if read is None:
        written = await repository.add(session, values, now)
    else:
        written = await repository.change(session, values, read, now)
    if written is None:
        # Somebody else was faster, and has committed since we looked.
        versions.check((await get(session, facility_code)).version, read)
        raise RuntimeError("a provider that could not be written has the version that was asked for")
    return written


async def page(
    session: AsyncSession,
    division: str | None,
    programme: str | None,
    day: date,
    after: str | None,
    limit: int,
) -> list[Row[Any]]:
    """Providers by code, of all divisions or those that begin with a prefix, designated or not."""
    return await repository.page(session, division, programme, day, after, limit)


def _check(body: ProviderBody) -> None:
    if body.valid_from and body.valid_to and body.valid_to <= body.valid_from:
        raise Problem(
            LICENCE_DATES,
            pointer="/valid_to",
            valid_from=body.valid_from.isoformat(),
            valid_to=body.valid_to.isoformat(),
        )
    beds = [visit_type for visit_type in body.visit_types if visit_type in STAYS]
    if body.level == 0 and beds:
        raise Problem(LEVEL_WITHOUT_BEDS, pointer="/visit_types", visit_type=beds[0])
