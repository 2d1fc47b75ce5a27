"""Statements on certificates of one person."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates.rules import Believed, Certificate
from shared.db import raw
from shared.ids import new_id

# Shared by all who change single people, against the import of the county, which holds it alone.
_NO_IMPORT = "SELECT pg_try_advisory_xact_lock_shared(hashtextextended('registry.import.' || $1, 0))"
_WHERE = "SELECT division_code FROM people WHERE id = $1"
_COUNT_UP = "UPDATE people SET version = version + 1, updated_at = $2 WHERE id = $1"
_LOCK = "SELECT 1 FROM people WHERE id = $1 FOR UPDATE"
_COLUMNS = "chronic_code, valid_from, valid_to, handbook_no, issued_by"
_BELIEVED = f"""
SELECT id, {_COLUMNS} FROM chronic_certificates
WHERE person_id = $1 AND chronic_code = $2 AND superseded_at IS NULL ORDER BY valid_from
"""
_HELD = f"""
SELECT {_COLUMNS}, recorded_at FROM chronic_certificates
WHERE person_id = $1 AND recorded_at <= COALESCE($3::timestamptz, 'infinity')
  AND (superseded_at IS NULL OR superseded_at > COALESCE($3::timestamptz, 'infinity'))
  AND ($2::date IS NULL OR (valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)))
ORDER BY chronic_code, valid_from
"""
_SUPERSEDE = """
UPDATE chronic_certificates SET superseded_at = GREATEST($2, recorded_at + interval '1 microsecond')
WHERE id = ANY($1::uuid[]) AND superseded_at IS NULL
"""
_ADD = f"""
INSERT INTO chronic_certificates (id, person_id, division_code, {_COLUMNS}, recorded_at)
SELECT $1, id, division_code, $3, $4, $5, $6, $7, $8 FROM people WHERE id = $2
"""


class Held(NamedTuple):
    """A certificate and when it was recorded."""

    certificate: Certificate
    recorded_at: datetime


async def division_of(session: AsyncSession, person_id: UUID) -> str | None:
    """Where a person lives whom the caller may see."""
    found: str | None = await (await raw(session)).fetchval(_WHERE, person_id)
    return found


async def keep_imports_out(session: AsyncSession, county: str) -> bool:
    """Keep files of the county from being imported until the transaction ends; False while one is."""
    return bool(await (await raw(session)).fetchval(_NO_IMPORT, county))


async def lock_person(session: AsyncSession, person_id: UUID) -> None:
    """Let nobody else change the person until the transaction ends."""
    await (await raw(session)).execute(_LOCK, person_id)


async def believed(session: AsyncSession, person_id: UUID, chronic_code: str) -> list[Believed]:
    """What is believed now of a person and a disease, by its first day."""
    rows = await (await raw(session)).fetch(_BELIEVED, person_id, chronic_code)
    return [Believed(row["id"], _certificate(row, 1)) for row in rows]


async def held(
    session: AsyncSession, person_id: UUID, on: date | None, as_known_at: datetime | None
) -> list[Held]:
    """A person's certificates, of one day if given, by what was known at an instant (None: now)."""
    rows = await (await raw(session)).fetch(_HELD, person_id, on, as_known_at)
    return [Held(_certificate(row, 0), row["recorded_at"]) for row in rows]


def _certificate(row: asyncpg.Record, first: int) -> Certificate:
    return Certificate(*row[first : first + len(Certificate._fields)])


async def write(
    session: AsyncSession,
    person_id: UUID,
    superseded: Sequence[UUID],
    added: Sequence[Certificate],
    now: datetime,
) -> None:
    """Supersede what is no longer believed, add what is believed instead, and count the person up."""
    connection = await raw(session)
    await connection.execute(_COUNT_UP, person_id, now)
    await connection.execute(_SUPERSEDE, list(superseded), now)
    for certificate in added:
        await connection.execute(_ADD, new_id(), person_id, *certificate, now)
