"""The system under faults: every process a part of its own, killed and revived by its recorded pid only."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from deploy.local import processes
from deploy.local.layout import ROOT, SERVICE_PARTS, LocalSystemError
from deploy.local.ports import next_free
from deploy.local.readiness import is_ready
from deploy.local.system import LocalSystem
from tests.faults.waiting import until


@dataclass(frozen=True)
class Role:
    """A worker process that runs some roles of a service only."""

    service: str
    roles: str


ROLES: Mapping[str, Role] = {
    # A second relay for the registry: it stands by until the whole worker dies, and the other way round.
    "registry-relay": Role("registry", "relay,audit"),
    "claims-relay": Role("claims", "relay"),
    "claims-consumer": Role("claims", "consumer,audit"),
}
WHOLE = (
    "database",
    "broker",
    "registry-api",
    "claims-api",
    "screening-api",
    "registry-worker",
    "screening-worker",
)
COMPONENTS: Mapping[str, Sequence[str]] = {
    "api": ("registry-api", "claims-api", "screening-api"),
    "worker": ("registry-worker", "screening-worker"),
    "relay": ("registry-relay", "claims-relay"),
    "consumer": ("claims-consumer",),
    "broker": ("broker",),
    "database": ("database",),
}
PARTS = (*WHOLE, *ROLES)


class Cluster:
    """Starts, kills and revives parts. One part is never handled by two at once."""

    def __init__(self, system: LocalSystem) -> None:
        self.system = system
        self.kills: Counter[str] = Counter()
        self.ends_by_itself: Counter[str] = Counter()
        self._locks = {part: asyncio.Lock() for part in PARTS}
        self._ports: dict[str, int] = {}

    def url(self, part: str) -> str:
        """Base address of a process's health and metrics."""
        return (
            f"http://127.0.0.1:{self._ports[part]}" if part in self._ports else self.system.config.url(part)
        )

    def process(self, part: str) -> psutil.Process | None:
        """The part's process if it is alive."""
        return processes.find(self.system.run, part)

    async def start(self, part: str, failpoints: str = "") -> None:
        """Start a part that is down, with failpoints if they are given."""
        async with self._locks[part]:
            await self._start(part, failpoints)

    async def kill(self, part: str, down_seconds: float = 0.0) -> None:
        """Kill -9 with all children, leave it down for a while, start it again."""
        async with self._locks[part]:
            await asyncio.to_thread(self._kill, part)
            await asyncio.sleep(down_seconds)
            await self._start(part)

    async def down(self, part: str) -> None:
        """Kill -9 and leave it down."""
        async with self._locks[part]:
            await asyncio.to_thread(self._kill, part)

    async def wait_dead(self, part: str, seconds: float) -> None:
        """Wait until a part has ended by itself."""
        await until(lambda: self.process(part) is None, seconds, f"{part} to end")

    async def supervise(self) -> None:
        """Start again what ended by itself, as any process manager does. Runs until cancelled."""
        while True:
            for part, lock in self._locks.items():
                if not lock.locked() and self.process(part) is None:
                    self.ends_by_itself[part] += 1
                    await self.start(part)
            await asyncio.sleep(0.5)

    async def ready(self, parts: Sequence[str] = (*SERVICE_PARTS, *ROLES), seconds: float = 30) -> None:
        """Wait until the processes say that they can work."""
        await until(lambda: asyncio.to_thread(self._ready, parts), seconds, "every process to be ready")

    def pause(self, part: str) -> psutil.Process:
        """SIGSTOP: the process keeps its locks and its membership, and does nothing."""
        process = self.process(part)
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        return process

    def _ready(self, parts: Sequence[str]) -> bool:
        return all(is_ready(self.url(part)) for part in parts)

    async def _start(self, part: str, failpoints: str = "") -> None:
        if self.process(part) is not None:
            return
        if part in ROLES or failpoints:
            self._spawn(part, failpoints)
        else:
            # A database that was killed while it recovered may need a second try.
            with suppress(LocalSystemError):
                await asyncio.to_thread(self.system.start_part, part)

    def _kill(self, part: str) -> None:
        process = self.process(part)
        if process is not None:
            processes.kill_tree(process)
            self.kills[part] += 1

    def _spawn(self, part: str, failpoints: str) -> None:
        role = ROLES.get(part) or Role(part.split("-")[0], "")
        if part in ROLES and part not in self._ports:
            self._ports[part] = next_free(0, self._ports.values())
        environment = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            **self.system.config.environment(role.service),
            "KANGFU_FAILPOINTS": failpoints,
        }
        if part in ROLES:
            environment["KANGFU_WORKER_PORT"] = str(self._ports[part])
        argv = [sys.executable, "-m", f"services.{role.service}", "worker", "--roles", role.roles]
        processes.spawn(self.system.run, part, processes.Command(argv, environment, str(ROOT)))
