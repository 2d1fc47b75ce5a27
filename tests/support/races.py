"""Races without luck: requests pile up behind a lock that the test holds, then all go at once."""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

import asyncpg

from tests.support.platform import Platform

Result = TypeVar("Result")
_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""


async def all_at_once(
    platform: Platform, service: str, lock: str, requests: Sequence[Awaitable[Result]], seconds: float = 30
) -> list[Result]:
    """Run requests that all wait for what ``lock`` (a statement) locks; let go when all of them wait.

    Fails when one of them gets by without waiting: then nothing protects what the race is about.
    """
    address = platform.system.config.admin_dsn.rsplit("/", 1)[0] + f"/{service}"
    holder: asyncpg.Connection[Any] = await asyncpg.connect(address)
    watcher: asyncpg.Connection[Any] = await asyncpg.connect(address)
    try:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute(lock)
        running = asyncio.gather(*requests)
        deadline = time.monotonic() + seconds
        while await watcher.fetchval(_WAITING) < len(requests):
            assert not running.done(), "the requests did not wait for the lock"
            assert time.monotonic() < deadline, "some requests did not wait for the lock"
            await asyncio.sleep(0.02)
        await transaction.rollback()
        return list(await running)
    finally:
        await holder.close()
        await watcher.close()
