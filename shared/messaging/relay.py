"""The relay: gives committed events their positions and publishes them. One is active per service.

The PostgreSQL advisory lock only spares work: two relays at once would still be right, because
positions are given under the lock of ``relay_position`` and consumers know what they have applied.
"""

import asyncio
import time
from contextlib import suppress
from zlib import crc32

import asyncpg
from aiokafka.errors import KafkaError

from shared import logs
from shared.db import connect
from shared.messaging import event_log, metrics
from shared.messaging.failures import DRIVER_FAILURES, describe
from shared.messaging.publisher import Publisher
from shared.messaging.timing import Backoff, wait_until

SEQUENCE_LIMIT = 5_000
PUBLISH_LIMIT_PER_PARTITION = 1_000
BUSY_SECONDS = 0.1
"""The longest pause after a find: each round costs about as much for one event as for fifty."""
_PAUSE_SECONDS_PER_EVENT = 0.01
_STANDBY_SECONDS = 0.5
_BACKLOG_SECONDS = 2.0
_DRAIN_SECONDS = 8.0

log = logs.get(__name__)


class Relay:
    """Runs until told to stop; survives the loss of the broker and of the database."""

    def __init__(self, service: str, dsn: str, publisher: Publisher) -> None:
        self._service = service
        self._dsn = dsn
        self._publisher = publisher
        self._lock_key = crc32(f"relay:{service}".encode())
        self._work = asyncio.Event()
        self.leading = False

    async def run(self, stop: asyncio.Event) -> None:
        """Lead whenever possible, until ``stop``."""
        backoff = Backoff(first_seconds=0.1, limit_seconds=5.0)
        while not stop.is_set():
            try:
                await self._lead_once(stop)
                backoff.reset()
            except (OSError, TimeoutError, asyncpg.PostgresError, *DRIVER_FAILURES) as error:
                log.warning("relay lost the database", service=self._service, error=describe(error))
                await wait_until(stop, backoff.next())

    async def _lead_once(self, stop: asyncio.Event) -> None:
        connection = await connect(self._dsn, f"{self._service}-relay-sequencer")
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", self._lock_key):
                if await wait_until(stop, _STANDBY_SECONDS):
                    return
            self._set_leading(True)
            log.info("relay leads", service=self._service)
            await self._sequence_and_publish(connection, stop)
        finally:
            self._set_leading(False)
            connection.terminate()

    async def _sequence_and_publish(self, connection: event_log.Connection, stop: asyncio.Event) -> None:
        """Sequencing goes on while the broker is away: the feed serves what has a position."""
        self._work.set()
        publishing = asyncio.create_task(self._publish_until(stop))
        try:
            await self._sequence_until(connection, stop, publishing)
            await asyncio.wait([publishing], timeout=_DRAIN_SECONDS)
            if publishing.done():
                await publishing
        finally:
            publishing.cancel()
            # What failed first is on its way up; the other of two failures at one moment is not told.
            await asyncio.gather(publishing, return_exceptions=True)
            await self._publisher.close()

    async def _sequence_until(
        self, connection: event_log.Connection, stop: asyncio.Event, publishing: asyncio.Task[None]
    ) -> None:
        while not stop.is_set() and not publishing.done():
            sequenced = await event_log.sequence_once(connection, SEQUENCE_LIMIT)
            if sequenced:
                self._work.set()
            if not sequenced:
                await event_log.wait_for_events(connection)
            elif sequenced < SEQUENCE_LIMIT:
                await asyncio.sleep(min(BUSY_SECONDS, sequenced * _PAUSE_SECONDS_PER_EVENT))
        await event_log.sequence_once(connection, SEQUENCE_LIMIT)
        self._work.set()

    async def _publish_until(self, stop: asyncio.Event) -> None:
        """Publish what is sequenced; on ``stop`` once more, then return."""
        connection = await connect(self._dsn, f"{self._service}-relay-publisher")
        backoff = Backoff(first_seconds=0.1, limit_seconds=5.0)
        try:
            last = False
            while not last:
                last = stop.is_set()
                await self._wait_for_work()
                try:
                    await self._drain(connection)
                    backoff.reset()
                except (KafkaError, OSError, TimeoutError) as error:
                    if connection.is_closed():
                        raise
                    log.warning("relay cannot publish", service=self._service, error=describe(error))
                    await _measure_backlog(connection)
                    if stop.is_set():
                        return
                    self._work.set()
                    await wait_until(stop, backoff.next())
        finally:
            connection.terminate()

    async def _wait_for_work(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._work.wait(), _BACKLOG_SECONDS)
        self._work.clear()

    async def _drain(self, connection: event_log.Connection) -> None:
        published = PUBLISH_LIMIT_PER_PARTITION
        while published >= PUBLISH_LIMIT_PER_PARTITION:
            published = await self._publisher.publish_once(connection, PUBLISH_LIMIT_PER_PARTITION)
            await _measure_backlog(connection)

    def _set_leading(self, leading: bool) -> None:
        self.leading = leading
        metrics.LEADER.set(leading)


async def _measure_backlog(connection: event_log.Connection) -> None:
    began = time.time()
    metrics.BACKLOG.set(await event_log.backlog(connection))
    # When the question was asked: whatever was committed before that moment is in the answer.
    metrics.BACKLOG_OBSERVED.set(began)
