"""Statements on proposals of re-adjudication."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.claims.settlements.repository import Connection

_SUPERSEDE = """
UPDATE readjudications SET state = 'superseded', decided_at = $3, decided_by = $4
WHERE state = 'proposed' AND (person_id, year) IN (SELECT * FROM unnest($1::uuid[], $2::smallint[]))
"""
_ADD = """
WITH filed AS (
  INSERT INTO readjudications (
    id, person_id, year, division_code, state, reason, automatic, flagged, difference_fen, limit_fen,
    last_posting_no, digest, proposed_at, proposed_by, decided_at, decided_by)
  SELECT * FROM unnest($1::new_readjudication[])
)
INSERT INTO readjudication_lines (
  readjudication_id, line_no, settlement_id, division_code, facility_code, visit_no, discharged_on, revision,
  flag, categories_before, categories_after, policy_before, policy_after, payers, before_fen, after_fen,
  person_before_fen, person_after_fen, share_after_bp, steps)
SELECT
  readjudication_id, line_no, settlement_id, division_code, facility_code, visit_no, discharged_on, revision,
  flag, categories_before, categories_after, policy_before, policy_after, payers, before_fen, after_fen,
  person_before_fen, person_after_fen, share_after_bp, steps::jsonb
FROM unnest($2::new_readjudication_line[])
"""
_HEAD = """
SELECT id, person_id, year, division_code, state, reason, automatic, flagged, difference_fen, limit_fen,
       last_posting_no, digest, proposed_at, proposed_by, decided_at, decided_by, decision_reason
FROM readjudications
"""
_PAGE = f"""
{_HEAD}
WHERE ($1::text IS NULL OR state = $1) AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3
"""
_LINES = """
SELECT settlement_id, facility_code, visit_no, discharged_on, revision, flag, categories_before,
       categories_after, policy_before, policy_after, payers, before_fen, after_fen, person_before_fen,
       person_after_fen, steps IS NOT NULL AS explained
FROM readjudication_lines WHERE readjudication_id = $1 ORDER BY line_no
"""
_STEPS = """
SELECT person_after_fen, share_after_bp, policy_after, before_fen, after_fen, revision, steps::text
FROM readjudication_lines WHERE readjudication_id = $1 AND settlement_id = $2
"""
_DECIDE = """
UPDATE readjudications SET state = $2, decided_at = $3, decided_by = $4, decision_reason = $5
WHERE id = $1 AND state = 'proposed' RETURNING id
"""


async def supersede(
    connection: Connection, keys: Sequence[tuple[UUID, int]], now: datetime, subject: str
) -> None:
    """Close what was proposed for these years: it has been worked out anew."""
    people, years = [person for person, _ in keys], [year for _, year in keys]
    await connection.execute(_SUPERSEDE, people, years, now, subject)


async def add(
    connection: Connection, proposals: Sequence[tuple[Any, ...]], lines: Sequence[tuple[Any, ...]]
) -> None:
    """File proposals with their lines (types ``new_readjudication`` and ``new_readjudication_line``)."""
    if proposals:
        await connection.execute(_ADD, proposals, lines)


async def find(connection: Connection, id_: UUID, *, lock: bool = False) -> asyncpg.Record | None:
    """One proposal that the caller may see; with ``lock`` nobody else decides on it meanwhile."""
    return await connection.fetchrow(f"{_HEAD} WHERE id = $1 {'FOR UPDATE' if lock else ''}", id_)


async def page(
    connection: Connection, state: str | None, after: UUID | None, limit: int
) -> list[asyncpg.Record]:
    """Proposals in the order in which they were made."""
    return await connection.fetch(_PAGE, state, after, limit)


async def lines(connection: Connection, id_: UUID) -> list[asyncpg.Record]:
    """What a proposal changes, settlement by settlement in posting order."""
    return await connection.fetch(_LINES, id_)


async def explained(connection: Connection, id_: UUID, settlement_id: UUID) -> asyncpg.Record | None:
    """The explanation of one line in short form."""
    return await connection.fetchrow(_STEPS, id_, settlement_id)


async def close(
    connection: Connection, id_: UUID, state: str, now: datetime, subject: str, reason: str | None
) -> bool:
    """Decide on an open proposal; false when somebody else did."""
    return await connection.fetchval(_DECIDE, id_, state, now, subject, reason) is not None
