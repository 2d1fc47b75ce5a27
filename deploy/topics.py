"""The topics of the three services, created once with the fixed number of partitions."""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.messaging import PARTITIONS

TOPICS = ("registry.events", "claims.events", "screening.events")
_RETENTION_MS = 30 * 24 * 3600 * 1000  # healing from the feed covers everything older


async def ensure_topics(brokers: str, replication: int = 1, seconds: float = 60) -> None:
    """Create the missing topics and return when every partition has a leader.

    Waits up to `seconds` for a broker that is still starting. Raises RuntimeError if a topic exists with
    another number of partitions: positions are per partition, so the number can never change.
    """
    async with asyncio.timeout(seconds):
        admin = await _connect(brokers)
        try:
            await _create(admin, replication)
            await _wait_for_leaders(admin)
        finally:
            await admin.close()


async def _connect(brokers: str) -> AIOKafkaAdminClient:
    while True:  # ended by the caller's timeout
        if await _listens(brokers):
            admin = AIOKafkaAdminClient(bootstrap_servers=brokers, request_timeout_ms=10_000)
            try:
                await admin.start()
            except KafkaError:
                await admin.close()
            else:
                return admin
        await asyncio.sleep(0.2)


async def _listens(brokers: str) -> bool:
    """True if any of the bootstrap servers accepts a connection (the client itself would log every try)."""
    for broker in brokers.split(","):
        host, _, port = broker.rpartition(":")
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            writer.close()
            return True
    return False


async def _create(admin: AIOKafkaAdminClient, replication: int) -> None:
    config = {"cleanup.policy": "delete", "retention.ms": str(_RETENTION_MS)}
    topics = [NewTopic(name, PARTITIONS, replication, topic_configs=config) for name in TOPICS]
    reply = await admin.create_topics(topics, timeout_ms=10_000)
    for topic, code, *message in reply.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise RuntimeError(f"Topic {topic} cannot be created: {error.__name__} {message}")


async def _wait_for_leaders(admin: AIOKafkaAdminClient) -> None:
    while True:  # ended by the caller's timeout
        if _all_led(await admin.describe_topics(list(TOPICS))):
            return
        await asyncio.sleep(0.1)


def _all_led(topics: Sequence[dict[str, object]]) -> bool:
    for topic in topics:
        partitions = topic["partitions"]
        if topic["error_code"] or not isinstance(partitions, list):
            return False
        if len(partitions) != PARTITIONS:
            raise RuntimeError(f"Topic {topic['topic']} has {len(partitions)} partitions, not {PARTITIONS}.")
        if any(partition["leader"] < 0 for partition in partitions):
            return False
    return len(topics) == len(TOPICS)


def main() -> None:
    """Create the topics on KANGFU_BROKER with KANGFU_TOPIC_REPLICATION copies each (default 1)."""
    started = time.monotonic()
    replication = int(os.environ.get("KANGFU_TOPIC_REPLICATION", "1"))
    asyncio.run(ensure_topics(os.environ["KANGFU_BROKER"], replication))
    sys.stdout.write(f"{len(TOPICS)} topics ready after {time.monotonic() - started:.1f} s\n")


if __name__ == "__main__":
    main()
