"""The screening API on an emptied database."""

from collections.abc import AsyncIterator

import pytest

from services.screening.main import create_app
from tests.support.platform import Client, Platform, serve
from tests.support.vouchers import TABLES


@pytest.fixture(scope="session")
async def running(platform: Platform) -> AsyncIterator[Client]:
    """One service for all tests."""
    async with serve(create_app(platform.settings("screening")), platform, "township") as client:
        yield client


@pytest.fixture
async def client(platform: Platform, running: Client) -> Client:
    """A township clerk's client; every table is empty."""
    await platform.empty("screening", *TABLES)
    return running
