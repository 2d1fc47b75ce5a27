"""The consumer: takes events from Kafka, and from the producers' feeds when Kafka lacks them."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from shared import logs
from shared.clock import Clock
from shared.db import Sessions
from shared.messaging import dead_letter_log, metrics, positions
from shared.messaging.delivery import BATCH_LIMIT, Delivery, Handlers, deliver, retry_asked
from shared.messaging.envelope import Envelope
from shared.messaging.failures import describe, is_transient
from shared.messaging.feed_client import FeedClient, FeedPage, FeedUnavailable
from shared.messaging.kafka_input import KafkaInput
from shared.messaging.source_state import SourceState
from shared.messaging.timing import Backoff, wait_until
from shared.messaging.watchdog import Watchdog

_POLL_SECONDS = 0.2
_HOUSEKEEPING_SECONDS = 2.0
# A long catch-up returns to Kafka now and then, so that the group does not lose its member.
_PAGES_AT_ONCE = 40

log = logs.get(__name__)


class _Stopped(Exception):
    """Asked to stop while a batch was waiting for its next try."""


class Consumer:
    """Applies the events of all sources of a service, each exactly once."""

    def __init__(
        self,
        sessions: Sessions,
        handlers: Handlers,
        sources: Sequence[str],
        kafka: KafkaInput,
        feed: FeedClient,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._handlers = handlers
        self._kafka = kafka
        self._feed = feed
        self._clock = clock
        self._stop = asyncio.Event()
        self._sources = {source: SourceState(source) for source in sources}
        self._kept_house_at = 0.0
        self.watchdog = Watchdog()
        self.turned_at = time.monotonic()
        self.dead_letters: dict[str, int] = {}

    @property
    def kafka_connected(self) -> bool:
        """Whether events come through Kafka; without it they come from the feeds alone."""
        return self._kafka.connected

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until ``stop``; the batch in hand is finished or rolled back first."""
        self._stop = stop
        with suppress(_Stopped):
            while not stop.is_set():
                await self._turn()
        await self._kafka.close()

    async def _turn(self) -> None:
        batch = await self._kafka.poll(_POLL_SECONDS)
        for name, envelopes in batch.items():
            await self._take(self._sources[name], envelopes)
        await self._kafka.commit()
        for source in self._sources.values():
            await self._ask_if_due(source)
        if time.monotonic() - self._kept_house_at > _HOUSEKEEPING_SECONDS:
            await self._keep_house()
        self.turned_at = time.monotonic()

    async def _take(self, source: SourceState, envelopes: Sequence[Envelope]) -> None:
        """Apply what Kafka delivered; what is missing before it comes from the feed first."""
        source.heard({envelope.partition for envelope in envelopes}, time.monotonic())
        delivery = await self._deliver(source.name, envelopes)
        if delivery.missing:
            log.info("gap", source=source.name, missing=dict(delivery.missing))
            await self._catch_up(source)
            await self._deliver(source.name, envelopes)

    async def _deliver(self, source: str, envelopes: Sequence[Envelope]) -> Delivery:
        """One batch, tried until it is committed: a transient failure must not cost an event its turn."""
        backoff = Backoff(first_seconds=0.05, limit_seconds=5.0)
        while True:
            try:
                delivery = await deliver(self._sessions, source, envelopes, self._handlers, self._clock)
                metrics.CONSUMED.labels(source).inc(delivery.applied)
                return delivery
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("batch will be tried again", source=source, error=describe(error))
            if await wait_until(self._stop, backoff.next()):
                raise _Stopped

    async def _ask_if_due(self, source: SourceState) -> None:
        now = time.monotonic()
        if not source.due(now, kafka_connected=self._kafka.connected):
            return
        if not (self._kafka.connected and source.busy(now)):
            await self._catch_up(source)
        elif await self._starves(source):
            log.info("kafka leaves a partition out", source=source.name)
            await self._catch_up(source)
        if self._kafka.connected and source.kafka_is_silent(time.monotonic()):
            log.warning("kafka is silent although there are events", source=source.name)
            await self._kafka.reset()
        if not self._kafka.connected:
            source.forget_expectations()

    async def _starves(self, source: SourceState) -> bool:
        asked = await self._ask(source, limit=1)
        return asked is not None and asked[1]

    async def _catch_up(self, source: SourceState) -> None:
        """Apply what the producer's feed has after our positions."""
        for _ in range(_PAGES_AT_ONCE):
            asked = await self._ask(source, BATCH_LIMIT)
            if asked is None or not asked[0].envelopes or self._stop.is_set():
                return
            page = asked[0]
            delivery = await self._deliver(source.name, page.envelopes)
            metrics.HEALED.labels(source.name).inc(delivery.applied)
            if delivery.missing:
                log.error("the feed hides events: its token sees too little", source=source.name)
                return
            ours = self._kafka.partitions_of(source.name) & {each.partition for each in page.envelopes}
            source.healed(ours, time.monotonic())
        source.ask_again()

    async def _ask(self, source: SourceState, limit: int) -> tuple[FeedPage, bool] | None:
        """A page after our positions and whether a partition starves; None while the feed is away."""
        began = time.time()
        try:
            async with self._sessions.begin() as session:
                stored = await positions.read(session, source.name)
            page = await self._feed.fetch(source.name, stored, limit)
        except Exception as error:
            if not isinstance(error, FeedUnavailable) and not is_transient(error):
                raise
            source.away(describe(error), time.monotonic())
            return None
        ahead_before = self.watchdog.ahead().get(source.name, 0)
        lag = self.watchdog.observe(source.name, stored, page.heads, time.monotonic())
        ahead = self.watchdog.ahead().get(source.name, 0)
        if ahead > ahead_before:
            log.error(
                "the producer's log ends before what was applied of it", source=source.name, events=ahead
            )
        metrics.AHEAD.labels(source.name).set(ahead)
        metrics.LAG.labels(source.name).set(lag)
        metrics.LAG_OBSERVED.labels(source.name).set(began)
        return page, source.answered(stored, page.heads, time.monotonic())

    async def _keep_house(self) -> None:
        """Count the dead letters; run the retries that were asked for, and count anew at the next turn."""
        self._kept_house_at = time.monotonic()
        applied = 0
        try:
            async with self._sessions() as session:
                self.dead_letters = await dead_letter_log.count_open(session)
            if self.dead_letters[dead_letter_log.RETRYING]:
                applied = await retry_asked(self._sessions, self._handlers, self._clock)
                self._kept_house_at = float("-inf")
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("housekeeping put off", error=describe(error))
            return
        if applied:
            log.info("dead letters applied", events=applied)
        for state, number in self.dead_letters.items():
            metrics.DEAD_LETTERS.labels(state).set(number)
