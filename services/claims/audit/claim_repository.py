"""Statements on what deductions are taken from: what funds paid, what was taken, the lock of both."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.audit.case_repository import COLUMNS, Finding
from shared.db import raw
from shared.money import Fen


class Paid(NamedTuple):
    """What one fund of a year paid, or what was taken back for it."""

    payer: str
    year: int
    amount_fen: Fen


class Taken(NamedTuple):
    """What the deduction of a finding stands at, for one fund."""

    finding_id: UUID
    settlement_id: UUID | None
    paid: Paid


# Deductions from a provider's month and corrections of its bills go one after the other, so that none is
# worked out from what another is about to change.
_LOCK = "pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'audit_claim', {month}), 0))"
_MONTH_OF = (
    "left(division_code, 6) AS county_code, facility_code,"
    " date_trunc('month', discharged_on::timestamp)::date AS month"
)
_LOCK_MONTHS = f"""
WITH month AS MATERIALIZED (
  SELECT DISTINCT {_MONTH_OF} FROM settlements WHERE id = ANY($1) ORDER BY 1, 2, 3
)
SELECT {_LOCK.format(month="county_code, facility_code, month")} FROM month
"""
_LOCK_MONTH = f"""
SELECT {_LOCK.format(month="county_code, facility_code, month")} FROM audit_findings WHERE id = $1
"""
_AFFECTED = f"""
SELECT {COLUMNS} FROM audit_findings
WHERE state = 'deducted' AND id IN (
  SELECT id FROM audit_findings WHERE settlement_id = ANY($1)
  UNION ALL
  SELECT finding.id FROM (SELECT DISTINCT {_MONTH_OF} FROM settlements WHERE id = ANY($1)) AS of_bill
  JOIN audit_findings AS finding USING (county_code, facility_code, month) WHERE finding.settlement_id IS NULL
)
ORDER BY decided_at DESC, id DESC FOR UPDATE
"""
_PAID = """
SELECT payer, year, sum(amount_fen)::bigint
FROM current_settlements AS settlement
CROSS JOIN LATERAL unnest(payers, payer_fen) AS part (payer, amount_fen)
WHERE settlement.id = $1 AND status = 'settled' AND payer <> 'provider'
GROUP BY payer, year ORDER BY payer, year
"""
_PAID_IN_MONTH = """
SELECT payer, year, sum(amount_fen)::bigint
FROM current_settlements AS settlement
CROSS JOIN LATERAL unnest(payers, payer_fen) AS part (payer, amount_fen)
WHERE facility_code = $1 AND division_code ^@ $2 AND discharged_on >= $3
  AND discharged_on < $3 + interval '1 month' AND status = 'settled' AND payer <> 'provider'
GROUP BY payer, year ORDER BY payer, year
"""
_TAKEN = """
SELECT finding.id, finding.settlement_id, split_part(booked.credit_account, ':', 2) AS payer, booked.year,
  sum(booked.amount_fen)::bigint
FROM audit_findings AS finding JOIN transfers AS booked ON booked.reference = 'audit_finding/' || finding.id
WHERE finding.facility_code = $1 AND finding.county_code = $2 AND finding.month = $3
  AND finding.state = 'deducted' AND booked.kind = 'audit_deduction'
  AND NOT EXISTS (SELECT FROM transfers AS mirror WHERE mirror.reverses = booked.no)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, 4
"""


async def lock_months(session: AsyncSession, settlement_ids: Sequence[UUID]) -> None:
    """Let nobody else decide on the providers' months of these settlements until the transaction ends."""
    await (await raw(session)).execute(_LOCK_MONTHS, list(settlement_ids))


async def lock_month(session: AsyncSession, finding_id: UUID) -> None:
    """The same for the provider's month of a finding; comes before the lock of the finding itself."""
    await (await raw(session)).execute(_LOCK_MONTH, finding_id)


async def affected(session: AsyncSession, settlement_ids: Sequence[UUID]) -> list[Finding]:
    """Deductions from these settlements and their providers' months, the latest decision first, locked."""
    return [Finding(*row) for row in await (await raw(session)).fetch(_AFFECTED, list(settlement_ids))]


async def paid_of(session: AsyncSession, settlement_id: UUID) -> list[Paid]:
    """What funds paid of a settlement as it stands."""
    return [Paid(*row) for row in await (await raw(session)).fetch(_PAID, settlement_id)]


async def paid_in(session: AsyncSession, facility_code: str, county_code: str, month: date) -> list[Paid]:
    """What funds paid of a provider's month as it stands."""
    rows = await (await raw(session)).fetch(_PAID_IN_MONTH, facility_code, county_code, month)
    return [Paid(*row) for row in rows]


async def taken_in(session: AsyncSession, facility_code: str, county_code: str, month: date) -> list[Taken]:
    """What the deductions of a provider's month stand at, from its bills and from the whole."""
    rows = await (await raw(session)).fetch(_TAKEN, facility_code, county_code, month)
    return [Taken(row[0], row[1], Paid(*row[2:])) for row in rows]
