"""Topics always have all partitions, also those that a broker made by itself for an early client."""

from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.messaging import PARTITIONS
from shared.messaging.kafka import ensure_topics
from tests.support.wire import Wire

pytestmark = pytest.mark.integration


async def partitions(address: str, topic: str) -> int:
    """How many partitions a topic has."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        [description] = await admin.describe_topics([topic])
    finally:
        await admin.close()
    return len(description["partitions"])


async def test_a_topic_with_too_few_partitions_gets_them_all(wire: Wire) -> None:
    topic = f"early{uuid4().hex[:10]}.events"
    admin = AIOKafkaAdminClient(bootstrap_servers=wire.platform.broker)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()
    await ensure_topics(wire.broker(), [topic])
    assert await partitions(wire.platform.broker, topic) == PARTITIONS


async def test_a_topic_that_is_complete_keeps_its_messages(wire: Wire) -> None:
    topic = f"whole{uuid4().hex[:10]}.events"
    await ensure_topics(wire.broker(), [topic])
    async with AIOKafkaProducer(bootstrap_servers=wire.platform.broker) as producer:
        sent = await producer.send_and_wait(topic, b"kept", partition=PARTITIONS - 1)
        await ensure_topics(wire.broker(), [topic])
        again = await producer.send_and_wait(topic, b"behind it", partition=PARTITIONS - 1)
    assert again.offset == sent.offset + 1
