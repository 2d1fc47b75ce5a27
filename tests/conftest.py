"""Fixtures shared by all suites."""

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from deploy.local.system import ANY_PORTS, start
from tests.support.claims import forget_stays
from tests.support.platform import Platform

BROKER = os.environ.get("KANGFU_TEST_BROKER", "tansu")
"""``apache`` runs the same suites on Apache Kafka itself."""

EXAMPLES = int(os.environ.get("KANGFU_EXAMPLES", "40"))
"""How many cases each property is tried on; ``make properties`` takes many."""

settings.register_profile(
    "kangfu",
    settings.default,
    max_examples=EXAMPLES,
    deadline=None,  # A busy machine is no failure.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("kangfu")

SHARED_SYSTEMS = ("tests/e2e/", "tests/integration/deploy/")
"""Folders whose tests share a system that takes long to start: one process runs them all."""
LONGEST_FIRST = (*SHARED_SYSTEMS, "tests/integration/")
"""What begins first when several processes share the suites, so that none works alone at the end."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist carries no types for its schedulers
    """Tests of one file run in order in one process, which has a database and a broker of its own."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in SHARED_SYSTEMS if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """How the processes of ``pytest --numprocesses`` share the suites."""
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    places = (place for place, folder in enumerate(LONGEST_FIRST) if nodeid.startswith(folder))
    return min(places, default=len(LONGEST_FIRST))


@pytest.fixture(autouse=True)
def nobody_has_been_in_hospital() -> None:
    """The messages that a test builds do not depend on the tests before it."""
    forget_stays()


@pytest.fixture(scope="session")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """Database and broker for the whole run, migrated; stopped and deleted at the end."""
    directory = tmp_path_factory.mktemp("platform")
    system = start(directory, parts=("database", "broker"), broker=BROKER, ports=ANY_PORTS, migrate=True)
    with system:
        platform = Platform(system)
        yield platform
        await platform.close()
