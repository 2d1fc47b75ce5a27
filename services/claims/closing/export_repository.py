"""Statements of the export: the closes of a county, read in one snapshot, transfer by transfer."""

from collections.abc import AsyncIterator
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from services.claims.closing.repository import OF_CLOSE, Close, Stated

Connection: TypeAlias = "asyncpg.Connection[Any]"

_FREEZE = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL enable_seqscan = on;
SET LOCAL enable_hashjoin = on;
SET LOCAL enable_mergejoin = on
"""
_CLOSES = f"SELECT {', '.join(Close._fields)} FROM day_closes WHERE county_code = $1 ORDER BY no"
_TRANSFERS = """
SELECT transfer_no, CASE WHEN entry.no IS NOT NULL THEN ledger_line(entry) END, link
FROM closed_transfers LEFT JOIN transfers AS entry ON entry.no = transfer_no
WHERE close_id = $1 ORDER BY transfer_no
"""
_ROWS_AT_ONCE = 5_000


async def freeze(connection: Connection) -> None:
    """Let everything that is read belong to one moment; the connection is closed afterwards."""
    await connection.execute(_FREEZE)


async def closes(connection: Connection, county_code: str) -> list[Close]:
    """The closes of a county, in order."""
    return [Close(*row) for row in await connection.fetch(_CLOSES, county_code)]


async def transfers(connection: Connection, close_id: UUID) -> AsyncIterator[tuple[int, str | None, bytes]]:
    """Number, record (``None`` when it is gone) and link of the transfers of a close, in order."""
    async for row in connection.cursor(_TRANSFERS, close_id, prefetch=_ROWS_AT_ONCE):
        yield row[0], row[1], row[2]


async def statements(connection: Connection, close_id: UUID) -> list[Stated]:
    """The provider statements of a close, by provider."""
    return [Stated(*row) for row in await connection.fetch(OF_CLOSE, close_id)]
