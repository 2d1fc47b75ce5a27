"""Periodic jobs of a worker: what one of them meets does not concern the others."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from shared.clock import Clock, SystemClock
from shared.db import Sessions, create_engine, create_sessions
from shared.worker import Job, Worker, repeat


@pytest.fixture
def worker() -> Worker:
    """A worker whose jobs here never ask the database."""
    engine = create_engine("postgresql://nobody@127.0.0.1:1/none", pool_size=1, application_name="jobs")
    return Worker(create_sessions(engine))


def told() -> float | None:
    return REGISTRY.get_sample_value("kangfu_job_failed", {"job": "sums"})


async def run(worker: Worker, failures: list[Exception | None]) -> list[tuple[set[str], float | None]]:
    """Run a job that meets these one after another; what is told when each next run begins."""
    seen: list[tuple[set[str], float | None]] = []
    stop = asyncio.Event()

    async def work(_sessions: Sessions, clock: Clock) -> None:
        assert isinstance(clock, SystemClock)
        seen.append((set(worker.failed_jobs), told()))
        if len(seen) > len(failures):
            stop.set()
        elif failure := failures[len(seen) - 1]:
            raise failure

    assert await asyncio.wait_for(repeat(Job("sums", 0.001, work), worker, stop), 10) == 0
    return seen[1:]


async def test_a_job_with_a_defect_is_tried_again_and_told_until_it_succeeds(worker: Worker) -> None:
    failed, fine = ({"sums"}, 1.0), (set[str](), 0.0)
    assert await run(worker, [ValueError("a"), KeyError("b"), None]) == [failed, failed, fine]


async def test_a_job_whose_database_is_away_is_no_defect(worker: Worker) -> None:
    assert await run(worker, [ConnectionRefusedError(), None]) == [(set(), 0.0), (set(), 0.0)]


async def test_a_lost_database_does_not_end_what_is_told_of_a_defect(worker: Worker) -> None:
    assert await run(worker, [ValueError("a"), OSError(), None]) == [
        ({"sums"}, 1.0),
        ({"sums"}, 1.0),
        (set(), 0.0),
    ]
