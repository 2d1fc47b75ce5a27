"""Every way of the county's money, killed in the middle: before its first booking, right before the commit,
and after the commit with the answer still to be sent. Asked again, each is done exactly once.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import asyncpg
import pytest

from tests.faults import healing
from tests.faults.checks import effects, properties
from tests.faults.checks.money import AT_ANY_MOMENT
from tests.faults.history import Outcome
from tests.faults.money import cases
from tests.faults.money.cases import Case
from tests.faults.money.offices import Offices
from tests.faults.run import REPORT, Run
from tests.faults.seeds import rng
from tests.faults.waiting import until

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(420),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
API, DATABASE, CONSUMER = "claims-api", "database", "claims-consumer"
_VISITS = 60
_AT_ONCE = 8
"""As many as the service has connections."""
FIRST_BOOKING = ("transfers", "payment_item_transfers", "closed_transfers")
LAST_STATEMENT = ("audit_log",)
KEYS = ("idempotency_keys", "nhsa_messages")
ROUNDS = ((FIRST_BOOKING, API), (KEYS, DATABASE), (LAST_STATEMENT, API), (LAST_STATEMENT, DATABASE))
_WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE usename = 'claims_api' AND wait_event_type = 'Lock'
"""
_SETTLED_SECONDS = 6.0
_DEAD_SECONDS = 60.0


async def test_what_is_killed_in_the_middle_leaves_nothing_and_is_done_once_when_asked_again(
    run: Run,
) -> None:
    offices = Offices("middle", run.client, run.history, run.county, run.books, begin=500)
    # The job of the lineage dies once as well, with what it has worked out not yet committed.
    await run.cluster.down(CONSUMER)
    await run.cluster.start(CONSUMER, failpoints="earmarks.before_commit=kill")
    waiting = await cases.prepared(offices, run.set_aside[-_VISITS:])
    await run.cluster.wait_dead(CONSUMER, _DEAD_SECONDS)
    await run.cluster.start(CONSUMER)
    for case in waiting:
        run.history.add(case.order)
    wrong = []
    for tables, victim in ROUNDS:
        wrong += await _killed_before(run, waiting, tables, victim)
    for commits in (1, 3):
        wrong += await _killed_after(run, waiting, commits)
    async with healing.administrators(run.cluster.system) as connections:
        wrong += await _resolved(run, connections)
    REPORT.append(f"killed in the middle: {', '.join(sorted(case.order.kind for case in waiting))}")
    assert not wrong, "\n".join(wrong)
    for case in waiting:
        await case.finish()
    wrong += await run.heal() + run.books.wrong
    assert not wrong, "\n".join(wrong)


async def _resolved(run: Run, connections: healing.Connections) -> list[str]:
    """Everything asked again until it is answered; what never is was left half-way."""
    try:
        return await healing.resolve(run.client, connections, run.history)
    except AssertionError as error:
        return [str(error)]


async def _killed_before(run: Run, waiting: Sequence[Case], tables: Sequence[str], victim: str) -> list[str]:
    """Stop requests at their first statement on these tables, and kill: nothing of them is there."""
    chosen = rng(f"{victim}{tables}").sample(list(waiting), len(waiting))
    # Those first that are not answered yet: an answered one has nothing to do any more.
    chosen = sorted(chosen, key=lambda case: case.order.outcome != Outcome.INFO)[:_AT_ONCE]
    began = time.monotonic()
    admin = await asyncpg.connect(_claims(run))
    holder, held = await asyncpg.connect(_claims(run)), 0
    try:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")
        asking = [asyncio.create_task(run.client.attempt(case.order, 20.0)) for case in chosen]

        async def in_the_middle() -> bool:
            nonlocal held
            held = int(await admin.fetchval(_WAITING))
            return held + sum(task.done() for task in asking) >= len(asking)

        with suppress(AssertionError):
            await until(in_the_middle, _SETTLED_SECONDS, "everything to be in the middle")
        await run.cluster.kill(victim)
        await asyncio.gather(*asking)
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await transaction.rollback()
    finally:
        for connection in (admin, holder):
            connection.terminate()
    REPORT.append(
        f"  {time.monotonic() - began:.1f} s: {victim} killed with {held} requests before {tables[0]}"
    )
    return [*await _nothing_there(run, chosen), *([] if held else ["nothing was in the middle"])]


async def _nothing_there(run: Run, chosen: Sequence[Case]) -> list[str]:
    """What was killed before its commit never happened; what was answered meanwhile is another matter."""
    await run.cluster.ready()
    async with healing.administrators(run.cluster.system) as connections:
        found = [
            f"{case.order.kind} {case.order.key} was killed before its commit and is there"
            for case in chosen
            if case.order.outcome == Outcome.INFO and await effects.happened(connections, case.order)
        ]
        return found + await properties.violations(connections["claims"], AT_ANY_MOMENT)


async def _killed_after(run: Run, waiting: Sequence[Case], commits: int) -> list[str]:
    """The API dies when so many have committed, and has not told anybody; the others are somewhere."""
    chosen = [case for case in waiting if case.order.outcome == Outcome.INFO]
    chosen = rng(f"after {commits}").sample(chosen, min(_AT_ONCE, len(chosen)))
    await run.cluster.down(API)
    await run.cluster.start(API, failpoints=f"request.after_commit=kill@{commits}")
    await run.cluster.ready()
    # Stored already, or answered: asking does not commit anything new there.
    asking = [asyncio.create_task(run.client.attempt(case.order, 20.0)) for case in chosen]
    await run.cluster.wait_dead(API, _DEAD_SECONDS)
    await asyncio.gather(*asking)
    await run.cluster.start(API)
    await run.cluster.ready()
    async with healing.administrators(run.cluster.system) as connections:
        done = [await effects.happened(connections, case.order) for case in chosen]
        REPORT.append(f"  {API} killed after {commits} commits: {sum(done)} of {len(done)} are done")
        return await properties.violations(connections["claims"], AT_ANY_MOMENT)


def _claims(run: Run) -> str:
    return f"{run.cluster.system.config.admin_dsn.rsplit('/', 1)[0]}/claims"
