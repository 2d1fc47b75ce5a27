"""Statements of the enrolment import."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.imports.parse import PreparedEnrolment
from shared.db import raw


class KnownEnrolment(NamedTuple):
    """Whom a row is about, and the newest believed enrolment of that person, scheme and year."""

    by_no: UUID | None
    by_index: UUID | None
    division_code: str | None
    birth_date: date | None
    enrolment_id: UUID | None
    joined_on: date | None
    valid_from: date | None
    valid_to: date | None
    earlier_end: date | None
    bought_back_years: int | None = None

    @property
    def person_id(self) -> UUID | None:
        """Who the row is about, by either number."""
        return self.by_no or self.by_index


class EnrolmentWrite(NamedTuple):
    """An enrolment to be written, in the order of the temporary table."""

    id: UUID
    person_id: UUID
    division_code: str
    scheme: str
    year: int
    joined_on: date
    valid_from: date
    valid_to: date
    bought_back_years: int


_STAGE = """
CREATE TEMPORARY TABLE staged_enrolments (
  row integer, person_no text, id_index bytea, scheme text, year smallint
) ON COMMIT DROP;
CREATE TEMPORARY TABLE enrolment_writes (
  id uuid, person_id uuid, division_code text, scheme text, year smallint, joined_on date,
  valid_from date, valid_to date, bought_back_years smallint
) ON COMMIT DROP
"""
_CLASSIFY = """
SELECT DISTINCT ON (staged.row) staged.row, by_no.id, by_index.id, COALESCE(by_no.division_code,
       by_index.division_code), COALESCE(by_no.birth_date, by_index.birth_date),
       enrolment.id, enrolment.joined_on, enrolment.valid_from, enrolment.valid_to,
       lag(enrolment.valid_to) OVER (PARTITION BY staged.row ORDER BY enrolment.valid_from),
       enrolment.bought_back_years
FROM staged_enrolments AS staged
LEFT JOIN people AS by_no ON by_no.county_code = $1 AND by_no.person_no = staged.person_no
LEFT JOIN people AS by_index ON by_index.county_code = $1 AND by_index.id_index = staged.id_index
LEFT JOIN enrolments AS enrolment ON enrolment.person_id = COALESCE(by_no.id, by_index.id)
     AND enrolment.scheme = staged.scheme AND enrolment.year = staged.year
     AND enrolment.superseded_at IS NULL
ORDER BY staged.row, enrolment.valid_from DESC
"""
_SUPERSEDE = "UPDATE enrolments SET superseded_at = $2 WHERE id = ANY($1::uuid[]) AND superseded_at IS NULL"
_ADD = """
INSERT INTO enrolments
  (id, person_id, division_code, scheme, year, joined_on, valid_from, valid_to, bought_back_years,
   recorded_at)
SELECT id, person_id, division_code, scheme, year, joined_on, valid_from, valid_to, bought_back_years, $1
FROM enrolment_writes
"""
_COUNT_UP = "UPDATE people SET version = version + 1, updated_at = $2 WHERE id = ANY($1::uuid[])"


async def stage(session: AsyncSession, rows: Sequence[PreparedEnrolment]) -> None:
    """Copy the file's rows into a temporary table."""
    connection = await raw(session)
    await connection.execute(_STAGE)
    await connection.copy_records_to_table(
        "staged_enrolments",
        records=(
            (
                row.enrolment.row,
                row.enrolment.person_no,
                row.id_index,
                row.enrolment.scheme,
                row.enrolment.year,
            )
            for row in rows
        ),
    )
    await connection.execute("ANALYZE staged_enrolments")


async def classify(session: AsyncSession, county: str) -> dict[int, KnownEnrolment]:
    """What is known of each staged row, by its number in the file."""
    records = await (await raw(session)).fetch(_CLASSIFY, county)
    return {row: KnownEnrolment(*known) for row, *known in records}


async def write(
    session: AsyncSession,
    superseded: list[UUID],
    writes: Sequence[EnrolmentWrite],
    people: list[UUID],
    now: datetime,
) -> None:
    """Count up the people first, which locks them, then replace their enrolments."""
    connection = await raw(session)
    await connection.execute(_COUNT_UP, people, now)
    await connection.execute(_SUPERSEDE, superseded, now)
    await connection.copy_records_to_table("enrolment_writes", records=writes)
    await connection.execute(_ADD, now)
