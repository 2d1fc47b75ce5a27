"""Kill -9 of everything at random moments under load: nothing lost, nothing doubled, all books right."""

import asyncio
import time

import pytest

from tests.faults import accounting, healing, killer
from tests.faults.client import Client
from tests.faults.healing import supervised
from tests.faults.load import Load
from tests.faults.money.offices import Offices
from tests.faults.run import REPORT, Run
from tests.faults.seeds import KILLS, rng

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(420),
    # An HTTP client that gives up while it connects leaves its socket to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
_IMPATIENT = 0.06
_LEAST_CALLS_PER_KILL = 10


async def test_nothing_is_lost_or_doubled_when_processes_are_killed_at_random(run: Run) -> None:
    before, began = sum(run.history.calls().values()), time.monotonic()
    run.cluster.kills.clear()
    try:
        unbalanced = await _load_and_kill(run)
    finally:
        seconds, kills = time.monotonic() - began, killer.per_component(run.cluster)
        REPORT.append(f"{sum(kills.values())} kills in {seconds:.0f} s: {kills}, {dict(run.cluster.kills)}")
        REPORT.append(f"  ended by themselves: {dict(run.cluster.ends_by_itself)}")
    calls = sum(run.history.calls().values()) - before
    wrong = unbalanced + await run.heal()
    async with healing.administrators(run.cluster.system) as connections:
        wrong += await accounting.wrong(run, connections["claims"])
    REPORT.append(f"  {run.history.summary()}")
    assert not wrong, "\n".join(wrong)
    assert calls > KILLS * _LEAST_CALLS_PER_KILL, "too little load to mean anything"
    assert KILLS < 36 or run.books.bank.paid, "too little money moved to mean anything"
    assert KILLS < 36 or min(kills.values()) >= killer.LEAST_PER_COMPONENT


async def _load_and_kill(run: Run) -> list[str]:
    stop = asyncio.Event()
    supervisor = await supervised(run.cluster)
    async with Client(run.cluster.system.config, rng("load"), impatient=_IMPATIENT) as client:
        offices = Offices("random", client, run.history, run.county, run.books)
        load = Load(
            client, run.history, run.county, run.under_load, run.serials, run.changes, rng("load"),
            offices.workers(),
        )  # fmt: skip
        working = asyncio.create_task(load.run(stop))
        try:
            await killer.run(run.cluster, killer.plan(rng("killer"), KILLS))
            # The supervisor goes on: what died of a fault is started again while clients still ask.
            stop.set()
            await working
        finally:
            working.cancel()
            supervisor.cancel()
            await asyncio.gather(working, supervisor, return_exceptions=True)
    return load.unbalanced
