"""Statements that read the lineage, under the caller's row-level security."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.funds.movements import FundKey
from shared.db import raw
from shared.money import Fen


class SourceRow(NamedTuple):
    """What one fund paid for a settlement, and how much of it is whose money; no deposit means unfunded."""

    payer: str
    amount_fen: Fen
    deposit_no: int | None
    earmark: str | None
    received_on: date | None
    bank_reference: str | None
    document: str | None
    operation_id: UUID | None


class EarmarkRow(NamedTuple):
    """Money with one earmark: what came, what it was used for, what is left."""

    earmark: str
    deposits: int
    deposited_fen: Fen
    settlements_fen: Fen
    set_apart_fen: Fen
    other_fen: Fen
    left_fen: Fen


class DepositRow(NamedTuple):
    """One deposit, and the paper with which it came where it is a receipt."""

    deposit_no: int
    earmark: str
    amount_fen: Fen
    used_fen: Fen
    withdrawn: bool
    received_on: date | None
    bank_reference: str | None
    document: str | None
    operation_id: UUID | None


class UseRow(NamedTuple):
    """What a deposit paid for: a settlement, or something else by its kind."""

    use_no: int
    kind: str
    settlement_id: UUID | None
    facility_code: str | None
    visit_type: str | None
    month: date | None
    amount_fen: Fen


_OPERATION = """
LEFT JOIN transfers AS arrived ON arrived.no = {deposit}
LEFT JOIN fund_operations AS operation
  ON operation.id = CASE WHEN arrived.kind IN ('receipt', 'risk_advance', 'reserve_use')
                         THEN substr(arrived.reference, 16)::uuid END
"""
_SOURCES = f"""
SELECT held.payer, held.amount_fen, held.deposit_no, deposit.earmark, operation.on_day,
       operation.bank_reference, operation.document, operation.id
FROM (
  SELECT allocation.payer, allocation.deposit_no, sum(allocation.amount_fen)::bigint AS amount_fen
  FROM transfers AS booked JOIN earmark_allocations AS allocation ON allocation.use_no = booked.no
  WHERE booked.settlement_id = $1
  GROUP BY 1, 2 HAVING sum(allocation.amount_fen) <> 0
) AS held LEFT JOIN earmark_deposits AS deposit USING (deposit_no)
{_OPERATION.format(deposit="held.deposit_no")}
ORDER BY held.payer, deposit.position NULLS LAST
"""
_PAID = """
SELECT payer, sum(amount_fen)::bigint AS amount_fen,
       bool_and(EXISTS (SELECT 1 FROM earmark_steps WHERE transfer_no = no)) AS attributed
FROM (
  SELECT no, split_part(debit_account, ':', 2) AS payer, amount_fen FROM transfers
  WHERE settlement_id = $1 AND debit_account ^@ 'fund:'
  UNION ALL
  SELECT no, split_part(credit_account, ':', 2), -amount_fen FROM transfers
  WHERE settlement_id = $1 AND credit_account ^@ 'fund:'
) AS side GROUP BY payer ORDER BY payer
"""
_EARMARKS = """
WITH used AS (
  SELECT allocation.deposit_no,
    sum(allocation.amount_fen) FILTER (WHERE root.settlement_id IS NOT NULL) AS settlements_fen,
    sum(allocation.amount_fen) FILTER (WHERE root.kind = 'set_apart') AS set_apart_fen,
    sum(allocation.amount_fen) FILTER (
      WHERE root.settlement_id IS NULL AND root.kind <> 'set_apart') AS other_fen
  FROM earmark_allocations AS allocation JOIN transfers AS root ON root.no = allocation.use_no
  WHERE (allocation.county_code, allocation.year, allocation.payer) = ($1, $2, $3)
  GROUP BY allocation.deposit_no
)
SELECT COALESCE(deposit.earmark, 'unfunded') AS earmark, count(deposit.deposit_no)::integer,
       COALESCE(sum(deposit.amount_fen) FILTER (WHERE NOT deposit.withdrawn), 0)::bigint,
       COALESCE(sum(settlements_fen), 0)::bigint, COALESCE(sum(set_apart_fen), 0)::bigint,
       COALESCE(sum(other_fen), 0)::bigint,
       COALESCE(sum(deposit.amount_fen - deposit.used_fen) FILTER (WHERE NOT deposit.withdrawn), 0)::bigint
