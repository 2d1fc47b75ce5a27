"""Registering and changing providers."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.problems import OUTSIDE_JURISDICTION
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


async def page(session: AsyncSession, division: str | None, after: str | None, limit: int) -> list[Row[Any]]:
    """Providers by code, of all divisions or those that begin with a prefix."""
    return await repository.page(session, division, after, limit)
