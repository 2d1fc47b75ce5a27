"""The audit trail cannot be changed unnoticed."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError

from shared import audit
from shared.auth import Caller
from shared.clock import SystemClock
from shared.db import create_engine
from tests.support.platform import Platform

pytestmark = pytest.mark.integration
CALLER = Caller("tester", frozenset(), ("",), None)


@pytest.fixture(autouse=True)
async def entries(platform: Platform) -> None:
    await platform.empty("screening", "audit_log", "audit_chain")
    async with platform.worker_session("screening") as session:
        for number in range(5):
            await audit.record(session, CALLER, "POST /v1/x", str(number), {"n": number})
    assert await audit.chain_once(platform.worker_sessions("screening"), SystemClock()) == 5
    assert await audit.chain_once(platform.worker_sessions("screening"), SystemClock()) == 0


async def verify(platform: Platform) -> audit.ChainReport:
    engine = create_engine(platform.worker_url("screening"), pool_size=1, application_name="test")
    async with engine.connect() as connection:
        report = await audit.verify(connection)
    await engine.dispose()
    return report


async def test_an_untouched_trail_verifies(platform: Platform) -> None:
    report = await verify(platform)
    assert (report.checked, report.first_bad) == (5, None)


@pytest.mark.parametrize(
    ("tampering", "first_bad"),
    [
        ("UPDATE audit_log SET subject = 'someone else' WHERE object = '2'", 3),
        ("UPDATE audit_log SET details = '{\"n\": 9}' WHERE object = '4'", 5),
        ("DELETE FROM audit_log WHERE object = '1'", 2),
        ("DELETE FROM audit_chain WHERE no = 3", 3),
        ("UPDATE audit_chain SET hash = '\\x00' WHERE no = 1", 1),
        ("UPDATE audit_log SET at = at + interval '1 second' WHERE object = '0'", 1),
    ],
)
async def test_the_first_changed_entry_is_named(platform: Platform, tampering: str, first_bad: int) -> None:
    await platform.as_administrator("screening", tampering)
    report = await verify(platform)
    assert report.first_bad == first_bad
    assert report.reason


@pytest.mark.parametrize("role", ["api", "worker", "owner"])
async def test_no_role_of_the_service_can_change_an_entry(platform: Platform, role: str) -> None:
    for statement in ("UPDATE audit_log SET subject = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
        with pytest.raises(DBAPIError):
            await platform.as_role("screening", role, statement)


async def test_two_sequencers_at_once_chain_each_entry_once(platform: Platform) -> None:
    sessions = platform.worker_sessions("screening")
    async with sessions.begin() as session:
        for number in range(50):
            await audit.record(session, CALLER, "POST /v1/x", str(number), {})
    done = await asyncio.gather(*(audit.chain_once(sessions, SystemClock()) for _ in range(4)))
    assert sum(done) == 50
    assert (await verify(platform)).first_bad is None


async def test_an_entry_that_commits_late_is_still_chained(platform: Platform) -> None:
    sessions = platform.worker_sessions("screening")
    async with sessions.begin() as late:
        await audit.record(late, CALLER, "POST /v1/late", "late", {})
        async with sessions.begin() as early:
            await audit.record(early, CALLER, "POST /v1/early", "early", {})
        assert await audit.chain_once(sessions, SystemClock()) == 1
    assert await audit.chain_once(sessions, SystemClock()) == 1
    report = await verify(platform)
    assert (report.checked, report.first_bad) == (7, None)


async def test_an_entry_that_commits_late_is_still_chained_after_a_quiet_hour(platform: Platform) -> None:
    quiet = "UPDATE audit_chain SET chained_at = now() - interval '2 hours'"
    await platform.as_administrator("screening", quiet)
    sessions = platform.worker_sessions("screening")
    async with sessions.begin() as late:
        await audit.record(late, CALLER, "POST /v1/late", "late", {})
        async with sessions.begin() as early:
            await audit.record(early, CALLER, "POST /v1/early", "early", {})
        assert await audit.chain_once(sessions, SystemClock()) == 1
    assert await audit.chain_once(sessions, SystemClock()) == 1
