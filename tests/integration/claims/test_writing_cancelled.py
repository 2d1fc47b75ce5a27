"""A batch whose writing is cancelled, because the process ends, lets go of everything it had locked."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.claims.settlements import repository
from services.claims.settlements.repository import Batch
from tests.integration.claims.conftest import World

pytestmark = pytest.mark.integration
HOLDER = UUID("0197f3a0-0000-7000-8000-00000000cccc")
YEAR = 2026
OPEN = "SELECT FROM lock_years(ARRAY[($1, $2, 'person', '990101')::new_accumulator_year])"
MANY_KINDS = "{" + ",".join(f'"test.kind_{no}":{no}' for no in range(2_000)) + "}"


async def api_connection(world: World) -> "asyncpg.Connection[Any]":
    connection = await asyncpg.connect(world.platform.system.config.dsn("claims", "api"))
    await connection.execute("SELECT set_config('app.jurisdiction', '{99}', false)")
    return connection


def parts() -> Iterator[Batch]:
    """More than the driver and the network take before the first is written."""
    for _ in range(400):
        yield Batch([], [], [(HOLDER, YEAR, MANY_KINDS)])


async def test_a_cancelled_writing_ends_at_once_and_keeps_no_lock(world: World) -> None:
    writer, other = await api_connection(world), await api_connection(world)
    await other.execute(OPEN, HOLDER, YEAR)
    blocking, transaction = other.transaction(), writer.transaction()
    await blocking.start()
    await other.execute(OPEN, HOLDER, YEAR)
    await transaction.start()
    writing = asyncio.create_task(repository.write(writer, parts()))
    await asyncio.sleep(0.5)
    assert not writing.done()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(writing, 5)
    assert writer.is_closed()
    await blocking.rollback()
    # Whoever comes next waits for nobody.
    await asyncio.wait_for(other.execute(OPEN, HOLDER, YEAR), 5)
    assert (
        await other.fetchval("SELECT used::text FROM accumulator_years WHERE holder_id = $1", HOLDER) == "{}"
    )
    await other.close()
