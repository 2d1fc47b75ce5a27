"""Statements on what the bank said."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import raw
from shared.money import Fen


class Result(NamedTuple):
    """What a file of the bank changed."""

    batch_id: UUID
    digest: bytes
    county_code: str
    format: str
    imported_at: datetime
    imported_by: str
    paid: int
    paid_fen: Fen
    failed: int
    failed_fen: Fen
    returned: int
    returned_fen: Fen


class Decided(NamedTuple):
    """What became of one item."""

    item_id: UUID
    state: str
    failure: str | None
    decided_on: date


_COLUMNS = ", ".join(Result._fields)
_FIND = f"SELECT {_COLUMNS} FROM payment_results WHERE batch_id = $1 AND digest = $2"
_ADD = f"""
INSERT INTO payment_results ({_COLUMNS})
VALUES ({", ".join(f"${no}" for no in range(1, len(Result._fields) + 1))})
"""
_DECIDE = """
UPDATE payment_items AS item SET state = said.state, failure = said.failure, decided_on = said.decided_on
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::date[]) AS said (id, state, failure, decided_on)
WHERE item.id = said.id AND item.batch_id = $1 AND item.state = 'in_payment'
"""


async def find(session: AsyncSession, batch_id: UUID, digest: bytes) -> Result | None:
    """The earlier import of the same file."""
    row = await (await raw(session)).fetchrow(_FIND, batch_id, digest)
    return Result(*row) if row else None


async def add(session: AsyncSession, result: Result) -> None:
    """Remember a file that was imported."""
    await (await raw(session)).execute(_ADD, *result)


async def decide(session: AsyncSession, batch_id: UUID, decided: Sequence[Decided]) -> None:
    """Store what became of items that are on their way."""
    columns = [list(column) for column in zip(*decided, strict=True)]
    if columns:
        await (await raw(session)).execute(_DECIDE, batch_id, *columns)
