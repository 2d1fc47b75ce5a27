"""Every statement on ``dead_letters``: events that could not be applied, and those that wait behind them.

At most one open row of a key is ``poisoned`` or ``retrying``, and it is the first; the rest are ``parked``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.ids import new_id
from shared.messaging.envelope import Envelope

POISONED, PARKED, RETRYING, RESOLVED = "poisoned", "parked", "retrying", "resolved"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event put aside, why, and after how many tries."""

    envelope: Envelope
    state: str
    error: str
    attempts: int


@dataclass(frozen=True, slots=True)
class OpenLetter:
    """A stored dead letter that is not resolved."""

    id: UUID
    envelope: Envelope
    attempts: int


_BLOCKED = text(
    "SELECT DISTINCT partition_key FROM dead_letters"
    " WHERE source = :source AND partition_key = ANY(:keys) AND state <> 'resolved'"
)
_STORE = text(
    "INSERT INTO dead_letters"
    " (id, source, partition_key, partition, position, state, envelope, error, attempts, recorded_at)"
    " VALUES (:id, :source, :key, :partition, :position, :state, CAST(:envelope AS jsonb), :error,"
    "         :attempts, :now)"
    " ON CONFLICT (source, partition, position) DO UPDATE SET state = excluded.state,"
    "   error = excluded.error, attempts = excluded.attempts, recorded_at = excluded.recorded_at,"
    "   resolved_at = NULL"
)
_ASKED = text(
    "SELECT source, partition_key, partition FROM dead_letters WHERE state = 'retrying'"
    " ORDER BY source, partition_key LIMIT :limit"
)
_OPEN_OF_KEY = text(
    "SELECT id, envelope::text AS envelope, attempts, state FROM dead_letters"
    " WHERE source = :source AND partition_key = :key AND state <> 'resolved'"
    " ORDER BY position LIMIT :limit"
)
_RESOLVE = text(
    "UPDATE dead_letters SET state = 'resolved', resolved_at = :now, attempts = attempts + 1"
    " WHERE id = ANY(:ids)"
)
_SET_STATE = text(
    "UPDATE dead_letters SET state = :state, error = COALESCE(:error, error), attempts = :attempts"
    " WHERE id = :id"
)
_CLOSE_SOURCE = text(
    "UPDATE dead_letters SET state = 'resolved', resolved_at = :now"
    " WHERE source = :source AND state <> 'resolved'"
)
_COLUMNS = (
    "id, source, partition_key, partition, position, state, envelope::text AS envelope, error, attempts,"
    " recorded_at, resolved_at"
)
_LIST = text(
    f"SELECT {_COLUMNS} FROM dead_letters"
    " WHERE CASE WHEN CAST(:state AS text) IS NULL THEN state <> 'resolved' ELSE state = :state END"
    "   AND (CAST(:after AS uuid) IS NULL OR id > :after)"
    " ORDER BY id LIMIT :limit"
)
_FIND = text(f"SELECT {_COLUMNS} FROM dead_letters WHERE id = :id")
_ASK = text("UPDATE dead_letters SET state = 'retrying' WHERE id = :id AND state = 'poisoned'")
_COUNT = text("SELECT state, count(*) AS n FROM dead_letters WHERE state <> 'resolved' GROUP BY state")


async def blocked_keys(session: AsyncSession, source: str, keys: Sequence[str]) -> set[str]:
    """Those of the keys behind whose open dead letter later events must wait."""
    rows = await session.execute(_BLOCKED, {"source": source, "keys": list(set(keys))})
    return set(rows.scalars())


async def store(session: AsyncSession, letters: Sequence[DeadLetter], now: datetime) -> None:
    """Put events aside, in the transaction that moves the position past them."""
    if letters:
        await session.execute(_STORE, [_row(letter, now) for letter in letters])


def _row(letter: DeadLetter, now: datetime) -> Mapping[str, object]:
    envelope = letter.envelope
    return {
        "id": new_id(),
        "source": envelope.source,
        "key": envelope.partitionkey,
        "partition": envelope.partition,
        "position": envelope.position,
        "state": letter.state,
        "envelope": envelope.to_bytes().decode(),
        "error": letter.error,
        "attempts": letter.attempts,
        "now": now,
    }


async def listing(
    session: AsyncSession, state: str | None, after: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Dead letters in a state, or all open ones, in the order of their ids."""
    return (await session.execute(_LIST, {"state": state, "after": after, "limit": limit})).all()


async def find(session: AsyncSession, letter_id: UUID) -> Row[Any] | None:
    """One dead letter."""
    return (await session.execute(_FIND, {"id": letter_id})).one_or_none()


async def ask(session: AsyncSession, letter_id: UUID) -> None:
    """Ask for a retry of a poisoned event; asking twice changes nothing."""
    await session.execute(_ASK, {"id": letter_id})


async def asked_for(session: AsyncSession, limit: int) -> list[tuple[str, str, int]]:
    """(source, key, partition) of the dead letters whose retry was asked for."""
    rows = await session.execute(_ASKED, {"limit": limit})
    return [(row.source, row.partition_key, row.partition) for row in rows]


async def open_of_key(session: AsyncSession, source: str, key: str, limit: int) -> list[OpenLetter]:
    """The open letters of a key in their order, if a retry of the first is asked for; else none."""
    rows = (await session.execute(_OPEN_OF_KEY, {"source": source, "key": key, "limit": limit})).all()
    if not rows or rows[0].state != RETRYING:
        return []
    return [OpenLetter(row.id, Envelope.from_bytes(row.envelope.encode()), row.attempts) for row in rows]


async def resolve(session: AsyncSession, ids: Sequence[UUID], now: datetime) -> None:
    """These events are applied now."""
    await session.execute(_RESOLVE, {"ids": list(ids), "now": now})


async def poison_again(session: AsyncSession, letter: OpenLetter, error: str, attempts: int) -> None:
    """A retried event failed again; those behind it stay parked."""
    parameters = {"id": letter.id, "state": POISONED, "error": error, "attempts": letter.attempts + attempts}
    await session.execute(_SET_STATE, parameters)


async def continue_with(session: AsyncSession, letter: OpenLetter) -> None:
    """Ask for the retry of the next letter of a key, when there were more than fit one transaction."""
    parameters = {"id": letter.id, "state": RETRYING, "error": None, "attempts": letter.attempts}
    await session.execute(_SET_STATE, parameters)


async def close_source(session: AsyncSession, source: str, now: datetime) -> None:
    """Forget what is put aside of a source that is about to be applied from the beginning."""
    await session.execute(_CLOSE_SOURCE, {"source": source, "now": now})


async def count_open(session: AsyncSession) -> dict[str, int]:
    """Open dead letters by state."""
    counts = {POISONED: 0, PARKED: 0, RETRYING: 0}
    counts.update({row.state: row.n for row in await session.execute(_COUNT)})
    return counts
