"""One system for the whole suite: a small county, split workers, and a report at the end."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.demo.model import County
from deploy.demo.visits import Visit
from deploy.local.system import ANY_PORTS, LocalSystem, start
from tests.conftest import BROKER
from tests.faults import healing, sample
from tests.faults.changes import Changes
from tests.faults.checks.properties import Connection
from tests.faults.client import Client
from tests.faults.cluster import ROLES, WHOLE, Cluster
from tests.faults.history import History
from tests.faults.preparation import Serials, prepare, surely
from tests.faults.seeds import SEED, rng

REPORT: list[str] = [f"seed {SEED} (KANGFU_FAULT_SEED={SEED} repeats the run)"]


@dataclass
class Run:
    """The system under faults, its county and everything that was asked of it."""

    cluster: Cluster
    client: Client
    county: County
    visits: list[Visit]
    serials: Serials
    history: History
    changes: Changes

    async def import_changed(self, households: int = 20) -> None:
        """Re-import some households with changed rows: an event for everybody in them."""
        await surely(self.client, self.history, self.changes.next_file(households))

    async def heal(self) -> list[str]:
        """Wait for quiet, ask about open calls, wait again; everything that is wrong then."""
        async with healing.administrators(self.cluster.system) as connections:
            return await self._heal(connections)

    async def _heal(self, connections: Mapping[str, Connection]) -> list[str]:
        await self.cluster.ready()
        found = await healing.resolve(self.client, connections, self.history)
        seconds = await healing.quiet(self.cluster, connections)
        REPORT.append(f"  lag 0 after {seconds:.1f} s")
        found += await healing.wrong_effects(connections, self.history)
        found += await healing.wrong_state(self.cluster.system, self.client, connections)
        return found


@pytest.fixture(scope="session")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Run]:
    """A loaded county on processes of its own."""
    directory = tmp_path_factory.mktemp("faults")
    system = await asyncio.to_thread(start, directory, WHOLE, BROKER, None, ANY_PORTS)
    with system, _logs_kept(system):
        cluster = Cluster(system)
        for part in ROLES:
            await cluster.start(part)
        county, visits = sample.draw(SEED)
        async with Client(system.config, rng("client")) as client:
            history = History()
            serials = await prepare(client, history, county)
            run = Run(cluster, client, county, visits, serials, history, Changes(county, rng("changes")))
            async with healing.administrators(system) as connections:
                await healing.quiet(cluster, connections)
            yield run


@contextmanager
def _logs_kept(system: LocalSystem) -> Iterator[None]:
    """Stopping a test system deletes its logs; those of a fault run are kept, to find out what happened."""
    try:
        yield
    finally:
        kept = system.run.root / "kept-logs"
        shutil.copytree(system.run.logs, kept, dirs_exist_ok=True)
        REPORT.append(f"logs: {kept}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Seed and figures, also of a run that passed."""
    terminalreporter.section("faults")
    for line in REPORT:
        terminalreporter.write_line(line)
