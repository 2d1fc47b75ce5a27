"""Statements on audit runs and findings: storing them once, looking at them, hearing and deciding them."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw, set_columns
from shared.money import Fen


class Run(NamedTuple):
    """One run; ``by_rule`` is JSON."""

    id: UUID
    county_code: str
    month: date
    run_at: datetime
    run_by: str
    settlements: int
    found: int
    added: int
    by_rule: str


class Finding(NamedTuple):
    """One finding; ``arithmetic`` is JSON. Null from ``notified_by`` on until it comes to that."""

    id: UUID
    run_id: UUID
    county_code: str
    facility_code: str
    month: date
    rule: str
    rule_valid_from: date
    kind: str
    title: str
    source: str
    clause: str
    verified: bool
    settlement_id: UUID | None
    line_nos: list[int]
    fingerprint: str
    at_stake_fen: Fen
    text: str
    arithmetic: str
    found_at: datetime
    state: str
    notified_by: str | None = None
    statement_due: date | None = None
    hearing_wanted: bool | None = None
    heard_on: date | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    deducted_fen: Fen | None = None
    given_back_fen: Fen = 0
    """What of a deduction went back because no bill is left for it."""


class Step(NamedTuple):
    """One thing that was done to a finding; ``details`` is JSON."""

    action: str
    state: str
    at: datetime
    by: str
    details: str


class Wanted(NamedTuple):
    """Which findings to list; ``None`` does not restrict. ``told`` leaves out what nobody was told of."""

    county_code: str | None
    facility_code: str | None
    rule: str | None
    state: str | None
    month: date | None
    told: bool


_ADD_RUN = """
INSERT INTO audit_runs (id, county_code, month, run_at, run_by, settlements, found, added, by_rule)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::jsonb)
"""
_RUNS = """
SELECT id, county_code, month, run_at, run_by, settlements, found, added, by_rule::text FROM audit_runs
WHERE ($1::text IS NULL OR county_code = $1) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""
_STORED: Final = Finding._fields[: Finding._fields.index("notified_by")]
_TYPES: Final = (
    "id uuid, run_id uuid, county_code text, facility_code text, month date, rule text,"
    " rule_valid_from date, kind text, title text, source text, clause text, verified boolean,"
    " settlement_id uuid, line_nos smallint[], fingerprint text, at_stake_fen bigint, text text,"
    " arithmetic jsonb, found_at timestamptz, state text"
)
# Ids are made in the order of finding; what was found before is left as it is.
_ADD = f"""
INSERT INTO audit_findings ({", ".join(_STORED)})
SELECT {", ".join(_STORED)} FROM jsonb_to_recordset($1::text::jsonb) AS found ({_TYPES}) ORDER BY id
ON CONFLICT (county_code, fingerprint) DO NOTHING RETURNING id
"""
COLUMNS = ", ".join("arithmetic::text" if name == "arithmetic" else name for name in Finding._fields)
_GET = f"SELECT {COLUMNS} FROM audit_findings WHERE id = $1"
_PAGE = f"""
SELECT {COLUMNS} FROM audit_findings
WHERE ($1::text IS NULL OR county_code = $1) AND ($2::text IS NULL OR facility_code = $2)
  AND ($3::text IS NULL OR rule = $3) AND ($4::text IS NULL OR state = $4)
  AND ($5::date IS NULL OR month = $5) AND (NOT $6::boolean OR notified_by IS NOT NULL)
  AND ($7::uuid IS NULL OR id > $7)
ORDER BY id LIMIT $8
"""
_ENDED = """
SELECT fingerprint FROM audit_findings
WHERE county_code = $1 AND month = $2 AND settlement_id IS NULL AND state = 'given_back'
"""
_ADD_STEP = """
INSERT INTO audit_finding_steps (finding_id, no, county_code, facility_code, action, state, at, by, details)
SELECT $1, count(*) + 1, $2, $3, $4, $5, $6, $7, $8::text::jsonb
FROM audit_finding_steps WHERE finding_id = $1
"""
_STEPS = """
SELECT action, state, at, by, details::text FROM audit_finding_steps WHERE finding_id = $1 ORDER BY no
"""


