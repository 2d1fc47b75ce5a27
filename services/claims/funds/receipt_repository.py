"""Statements that prepare a whole list of receipts at once."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.funds.repository import OPERATION_COLUMNS, Operation
from services.claims.funds.rules import RECEIPT
from shared.db import raw

_COLUMNS = (
    *("id", "kind", "county_code", "year", "payer", "source", "amount_fen", "on_day", "bank_reference"),
    *("document", "note", "state", "prepared_at", "prepared_by"),
)
_TYPES = (
    *("uuid", "text", "text", "smallint", "text", "text", "bigint", "date", "text"),
    *("text", "text", "text", "timestamptz", "text"),
)
# Warnings are codes of our own: none holds a comma.
_ADD = f"""
INSERT INTO fund_operations ({", ".join(_COLUMNS)}, warnings, accepted)
SELECT {", ".join(_COLUMNS)}, string_to_array(warnings, ','), '{{}}'::text[]
FROM unnest({", ".join(f"${no}::{name}[]" for no, name in enumerate(_TYPES, 1))}, ${len(_TYPES) + 1}::text[])
  WITH ORDINALITY AS new ({", ".join(_COLUMNS)}, warnings, place)
ORDER BY place
ON CONFLICT DO NOTHING RETURNING bank_reference
"""
_KNOWN = f"""
SELECT {OPERATION_COLUMNS} FROM fund_operations
WHERE county_code = $1 AND bank_reference = ANY($2::text[]) AND state IN ('prepared', 'approved')
"""
_ALIKE = f"""
SELECT year, payer, source, amount_fen, on_day FROM fund_operations
WHERE county_code = $1 AND kind = '{RECEIPT}' AND state IN ('prepared', 'approved')
  AND (year, payer, source, amount_fen, on_day) IN (
    SELECT * FROM unnest($2::smallint[], $3::text[], $4::text[], $5::bigint[], $6::date[]))
"""


async def known(session: AsyncSession, county_code: str, references: Sequence[str]) -> dict[str, Operation]:
    """The live operations that have these bank references."""
    rows = [
        Operation(*row) for row in await (await raw(session)).fetch(_KNOWN, county_code, list(references))
    ]
    return {row.bank_reference: row for row in rows if row.bank_reference is not None}


async def alike(
    session: AsyncSession, county_code: str, receipts: Sequence[Operation]
) -> set[tuple[object, ...]]:
    """Year, fund, source, amount and day of live receipts that look like one of these."""
    columns = [list(column) for column in zip(*(receipt.looks for receipt in receipts), strict=True)]
    if not columns:
        return set()
    return {tuple(row) for row in await (await raw(session)).fetch(_ALIKE, county_code, *columns)}


async def add_all(session: AsyncSession, receipts: Sequence[Operation]) -> set[str]:
    """Store new receipts; the bank references of those that nobody else has stored meanwhile."""
    rows = [(*(getattr(each, name) for name in _COLUMNS), ",".join(each.warnings)) for each in receipts]
    columns = [list(column) for column in zip(*rows, strict=True)]
    if not columns:
        return set()
    return {row[0] for row in await (await raw(session)).fetch(_ADD, *columns)}
