"""One producer and one consumer of events, each on its own database, for tests of the messaging kit.

Names of source and consumer group are new in every test, so topics and groups are never shared.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import httpx
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.app import create_app
from shared.clock import SystemClock
from shared.db import Sessions, connect
from shared.messaging import event_log
from shared.messaging.consumer import Consumer
from shared.messaging.contract import EventData
from shared.messaging.delivery import Handlers
from shared.messaging.envelope import Envelope
from shared.messaging.event_log import NewEvent
from shared.messaging.failures import is_transient
from shared.messaging.feed import feed_router
from shared.messaging.feed_client import FeedClient
from shared.messaging.kafka import Broker
from shared.messaging.kafka_input import KafkaInput
from shared.messaging.publisher import Publisher
from shared.messaging.relay import Relay
from tests.support.platform import Client, Platform, serve

PRODUCER, CONSUMER = "registry", "claims"
_EFFECTS = text(
    "INSERT INTO test_effects (source, key, n, partition, position)"
    " SELECT source, key, n, partition, position FROM unnest(CAST(:sources AS text[]), CAST(:keys AS text[]),"
    "   CAST(:numbers AS bigint[]), CAST(:partitions AS int[]), CAST(:positions AS bigint[]))"
    "   AS t (source, key, n, partition, position)"
)


class Noted(EventData):
    """An event that says its number within its key."""

    n: int
    poison: bool = False


@dataclass
class Wire:
    """Producer, broker, feed and consumer of one test."""

    platform: Platform
    source: str = field(default_factory=lambda: f"t{uuid4().hex[:10]}")
    group: str = field(default_factory=lambda: f"g{uuid4().hex[:10]}")
    broken: bool = True

    contract: type[Noted] = Noted
    other: type[Noted] = Noted

    def __post_init__(self) -> None:
        self.contract = type("Noted", (Noted,), {"TYPE": f"{self.source}.noted.v1"})
        self.other = type("Other", (Noted,), {"TYPE": f"{self.source}.other.v1"})

    @property
    def producer(self) -> Sessions:
        return self.platform.worker_sessions(PRODUCER)

    @property
    def sessions(self) -> Sessions:
        return self.platform.worker_sessions(CONSUMER)

    @property
    def handlers(self) -> Handlers:
        return {self.contract.TYPE: self.note}

    async def write(
        self, *events: tuple[str, int], poison: Sequence[int] = (), division: str = "990101"
    ) -> None:
        """Commit events (key, number) in one transaction."""
        new = [
            NewEvent(self.contract(n=number, poison=number in poison), key, division)
            for key, number in events
        ]
        async with self.producer.begin() as session:
            await event_log.append(session, new, self.now())

    def now(self) -> datetime:
        """The present."""
        return SystemClock().now()

    async def sequence(self) -> int:
        """Give everything committed a position, as the relay does."""
        connection = await connect(self.platform.worker_url(PRODUCER), "test")
        try:
            return await event_log.sequence_once(connection, 100_000)
        finally:
            await connection.close()

    async def envelopes(self) -> list[Envelope]:
        """Everything sequenced, as the feed gives it."""
        async with self.serve_feed() as client:
            feed = self.feed(client)
            page = await feed.fetch(self.source, dict.fromkeys(range(8), 0), 1000)
            return page.envelopes

    @asynccontextmanager
    async def serve_feed(self, role: str = "system") -> AsyncIterator[Client]:
        """The producer's feed over HTTP, in this process."""
        app = create_app(PRODUCER, self.platform.settings(PRODUCER), [feed_router(self.source)], title="feed")
        async with serve(app, self.platform, role) as client:
            yield client

    def feed(self, client: httpx.AsyncClient) -> FeedClient:
        """A reader of that feed."""
        return FeedClient({self.source: "http://test"}, None, client)

    async def note(self, session: AsyncSession, events: Sequence[Envelope]) -> None:
        """The handler under test: one row per event, so that a doubled effect is visible."""
        data = [event.read(Noted) for event in events]
        if self.broken and any(each.poison for each in data):
            raise ValueError("cannot be applied")
        await session.execute(
            _EFFECTS,
            {
                "sources": [event.source for event in events],
                "keys": [event.partitionkey for event in events],
                "numbers": [each.n for each in data],
                "partitions": [event.partition for event in events],
                "positions": [event.position for event in events],
            },
        )

    async def effects(self) -> list[tuple[str, int]]:
        """Everything applied, (key, number), in the order of its effects."""
        async with self.sessions() as session:
            rows = await session.execute(
                text("SELECT key, n FROM test_effects WHERE source = :source ORDER BY id"),
                {"source": self.source},
            )
            return [(row.key, row.n) for row in rows]

    async def wait_for_effects(
        self, number: int, seconds: float = 20.0, poll_seconds: float = 0.02
    ) -> list[tuple[str, int]]:
        """Wait until at least ``number`` effects are there; looks again when the look itself was cut off."""
        async with asyncio.timeout(seconds):
            while True:
                try:
                    effects = await self.effects()
                except DBAPIError as error:
                    if not is_transient(error):
                        raise
                else:
                    if len(effects) >= number:
                        return effects
                await asyncio.sleep(poll_seconds)

    def broker(self, address: str | None = None) -> Broker:
        """The broker of this run, or one at another address."""
        apache = self.platform.system.options.broker == "apache"
        return Broker(address or self.platform.broker, idempotence=apache)

    def relay(self, address: str | None = None) -> Relay:
        """A relay of this producer."""
        publisher = Publisher(self.source, self.broker(address))
        return Relay(self.source, self.platform.worker_url(PRODUCER), publisher)

    def consumer(self, client: httpx.AsyncClient, address: str | None = None) -> Consumer:
        """A worker's consumer that reads this producer."""
        kafka = KafkaInput(self.group, self.broker(address), [self.source])
        return Consumer(self.sessions, self.handlers, [self.source], kafka, self.feed(client), SystemClock())


@asynccontextmanager
async def running(*parts: Relay | Consumer) -> AsyncIterator[None]:
    """Run parts in the background; stop them in order at the end, and fail if one failed."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in parts]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 30)


async def joined(*consumers: Consumer, seconds: float = 30) -> None:
    """Wait until Kafka serves these consumers; before that everything would come from the feed."""
    async with asyncio.timeout(seconds):
        while True:
            if all(consumer.kafka_connected for consumer in consumers):
                return
            await asyncio.sleep(0.05)


def in_order_per_key(effects: Sequence[tuple[str, int]]) -> bool:
    """Whether every key's numbers are 1, 2, 3 … in this order, each once."""
    seen: dict[str, int] = {}
    for key, number in effects:
        if number != seen.get(key, 0) + 1:
            return False
        seen[key] = number
    return True


async def clean(platform: Platform) -> None:
    """Empty logs and positions, and the table of effects."""
    await platform.as_administrator(
        PRODUCER,
        "TRUNCATE event_log",
        "UPDATE relay_position SET position = 0, published_position = 0",
    )
    await platform.as_administrator(
        CONSUMER,
        "TRUNCATE consumer_position, dead_letters",
        "CREATE TABLE IF NOT EXISTS test_effects"
        " (id bigserial, source text, key text, n bigint, partition int, position bigint)",
        "TRUNCATE test_effects",
        "GRANT ALL ON test_effects TO claims_worker",
        "GRANT ALL ON test_effects_id_seq TO claims_worker",
    )
