"""What Kafka may deliver: everything once more, out of order, and things that are no events at all."""

import asyncio
import json
from collections.abc import Sequence
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from deploy.topics import ensure_topics
from shared.messaging import topic_of
from shared.messaging.envelope import Envelope
from shared.messaging.feed_page import FeedReply
from tests.faults.run import Run
from tests.faults.seeds import rng
from tests.faults.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
SOURCE = "registry"


async def test_repeated_and_shuffled_events_and_garbage_take_no_effect_and_stop_nothing(run: Run) -> None:
    again = await _feed(run)
    messages = [(envelope.partition, envelope.to_bytes()) for envelope in again]
    messages += [(number % 8, body) for number, body in enumerate(_garbage(again[0]))]
    rng("duplicates").shuffle(messages)
    refused_before = await _refused(run)
    await _produce(run, messages)
    await run.import_changed()

    async def garbage_was_read() -> bool:
        return await _refused(run) > refused_before

    # The consumer may be on its way back into its group, after whatever the tests before did to the broker.
    await until(garbage_was_read, 60, "the garbage to be read")
    wrong = await run.heal()
    assert not wrong, "\n".join(wrong)


async def _feed(run: Run) -> list[Envelope]:
    """Every event of the registry, as its feed gives it."""
    found: list[Envelope] = []
    cursor: dict[str, str] = {}
    while True:
        reply = await run.client.get(SOURCE, "/v1/events", "system", limit="1000", **cursor)
        page = FeedReply.model_validate_json(reply.raise_for_status().content)
        if not page.items:
            return found
        found += page.items
        cursor = {"cursor": page.next_cursor}


def _garbage(real: Envelope) -> Sequence[bytes]:
    body = json.loads(real.to_bytes())
    return [
        b"",
        b"\x00\xff\xfe",
        b"not json",
        b"[]",
        b"null",
        real.to_bytes()[:-20],
        b'{"a":' * 2_000,
        json.dumps({**body, "source": "claims"}).encode(),
        json.dumps({**body, "type": "claims.claim_settled.v1"}).encode(),
        json.dumps({**body, "position": -1}).encode(),
        json.dumps({**body, "position": 10**30}).encode(),
        json.dumps({**body, "specversion": "0.3"}).encode(),
        # An event from behind a gap that no feed will ever fill.
        json.dumps({**body, "id": str(uuid4()), "position": 1_000_000}).encode(),
        json.dumps({**body, "partition": 31_000}).encode(),
    ]


async def _produce(run: Run, messages: Sequence[tuple[int, bytes]]) -> None:
    """Everything on the topic, some of it perhaps twice: a broker that lost its topics refuses at first."""

    async def sent() -> bool:
        try:
            await _send(run.cluster.system.config.broker, messages)
        except KafkaError:
            return False
        return True

    await until(sent, 60, "the broker to take every message")


async def _send(broker: str, messages: Sequence[tuple[int, bytes]]) -> None:
    # After a total loss the embedded broker may have made the topics by itself, with too few partitions.
    await ensure_topics(broker)
    async with AIOKafkaProducer(bootstrap_servers=broker, acks="all") as producer:
        sending = [
            await producer.send(topic_of(SOURCE), body, partition=partition) for partition, body in messages
        ]
        for answer in await asyncio.gather(*sending, return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer


async def _refused(run: Run) -> float:
    """Messages that the consumer of claims has refused."""
    async with httpx.AsyncClient(trust_env=False) as http:
        reply = await http.get(f"{run.cluster.url('claims-consumer')}/metrics")
    lines = [line for line in reply.text.splitlines() if "refused" in line and line.startswith("kangfu")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if "_total" in line)
