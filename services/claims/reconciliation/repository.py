"""Statements of the reconciliation: what was settled and reversed on given days, and the stored documents."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.reconciliation.rules import UNDONE, Amounts, Ours, Totals
from shared.db import raw


class Period(NamedTuple):
    """Instants (the end exclusive) of one provider; ``None`` does not restrict."""

    facility_code: str
    begin: datetime
    end: datetime
    visit_types: list[str] | None
    county_code: str | None


# Both sides know a settlement as it was settled: adjustments of later are between funds, provider and card.
# What the provider carries itself is neither a fund's nor the person's.
_SETTLED = f"""
SELECT false AS refund, id, visit_no, total_fen, settled_at AS at,
  total_fen - person_pays_fen - COALESCE((
    SELECT sum(amount_fen) FROM settlement_payers WHERE settlement_id = id AND payer = 'provider'
  ), 0) AS fund_fen
FROM settlements
WHERE facility_code = $1 AND settled_at >= $2 AND settled_at < $3
  AND ($4::text[] IS NULL OR visit_type = ANY($4)) AND ($5::text IS NULL OR division_code ^@ $5)
  AND NOT EXISTS (
    SELECT 1 FROM settlement_revisions AS undone
    WHERE undone.settlement_id = id AND undone.kind = 'reversal' AND undone.reason ^@ '{UNDONE}')
"""
_EVER_REVERSED = """
SELECT true AS refund, id, visit_no, settled.total_fen, recorded_at AS at,
  settled.total_fen - settled.person_pays_fen - COALESCE((
    SELECT sum(amount_fen) FROM settlement_payers WHERE settlement_id = id AND payer = 'provider'
  ), 0) AS fund_fen
FROM settlement_revisions AS reversal JOIN settlements AS settled ON id = settlement_id
WHERE reversal.facility_code = $1 AND recorded_at >= $2 AND recorded_at < $3 AND kind = 'reversal'
  AND ($4::text[] IS NULL OR visit_type = ANY($4)) AND ($5::text IS NULL OR settled.division_code ^@ $5)
"""
_REVERSED = f"{_EVER_REVERSED} AND NOT reason ^@ '{UNDONE}'"
_DAY = "(at AT TIME ZONE 'Asia/Shanghai')::date"
_TOTALS = "SELECT count(*), COALESCE(sum(total_fen), 0)::bigint, COALESCE(sum(fund_fen), 0)::bigint FROM"
_LINES = f"SELECT refund, id, visit_no, total_fen, fund_fen::bigint, {_DAY} FROM"
_ELSEWHERE = f"""
{_LINES} (
  SELECT * FROM ({_SETTLED} UNION ALL {_EVER_REVERSED}) AS made
  WHERE id = ANY($6::uuid[]) OR visit_no = ANY($7::text[])
) AS named ORDER BY id LIMIT $8
"""


async def totals(session: AsyncSession, period: Period, *, refunds: bool) -> Totals:
    """Number and sums of the settlements, or of the reversals, of a period."""
    source = _REVERSED if refunds else _SETTLED
    [row] = await (await raw(session)).fetch(f"{_TOTALS} ({source}) AS made", *period)
    return Totals(row[0], Amounts(row[1], row[2]))


async def lines(session: AsyncSession, period: Period, refunds: bool | None, limit: int) -> list[Ours]:
    """The settlements, the reversals, or (``None``) both of a period; at most ``limit``."""
    sources = {False: _SETTLED, True: _REVERSED, None: f"{_SETTLED} UNION ALL {_REVERSED}"}
    statement = f"{_LINES} ({sources[refunds]}) AS made ORDER BY id, refund LIMIT $6"
    return [_ours(row) for row in await (await raw(session)).fetch(statement, *period, limit)]


async def named(
    session: AsyncSession, period: Period, ids: Sequence[UUID], visit_nos: Sequence[str], limit: int
) -> list[Ours]:
    """Settlements and reversals, of those that undid as well, with these ids or visit numbers."""
    rows = await (await raw(session)).fetch(_ELSEWHERE, *period, list(ids), list(visit_nos), limit)
    return [_ours(row) for row in rows]


def _ours(row: asyncpg.Record) -> Ours:
    return Ours(row[0], str(row[1]), row[2], Amounts(row[3], row[4]), row[5])


class Document(NamedTuple):
    """One run as it is stored. Up to ``result``, which is JSON text, in the order of ``_ADD``."""

    id: UUID
    facility_code: str
    division_code: str
    first_day: date
    last_day: date
    county_code: str | None
    visit_types: list[str] | None
    scheme: str | None
    compared: list[str]
    state: str
    differences: int
    run_at: datetime
    run_by: str
    msgid: str | None
    result: str
    repaired_by: UUID | None = None
    repaired_at: datetime | None = None


_PROVIDER = "SELECT division_code FROM providers WHERE facility_code = $1"
_ADD = """
INSERT INTO reconciliations (
  id, facility_code, division_code, first_day, last_day, county_code, visit_types, scheme, compared, state,
  differences, run_at, run_by, msgid, result)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::text::jsonb)
