"""Fixtures shared by all suites."""

import os
from collections.abc import AsyncIterator

import pytest

from deploy.local.system import ANY_PORTS, start
from tests.support.claims import forget_stays
from tests.support.platform import Platform

BROKER = os.environ.get("KANGFU_TEST_BROKER", "tansu")
"""``apache`` runs the same suites on Apache Kafka itself."""


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