FROM (
  SELECT * FROM earmark_deposits WHERE (county_code, year, payer) = ($1, $2, $3)
) AS deposit FULL JOIN used ON used.deposit_no = deposit.deposit_no
GROUP BY 1 ORDER BY min(deposit.position) NULLS LAST, 1
"""
_RULE = "SELECT rule FROM earmark_funds WHERE (county_code, year, payer) = ($1, $2, $3)"
_DEPOSITS = f"""
SELECT deposit.deposit_no, deposit.earmark, deposit.amount_fen, deposit.used_fen, deposit.withdrawn,
       operation.on_day, operation.bank_reference, operation.document, operation.id
FROM earmark_deposits AS deposit {_OPERATION.format(deposit="deposit.deposit_no")}
WHERE (deposit.county_code, deposit.year, deposit.payer) = ($1, $2, $3)
  AND ($4::text IS NULL OR deposit.earmark = $4) AND deposit.deposit_no > $5
ORDER BY deposit.deposit_no LIMIT $6
"""
# No person, no diagnosis, no day: a settlement's id, where, what kind, in which month.
_USES = """
SELECT held.use_no, root.kind, root.settlement_id, settlement.facility_code, settlement.visit_type,
       date_trunc('month', settlement.discharged_on)::date, held.amount_fen
FROM (
  SELECT use_no, sum(amount_fen)::bigint AS amount_fen FROM earmark_allocations
  WHERE deposit_no = $1 AND use_no > $2 GROUP BY use_no HAVING sum(amount_fen) <> 0
  ORDER BY use_no LIMIT $3
) AS held JOIN transfers AS root ON root.no = held.use_no
LEFT JOIN settlements AS settlement ON settlement.id = root.settlement_id
ORDER BY held.use_no
"""
_KNOWN = "SELECT EXISTS (SELECT 1 FROM earmark_deposits WHERE deposit_no = $1)"


async def paid(session: AsyncSession, settlement_id: UUID) -> list[tuple[str, Fen, bool]]:
    """What every fund pays for a settlement now, and whether all of it is attributed."""
    rows = await (await raw(session)).fetch(_PAID, settlement_id)
    return [(row[0], row[1], row[2]) for row in rows]


async def sources(session: AsyncSession, settlement_id: UUID) -> list[SourceRow]:
    """Whose money paid for a settlement."""
    return [SourceRow(*row) for row in await (await raw(session)).fetch(_SOURCES, settlement_id)]


async def rule(session: AsyncSession, key: FundKey) -> str | None:
    """By which rule a fund is attributed; ``None`` before anything of it was."""
    found: str | None = await (await raw(session)).fetchval(_RULE, *key)
    return found


async def earmarks(session: AsyncSession, key: FundKey) -> list[EarmarkRow]:
    """A fund by earmark, unfunded money last."""
    return [EarmarkRow(*row) for row in await (await raw(session)).fetch(_EARMARKS, *key)]


async def deposits(
    session: AsyncSession, key: FundKey, earmark: str | None, after: int, limit: int
) -> list[DepositRow]:
    """Deposits of a fund in the order of their booking."""
    rows = await (await raw(session)).fetch(_DEPOSITS, *key, earmark, after, limit)
    return [DepositRow(*row) for row in rows]


async def deposit_known(session: AsyncSession, deposit_no: int) -> bool:
    """Whether the caller sees a deposit."""
    return bool(await (await raw(session)).fetchval(_KNOWN, deposit_no))


async def uses(session: AsyncSession, deposit_no: int, after: int, limit: int) -> list[UseRow]:
    """What a deposit paid for, the oldest use first."""
    return [UseRow(*row) for row in await (await raw(session)).fetch(_USES, deposit_no, after, limit)]
