"""Statements that book many transfers of their own references at once. Transfers are only ever added."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.ledger.postings import REVERSAL, NewTransfer
from shared.db import raw

_BOOK = """
INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account, credit_account,
                       amount_fen, reference)
SELECT $1::timestamptz, $2::text, year, facility_code, kind, debit_account, credit_account, amount_fen,
       reference
FROM unnest($3::text[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[])
  WITH ORDINALITY AS new (reference, year, facility_code, kind, debit_account, credit_account, amount_fen,
                          place)
ORDER BY place
"""
_REVERSE = """
INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account, credit_account,
                       amount_fen, reference, reverses)
SELECT $3::timestamptz, county_code, year, facility_code, $4::text, credit_account, debit_account,
       amount_fen, reference, no
FROM transfers WHERE reference = ANY($1::text[]) AND kind = $2 AND reverses IS NULL ORDER BY no
"""


async def book(
    session: AsyncSession, county_code: str, transfers: Sequence[NewTransfer], now: datetime
) -> None:
    """Add transfers in their order, in one statement."""
    columns = [list(column) for column in zip(*transfers, strict=True)]
    if columns:
        await (await raw(session)).execute(_BOOK, now, county_code, *columns)


async def reverse(session: AsyncSession, references: Sequence[str], kind: str, now: datetime) -> None:
    """Reverse every transfer of a kind under these references, each linked to its original.

    The database refuses the second reversal of a transfer.
    """
    if references:
        await (await raw(session)).execute(_REVERSE, list(references), kind, now, REVERSAL)
