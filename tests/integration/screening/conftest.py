"""The screening API on an emptied database."""

from collections.abc import AsyncIterator

import pytest

from services.screening.main import create_app
from tests.support.platform import Client, Platform, serve
from tests.support.vouchers import TABLES


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[Client]:
    """A township clerk's client; every table is empty."""
    await platform.empty("screening", *TABLES)
    async with serve(create_app(platform.settings("screening")), platform, "township") as client:
        yield client
