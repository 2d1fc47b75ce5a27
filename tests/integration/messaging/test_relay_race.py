"""The order in which transactions commit is not the order of their numbers: what a relay must survive.

Two relays that are often written are shown to be wrong here: one with a cursor over the sequence number,
one that orders by transaction id behind the oldest running one ("xid8"). Interleavings are exact, not luck.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any, Protocol

import asyncpg
import pytest

from shared.db import connect
from shared.messaging import event_log, partition_of
from tests.support.platform import Platform
from tests.support.wire import PRODUCER, Wire, in_order_per_key

pytestmark = pytest.mark.integration
INSERT = (
    "INSERT INTO event_log (id, type, partition_key, partition, division_code, occurred_at, data)"
    " VALUES (gen_random_uuid(), 't', $1, $2, '990101', now(), jsonb_build_object('n', $3::bigint))"
)

Published = list[tuple[str, int]]


class RelayUnderTest(Protocol):
    """Something that finds events to publish, in the order in which it would publish them."""

    async def publish_once(self, connection: Any) -> Published: ...


class OurRelay:
    """The kit's own: positions for whatever is committed and has none, then by position."""

    def __init__(self) -> None:
        self._published: dict[int, int] = {}

    async def publish_once(self, connection: Any) -> Published:
        await event_log.sequence_once(connection, 1_000)
        rows = await event_log.unpublished(connection, 1_000)
        await event_log.mark_published(connection, {row["partition"]: row["position"] for row in rows})
        return [(row["partition_key"], number_in(row["data"])) for row in rows]


def number_in(data: str) -> int:
    return int(data.partition(":")[2].strip(" }"))


class CursorRelay:
    """Known to be wrong: everything with a sequence number above the last one seen."""

    def __init__(self) -> None:
        self._last = 0

    async def publish_once(self, connection: Any) -> Published:
        rows = await connection.fetch(
            "SELECT seq, partition_key AS key, (data->>'n')::bigint AS n FROM event_log"
            " WHERE seq > $1 ORDER BY seq",
            self._last,
        )
        self._last = max([self._last, *(row["seq"] for row in rows)])
        return [(row["key"], row["n"]) for row in rows]


class TransactionIdRelay:
    """Known to be wrong: by transaction id, up to the oldest transaction still running."""

    def __init__(self) -> None:
        self._last = (0, 0)

    async def publish_once(self, connection: Any) -> Published:
        rows = await connection.fetch(
            "SELECT xid, seq, key, n FROM (SELECT seq, partition_key AS key, (data->>'n')::bigint AS n,"
            # Rows are written once, so the inserting transaction is the row's xmin (no wrap in a test).
            "   xmin::text::bigint AS xid FROM event_log) AS event"
            " WHERE (xid, seq) > ($1, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
            " ORDER BY xid, seq",
            *self._last,
        )
        if rows:
            self._last = (rows[-1]["xid"], rows[-1]["seq"])
        return [(row["key"], row["n"]) for row in rows]


@pytest.fixture
async def database(platform: Platform, wire: Wire) -> str:
    """The producer's log, empty, and a table of aggregates with a row to lock for each key."""
    await platform.as_administrator(
        PRODUCER,
        "CREATE TABLE IF NOT EXISTS test_aggregates (key text PRIMARY KEY, n bigint NOT NULL)",
        "CREATE TABLE IF NOT EXISTS test_audit (n bigint)",
        "TRUNCATE test_aggregates, test_audit",
        "INSERT INTO test_aggregates SELECT 'k' || no, 0 FROM generate_series(0, 8) AS no",
        "GRANT ALL ON test_aggregates, test_audit TO registry_worker",
    )
    return platform.worker_url(PRODUCER)


class Writer:
    """One open transaction of a service: takes its transaction id, locks its aggregate, writes, commits."""

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self._connection = connection
        self._transaction = connection.transaction()

    async def begin(self) -> None:
        await self._transaction.start()

    async def take_transaction_id(self) -> None:
        await self._connection.execute("INSERT INTO test_audit VALUES (1)")

    async def write(self, key: str) -> None:
        number = await self._connection.fetchval(
            "UPDATE test_aggregates SET n = n + 1 WHERE key = $1 RETURNING n", key
        )
        await self._connection.execute(INSERT, key, partition_of(key), number)

    async def commit(self) -> None:
        await self._transaction.commit()


@pytest.fixture
async def writers(database: str) -> AsyncIterator[list[Writer]]:
    connections = [await connect(database, "writer") for _ in range(2)]
    yield [Writer(connection) for connection in connections]
    for connection in connections:
        await connection.close()


@pytest.fixture
async def reader(database: str) -> AsyncIterator[Any]:
    connection = await connect(database, "reader")
    yield connection
    await connection.close()


async def late_commit(writers: list[Writer], reader: Any, relay: RelayUnderTest) -> Published:
    """The lower sequence number commits after the relay has seen the higher one."""
    slow, fast = writers
    await slow.begin()
    await slow.write("k0")
    await fast.begin()
    await fast.write("k1")
    await fast.commit()
    published = await relay.publish_once(reader)
    await slow.commit()
    return published + await relay.publish_once(reader) + await relay.publish_once(reader)


async def early_id_late_lock(writers: list[Writer], reader: Any, relay: RelayUnderTest) -> Published:
    """The lower transaction id locks the aggregate last, so its change comes second."""
    early, late = writers
    await early.begin()
    await early.take_transaction_id()
    await late.begin()
    await late.take_transaction_id()
    await late.write("k0")
    await late.commit()
    await early.write("k0")
    await early.commit()
    return await relay.publish_once(reader) + await relay.publish_once(reader)


