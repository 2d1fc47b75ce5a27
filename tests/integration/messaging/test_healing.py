"""Whatever happens to broker, database or feed: nothing is lost or doubled, and it goes on by itself."""

import asyncio
import time

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client import REGISTRY
from sqlalchemy import text

from shared.clock import SystemClock
from shared.db import connect
from shared.messaging import delivery, event_log, topic_of
from shared.messaging.kafka import close_producer, ensure_topics, producer_options
from shared.messaging.publisher import Publisher
from tests.support.wire import CONSUMER, PRODUCER, Wire, in_order_per_key, joined, running

pytestmark = pytest.mark.integration
NOWHERE = "127.0.0.1:9"
KEYS = [f"household-{no}" for no in range(20)]


async def write_rounds(wire: Wire, first: int, last: int) -> None:
    for number in range(first, last + 1):
        await wire.write(*[(key, number) for key in KEYS])


async def check(wire: Wire, number: int, seconds: float = 30) -> None:
    """Exactly ``number`` effects, in order, and none too many a moment later."""
    await wire.wait_for_effects(number, seconds)
    await asyncio.sleep(0.3)
    effects = await wire.effects()
    assert len(effects) == number
    assert in_order_per_key(effects)


def healed(wire: Wire) -> float:
    return REGISTRY.get_sample_value("kangfu_events_healed_total", {"source": wire.source}) or 0


async def publish_all(wire: Wire) -> None:
    """Run the relay's steps once, to the end."""
    connection = await connect(wire.platform.worker_url(PRODUCER), "test")
    publisher = Publisher(wire.source, wire.broker())
    while await event_log.sequence_once(connection, 1_000):
        pass
    while await publisher.publish_once(connection, 1_000):
        pass
    await publisher.close()
    await connection.close()


async def pretend_published(wire: Wire) -> None:
    """Events the broker has lost: they count as published and are on no topic."""
    await wire.sequence()
    await wire.platform.as_administrator(PRODUCER, "UPDATE relay_position SET published_position = position")


async def test_without_any_broker_the_feed_carries_every_event(wire: Wire) -> None:
    async with wire.serve_feed() as client, running(wire.relay(NOWHERE), wire.consumer(client, NOWHERE)):
        await write_rounds(wire, 1, 20)
        await check(wire, 400)
        await wire.write((KEYS[0], 21))
        await wire.wait_for_effects(401)


async def test_stopping_does_not_wait_for_a_broker_that_is_gone(wire: Wire) -> None:
    async with wire.serve_feed() as client:
        async with running(wire.relay(NOWHERE), wire.consumer(client, NOWHERE)):
            await write_rounds(wire, 1, 1)
            await asyncio.sleep(1)
            started = time.monotonic()
        assert time.monotonic() - started < 15


