"""The topics of the three services, created once with the fixed number of partitions."""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.messaging import PARTITIONS, kafka
from shared.messaging.kafka import Broker

TOPICS = ("registry.events", "claims.events", "screening.events")


async def ensure_topics(brokers: str, replication: int = 1, seconds: float = 60) -> None:
    """Create the missing topics and return when every partition has a leader.

    Waits up to `seconds` for a broker that is still starting. Too few partitions are put right: a broker
    may have made the topic by itself, for a client that was faster. Raises RuntimeError if there are more.
    """
    async with asyncio.timeout(seconds):
        admin = await _connect(brokers)
        try:
            while True:  # ended by the timeout
                await kafka.ensure_topics(Broker(brokers, replication=replication), TOPICS)
                if _all_led(await admin.describe_topics(list(TOPICS))):
                    return
                await asyncio.sleep(0.1)
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


def _all_led(topics: Sequence[dict[str, object]]) -> bool:
    for topic in topics:
        partitions = topic["partitions"]
        if topic["error_code"] or not isinstance(partitions, list):
            return False
        if len(partitions) > PARTITIONS:
            raise RuntimeError(f"Topic {topic['topic']} has {len(partitions)} partitions, not {PARTITIONS}.")
        if len(partitions) < PARTITIONS or any(partition["leader"] < 0 for partition in partitions):
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
