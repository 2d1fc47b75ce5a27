"""One system for the whole suite: a small county, split workers, and a report at the end."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from deploy.local.system import ANY_PORTS, LocalSystem, start
from tests.conftest import BROKER
from tests.faults import healing, sample
from tests.faults.changes import Changes
from tests.faults.checks.projections import Replay
from tests.faults.client import Client
from tests.faults.cluster import ROLES, WHOLE, Cluster
from tests.faults.history import History
from tests.faults.money import offices
from tests.faults.preparation import prepare
from tests.faults.run import REPORT, Run
from tests.faults.seeds import SEED, rng

_PEOPLE = "SELECT person_id FROM insured_persons ORDER BY person_id"


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
            serials = await prepare(client, history, county, visits)
            async with healing.administrators(system) as connections:
                await healing.quiet(cluster, connections)
                people = await connections["claims"].fetch(_PEOPLE)
            books = await offices.prepare(client, history, county, [row[0] for row in people])
            yield Run(
                cluster, client, county, visits, serials, history,
                Changes(county, rng("changes")), Replay(system), books,
            )  # fmt: skip


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