async def test_a_broker_that_never_answers_stops_nothing(wire: Wire) -> None:
    """As one that is frozen: it takes connections and says nothing."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    mute = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    address = f"127.0.0.1:{mute.sockets[0].getsockname()[1]}"
    async with wire.serve_feed() as client:
        async with running(wire.relay(address), wire.consumer(client, address)):
            await write_rounds(wire, 1, 10)
            await check(wire, 200)
            started = time.monotonic()
        assert time.monotonic() - started < 20
    mute.close()
    await mute.wait_closed()


async def test_without_the_feed_kafka_carries_every_event(wire: Wire) -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("feed is away")

    nobody = httpx.AsyncClient(transport=httpx.MockTransport(refuse))
    async with nobody, running(wire.relay(), wire.consumer(nobody)):
        await write_rounds(wire, 1, 20)
        await check(wire, 400)


async def test_a_hole_in_the_topic_and_repeated_events_change_nothing(wire: Wire) -> None:
    async with wire.serve_feed() as client:
        consumer = wire.consumer(client)
        async with running(consumer):
            await joined(consumer)
            await write_rounds(wire, 1, 5)
            await pretend_published(wire)
            await write_rounds(wire, 6, 10)
            await publish_all(wire)
            await check(wire, 200)
            assert healed(wire) >= 100
            # As after a crash between send and mark: the same events are on the topic twice.
            await wire.platform.as_administrator(PRODUCER, "UPDATE relay_position SET published_position = 0")
            await publish_all(wire)
            await write_rounds(wire, 11, 11)
            await publish_all(wire)
            await check(wire, 220)


async def test_a_broker_that_lost_everything_costs_nothing(wire: Wire) -> None:
    async with wire.serve_feed() as client, running(wire.relay(), consumer := wire.consumer(client)):
        await joined(consumer)
        await write_rounds(wire, 1, 5)
        await check(wire, 100)
        writing = asyncio.create_task(write_rounds(wire, 6, 30))
        await asyncio.to_thread(wire.platform.system.wipe_broker)
        await writing
        await check(wire, 600, seconds=40)


async def test_a_broker_that_is_away_for_a_while_is_used_again(wire: Wire) -> None:
    system = wire.platform.system
    async with wire.serve_feed() as client, running(wire.relay(), wire.consumer(client)):
        await write_rounds(wire, 1, 2)
        await check(wire, 40)
        await asyncio.to_thread(system.kill, "broker")
        await write_rounds(wire, 3, 6)
        await check(wire, 120)
        await asyncio.to_thread(system.restart, "broker")
        await write_rounds(wire, 7, 10)
        await check(wire, 200)
        await everything_published(wire)


async def everything_published(wire: Wire, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while True:
            async with wire.producer() as session:
                if not await session.scalar(
                    text("SELECT count(*) FROM relay_position WHERE position <> published_position")
                ):
                    return
            await asyncio.sleep(0.1)


async def test_garbage_on_the_topic_is_counted_and_stops_nothing(wire: Wire) -> None:
    await write_rounds(wire, 1, 1)
    topic = topic_of(wire.source)
    await ensure_topics(wire.broker(), [topic])
    producer = AIOKafkaProducer(**producer_options(wire.broker(), wire.source))
    await producer.start()
    await wire.sequence()
    real = (await wire.envelopes())[0]
    foreign = real.model_copy(update={"source": "registry", "position": 999})
    astray = real.model_copy(update={"partition": 31_000})
    for partition in range(8):
        events = (each.to_bytes() for each in (foreign, astray))
        for value in (b"garbage", None, b'{"specversion":"1.0"}', b"\xff" * 2_000, *events):
            await producer.send_and_wait(topic, value, key=b"k", partition=partition)
    await close_producer(producer)
    await publish_all(wire)
    async with wire.serve_feed() as client, running(wire.consumer(client)):
        await check(wire, 20)
        await asyncio.sleep(6)  # the group is joined by then
    assert refused(wire) == 48


def refused(wire: Wire) -> float:
    return REGISTRY.get_sample_value("kangfu_messages_refused_total", {"source": wire.source}) or 0


async def test_a_feed_that_hides_events_never_makes_a_consumer_skip_them(wire: Wire) -> None:
    await wire.write(("hidden", 1), division="990202")
    await wire.write(("hidden", 2))
    await pretend_published(wire)
    async with wire.serve_feed() as client:
        client.headers["Authorization"] = (
            f"Bearer {wire.platform.mint('narrow', ['events:read'], ['990101'])}"
        )
        async with running(wire.consumer(client, NOWHERE)):
            await asyncio.sleep(2)
            assert await wire.effects() == []
        client.headers["Authorization"] = f"Bearer {wire.platform.token('system')}"
        async with running(wire.consumer(client, NOWHERE)):
            await check(wire, 2)


async def test_a_relay_without_a_broker_says_how_many_events_wait(wire: Wire) -> None:
    await wire.write((KEYS[0], 1))
    async with running(wire.relay(NOWHERE)):
        for waiting in (1, 2):
            await _until_backlog_is(waiting)
            await asyncio.sleep(0.5)
            await wire.write((KEYS[0], waiting + 1))


async def _until_backlog_is(waiting: int) -> None:
    for _ in range(100):
        if REGISTRY.get_sample_value("kangfu_relay_backlog") == waiting:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"a backlog of {waiting} was not told")


async def test_a_projection_is_rebuilt_from_the_first_event_on(wire: Wire) -> None:
    async with wire.serve_feed() as client, running(wire.relay(), wire.consumer(client)):
        await write_rounds(wire, 1, 10)
        await check(wire, 200)
        async with wire.sessions.begin() as session:
            await session.execute(text("DELETE FROM test_effects"))
            await delivery.reset_positions(session, wire.source, SystemClock())
        await write_rounds(wire, 11, 12)
        await check(wire, 240)


async def test_a_lost_database_connection_costs_nothing(wire: Wire) -> None:
    async with wire.serve_feed() as client, running(wire.relay(), wire.consumer(client)):
        await wire.write((KEYS[0], 1))
        await wire.wait_for_effects(1)
        for number in range(2, 8):
            await wire.write((KEYS[0], number))
            for service in (PRODUCER, CONSUMER):
                await wire.platform.as_administrator(
                    service,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    f" WHERE datname = '{service}' AND pid <> pg_backend_pid() AND"
                    " (application_name LIKE '%relay%' OR state <> 'idle')",
                )
            await asyncio.sleep(0.2)
        await check(wire, 7)


async def test_a_second_relay_takes_over_when_the_first_stops(wire: Wire) -> None:
    first, second = wire.relay(), wire.relay()
    async with wire.serve_feed() as client, running(wire.consumer(client)), running(second):
        async with running(first):
            await write_rounds(wire, 1, 3)
            await check(wire, 60)
            assert [first.leading, second.leading].count(True) == 1
            if second.leading:
                first, second = second, first
        await write_rounds(wire, 4, 6)
        await check(wire, 120)


async def test_a_standing_by_relay_leads_when_the_leader_loses_its_session(wire: Wire) -> None:
    relays = [wire.relay(), wire.relay()]
    async with wire.serve_feed() as client, running(wire.consumer(client), *relays):
        await write_rounds(wire, 1, 3)
        await check(wire, 60)
        for _ in range(3):
            await wire.platform.as_administrator(
                PRODUCER,
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted",
            )
            await asyncio.sleep(0.3)
        await write_rounds(wire, 4, 8)
        await check(wire, 160)
        assert [relay.leading for relay in relays].count(True) == 1


async def test_two_workers_share_a_source_without_doubling(wire: Wire) -> None:
    async with wire.serve_feed() as client:
        workers = [wire.consumer(client) for _ in range(2)]
        async with running(wire.relay(), *workers):
            await joined(*workers)
            await write_rounds(wire, 1, 40)
            await check(wire, 800)
