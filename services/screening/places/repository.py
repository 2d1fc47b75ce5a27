"""SQL of check-up places."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_REMOVE = text("DELETE FROM places WHERE programme = :programme AND division_code = :township")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_INSERT = text("""
INSERT INTO places (programme, division_code, recorded_at, recorded_by, facility_code, kind)
SELECT :programme, :township, :recorded_at, :recorded_by, new.*
FROM unnest(CAST(:facility_codes AS text[]), CAST(:kinds AS text[])) AS new
""")
_OF = text("""
SELECT division_code, facility_code, kind FROM places
WHERE programme = :programme AND division_code = ANY(CAST(:townships AS text[]))
ORDER BY division_code, facility_code
""")


async def replace(
    session: AsyncSession,
    programme: str,
    township: str,
    places: Sequence[tuple[str, str]],
    *,
    recorded_at: datetime,
    recorded_by: str,
) -> None:
    """Put (facility code, kind) pairs in place of a township's old ones."""
    await session.execute(_LOCK, {"name": f"screening.places:{programme}:{township}"})
    await session.execute(_REMOVE, {"programme": programme, "township": township})
    await session.execute(
        _INSERT,
        {
            "programme": programme,
            "township": township,
            "recorded_at": recorded_at,
            "recorded_by": recorded_by,
            "facility_codes": [facility for facility, _ in places],
            "kinds": [kind for _, kind in places],
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
