"""Statements on who is due for re-adjudication. Set-based; somebody who is due already stays so."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from services.claims.settlements.repository import Connection

# The division is where the person lives now: whose agency answers for the accumulators.
_INSERT = "INSERT INTO readjudication_due (person_id, year, division_code, reason, since)"
_ONCE = "ON CONFLICT (person_id, year) DO NOTHING"
_ADD_IF_SETTLED = f"""
{_INSERT}
SELECT person_id, year, max(division_code), $4::text, $5::timestamptz
FROM current_settlements
WHERE person_id = $1 AND year = $2 AND id <> $3 AND status = 'settled' GROUP BY person_id, year
{_ONCE}
"""


def _become_due(years: str, reason: str, since: str) -> str:
    """Make person-years due, given by a query for person, year and the division where they were settled."""
    return f"""
{_INSERT}
SELECT chosen.person_id, chosen.year, COALESCE(person.division_code, chosen.division_code), {reason}::text,
       {since}::timestamptz
FROM ({years}) AS chosen LEFT JOIN insured_persons AS person ON person.person_id = chosen.person_id
ORDER BY 1, 2
{_ONCE}
"""


# A visit counts whichever of its days governs; so no clock is needed: a visit lies in the past.
_ADD_CHANGED = f"""
{_INSERT}
SELECT person.person_id, settlement.year, person.division_code, $4::text, $5::timestamptz
FROM unnest($1::uuid[], $2::date[], $3::date[]) AS changed (person_id, first_day, end_day)
JOIN insured_persons AS person ON person.person_id = changed.person_id
JOIN settlements AS settlement ON settlement.person_id = changed.person_id
  AND settlement.admitted_on < changed.end_day
  AND (settlement.settled_at AT TIME ZONE 'Asia/Shanghai')::date >= changed.first_day
GROUP BY 1, 2 ORDER BY 1, 2
{_ONCE}
"""
_ADD_DESIGNATED = _become_due(
    """
  SELECT person_id, year, max(division_code) AS division_code
  FROM unnest($2::date[], $3::date[]) AS changed (first_day, end_day)
  JOIN settlements AS settlement ON settlement.facility_code = $1::text
    AND settlement.settled_at <= $4::timestamptz AND settlement.admitted_on < changed.end_day
    AND (settlement.settled_at AT TIME ZONE 'Asia/Shanghai')::date >= changed.first_day
  GROUP BY person_id, year
""",
    "$5",
    "$6",
)
_ADD_IN_FORCE = _become_due(
    """
  SELECT person_id, year, max(division_code) AS division_code FROM settlements
  WHERE division_code ^@ $3::text AND (settled_at AT TIME ZONE 'Asia/Shanghai')::date >= $1::date
    AND ($2::date IS NULL OR admitted_on < $2::date)
  GROUP BY person_id, year
""",
    "$4",
    "$5",
)
_ADD_LEFT_BEHIND = _become_due(
    """
  SELECT person_id, year, max(division_code) AS division_code FROM current_settlements
  WHERE status = 'settled' AND policy_pack = $1 AND policy_version <> $2
    AND division_code ^@ $5::text AND (settled_at AT TIME ZONE 'Asia/Shanghai')::date >= $3::date
    AND ($4::date IS NULL OR admitted_on < $4::date)
  GROUP BY person_id, year
""",
    "$6",
    "$7",
)
_ADD_COUNTY = _become_due(
    """
  SELECT person_id, year, max(division_code) AS division_code FROM settlements
  WHERE division_code ^@ $1::text AND year = $2 GROUP BY person_id, year
""",
    "$3",
    "$4",
)
# Taken before facts are read: whatever becomes due from now on waits for this transaction and stays due.
_TAKE = """
WITH chosen AS (
  SELECT person_id, year FROM readjudication_due ORDER BY since, person_id LIMIT $1 FOR UPDATE SKIP LOCKED
)
DELETE FROM readjudication_due AS due USING chosen
WHERE due.person_id = chosen.person_id AND due.year = chosen.year
RETURNING due.person_id, due.year, due.division_code, due.reason
"""
_PUT_BACK = f"""
{_INSERT}
SELECT person_id, year, division_code, reason, $5::timestamptz
FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[])
  AS back (person_id, year, division_code, reason)
ORDER BY 1, 2
{_ONCE}
"""


class DueRow(NamedTuple):
    """A person's year, where the person lives, and why it is due."""

    person_id: UUID
    year: int
    division_code: str
    reason: str


Change = tuple[UUID, date, date]
"""A person, and from when until when (exclusive) something about him or her turned out different."""


async def add_if_settled(
    connection: Connection, person_id: UUID, year: int, other_than: UUID, reason: str, now: datetime
) -> None:
    """Make a person's year due when anything but one settlement stands in it."""
    await connection.execute(_ADD_IF_SETTLED, person_id, year, other_than, reason, now)


async def add_changed(connection: Connection, changes: Sequence[Change], reason: str, now: datetime) -> None:
    """Make people's years due in which a visit lies on days whose facts changed."""
    people, first_days, end_days = (list(column) for column in zip(*changes, strict=True))
    await connection.execute(_ADD_CHANGED, people, first_days, end_days, reason, now)


async def add_designated(
    connection: Connection,
    facility_code: str,
    days: Sequence[tuple[date, date]],
    settled_until: datetime,
    reason: str,
    now: datetime,
) -> None:
    """Make everybody due with a visit to a provider on some days, settled until an instant."""
    first_days, end_days = (list(column) for column in zip(*days, strict=True))
    await connection.execute(_ADD_DESIGNATED, facility_code, first_days, end_days, settled_until, reason, now)


async def add_in_force(
    connection: Connection,
    effective_from: date,
    until: date | None,
    jurisdiction: str,
    reason: str,
    now: datetime,
) -> int:
    """Make everybody due who has a visit on the days of a pack version; how many were added."""
    done = await connection.execute(_ADD_IN_FORCE, effective_from, until, jurisdiction, reason, now)
    return _count(done)


async def add_left_behind(
    connection: Connection,
    pack: tuple[str, str],
    days: tuple[date, date | None],
    jurisdiction: str,
    reason: str,
    now: datetime,
) -> int:
    """Make due who has a visit on a pack version's days by another version of it; how many were added."""
    return _count(await connection.execute(_ADD_LEFT_BEHIND, *pack, *days, jurisdiction, reason, now))


async def add_county(connection: Connection, county: str, year: int, reason: str, now: datetime) -> int:
    """Make everybody due who has a visit in a county's year; how many were added."""
    return _count(await connection.execute(_ADD_COUNTY, county, year, reason, now))


async def take(connection: Connection, limit: int) -> list[DueRow]:
    """Take the longest due off the list; a rolled back transaction leaves them there."""
    return [DueRow(*row) for row in await connection.fetch(_TAKE, limit)]


async def hold(connection: Connection, person_id: UUID, year: int) -> None:
    """Wait for whoever is working on this due year, and keep others off it."""
    await connection.execute(
        "SELECT 1 FROM readjudication_due WHERE person_id = $1 AND year = $2 FOR UPDATE", person_id, year
    )


async def put_back(connection: Connection, rows: Sequence[DueRow], now: datetime) -> None:
    """Make due again, behind everybody who is."""
    if rows:
        await connection.execute(_PUT_BACK, *(list(column) for column in zip(*rows, strict=True)), now)


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[1])
