"""Transactions on the driver's connection keep what a session's keep."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared import audit
from shared.db import Sessions, create_engine, create_sessions, directly, when_committed, write_last
from shared.messaging.failures import DRIVER_FAILURES, is_transient
from tests.support.platform import Platform

pytestmark = pytest.mark.integration
ENTRY = audit.Entry("tester", "POST /v1/x", "-", {}, None)
_COUNT = "SELECT count(*) FROM audit_log WHERE subject = 'tester'"
DEFERRED = [
    "CREATE TEMP TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP",
    "INSERT INTO t VALUES (1), (1)",
]


@pytest.fixture
async def sessions(platform: Platform) -> AsyncIterator[Sessions]:
    """A pool of one connection, so that the next transaction gets what the last one left."""
    await platform.empty("screening", "audit_log", "audit_chain")
    # As the administrator, because no role of a service may make a table.
    address = platform.system.config.admin_dsn.rsplit("/", 1)[0] + "/screening"
    engine = create_engine(address, pool_size=1, application_name="test")
    yield create_sessions(engine)
    await engine.dispose()


async def count(sessions: Sessions) -> int:
    async with directly(sessions) as transaction:
        return int(await transaction.driver.fetchval(_COUNT))


async def write(sessions: Sessions, told: list[str], *then: str) -> None:
    """Write an entry, then run these statements; what was told of a commit is added to ``told``."""
    async with directly(sessions) as transaction:
        await audit.record_together(transaction, [ENTRY])
        when_committed(transaction, lambda: told.append("committed"))
        for statement in then:
            await transaction.driver.execute(statement)
        assert told == []


async def test_what_is_written_is_there_after_the_end_and_told_only_then(sessions: Sessions) -> None:
    told: list[str] = []
    await write(sessions, told)
    assert told == ["committed"]
    assert await count(sessions) == 1


@pytest.mark.parametrize("then", [["SELECT 1 / 0"], DEFERRED], ids=["in the middle", "at the commit"])
async def test_an_error_leaves_nothing_and_a_connection_fit_for_the_next(
    sessions: Sessions, then: list[str]
) -> None:
    told: list[str] = []
    with pytest.raises((asyncpg.DataError, asyncpg.UniqueViolationError)):
        await write(sessions, told, *then)
    assert told == []
    assert await count(sessions) == 0


async def test_writes_for_the_end_go_together_with_the_parameters_of_each(sessions: Sessions) -> None:
    insert = "INSERT INTO audit_log (at, subject, action, object, details) VALUES (now(), $1, $2, $3, '{}')"
    marked = "UPDATE screening_kept SET twice = $1 || $1, once = $2"
    async with directly(sessions) as transaction:
        await transaction.driver.execute(
            "CREATE TEMP TABLE screening_kept AS SELECT ''::text AS twice, 0 AS once"
        )
        await write_last(transaction, insert, "tester", "a", "b")
        await write_last(transaction, marked, "ab", 7)
        await write_last(transaction, insert.replace("'{}'", "'[]'"), "tester", "c", "d")
        with pytest.raises(ValueError, match="order"):
            await write_last(transaction, insert, "tester", "e", "f")
        assert await transaction.driver.fetchval(_COUNT) == 0
    async with directly(sessions) as transaction:
        kept = await transaction.driver.fetchrow("SELECT twice, once FROM screening_kept")
        rows = await transaction.driver.fetch(
            "SELECT action, object FROM audit_log WHERE subject = 'tester' ORDER BY 1"
        )
    assert tuple(kept or ()) == ("abab", 7)
    assert [tuple(row) for row in rows] == [("a", "b"), ("c", "d")]


async def test_a_write_for_the_end_that_fails_undoes_everything(sessions: Sessions) -> None:
    told: list[str] = []

    async def write_badly() -> None:
        async with directly(sessions) as transaction:
            await audit.record_together(transaction, [ENTRY])
            when_committed(transaction, lambda: told.append("committed"))
            await write_last(transaction, "DELETE FROM audit_log WHERE 1 / $1::int = 1", 0)

    with pytest.raises(asyncpg.DataError):
        await write_badly()
    assert told == []
    assert await count(sessions) == 0


async def test_a_connection_lost_before_the_commit_is_a_passing_failure_and_not_used_again(
    sessions: Sessions,
) -> None:
    told: list[str] = []
    with pytest.raises((OSError, asyncpg.PostgresError, *DRIVER_FAILURES)) as lost:
        await write(sessions, told, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert is_transient(lost.value)
    assert told == []
    assert await count(sessions) == 0
