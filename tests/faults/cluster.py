"""The system under faults: every process a part of its own, killed and revived by its recorded pid only."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from deploy.local import kafka, processes
from deploy.local.layout import ROOT, LocalSystemError
from deploy.local.ports import next_free
from deploy.local.readiness import is_ready
from deploy.local.system import LocalSystem
from tests.faults.waiting import until


@dataclass(frozen=True)
class Role:
    """A worker process that runs some roles of a service only."""

    service: str
    roles: str


_JOBS = "policies,designations,earmarks,reports"
ROLES: Mapping[str, Role] = {
    # A second relay for the registry: it stands by until the whole worker dies, and the other way round.
    "registry-relay": Role("registry", "relay,audit"),
    "claims-relay": Role("claims", "relay"),
    "claims-consumer": Role("claims", f"consumer,audit,{_JOBS}"),
}
STANDBY = "claims-standby"
_ROLES: Mapping[str, Role] = {**ROLES, STANDBY: Role("claims", f"consumer,audit,{_JOBS}")}
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
PARTS = (*WHOLE, *_ROLES)


class Cluster:
    """Starts, kills and revives parts. One part is never handled by two at once."""

    def __init__(self, system: LocalSystem) -> None:
        self.system = system
        self.kills: Counter[str] = Counter()
        self.ends_by_itself: Counter[str] = Counter()
        self._locks = {part: asyncio.Lock() for part in PARTS}
        self._ports: dict[str, int] = {}
        self._wanted = set(system.pids())

    def url(self, part: str) -> str:
        """Base address of a process's health and metrics."""
        return (
            f"http://127.0.0.1:{self._ports[part]}" if part in self._ports else self.system.config.url(part)
        )

    def process(self, part: str) -> psutil.Process | None:
        """The part's process if it is alive."""
        return processes.find(self.system.run, part)

    async def wipe_broker(self) -> None:
        """The broker loses everything, also what Apache Kafka has on disk; nobody makes topics for it."""
        async with self._locks["broker"]:
            await asyncio.to_thread(self._kill, "broker")
            await asyncio.to_thread(kafka.wipe, self.system.run)
            await self._start("broker")

    async def start(self, part: str, failpoints: str = "") -> None:
        """Start a part that is down, with failpoints if they are given."""
        self._wanted.add(part)
        async with self._locks[part]:
            await self._start(part, failpoints)

    async def kill(self, part: str, down_seconds: float = 0.0) -> None:
        """Kill -9 with all children, leave it down for a while, start it again.

        What has ended by itself, and nobody has started again yet, is started to be killed.
        """
        async with self._locks[part]:
            if self.process(part) is None:
                self.ends_by_itself[part] += 1
                await self._start(part)
            await asyncio.to_thread(self._kill, part)
            await asyncio.sleep(down_seconds)
            await self._start(part)

    async def down(self, part: str) -> None:
        """Kill -9 and leave it down."""
        self._wanted.discard(part)
        async with self._locks[part]:
            await asyncio.to_thread(self._kill, part)

    async def wait_dead(self, part: str, seconds: float) -> None:
        """Wait until a part has ended by itself."""
        await until(lambda: self.process(part) is None, seconds, f"{part} to end")

    async def wait_stopped(self, part: str, seconds: float) -> psutil.Process:
        """Wait until a part has stopped itself (SIGSTOP at a failpoint): it keeps locks and membership."""
        process = self.process(part)
        assert process is not None
        await until(lambda: process.status() == psutil.STATUS_STOPPED, seconds, f"{part} to stop")
        return process

    async def supervise(self) -> None:
        """Start again what ended by itself, as any process manager does. Runs until cancelled."""
        while True:
            for part in sorted(self._wanted):
                if not self._locks[part].locked() and self.process(part) is None:
                    self.ends_by_itself[part] += 1
                    await self.start(part)
            await asyncio.sleep(0.5)

    async def ready(self, seconds: float = 60) -> None:
        """Wait until every process that should run says that it can work."""
        parts = sorted(self._wanted - {"database", "broker"})
        await until(lambda: asyncio.to_thread(self._ready, parts), seconds, "every process to be ready")

    def _ready(self, parts: Sequence[str]) -> bool:
        return all(is_ready(self.url(part)) for part in parts)

    async def _start(self, part: str, failpoints: str = "") -> None:
        if self.process(part) is not None:
            return
        if part in _ROLES or failpoints:
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
        service, kind = part.split("-")
        role = _ROLES.get(part) or Role(service, "")
        if part in _ROLES and part not in self._ports:
            self._ports[part] = next_free(0, self._ports.values())
        environment = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            **self.system.config.environment(role.service),
            "KANGFU_FAILPOINTS": failpoints,
        }
        if part in _ROLES:
            environment["KANGFU_WORKER_PORT"] = str(self._ports[part])
        command = ["api"] if kind == "api" else ["worker", "--roles", role.roles]
        argv = [sys.executable, "-m", f"services.{role.service}", *command]
        processes.spawn(self.system.run, part, processes.Command(argv, environment, str(ROOT)))