async def add_run(session: AsyncSession, run: Run) -> None:
    """Store a run."""
    await (await raw(session)).execute(_ADD_RUN, *run)


async def runs(session: AsyncSession, county_code: str | None, before: UUID | None, limit: int) -> list[Run]:
    """Runs, the newest first."""
    return [Run(*row) for row in await (await raw(session)).fetch(_RUNS, county_code, before, limit)]


async def add(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> int:
    """Store findings that no run has found before, by their fields; how many those are."""
    text = json.dumps(rows, ensure_ascii=False, default=str)
    return len(await (await raw(session)).fetch(_ADD, text))


async def ended(session: AsyncSession, county_code: str, month: date) -> set[str]:
    """What was found of providers' whole months and has ended with bills that were taken back."""
    return {row[0] for row in await (await raw(session)).fetch(_ENDED, county_code, month)}


async def get(session: AsyncSession, finding_id: UUID) -> Finding | None:
    """One finding; ``None`` where the caller sees none."""
    row = await (await raw(session)).fetchrow(_GET, finding_id)
    return Finding(*row) if row else None


async def lock(session: AsyncSession, finding_id: UUID) -> Finding | None:
    """The same, locked until the transaction ends."""
    row = await (await raw(session)).fetchrow(f"{_GET} FOR UPDATE", finding_id)
    return Finding(*row) if row else None


async def page(session: AsyncSession, wanted: Wanted, after: UUID | None, limit: int) -> list[Finding]:
    """Findings in the order in which they were found."""
    rows = await (await raw(session)).fetch(_PAGE, *wanted, after, limit)
    return [Finding(*row) for row in rows]


async def change(session: AsyncSession, finding_id: UUID, changes: Mapping[str, Any]) -> None:
    """Set columns of a finding that is locked; names of columns are the fields of ``Finding``."""
    await set_columns(await raw(session), "audit_findings", Finding._fields, finding_id, changes)


async def add_step(
    session: AsyncSession, finding: Finding, action: str, at: datetime, by: str, details: Mapping[str, Any]
) -> None:
    """Remember what was done to a finding that is locked, and the state it came to."""
    text = json.dumps(details, ensure_ascii=False, default=str)
    where = (finding.county_code, finding.facility_code)
    await (await raw(session)).execute(_ADD_STEP, finding.id, *where, action, finding.state, at, by, text)


async def steps(session: AsyncSession, finding_id: UUID) -> list[Step]:
    """What was done to a finding, in order."""
    return [Step(*row) for row in await (await raw(session)).fetch(_STEPS, finding_id)]


# Whoever reverses a settlement locks its visit first: while it is locked here, what stands goes on to stand.
_KEEP_SETTLEMENT = """
SELECT visit.settlement_id FROM visits AS visit JOIN settlements AS settled USING (facility_code, visit_no)
WHERE settled.id = (SELECT settlement_id FROM audit_findings WHERE id = $1) FOR SHARE OF visit
"""


async def keep_settlement(session: AsyncSession, finding_id: UUID) -> None:
    """Keep the settlement of a finding, if it has one, from being reversed until the transaction ends."""
    await (await raw(session)).execute(_KEEP_SETTLEMENT, finding_id)


_OF_SETTLEMENT = f"""
SELECT {COLUMNS} FROM audit_findings
WHERE settlement_id = $1 AND state IN ('found', 'notified', 'stated', 'deducted') ORDER BY id FOR UPDATE
"""


async def open_of_settlement(session: AsyncSession, settlement_id: UUID) -> list[Finding]:
    """The findings of a settlement that its reversal ends, locked."""
    return [Finding(*row) for row in await (await raw(session)).fetch(_OF_SETTLEMENT, settlement_id)]
