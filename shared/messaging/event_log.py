"""The event log: writers append in the transaction of their change, the relay gives positions and reads.

Every statement on ``event_log`` and ``relay_position`` is here or in ``feed_repository``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg

from shared import trace
from shared.db import Transaction, write_last
from shared.ids import new_id
from shared.messaging import partition_of
from shared.messaging.contract import EventData, Written

MAX_PAYLOAD_LENGTH = 200_000
"""Well below the megabyte that Kafka takes, also in the worst encoding."""

Connection: TypeAlias = "asyncpg.Connection[Any]"


class NewEvent(NamedTuple):
    """An event about to be appended. ``key`` orders it (household id, else person id)."""

    data: EventData | Written
    key: str | UUID
    division: str


class EventColumns(NamedTuple):
    """New events as columns, in the order of the parameters of the statement."""

    ids: list[UUID]
    types: list[str]
    keys: list[str]
    partitions: list[int]
    divisions: list[str]
    payloads: list[str]
    occurred_at: datetime
    traceparent: str | None


# ORDER BY: the sequence number is the order inside a key, so it must follow the order of the arrays.
_INSERT = """
INSERT INTO event_log (id, type, partition_key, partition, division_code, data, occurred_at, traceparent)
SELECT id, type, partition_key, partition, division_code, data::json, $7::timestamptz, $8::text
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::text[])
     WITH ORDINALITY AS new (id, type, partition_key, partition, division_code, data, no)
ORDER BY no
"""


async def append(transaction: Transaction, events: Sequence[NewEvent], now: datetime) -> None:
    """Append events in the caller's transaction, in one statement.

    Lock the row that an event is about *before* appending it: that is what orders the events of a key.
    """
    if events:
        await write_last(transaction, _INSERT, *columns(events, now))


def columns(events: Sequence[NewEvent], now: datetime) -> EventColumns:
    """The parameters of the statement that appends.

    Raises ValueError for a payload that no broker would take: it would stop everything behind it.
    """
    payloads = [event.data.model_dump_json() for event in events]
    if max(map(len, payloads), default=0) > MAX_PAYLOAD_LENGTH:
        raise ValueError(f"an event's payload is longer than {MAX_PAYLOAD_LENGTH} characters")
    keys = [str(event.key) for event in events]
    return EventColumns(
        ids=[new_id() for _ in events],
        types=[event.data.TYPE for event in events],
        keys=keys,
        partitions=[partition_of(key) for key in keys],
        divisions=[event.division for event in events],
        payloads=payloads,
        occurred_at=now,
        traceparent=trace.current(),
    )


# The question is asked again inside the server: asking from outside costs many times as much. While no
# transaction ends, no event can have been committed, and the snapshot stays the same.
_WAIT_FOR_COMMITS = """
DO $$
DECLARE
  looked text;
BEGIN
  FOR turn IN 1..40 LOOP
    IF looked IS DISTINCT FROM pg_current_snapshot()::text THEN
      looked := pg_current_snapshot()::text;
      EXIT WHEN EXISTS (SELECT FROM event_log WHERE position IS NULL);
    END IF;
    PERFORM pg_sleep(0.025);
  END LOOP;
END $$
"""
_ANY_UNSEQUENCED = "SELECT EXISTS (SELECT 1 FROM event_log WHERE position IS NULL)"
_LOCK_HEADS = "SELECT partition FROM relay_position ORDER BY partition FOR UPDATE"
_SEQUENCE = """
WITH unsequenced AS (
  SELECT seq, partition FROM event_log WHERE position IS NULL ORDER BY seq LIMIT $1
), numbered AS (
  SELECT seq, partition, row_number() OVER (PARTITION BY partition ORDER BY seq) AS n FROM unsequenced
), sequenced AS (
  UPDATE event_log AS event SET position = head.position + numbered.n
  FROM numbered JOIN relay_position AS head USING (partition)
  WHERE event.seq = numbered.seq
  RETURNING event.partition
), counted AS (
  SELECT partition, count(*) AS n FROM sequenced GROUP BY partition
)
UPDATE relay_position AS head SET position = head.position + counted.n
FROM counted WHERE head.partition = counted.partition RETURNING counted.n
"""


async def wait_for_events(connection: Connection) -> None:
    """Return within 25 ms of the commit of an event, or after a second without one.

    A stop waits for the end of that second; so does a standby for the lock of a relay that was killed.
    """
    await connection.execute(_WAIT_FOR_COMMITS)


async def sequence_once(connection: Connection, limit: int) -> int:
    """Give up to ``limit`` committed events the next positions of their partitions; returns how many.

    Never by "seq greater than last seen": a lower seq may commit later. The heads are locked by a
    statement of their own, so that the next statement's snapshot is taken after the wait for the lock.

    The update must find each event by its seq: a second "position IS NULL" would let the planner read the
    whole index of unsequenced events once per event.
    """
    if not await connection.fetchval(_ANY_UNSEQUENCED):
        return 0
    async with connection.transaction():
        await connection.execute(_LOCK_HEADS)
        return sum(row["n"] for row in await connection.fetch(_SEQUENCE, limit))


_UNPUBLISHED = """
SELECT event.id, event.type, event.partition_key, event.partition, event.position, event.division_code,
       event.occurred_at, event.traceparent, event.data::text AS data
FROM relay_position AS head CROSS JOIN LATERAL (
  SELECT * FROM event_log
  WHERE event_log.partition = head.partition AND event_log.position > head.published_position
  ORDER BY event_log.position LIMIT $1
) AS event
ORDER BY event.partition, event.position
"""
_MARK_PUBLISHED = """
WITH locked AS (
  SELECT partition FROM relay_position WHERE partition = ANY($1::smallint[]) ORDER BY partition FOR UPDATE
)
UPDATE relay_position AS head SET published_position = GREATEST(head.published_position, sent.position)
FROM unnest($1::smallint[], $2::bigint[]) AS sent (partition, position), locked
WHERE head.partition = sent.partition AND locked.partition = sent.partition
"""
_BACKLOG = """
SELECT (SELECT sum(position - published_position) FROM relay_position)::bigint
     + (SELECT count(*) FROM event_log WHERE position IS NULL)
"""


async def unpublished(connection: Connection, limit_per_partition: int) -> list[asyncpg.Record]:
    """Sequenced events that are not known to be on the broker, by partition and position."""
    return await connection.fetch(_UNPUBLISHED, limit_per_partition)


async def mark_published(connection: Connection, positions: Mapping[int, int]) -> None:
    """Remember, per partition, the last position the broker has acknowledged. Never goes back."""
    await connection.execute(_MARK_PUBLISHED, list(positions), list(positions.values()))


async def backlog(connection: Connection) -> int:
    """Events that are committed but not published."""
    return int(await connection.fetchval(_BACKLOG))