async def test_our_relay_publishes_what_commits_late(writers: list[Writer], reader: Any) -> None:
    assert sorted(await late_commit(writers, reader, OurRelay())) == [("k0", 1), ("k1", 1)]


async def test_our_relay_keeps_the_order_of_locks(writers: list[Writer], reader: Any) -> None:
    assert await early_id_late_lock(writers, reader, OurRelay()) == [("k0", 1), ("k0", 2)]


async def test_a_cursor_loses_what_commits_late(writers: list[Writer], reader: Any) -> None:
    assert await late_commit(writers, reader, CursorRelay()) == [("k1", 1)]


async def test_transaction_ids_turn_the_order_of_a_key_around(writers: list[Writer], reader: Any) -> None:
    assert await early_id_late_lock(writers, reader, TransactionIdRelay()) == [("k0", 2), ("k0", 1)]


async def test_an_open_transaction_does_not_stop_our_relay(writers: list[Writer], reader: Any) -> None:
    idle, busy = writers
    await idle.begin()
    await idle.take_transaction_id()
    await busy.begin()
    await busy.write("k0")
    await busy.commit()
    assert await TransactionIdRelay().publish_once(reader) == []
    assert await OurRelay().publish_once(reader) == [("k0", 1)]
    await idle.commit()


async def test_a_relay_waits_for_another_that_is_giving_positions(
    database: str, writers: list[Writer], reader: Any
) -> None:
    """Else it would number from a head that is out of date what has become visible meanwhile."""
    slow, fast = writers
    await slow.begin()
    await slow.write("k3")
    await fast.begin()
    await fast.write("k8")
    await fast.commit()
    assert partition_of("k3") == partition_of("k8")
    first = await connect(database, "first")
    async with first.transaction():
        assert await event_log.sequence_once(first, 100) == 1
        await slow.commit()
        second = asyncio.create_task(event_log.sequence_once(reader, 100))
        await asyncio.sleep(0.3)
        assert not second.done()
    assert await second == 1
    await first.close()
    assert await OurRelay().publish_once(reader) == [("k8", 1), ("k3", 1)]


async def test_the_wait_for_events_ends_with_a_commit_that_began_before_it_and_came_after_others(
    database: str, writers: list[Writer], reader: Any
) -> None:
    begun = time.monotonic()
    await event_log.wait_for_events(reader)
    in_vain, (slow, other) = time.monotonic() - begun, writers
    await slow.begin()
    await slow.write("k3")
    begun = time.monotonic()
    waiting = asyncio.create_task(event_log.wait_for_events(reader))
    await asyncio.sleep(0.1)
    await other.begin()
    await other.take_transaction_id()
    await other.commit()
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await slow.commit()
    await waiting
    assert time.monotonic() - begun < in_vain
    assert await event_log.sequence_once(reader, 100) == 1


async def work(database: str, seed: int, changes: int) -> None:
    """A writer of the race: id early, lock late, one to three keys a transaction, some rolled back."""
    choices = random.Random(seed)
    connection = await connect(database, f"writer-{seed}")
    try:
        for _ in range(changes):
            writer = Writer(connection)
            await writer.begin()
            await writer.take_transaction_id()
            await asyncio.sleep(choices.random() / 500)
            for key in sorted(choices.sample([f"k{no}" for no in range(6)], choices.randint(1, 3))):
                await writer.write(key)
            await asyncio.sleep(choices.random() / 1000)
            if choices.random() < 0.1:
                await writer._transaction.rollback()
            else:
                await writer.commit()
    finally:
        await connection.close()


async def race(database: str, relays: Iterable[RelayUnderTest], seed: int) -> list[Published]:
    """Five writers against relays that read as fast as they can."""
    reading = await connect(database, "reader")
    relays = list(relays)
    published: list[Published] = [[] for _ in relays]
    writing = asyncio.gather(*[work(database, seed + no, 120) for no in range(5)])
    finished = 0
    while finished < 2:
        finished += writing.done()
        for relay, found in zip(relays, published, strict=True):
            found.extend(await relay.publish_once(reading))
        await asyncio.sleep(0)
    await writing
    await reading.close()
    return published


async def test_five_writers_and_our_relay_miss_nothing_and_turn_nothing_around(
    database: str, reader: Any
) -> None:
    [ours] = await race(database, [OurRelay()], seed=20260101)
    written = await reader.fetchval("SELECT count(*) FROM event_log")
    assert written > 500
    assert len(ours) == written
    assert in_order_per_key(ours)
    gaps = await reader.fetchval(
        "SELECT count(*) FROM (SELECT partition, max(position) - count(*) AS gap FROM event_log"
        " GROUP BY partition) AS p WHERE gap <> 0"
    )
    assert gaps == 0


async def test_two_relays_at_once_give_every_event_one_position(database: str, reader: Any) -> None:
    relays = [await connect(database, f"relay-{no}") for no in range(2)]
    writing = asyncio.gather(*[work(database, no, 80) for no in range(5)])

    async def sequence(connection: Any) -> int:
        given = 0
        while not writing.done():
            given += await event_log.sequence_once(connection, 7)
        while more := await event_log.sequence_once(connection, 7):
            given += more
        return given

    given = await asyncio.gather(*[sequence(connection) for connection in relays])
    await writing
    for connection in relays:
        await connection.close()
    rows = await reader.fetch(
        "SELECT partition_key, (data->>'n')::bigint AS n, partition, position FROM event_log"
        " ORDER BY partition, position"
    )
    assert sum(given) == len(rows)
    assert in_order_per_key([(row["partition_key"], row["n"]) for row in rows])
    heads = {row["partition"]: row["position"] for row in rows}
    assert len(rows) == sum(heads.values())
