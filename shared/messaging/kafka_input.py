"""Events as Kafka delivers them. Connects by itself, again and again; an empty answer is a normal one."""

import asyncio
import time
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared import failpoints, logs
from shared.messaging import metrics, source_of, topic_of
from shared.messaging.envelope import Envelope, NotAnEnvelope
from shared.messaging.kafka import Broker, close_consumer, consumer_options, ensure_topics
from shared.messaging.timing import Backoff

_CONNECT_SECONDS = 20.0
_COMMIT_SECONDS = 2.0
_COMMIT_EVERY_SECONDS = 1.0

log = logs.get(__name__)


class KafkaInput:
    """One member of the service's consumer group, on the topics of its sources."""

    def __init__(self, service: str, broker: Broker, sources: Sequence[str]) -> None:
        self._service = service
        self._broker = broker
        self._topics = {topic_of(source): source for source in sources}
        self._consumer: AIOKafkaConsumer | None = None
        self._connecting: asyncio.Task[AIOKafkaConsumer] | None = None
        self._backoff = Backoff(first_seconds=0.5, limit_seconds=10.0)
        self._not_before = 0.0
        self._offsets: dict[TopicPartition, int] = {}
        self._committed_at = 0.0
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether there is a consumer that has joined Kafka once."""
        return self._consumer is not None

    def partitions_of(self, source: str) -> set[int]:
        """The partitions of a source that the group has given to us."""
        assigned = self._consumer.assignment() if self._consumer else set()
        return {each.partition for each in assigned if each.topic == topic_of(source)}

    async def poll(self, seconds: float) -> dict[str, list[Envelope]]:
        """What has arrived, by source; nothing after ``seconds``, or while Kafka is away."""
        consumer = await self._consumer_within(seconds)
        if consumer is None:
            return {}
        records = await consumer.getmany(timeout_ms=int(seconds * 1000))
        batch: dict[str, list[Envelope]] = {}
        for topic_partition, messages in records.items():
            source = self._topics[topic_partition.topic]
            envelopes = [_read(source, message.partition, message.value) for message in messages]
            if found := [envelope for envelope in envelopes if envelope]:
                batch.setdefault(source, []).extend(found)
            self._offsets[topic_partition] = messages[-1].offset + 1
        return batch

    async def commit(self) -> None:
        """Tell Kafka now and then how far we are. Losing this costs only re-reading."""
        if self._consumer is None or not self._offsets:
            return
        if time.monotonic() - self._committed_at < _COMMIT_EVERY_SECONDS:
            return
        failpoints.reach("consumer.before_offset_commit")
        offsets, self._offsets = self._offsets, {}
        self._committed_at = time.monotonic()
        try:
            await asyncio.wait_for(self._consumer.commit(offsets), _COMMIT_SECONDS)
        except KafkaError as error:
            # A rebalance has taken partitions away; whoever has them now reads some events again.
            log.info("offsets not committed", error=repr(error))
        except TimeoutError:
            log.warning("kafka does not take offsets, connecting anew", broker=self._broker.address)
            await self.reset()
        failpoints.reach("consumer.after_offset_commit")

    async def reset(self) -> None:
        """Give the consumer up; the next poll makes a new one. Closing goes on in the background."""
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            connecting.cancel()
            await asyncio.wait([connecting])
        consumer, self._consumer = self._consumer, None
        self._offsets.clear()
        if consumer is not None:
            closing = asyncio.create_task(close_consumer(consumer))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Leave the group and close everything; takes a few seconds when the broker is gone."""
        await self.reset()
        await asyncio.gather(*self._closing)

    async def _consumer_within(self, seconds: float) -> AIOKafkaConsumer | None:
        """The consumer, connecting in the background so that the caller can read the feed meanwhile."""
        if self._consumer is not None:
            return self._consumer
        if self._connecting is None:
            if time.monotonic() < self._not_before:
                await asyncio.sleep(min(seconds, self._not_before - time.monotonic()))
                return None
            self._connecting = asyncio.create_task(self._connect())
        await asyncio.wait([self._connecting], timeout=seconds)
        if not self._connecting.done():
            return None
        connecting, self._connecting = self._connecting, None
        if error := connecting.exception():
            pause = self._backoff.next()
            log.warning(
                "kafka is away", broker=self._broker.address, error=repr(error), retry_seconds=round(pause, 1)
            )
            self._not_before = time.monotonic() + pause
            return None
        self._backoff.reset()
        self._consumer = connecting.result()
        return self._consumer

    async def _connect(self) -> AIOKafkaConsumer:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await ensure_topics(self._broker, list(self._topics))
            consumer = AIOKafkaConsumer(*self._topics, **consumer_options(self._broker, self._service))
            try:
                await consumer.start()
            except BaseException:
                # Without its connections it does not wait for the group that it was about to join.
                await consumer._client.close()
                await close_consumer(consumer)
                raise
            return consumer


def _read(source: str, partition: int, message: bytes | None) -> Envelope | None:
    """An event, or None for anything else: the event that belongs there comes from the feed."""
    try:
        envelope = Envelope.from_bytes(message or b"")
        if not envelope.source == source == source_of(envelope.type):
            reason = "foreign source or type"
        elif envelope.partition != partition:
            reason = "foreign partition"
        else:
            return envelope
    except NotAnEnvelope as error:
        reason = str(error)
    metrics.REFUSED.labels(source).inc()
    log.warning("message refused", source=source, reason=reason)
    return None
