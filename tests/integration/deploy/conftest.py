"""A database and a broker of their own for the tests of the local system."""

import os
from collections.abc import Iterator

import pytest

from deploy.local import processes
from deploy.local.system import ANY_PORTS, LocalSystem, start

SERVERS = ("database", "broker")
BROKER = os.environ.get("KANGFU_TEST_BROKER", "tansu")


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """Started for these tests only, because they kill it; nothing of it may be left afterwards."""
    directory = tmp_path_factory.mktemp("system")
    with start(directory, SERVERS, broker=BROKER, ports=ANY_PORTS) as running:
        family = [member for part in running.running().values() for member in (part, *part.children())]
        yield running
    assert not any(processes.alive(member) for member in family)
    assert not (directory / "database").exists()
