"""``replay``: a service begins again with the first event of another."""

import asyncio
import os
import sys

import pytest
from sqlalchemy import text

from tests.support.platform import Platform

pytestmark = pytest.mark.integration
POSITION = text("SELECT max(position) FROM consumer_position WHERE source = 'registry'")
MOVE = text(
    "INSERT INTO consumer_position (source, partition, position) VALUES ('registry', 0, 7)"
    " ON CONFLICT (source, partition) DO UPDATE SET position = 7"
)


async def replay(platform: Platform, source: str) -> tuple[int | None, str]:
    environment = {**os.environ, **platform.system.config.environment("screening")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.screening", "replay", source),
        env={**environment, "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, output.decode()


async def test_a_service_begins_again_with_the_first_event_of_one_that_it_consumes(
    platform: Platform,
) -> None:
    async with platform.worker_session("screening") as session:
        await session.execute(MOVE)
    refused, said = await replay(platform, "claims")
    assert refused == 2
    assert "screening consumes registry" in said
    assert await replay(platform, "registry") == (
        0,
        "screening begins again with the first event of registry\n",
    )
    async with platform.worker_session("screening") as session:
        assert (await session.execute(POSITION)).scalar_one() == 0
