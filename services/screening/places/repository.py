"""SQL of check-up places."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_REMOVE = text("DELETE FROM places WHERE programme = :programme AND division_code = :township")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_INSERT = text("""
INSERT INTO places (programme, division_code, version, recorded_at, recorded_by, facility_code, kind)
SELECT :programme, :township, :version, :recorded_at, :recorded_by, new.*
FROM unnest(CAST(:facility_codes AS text[]), CAST(:kinds AS text[])) AS new
""")
_LIST = text("""
SELECT version, facility_code, kind FROM places
WHERE programme = :programme AND division_code = :township ORDER BY facility_code
""")
_OF = text("""
SELECT division_code, facility_code, kind FROM places
WHERE programme = :programme AND division_code = ANY(CAST(:townships AS text[]))
ORDER BY division_code, facility_code
""")


class PlaceList(NamedTuple):
    """The places of a township: facility code → kind."""

    version: int
    kinds: dict[str, str]


async def lock(session: AsyncSession, programme: str, township: str) -> None:
    """Let nobody else replace the places of a township until the transaction ends."""
    await session.execute(_LOCK, {"name": f"screening.places:{programme}:{township}"})


async def find(session: AsyncSession, programme: str, township: str) -> PlaceList | None:
    """The places of a township, if it has any."""
    rows = (await session.execute(_LIST, {"programme": programme, "township": township})).all()
    return PlaceList(rows[0].version, {row.facility_code: row.kind for row in rows}) if rows else None


async def replace(
    session: AsyncSession,
    programme: str,
    township: str,
    places: Mapping[str, str],
    *,
    version: int,
    recorded_at: datetime,
    recorded_by: str,
) -> None:
    """Put facility codes with their kinds in place of a township's old ones."""
    await session.execute(_REMOVE, {"programme": programme, "township": township})
    await session.execute(
        _INSERT,
        {
            "programme": programme,
            "township": township,
            "version": version,
            "recorded_at": recorded_at,
            "recorded_by": recorded_by,
            "facility_codes": list(places),
            "kinds": list(places.values()),
        },
    )


async def of_townships(
    session: AsyncSession, programme: str, townships: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Township → facility code → kind, for the townships that have places."""
    rows = await session.execute(_OF, {"programme": programme, "townships": list(townships)})
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.division_code, {})[row.facility_code] = row.kind
    return found
