"""Statements of the certificate import."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates.rules import Believed, Certificate
from services.registry.imports.parse import PreparedCertificate
from shared.db import raw


class KnownPerson(NamedTuple):
    """Whom a row is about, by either number, and where that person lives."""

    by_no: UUID | None
    by_index: UUID | None
    division_code: str | None

    @property
    def person_id(self) -> UUID | None:
        """Who the row is about."""
        return self.by_no or self.by_index


class CertificateWrite(NamedTuple):
    """A certificate to be written, in the order of the temporary table."""

    id: UUID
    person_id: UUID
    division_code: str
    certificate: Certificate


_STAGE = """
CREATE TEMPORARY TABLE staged_certificates (
  row integer, person_no text, id_index bytea
) ON COMMIT DROP;
CREATE TEMPORARY TABLE certificate_writes (
  id uuid, person_id uuid, division_code text, chronic_code text, valid_from date, valid_to date,
  handbook_no text, issued_by text
) ON COMMIT DROP
"""
_CLASSIFY = """
SELECT staged.row, by_no.id, by_index.id, COALESCE(by_no.division_code, by_index.division_code)
FROM staged_certificates AS staged
LEFT JOIN people AS by_no ON by_no.county_code = $1 AND by_no.person_no = staged.person_no
LEFT JOIN people AS by_index ON by_index.county_code = $1 AND by_index.id_index = staged.id_index
"""
_BELIEVED = """
SELECT person_id, id, chronic_code, valid_from, valid_to, handbook_no, issued_by
FROM chronic_certificates WHERE person_id = ANY($1::uuid[]) AND superseded_at IS NULL
"""
_SUPERSEDE = """
UPDATE chronic_certificates SET superseded_at = GREATEST($2, recorded_at + interval '1 microsecond')
WHERE id = ANY($1::uuid[]) AND superseded_at IS NULL
"""
_ADD = """
INSERT INTO chronic_certificates
  (id, person_id, division_code, chronic_code, valid_from, valid_to, handbook_no, issued_by, recorded_at)
SELECT id, person_id, division_code, chronic_code, valid_from, valid_to, handbook_no, issued_by, $1
FROM certificate_writes
"""
_COUNT_UP = "UPDATE people SET version = version + 1, updated_at = $2 WHERE id = ANY($1::uuid[])"


async def stage(session: AsyncSession, rows: Sequence[PreparedCertificate]) -> None:
    """Copy the numbers of the file's rows into a temporary table."""
    connection = await raw(session)
    await connection.execute(_STAGE)
    await connection.copy_records_to_table(
        "staged_certificates",
        records=((row.stated.row, row.stated.person_no, row.id_index) for row in rows),
    )
    await connection.execute("ANALYZE staged_certificates")


async def classify(session: AsyncSession, county: str) -> dict[int, KnownPerson]:
    """Whom each staged row is about, by its number in the file."""
    records = await (await raw(session)).fetch(_CLASSIFY, county)
    return {row: KnownPerson(*known) for row, *known in records}


async def believed(session: AsyncSession, people: Sequence[UUID]) -> dict[UUID, list[Believed]]:
    """What is believed now of these people."""
    found: dict[UUID, list[Believed]] = {}
    for person_id, id_, *certificate in await (await raw(session)).fetch(_BELIEVED, list(people)):
        found.setdefault(person_id, []).append(Believed(id_, Certificate(*certificate)))
    return found


async def write(
    session: AsyncSession,
    superseded: Sequence[UUID],
    writes: Sequence[CertificateWrite],
    people: Sequence[UUID],
    now: datetime,
) -> None:
    """Count up the people first, which locks them, then replace their certificates."""
    connection = await raw(session)
    await connection.execute(_COUNT_UP, list(people), now)
    await connection.execute(_SUPERSEDE, list(superseded), now)
    await connection.copy_records_to_table(
        "certificate_writes", records=((*write[:3], *write.certificate) for write in writes)
    )
    await connection.execute(_ADD, now)
