"""Statements on fund operations, under the caller's row-level security."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.funds.rules import PREPARED, Due, Repayment
from shared.db import raw
from shared.money import Fen


class Operation(NamedTuple):
    """An operation as stored; ``schedule`` is JSON text."""

    id: UUID
    kind: str
    county_code: str
    year: int
    payer: str
    source: str | None
    amount_fen: Fen
    on_day: date
    bank_reference: str | None
    document: str
    note: str | None
    warnings: Sequence[str]
    prepared_at: datetime
    prepared_by: str
    schedule: str | None = None
    reverses: UUID | None = None
    state: str = PREPARED
    accepted: Sequence[str] = ()
    decided_at: datetime | None = None
    decided_by: str | None = None
    decision_note: str | None = None

    @property
    def reference(self) -> str:
        """Under which reference its transfers are booked."""
        return f"fund_operation/{self.id}"

    @property
    def repayments(self) -> list[Repayment]:
        """The repayments planned for an advance."""
        planned = json.loads(self.schedule) if self.schedule else []
        return [Repayment(date.fromisoformat(day), fen) for day, fen in planned]

    @property
    def looks(self) -> tuple[object, ...]:
        """By what two receipts of a county look alike: year, fund, source, amount and day."""
        return self.year, self.payer, self.source, self.amount_fen, self.on_day

    def says_the_same(self, other: "Operation") -> bool:
        """Whether two operations are one sent twice; a remark may differ."""
        return self[1:10] == other[1:10] and self.repayments == other.repayments


OPERATION_COLUMNS = ", ".join("schedule::text" if name == "schedule" else name for name in Operation._fields)
_VALUES = ", ".join(
    f"${no}::jsonb" if name == "schedule" else f"${no}" for no, name in enumerate(Operation._fields, 1)
)
_ADD = f"""
INSERT INTO fund_operations ({", ".join(Operation._fields)}) VALUES ({_VALUES})
ON CONFLICT DO NOTHING RETURNING id
"""
_GET = f"SELECT {OPERATION_COLUMNS} FROM fund_operations WHERE id = $1"
_LOCK_ALL = "SELECT 1 FROM fund_operations WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
_BY_BANK_REFERENCE = f"""
SELECT {OPERATION_COLUMNS} FROM fund_operations
WHERE county_code = $1 AND bank_reference = $2 AND state IN ('prepared', 'approved')
"""
_PAGE = f"""
SELECT {OPERATION_COLUMNS} FROM fund_operations
WHERE ($1::text IS NULL OR county_code = $1) AND ($2::smallint IS NULL OR year = $2)
  AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR state = $4)
  AND ($5::text IS NULL OR payer = $5) AND ($6::uuid IS NULL OR id > $6)
ORDER BY id LIMIT $7
"""
_DECIDE = """
UPDATE fund_operations SET state = $2, accepted = $3, decided_at = $4, decided_by = $5, decision_note = $6
WHERE id = $1
"""
_TAKE_BACK = "UPDATE fund_operations SET state = 'reversed' WHERE id = $1"
_REVERSAL_OPEN = """
SELECT EXISTS (SELECT 1 FROM fund_operations WHERE reverses = $1 AND state IN ('prepared', 'approved'))
"""
_ALIKE = """
SELECT EXISTS (
  SELECT 1 FROM fund_operations
  WHERE kind = 'receipt' AND state IN ('prepared', 'approved') AND id <> $1
    AND (county_code, year, payer, source, amount_fen, on_day) = ($2, $3, $4, $5, $6, $7))
"""
_ADVANCES = f"""
SELECT {OPERATION_COLUMNS} FROM fund_operations
WHERE county_code = $1 AND kind = 'advance' AND state = 'approved'
"""


async def add(session: AsyncSession, operation: Operation) -> bool:
    """Store a new operation; false when its bank reference, or what it reverses, is taken."""
    return await (await raw(session)).fetchval(_ADD, *operation) is not None


async def get(session: AsyncSession, id_: UUID) -> Operation | None:
    """One operation; ``None`` where the caller sees none."""
    row = await (await raw(session)).fetchrow(_GET, id_)
    return Operation(*row) if row else None


async def lock(session: AsyncSession, id_: UUID) -> Operation | None:
    """The same, locked until the transaction ends: one decision at a time."""
    row = await (await raw(session)).fetchrow(f"{_GET} FOR UPDATE", id_)
    return Operation(*row) if row else None


async def lock_all(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Lock operations in one order, before anything else: who decides on several never waits in a circle."""
    await (await raw(session)).execute(_LOCK_ALL, list(ids))


async def by_bank_reference(session: AsyncSession, county_code: str, bank_reference: str) -> Operation | None:
    """The live operation that has a bank reference."""
    row = await (await raw(session)).fetchrow(_BY_BANK_REFERENCE, county_code, bank_reference)
    return Operation(*row) if row else None


class Wanted(NamedTuple):
    """Which operations to list; ``None`` means all."""

    county_code: str | None
    year: int | None
    kind: str | None
    state: str | None
    payer: str | None


async def page(session: AsyncSession, wanted: Wanted, after: UUID | None, limit: int) -> list[Operation]:
    """Operations in the order in which they were prepared."""
    rows = await (await raw(session)).fetch(_PAGE, *wanted, after, limit)
    return [Operation(*row) for row in rows]


