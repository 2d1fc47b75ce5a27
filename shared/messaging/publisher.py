"""Sends sequenced events to exactly their Kafka partition and waits until the broker has them."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError

from shared import failpoints
from shared.messaging import PARTITIONS, event_log, metrics, topic_of
from shared.messaging.envelope import CONTENT_TYPE, encode
from shared.messaging.kafka import Broker, close_producer, ensure_topics, producer_options

_HEADERS = [("content-type", CONTENT_TYPE.encode())]
_START_SECONDS = 10.0
_SEND_SECONDS = 15.0


class Publisher:
    """One producer, made anew after every failure. Not safe for two tasks at once."""

    def __init__(self, service: str, broker: Broker) -> None:
        self._service = service
        self._topic = topic_of(service)
        self._broker = broker
        self._options = producer_options(broker, service)
        self._producer: AIOKafkaProducer | None = None

    async def publish_once(self, connection: event_log.Connection, limit_per_partition: int) -> int:
        """Publish the next events of every partition and mark them; returns how many.

        After a crash between send and mark the same events are sent again: consumers know positions.
        """
        rows = await event_log.unpublished(connection, limit_per_partition)
        if not rows:
            return 0
        failpoints.reach("relay.before_send")
        await self._send(rows)
        failpoints.reach("relay.after_send")
        await event_log.mark_published(connection, {row["partition"]: row["position"] for row in rows})
        failpoints.reach("relay.after_mark")
        metrics.PUBLISHED.inc(len(rows))
        return len(rows)

    async def close(self) -> None:
        """Give the producer up; what is not acknowledged stays unpublished and is sent again later."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await close_producer(producer)

    async def _send(self, rows: Sequence[asyncpg.Record]) -> None:
        try:
            producer = self._producer or await asyncio.wait_for(self._start(), _START_SECONDS)
            await asyncio.wait_for(self._send_all(producer, rows), _SEND_SECONDS)
        except BaseException:
            await self.close()
            raise

    async def _start(self) -> AIOKafkaProducer:
        await ensure_topics(self._broker, [self._topic])
        producer = AIOKafkaProducer(**self._options)
        self._producer = producer
        await producer.start()
        return producer

    async def _send_all(self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> None:
        """Hand over the batches of each partition in order, partitions side by side; await every ack."""
        known = await producer.partitions_for(self._topic)
        if len(known) < PARTITIONS:
            raise UnknownTopicOrPartitionError(f"{self._topic} has {len(known)} partitions")
        acknowledgements: list[asyncio.Future[Any]] = []
        try:
            for partition, events in groupby(rows, key=lambda row: int(row["partition"])):
                for batch in _batches(producer, self._service, events):
                    sent = await producer.send_batch(batch, self._topic, partition=partition)
                    acknowledgements.append(sent)
            await asyncio.gather(*acknowledgements)
        finally:
            for acknowledgement in acknowledgements:
                # After the first failure nobody asks for the others.
                if acknowledgement.done() and not acknowledgement.cancelled():
                    acknowledgement.exception()
                acknowledgement.cancel()


def _batches(producer: AIOKafkaProducer, service: str, events: Iterator[asyncpg.Record]) -> Iterator[Any]:
    batch = producer.create_batch()
    for row in events:
        key, value = row["partition_key"].encode(), _encode(service, row)
        if batch.append(timestamp=None, key=key, value=value, headers=_HEADERS) is None:
            yield batch
            batch = producer.create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=_HEADERS)
    yield batch


def _encode(service: str, row: asyncpg.Record) -> bytes:
    return encode(
        id=row["id"],
        source=service,
        type=row["type"],
        time=row["occurred_at"],
        partition_key=row["partition_key"],
        partition=row["partition"],
        position=row["position"],
        division=row["division_code"],
        traceparent=row["traceparent"],
        data_json=row["data"],
    ).encode()