"""
# An equal run repairs earlier ones that asked the same or less of the same period.
_REPAIR = """
UPDATE reconciliations SET state = 'repaired', repaired_by = $1, repaired_at = $2
WHERE state = 'open' AND facility_code = $3 AND first_day = $4 AND last_day = $5
  AND county_code IS NOT DISTINCT FROM $6 AND visit_types IS NOT DISTINCT FROM $7
  AND scheme IS NOT DISTINCT FROM $8 AND compared <@ $9
RETURNING id
"""
_COLUMNS = """
SELECT id, facility_code, division_code, first_day, last_day, county_code, visit_types, scheme, compared,
  state, differences, run_at, run_by, msgid, result::text, repaired_by, repaired_at FROM reconciliations
"""
_GET = f"{_COLUMNS} WHERE id = $1"
_PAGE = f"""
{_COLUMNS}
WHERE ($1::text IS NULL OR facility_code = $1) AND ($2::text IS NULL OR state = $2)
  AND ($3::text IS NULL OR msgid = $3) AND ($4::uuid IS NULL OR id > $4)
ORDER BY id LIMIT $5
"""


class Chosen(NamedTuple):
    """Which runs are listed; ``None`` does not restrict."""

    facility_code: str | None
    state: str | None
    msgid: str | None


async def division_of(session: AsyncSession, facility_code: str) -> str | None:
    """Where a provider is; ``None`` for one that is not registered."""
    found: str | None = await (await raw(session)).fetchval(_PROVIDER, facility_code)
    return found


async def add(session: AsyncSession, document: Document) -> None:
    """Store a run."""
    await (await raw(session)).execute(_ADD, *document[: Document._fields.index("repaired_by")])


async def repair(session: AsyncSession, equal: Document) -> list[UUID]:
    """Mark what an equal run of the same period has settled; the ids."""
    rows = await (await raw(session)).fetch(
        _REPAIR,
        equal.id,
        equal.run_at,
        equal.facility_code,
        equal.first_day,
        equal.last_day,
        equal.county_code,
        equal.visit_types,
        equal.scheme,
        equal.compared,
    )
    return [row[0] for row in rows]


async def get(session: AsyncSession, id_: UUID) -> Document | None:
    """One run; ``None`` where the caller sees none."""
    row = await (await raw(session)).fetchrow(_GET, id_)
    return Document(*row) if row else None


async def page(session: AsyncSession, chosen: Chosen, after: UUID | None, limit: int) -> list[Document]:
    """Runs in the order in which they were made."""
    rows = await (await raw(session)).fetch(_PAGE, *chosen, after, limit)
    return [Document(*row) for row in rows]
