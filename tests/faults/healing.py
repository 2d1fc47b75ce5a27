"""After the faults: everything up again, every open call asked about, no lag; then all checks at once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from deploy.local.layout import SERVICES
from deploy.local.system import LocalSystem
from tests.faults.checks import books, effects, lag, properties
from tests.faults.checks.catalogue import PROPERTIES
from tests.faults.checks.projections import Replay
from tests.faults.checks.properties import Connection
from tests.faults.client import NATIONAL, Client
from tests.faults.cluster import Cluster
from tests.faults.history import History, Outcome
from tests.faults.waiting import until

QUIET_SECONDS = 60.0
Connections = Mapping[str, Connection]


@asynccontextmanager
async def administrators(system: LocalSystem) -> AsyncIterator[Mapping[str, Connection]]:
    """One connection per database that sees everything and can do everything."""
    base = system.config.admin_dsn.rsplit("/", 1)[0]
    connections: dict[str, asyncpg.Connection[Any]] = {}
    try:
        for name in SERVICES:
            connections[name] = await asyncpg.connect(f"{base}/{name}")
        yield connections
    finally:
        for connection in connections.values():
            await connection.close()


async def resolve(client: Client, connections: Connections, history: History) -> list[str]:
    """Ask about every open call under its own key: it is one effect, or none and done now. What is wrong."""
    found = []
    for operation in history.unresolved():
        done_before = await effects.happened(connections, operation)
        answer = await client.ask_until_known(operation, QUIET_SECONDS)
        tells = operation.path != NATIONAL
        if tells and answer.outcome == Outcome.OK:
            if done_before and not answer.replayed:
                found.append(f"{operation.kind} {operation.key} was done and is answered with a new effect")
            # Where nothing was done before, an earlier attempt may have been at work still.
            if not await effects.happened(connections, operation):
                found.append(f"{operation.kind} {operation.key} is answered and has no effect")
        if tells and answer.outcome == Outcome.FAIL and done_before:
            found.append(f"{operation.kind} {operation.key} was done and is refused: {answer.body.decode()}")
    return found


async def quiet(cluster: Cluster, connections: Connections, seconds: float = QUIET_SECONDS) -> float:
    """Wait until nothing is behind any more; the seconds it took."""
    await cluster.ready()
    last: dict[str, int] = {}

    async def settled() -> bool:
        nonlocal last
        last = await lag.behind(connections)
        return not last and not await books.unchained(connections)

    try:
        return await until(settled, seconds, "lag 0")
    except AssertionError as error:
        raise AssertionError(f"{error}; behind: {last}") from None


async def wrong_state(replay: Replay, client: Client, connections: Connections) -> list[str]:
    """Everything that must hold of the databases by themselves, whatever was asked for."""
    found = []
    for service, wanted in PROPERTIES.items():
        broken = await properties.violations(connections[service], wanted)
        found += [f"{service}: {each}" for each in broken]
    found += await books.wrong_trial_balance(client, connections["claims"])
    found += await replay.differences(connections)
    return found


async def wrong_effects(connections: Connections, history: History) -> list[str]:
    """What of the history is not in the databases exactly once."""
    return [
        *effects.wrong_outcomes(history),
        *effects.answered_twice_differently(history),
        *await effects.lost_or_doubled(connections, history),
    ]


async def supervised(cluster: Cluster) -> "asyncio.Task[None]":
    """The process manager, running."""
    return asyncio.create_task(cluster.supervise(), name="supervisor")