async def decide(session: AsyncSession, operation: Operation) -> None:
    """Store the decision that an operation, which is locked, now carries."""
    decision = (operation.state, list(operation.accepted), operation.decided_at, operation.decided_by)
    await (await raw(session)).execute(_DECIDE, operation.id, *decision, operation.decision_note)


async def take_back(session: AsyncSession, id_: UUID) -> None:
    """Mark an operation, which is locked, as reversed."""
    await (await raw(session)).execute(_TAKE_BACK, id_)


async def reversal_open(session: AsyncSession, id_: UUID) -> bool:
    """Whether a reversal of an operation is prepared or approved."""
    return bool(await (await raw(session)).fetchval(_REVERSAL_OPEN, id_))


async def looks_alike(session: AsyncSession, receipt: Operation) -> bool:
    """Whether another receipt has the same fund, source, amount and day."""
    same = (receipt.county_code, receipt.year, receipt.payer, receipt.source, receipt.amount_fen)
    return bool(await (await raw(session)).fetchval(_ALIKE, receipt.id, *same, receipt.on_day))


async def advances(session: AsyncSession, county_code: str) -> list[Operation]:
    """The advances that stand."""
    return [Operation(*row) for row in await (await raw(session)).fetch(_ADVANCES, county_code)]


# Decisions on the funds of a county wait for one another; what one depends on is read by a later statement.
_LOCK_COUNTY = "SELECT pg_advisory_xact_lock(hashtextextended('claims.funds.' || $1, 0))"
_DUE = """
SELECT source,
  COALESCE(sum(debit_fen) FILTER (WHERE NOT payment AND fund = $3), 0)::bigint,
  COALESCE(-sum(debit_fen) FILTER (WHERE payment AND payer = $3), 0)::bigint
FROM (
  SELECT split_part(side.account, ':', 2) AS source, split_part(side.other, ':', 2) AS fund,
         COALESCE(original.kind, side.kind) IN ('receipt', 'sponsored_premium') AS payment,
         COALESCE(operation.payer, 'basic_insurance') AS payer, side.debit_fen
  FROM (
    SELECT debit_account AS account, credit_account AS other, amount_fen AS debit_fen, kind, reverses,
           reference
    FROM transfers
    WHERE county_code = $1 AND year = $2 AND facility_code = '' AND debit_account ^@ 'financing_due:'
    UNION ALL
    SELECT credit_account, debit_account, -amount_fen, kind, reverses, reference FROM transfers
    WHERE county_code = $1 AND year = $2 AND facility_code = '' AND credit_account ^@ 'financing_due:'
  ) AS side
  LEFT JOIN transfers AS original ON original.no = side.reverses
  LEFT JOIN fund_operations AS operation
    ON operation.id = CASE WHEN COALESCE(original.kind, side.kind) = 'receipt'
                           THEN substr(COALESCE(original.reference, side.reference), 16)::uuid END
) AS movement GROUP BY source ORDER BY source
"""
_BALANCE = """
SELECT COALESCE(sum(CASE WHEN credit_account = $1 THEN amount_fen ELSE -amount_fen END), 0)::bigint
FROM transfers WHERE (credit_account = $1 OR debit_account = $1) AND county_code = $2
"""
# The conditions on the beginnings of names are those of two small indexes.
_SPECIAL_ACCOUNT = """
SELECT COALESCE(sum(fen) FILTER (WHERE account = $2), 0)::bigint,
       COALESCE(-sum(fen) FILTER (WHERE account = $3), 0)::bigint
FROM (
  SELECT debit_account AS account, amount_fen AS fen FROM transfers
  WHERE debit_account IN ($2, $3) AND (debit_account ^@ 'bank:' OR debit_account ^@ 'in_payment:')
    AND county_code = $1
  UNION ALL
  SELECT credit_account, -amount_fen FROM transfers
  WHERE credit_account IN ($2, $3) AND (credit_account ^@ 'bank:' OR credit_account ^@ 'in_payment:')
    AND county_code = $1
) AS side
"""


async def lock_county(session: AsyncSession, county_code: str) -> None:
    """Let nobody else decide on this county's funds until the transaction ends."""
    await (await raw(session)).execute(_LOCK_COUNTY, county_code)


async def due(session: AsyncSession, county_code: str, year: int, payer: str) -> dict[str, Due]:
    """What every source owes a fund by its plan or policy, and what arrived of it; empty without either."""
    rows = await (await raw(session)).fetch(_DUE, county_code, year, payer)
    return {source: Due(owed, received) for source, owed, received in rows if owed or received}


async def credit_balance(session: AsyncSession, account: str, county_code: str) -> Fen:
    """Credits − debits of an account."""
    return int(await (await raw(session)).fetchval(_BALANCE, account, county_code))


async def special_account(
    session: AsyncSession, county_code: str, bank: str, in_payment: str
) -> tuple[Fen, Fen]:
    """Debits − credits of the account at the bank, credits − debits of payments on their way to it."""
    [row] = await (await raw(session)).fetch(_SPECIAL_ACCOUNT, county_code, bank, in_payment)
    return row[0], row[1]
