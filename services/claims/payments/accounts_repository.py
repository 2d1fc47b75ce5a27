"""Statements on payee accounts."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw


class Account(NamedTuple):
    """An account as stored: holder and number are encrypted."""

    id: UUID
    change_id: UUID
    county_code: str
    payee_kind: str
    payee: str
    holder_sealed: bytes
    account_sealed: bytes
    account_index: bytes
    account_masked: str
    bank_name: str
    bank_code: str | None
    state: str
    proposed_at: datetime
    proposed_by: str
    decided_by: str | None = None


_COLUMNS = ", ".join(Account._fields)
_NEW = Account._fields[:14]
_TYPES = (
    "uuid",
    "uuid",
    "text",
    "text",
    "text",
    "bytea",
    "bytea",
    "bytea",
    *["text"] * 4,
    "timestamptz",
    "text",
)
_UNNESTED = ", ".join(f"${no}::{name}[]" for no, name in enumerate(_TYPES, 1))
_ADD = f"""
WITH superseded AS (
  UPDATE payee_accounts AS old SET state = 'superseded'
  FROM unnest($3::text[], $5::text[]) AS newer (county_code, payee)
  WHERE (old.county_code, old.payee) = (newer.county_code, newer.payee) AND old.state = 'proposed'
)
INSERT INTO payee_accounts ({", ".join(_NEW)}) SELECT * FROM unnest({_UNNESTED})
"""
# Two changes of one payee at once would both be proposed, or both be in force.
_LOCK_COUNTY = "SELECT pg_advisory_xact_lock(hashtextextended('claims.payee_accounts ' || $1, 0))"
_COUNTY_OF = "SELECT county_code FROM payee_accounts WHERE change_id = $1 LIMIT 1"
_CHANGE = f"SELECT {_COLUMNS} FROM payee_accounts WHERE change_id = $1 ORDER BY id FOR UPDATE"
_REPLACE = """
UPDATE payee_accounts AS old SET state = 'replaced' FROM payee_accounts AS newer
WHERE newer.change_id = $1 AND newer.state = 'proposed' AND old.state = 'active'
  AND (old.county_code, old.payee) = (newer.county_code, newer.payee)
"""
_DECIDE = """
UPDATE payee_accounts SET state = $2, decided_at = $3, decided_by = $4
WHERE change_id = $1 AND state = 'proposed' RETURNING id
"""
_PAGE = f"""
SELECT {_COLUMNS} FROM payee_accounts
WHERE ($1::text IS NULL OR county_code = $1) AND ($2::text IS NULL OR payee = $2)
  AND ($3::text IS NULL OR state = $3) AND ($4::uuid IS NULL OR id > $4)
ORDER BY id LIMIT $5
"""
_NAMED = f"SELECT {_COLUMNS} FROM payee_accounts WHERE id = ANY($1::uuid[])"
_ACTIVE = f"SELECT {_COLUMNS} FROM payee_accounts WHERE county_code = $1 AND payee = $2 AND state = 'active'"


async def add(session: AsyncSession, accounts: Sequence[Account]) -> None:
    """Store proposals; open ones of the same payees give way."""
    columns = zip(*(account[: len(_NEW)] for account in accounts), strict=True)
    await (await raw(session)).execute(_ADD, *(list(column) for column in columns))


async def lock_county(session: AsyncSession, county_code: str) -> None:
    """Let nobody else propose or decide on accounts of a county until the transaction ends."""
    await (await raw(session)).execute(_LOCK_COUNTY, county_code)


async def county_of(session: AsyncSession, change_id: UUID) -> str | None:
    """Whose change it is; ``None`` where the caller sees none."""
    county: str | None = await (await raw(session)).fetchval(_COUNTY_OF, change_id)
    return county


async def change(session: AsyncSession, change_id: UUID) -> list[Account]:
    """The accounts of one change, locked."""
    return [Account(*row) for row in await (await raw(session)).fetch(_CHANGE, change_id)]


async def put_in_force(session: AsyncSession, change_id: UUID, now: datetime, by: str) -> int:
    """Let the proposals of a change replace what was in force; how many."""
    connection = await raw(session)
    await connection.execute(_REPLACE, change_id)
    return len(await connection.fetch(_DECIDE, change_id, "active", now, by))


async def reject(session: AsyncSession, change_id: UUID, now: datetime, by: str) -> int:
    """Leave everything as it is; how many proposals are rejected."""
    return len(await (await raw(session)).fetch(_DECIDE, change_id, "rejected", now, by))


async def page(
    session: AsyncSession,
    county: str | None,
    payee: str | None,
    state: str | None,
    after: UUID | None,
    limit: int,
) -> list[Account]:
    """Accounts in the order in which they were proposed."""
    rows = await (await raw(session)).fetch(_PAGE, county, payee, state, after, limit)
    return [Account(*row) for row in rows]


async def named(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Account]:
    """These accounts, in force or not."""
    return {row[0]: Account(*row) for row in await (await raw(session)).fetch(_NAMED, list(ids))}


async def active(session: AsyncSession, county_code: str, payee: str) -> Account | None:
    """The account in force of a payee."""
    row = await (await raw(session)).fetchrow(_ACTIVE, county_code, payee)
    return Account(*row) if row else None
