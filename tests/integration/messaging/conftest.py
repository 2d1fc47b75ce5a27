"""A fresh pair of producer and consumer for every test."""

import pytest

from tests.support.platform import Platform
from tests.support.wire import Wire, clean


@pytest.fixture
async def wire(platform: Platform) -> Wire:
    await clean(platform)
    return Wire(platform)
