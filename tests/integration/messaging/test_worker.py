"""The worker as a process of its own: health, stop in order, and failing at the worst moments."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from shared.clock import SystemClock
from shared.events.registry import PersonRecorded
from shared.ids import new_id
from shared.messaging import event_log
from shared.messaging.envelope import Envelope
from shared.messaging.event_log import NewEvent
from tests.support.platform import Platform
from tests.support.wire import PRODUCER, Wire

pytestmark = pytest.mark.integration
GOLDEN = Path(__file__).parents[2] / "contract" / "golden" / f"{PersonRecorded.TYPE}.json"
GAPS = text(
    "SELECT count(*) FROM (SELECT max(position) - count(*) AS gap FROM event_log GROUP BY partition) AS p"
    " WHERE gap <> 0"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """A worker process of the registry service."""

    def __init__(self, child: asyncio.subprocess.Process, port: int) -> None:
        self.child = child
        self.port = port

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.get(f"http://127.0.0.1:{self.port}{path}")

    async def ready(self, seconds: float = 20) -> dict[str, object]:
        """Wait for readiness; its content."""
        async with asyncio.timeout(seconds):
            while True:
                try:
                    reply = await self.get("/readyz")
                    if reply.status_code == 200:
                        content: dict[str, object] = reply.json()
                        return content
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)

    async def stopped(self, seconds: float = 30) -> int:
        return await asyncio.wait_for(self.child.wait(), seconds)


@asynccontextmanager
async def worker(
    platform: Platform, *arguments: str, failpoints: str = "", broker: str | None = None
) -> AsyncIterator[Process]:
    port = free_port()
    environment = {
        **os.environ,
        **platform.system.config.environment(PRODUCER),
        "KANGFU_WORKER_PORT": str(port),
        "KANGFU_FAILPOINTS": failpoints,
        **({"KANGFU_BROKER": broker} if broker else {}),
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", f"services.{PRODUCER}", "worker", *arguments),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield Process(child, port)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def write_people(wire: Wire, number: int) -> None:
    now = SystemClock().now()
    one = Envelope.from_bytes(GOLDEN.read_bytes()).read(PersonRecorded)
    people = [one.model_copy(update={"person_id": new_id(), "household_id": new_id()}) for _ in range(number)]
    async with wire.producer.begin() as session:
        events = [NewEvent(person, person.household_id, "990101100200") for person in people]
        await event_log.append(session, events, now)


async def published(wire: Wire) -> int:
    async with wire.producer() as session:
        return int(await session.scalar(text("SELECT sum(published_position) FROM relay_position")) or 0)


async def wait_for_published(wire: Wire, number: int, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if await published(wire) >= number:
                return
            await asyncio.sleep(0.05)


async def test_a_worker_is_healthy_publishes_and_stops_in_order(wire: Wire) -> None:
    async with worker(wire.platform) as process:
        state = await process.ready()
        assert state["status"] == "ready"
        assert (await process.get("/healthz")).json() == {"status": "ok"}
        await write_people(wire, 500)
        await wait_for_published(wire, 500)
        metrics = (await process.get("/metrics")).text
        assert "kangfu_events_published_total 500.0" in metrics
        assert "kangfu_relay_leader 1.0" in metrics
        assert "kangfu_relay_backlog" in metrics
        await write_people(wire, 300)
        process.child.send_signal(signal.SIGTERM)
        assert await process.stopped() == 0
    # What was committed before the stop is published by it: it drains.
    assert await published(wire) == 800


async def test_a_worker_without_a_broker_stops_within_its_time(wire: Wire) -> None:
    async with worker(wire.platform, broker="127.0.0.1:9") as process:
        await process.ready()
        await write_people(wire, 10)
        await asyncio.sleep(1)
        started = time.monotonic()
        process.child.send_signal(signal.SIGTERM)
        assert await process.stopped() == 0
        assert time.monotonic() - started < 25
    assert await published(wire) == 0


async def test_a_role_runs_alone(wire: Wire) -> None:
    async with worker(wire.platform, "--roles", "audit") as process:
        assert (await process.ready())["relay"] is None
        await write_people(wire, 1)
        await asyncio.sleep(0.5)
        assert await published(wire) == 0


async def test_an_unknown_role_is_refused(wire: Wire) -> None:
    async with worker(wire.platform, "--roles", "reley") as process:
        assert await process.stopped() != 0


@pytest.mark.parametrize("point", ["relay.before_send", "relay.after_send", "relay.after_mark"])
async def test_a_relay_killed_around_a_send_loses_nothing(wire: Wire, point: str) -> None:
    async with worker(wire.platform, "--roles", "relay", failpoints=f"{point}=kill") as process:
        await process.ready()
        await write_people(wire, 100)
        assert await process.stopped() == -signal.SIGKILL
    assert await published(wire) == (100 if point == "relay.after_mark" else 0)
    async with worker(wire.platform, "--roles", "relay") as process:
        await write_people(wire, 100)
        await wait_for_published(wire, 200)
    async with wire.producer() as session:
        assert await session.scalar(GAPS) == 0


async def test_a_relay_that_is_killed_is_replaced_by_the_one_standing_by(wire: Wire) -> None:
    async with worker(wire.platform, "--roles", "relay") as first:
        assert await leading(first)
        async with worker(wire.platform, "--roles", "relay") as second:
            assert (await second.ready())["relay"] == "standing by"
            first.child.kill()
            await write_people(wire, 50)
            await wait_for_published(wire, 50)
            assert await leading(second)


async def leading(process: Process) -> bool:
    for _ in range(100):
        if (await process.ready())["relay"] == "leading":
            return True
        await asyncio.sleep(0.05)
    return False
