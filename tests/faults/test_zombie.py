"""A worker that stands still, longer than its session, with a batch not yet committed; then it goes on."""

import time

import pytest

from tests.faults import healing
from tests.faults.checks import lag
from tests.faults.cluster import STANDBY
from tests.faults.run import REPORT, Run
from tests.faults.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
CONSUMER = "claims-consumer"
_SESSION_SECONDS = 10.0
_TAKEOVER_SECONDS = 60.0


async def test_a_worker_that_slept_before_its_commit_changes_nothing_when_it_wakes(run: Run) -> None:
    cluster = run.cluster
    await cluster.down(CONSUMER)
    await cluster.start(CONSUMER, failpoints="consumer.before_commit=stop")
    await cluster.ready()
    await run.import_changed()
    zombie, slept_at = await cluster.wait_stopped(CONSUMER, 60), time.monotonic()
    await cluster.start(STANDBY)
    async with healing.administrators(cluster.system) as connections:

        async def taken_over() -> bool:
            return "claims of registry" not in await lag.behind(connections)

        seconds = await until(taken_over, _TAKEOVER_SECONDS, "another worker to take over")
    REPORT.append(f"another worker had applied everything {seconds:.1f} s after a worker stood still")
    assert time.monotonic() - slept_at > _SESSION_SECONDS
    zombie.resume()
    await run.import_changed()
    wrong = await run.heal()
    await cluster.down(STANDBY)
    assert not wrong, "\n".join(wrong)
