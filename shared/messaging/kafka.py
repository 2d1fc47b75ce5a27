"""How the kit talks to Kafka. Every default of the library that could lose or double events is set here."""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    InvalidPartitionsError,
    NoError,
    TopicAlreadyExistsError,
    for_code,
)

from shared import logs
from shared.messaging import PARTITIONS

_TRIES = 3
_RETENTION_MS = 30 * 24 * 3600 * 1000  # the feed has everything older
_CLOSE_SECONDS = 5.0

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Broker:
    """Which Kafka, and what it can do. ``replication`` is for topics that have to be made."""

    address: str
    idempotence: bool = True
    replication: int = 1


def producer_options(broker: Broker, service: str) -> dict[str, Any]:
    """Settings of the relay's producer: an event counts as published when all in-sync replicas have it."""
    return {
        "bootstrap_servers": broker.address,
        "client_id": f"{service}-relay",
        "acks": "all",
        "enable_idempotence": broker.idempotence,
        # Bounds one request. The idempotent producer has no bound of its own on a send: see Relay.
        "request_timeout_ms": 5_000,
        "retry_backoff_ms": 100,
        "max_batch_size": 512 * 1024,
        "max_request_size": 1024 * 1024,
        "linger_ms": 0,
        "compression_type": None,
        "metadata_max_age_ms": 30_000,
        "transactional_id": None,
    }


def consumer_options(broker: Broker, service: str) -> dict[str, Any]:
    """Settings of the consumer: offsets are only an optimisation, positions in the database decide."""
    return {
        "bootstrap_servers": broker.address,
        "client_id": f"{service}-consumer",
        "group_id": service,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "isolation_level": "read_committed",
        "session_timeout_ms": 10_000,
        "heartbeat_interval_ms": 2_000,
        # Longer than the session: a worker that is busy with a batch is not a dead one.
        "rebalance_timeout_ms": 60_000,
        "max_poll_interval_ms": 300_000,
        "request_timeout_ms": 15_000,
        "retry_backoff_ms": 200,
        # Kafka answers as soon as there is something; the embedded broker looks again after half of this.
        "fetch_max_wait_ms": 150,
        "fetch_min_bytes": 1,
        "max_partition_fetch_bytes": 1024 * 1024,
        "max_poll_records": 500,
        "check_crcs": True,
        "metadata_max_age_ms": 30_000,
    }


async def ensure_topics(broker: Broker, topics: Iterable[str]) -> None:
    """Create missing topics; put right those that a broker made by itself with too few partitions.

    Clients of the library make a broker create what they ask for, so another process may be faster.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address, request_timeout_ms=5_000)
    await admin.start()
    try:
        for topic in topics:
            for _ in range(_TRIES):
                if await _ensure_topic(admin, topic, broker.replication):
                    break
    finally:
        await admin.close()


async def _ensure_topic(admin: AIOKafkaAdminClient, topic: str, replication: int) -> bool:
    config = {"cleanup.policy": "delete", "retention.ms": str(_RETENTION_MS)}
    reply = await admin.create_topics([NewTopic(topic, PARTITIONS, replication, topic_configs=config)])
    error = for_code(reply.topic_errors[0][1])
    if error is NoError:
        return True
    if error is not TopicAlreadyExistsError:
        raise error(f"creating topic {topic}")
    [description] = await admin.describe_topics([topic])
    if len(description["partitions"]) >= PARTITIONS:
        return True
    log.warning("topic has too few partitions", topic=topic, partitions=len(description["partitions"]))
    try:
        await admin.create_partitions({topic: NewPartitions(PARTITIONS)})
        return True
    except InvalidPartitionsError:
        # The description was old, or somebody else was faster. The next try looks again.
        return False
    except IncompatibleBrokerVersion:
        # What is on it is in the producer's log too. The next try creates it anew.
        await admin.delete_topics([topic])
        return False


async def close_producer(producer: AIOKafkaProducer) -> None:
    """Close a producer, also one whose broker is gone: what it still holds is given up, not awaited."""
    await _within_limit(_give_up(producer), producer.client)


async def _give_up(producer: AIOKafkaProducer) -> None:
    """The library would wait without limit for pending batches (aio-libs/aiokafka#1101): forget them."""
    await producer._sender.close()
    producer._message_accumulator._batches.clear()
    producer._message_accumulator._pending_batches.clear()
    await producer.stop()


async def close_consumer(consumer: AIOKafkaConsumer) -> None:
    """Leave the group and close; a broker that does not answer is not waited for."""
    await _within_limit(consumer.stop(), consumer._client)


async def _within_limit(stopping: Coroutine[Any, Any, None], client: AIOKafkaClient) -> None:
    try:
        await asyncio.wait_for(stopping, _CLOSE_SECONDS)
    except Exception as error:
        # It is thrown away in any case; whatever it says now concerns nobody.
        log.info("kafka client did not close in order", error=repr(error))
        await client.close()
