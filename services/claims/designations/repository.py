"""Statements on designations of providers."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage.insured import Held

_GET = text(
    "SELECT facility_code, division_code, programmes::text AS programmes, programmes_version AS version"
    " FROM providers WHERE facility_code = :facility_code"
)
_CHANGE = text(
    "UPDATE providers SET programmes = CAST(:programmes AS jsonb), programmes_version = :version + 1"
    " WHERE facility_code = :facility_code AND programmes_version = :version RETURNING programmes_version"
)
_KEEP = text(
    "INSERT INTO provider_programmes (facility_code, version, programme, valid_from, valid_to, division_code,"
    " recorded_at, recorded_by) VALUES (:facility_code, :version, :programme, :valid_from, :valid_to,"
    " :division_code, :now, :by)"
)
_CHANGED = text(
    "INSERT INTO designation_changes (facility_code, version, first_day, end_day, division_code, recorded_at)"
    " VALUES (:facility_code, :version, :first_day, :end_day, :division_code, :now)"
)
_TO_FOLLOW_UP = text(
    "SELECT facility_code, version, first_day, end_day, recorded_at FROM designation_changes"
    " WHERE followed_up_at IS NULL AND recorded_at <= :before"
    " ORDER BY recorded_at, facility_code, version, first_day LIMIT :limit FOR UPDATE SKIP LOCKED"
)
_FOLLOWED_UP = text(
    "UPDATE designation_changes SET followed_up_at = :now"
    " WHERE facility_code = :facility_code AND version = :version AND first_day = :first_day"
)


class Change(NamedTuple):
    """Who states a provider's list, when, and as the successor of which version."""

    facility_code: str
    division_code: str
    version: int
    by: str
    now: datetime


async def get(session: AsyncSession, facility_code: str) -> Row[Any] | None:
    """A provider's present list as JSON text, and its version."""
    return (await session.execute(_GET, {"facility_code": facility_code})).one_or_none()


async def replace(
    session: AsyncSession, change: Change, stated: Sequence[Held], days: Sequence[tuple[date, date]]
) -> int | None:
    """Put another list in the place of a version, keep it, and note the days on which something changed.

    The new version; ``None`` when somebody else was faster.
    """
    values = {"facility_code": change.facility_code, "version": change.version}
    present = json.dumps([[each.name, each.valid_from, each.valid_to] for each in stated])
    version = (await session.execute(_CHANGE, {**values, "programmes": present})).scalar_one_or_none()
    if version is None:
        return None
    common = {
        "facility_code": change.facility_code,
        "version": version,
        "division_code": change.division_code,
        "now": change.now,
    }
    if stated:
        kept = [{**common, "by": change.by, **_row(each)} for each in stated]
        await session.execute(_KEEP, kept)
    if days:
        await session.execute(_CHANGED, [{**common, "first_day": day, "end_day": end} for day, end in days])
    return int(version)


def _row(held: Held) -> dict[str, Any]:
    return {
        "programme": held.name,
        "valid_from": date.fromisoformat(held.valid_from),
        "valid_to": date.fromisoformat(held.valid_to) if held.valid_to else None,
    }


async def to_follow_up(session: AsyncSession, before: datetime, limit: int) -> list[Row[Any]]:
    """Changes made before an instant that nobody has looked at again, locked."""
    return list((await session.execute(_TO_FOLLOW_UP, {"before": before, "limit": limit})).all())


async def followed_up(session: AsyncSession, row: Row[Any], now: datetime) -> None:
    """Remember that a change was looked at again."""
    values = {"facility_code": row.facility_code, "version": row.version, "first_day": row.first_day}
    await session.execute(_FOLLOWED_UP, {**values, "now": now})
