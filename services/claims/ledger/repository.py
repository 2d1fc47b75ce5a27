"""Statements on the ledger. Transfers are only ever added."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.ledger.postings import REVERSAL, Posting
from shared.db import raw

_TAKE_PLAN = text(
    "INSERT INTO financing_plans AS stored (plan_id, county_code, year, version)"
    " VALUES (:plan_id, :county_code, :year, :version)"
    " ON CONFLICT (plan_id) DO UPDATE SET version = excluded.version WHERE stored.version < excluded.version"
    " RETURNING plan_id"
)


async def take_plan_version(
    session: AsyncSession, plan_id: UUID, county_code: str, year: int, version: int
) -> bool:
    """Whether this version of a financing plan is newer than what is booked; locks the plan if so."""
    row = {"plan_id": plan_id, "county_code": county_code, "year": year, "version": version}
    return (await session.execute(_TAKE_PLAN, row)).one_or_none() is not None


_REVERSE = """
INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account, credit_account,
                       amount_fen, reference, reverses)
SELECT $2::timestamptz, county_code, year, facility_code, $4::text, credit_account, debit_account,
       amount_fen, $3::text, no
FROM transfers AS old
WHERE reference ^@ $1::text AND reverses IS NULL
  AND NOT EXISTS (SELECT 1 FROM transfers AS reversal WHERE reversal.reverses = old.no)
ORDER BY no
"""
_BOOK = """
INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account, credit_account,
                       amount_fen, reference)
SELECT $1::timestamptz, $2::text, $3::smallint, $9::text, kind, debit_account, credit_account, amount_fen,
  $4::text
FROM unnest($5::text[], $6::text[], $7::text[], $8::bigint[])
  WITH ORDINALITY AS new (kind, debit_account, credit_account, amount_fen, place)
ORDER BY place
"""


async def reverse_all(session: AsyncSession, prefix: str, reference: str, now: datetime) -> None:
    """Reverse every live transfer whose reference begins with ``prefix``, each linked to its original."""
    await (await raw(session)).execute(_REVERSE, prefix, now, reference, REVERSAL)


async def book(
    session: AsyncSession,
    county_code: str,
    year: int,
    reference: str,
    postings: Sequence[Posting],
    now: datetime,
    *,
    facility_code: str = "",
) -> None:
    """Add transfers that belong to no settlement; of a provider, if they are its business."""
    columns = [list(column) for column in zip(*postings, strict=True)]
    if columns:
        await (await raw(session)).execute(_BOOK, now, county_code, year, reference, *columns, facility_code)


_BOOK_EACH = """
INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account, credit_account,
                       amount_fen, reference)
SELECT $1::timestamptz, $2::text, $3::smallint, '', kind, debit_account, credit_account, amount_fen, reference
FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
  WITH ORDINALITY AS new (reference, kind, debit_account, credit_account, amount_fen, place)
ORDER BY place
"""


async def book_each(
    session: AsyncSession,
    county_code: str,
    year: int,
    referenced: Sequence[tuple[str, Posting]],
    now: datetime,
) -> None:
    """Add transfers that belong to no settlement, each with a reference of its own."""
    rows = [(reference, *posting) for reference, posting in referenced]
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        await (await raw(session)).execute(_BOOK_EACH, now, county_code, year, *columns)


_ACCOUNT = """
SELECT coalesce(sum(CASE WHEN debit_account = $3 THEN amount_fen END), 0)::bigint,
       coalesce(sum(CASE WHEN credit_account = $3 THEN amount_fen END), 0)::bigint
FROM transfers
WHERE county_code = $1 AND year = $2 AND facility_code = '' AND $3 IN (debit_account, credit_account)
"""


async def account_without_provider(
    session: AsyncSession, county_code: str, year: int, account: str
) -> tuple[int, int]:
    """Debits and credits of an account that no provider's bills touch, through an index of its own."""
    [row] = await (await raw(session)).fetch(_ACCOUNT, county_code, year, account)
    return row[0], row[1]


class AccountRow(NamedTuple):
    """What an account was debited and credited."""

    account: str
    debits_fen: int
    credits_fen: int


_BALANCES = """
SELECT account, sum(debit)::bigint AS debits_fen, sum(credit)::bigint AS credits_fen
FROM (
  SELECT debit_account AS account, amount_fen AS debit, 0 AS credit FROM transfers
  WHERE ($1::text IS NULL OR county_code = $1) AND ($2::smallint IS NULL OR year = $2)
  UNION ALL
  SELECT credit_account, 0, amount_fen FROM transfers
  WHERE ($1::text IS NULL OR county_code = $1) AND ($2::smallint IS NULL OR year = $2)
) AS side
GROUP BY account ORDER BY account
"""
_OF_SETTLEMENT = """
SELECT no, booked_at, kind, debit_account, credit_account, amount_fen, settlement_id, reference, reverses
FROM transfers WHERE settlement_id = $1 ORDER BY no
"""
_UNDER = """
SELECT no, booked_at, kind, debit_account, credit_account, amount_fen, settlement_id, reference, reverses
FROM transfers WHERE reference = $1 OR reverses = ANY(ARRAY(SELECT no FROM transfers WHERE reference = $1))
ORDER BY no LIMIT $2
"""
_MOST = 1_000


async def balances(session: AsyncSession, county_code: str | None, year: int | None) -> list[AccountRow]:
    """Debits and credits of every account, in one pass over the transfers the caller may see."""
    rows = await (await raw(session)).fetch(_BALANCES, county_code, year)
    return [AccountRow(*row) for row in rows]


async def of_settlement(session: AsyncSession, settlement_id: UUID) -> list[asyncpg.Record]:
    """The transfers of one settlement, in booking order."""
    return await (await raw(session)).fetch(_OF_SETTLEMENT, settlement_id)


async def under(session: AsyncSession, reference: str) -> list[asyncpg.Record]:
    """The first thousand transfers under a reference, with those that reverse them, in booking order."""
    return await (await raw(session)).fetch(_UNDER, reference, _MOST)
