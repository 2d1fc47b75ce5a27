"""A batch of events and its positions are one transaction: effects happen exactly once, in order."""

import asyncio
import random
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import failpoints
from shared.clock import SystemClock
from shared.failpoints import FailpointReached
from shared.messaging import delivery, positions
from shared.messaging.delivery import BATCH_LIMIT, Delivery, deliver, retry_asked
from shared.messaging.envelope import Envelope
from shared.messaging.positions import Fenced
from tests.support.wire import Noted, Wire, in_order_per_key

pytestmark = pytest.mark.integration
CLOCK = SystemClock()
KEYS = [f"household-{no}" for no in range(10)]


async def apply(wire: Wire, envelopes: Sequence[Envelope]) -> Delivery:
    return await deliver(wire.sessions, wire.source, envelopes, wire.handlers, CLOCK)


async def written(wire: Wire, rounds: int = 10, poison: Sequence[tuple[str, int]] = ()) -> list[Envelope]:
    """Events 1 … ``rounds`` of every key, sequenced."""
    for number in range(1, rounds + 1):
        await wire.write(*[(key, number) for key in KEYS if (key, number) not in poison])
        for key in [key for key, poisoned in poison if poisoned == number]:
            await wire.write((key, number), poison=[number])
    await wire.sequence()
    return await wire.envelopes()


async def stored(wire: Wire) -> dict[int, int]:
    async with wire.sessions.begin() as session:
        return dict(await positions.read(session, wire.source))


async def letters(wire: Wire) -> list[tuple[str, int, str, int]]:
    """(key, number, state, attempts) of all dead letters, in order."""
    async with wire.sessions() as session:
        rows = await session.execute(
            text(
                "SELECT partition_key, (envelope->'data'->>'n')::int AS n, state, attempts FROM dead_letters"
                " WHERE source = :source ORDER BY partition_key, position"
            ),
            {"source": wire.source},
        )
        return [(row.partition_key, row.n, row.state, row.attempts) for row in rows]


async def ask_for_retry(wire: Wire) -> None:
    async with wire.sessions.begin() as session:
        await session.execute(text("UPDATE dead_letters SET state = 'retrying' WHERE state = 'poisoned'"))


@pytest.fixture(autouse=True)
def _disarm() -> Iterator[None]:
    yield
    failpoints.arm("")


async def test_duplicates_and_reordering_change_nothing(wire: Wire) -> None:
    envelopes = await written(wire)
    arrived = envelopes * 3
    random.Random(7).shuffle(arrived)
    first = await apply(wire, arrived)
    assert (first.applied, first.skipped, first.missing) == (100, 200, {})
    again = await apply(wire, arrived)
    assert (again.applied, again.skipped) == (0, 300)
    effects = await wire.effects()
    assert len(effects) == 100
    assert in_order_per_key(effects)


async def test_events_behind_a_gap_wait_and_the_gap_is_named(wire: Wire) -> None:
    envelopes = await written(wire)
    lost = envelopes[20]
    rest = [envelope for envelope in envelopes if envelope is not lost]
    outcome = await apply(wire, rest)
    assert outcome.missing == {lost.partition: lost.position}
    assert len(await wire.effects()) == outcome.applied < 99
    assert (await apply(wire, envelopes)).missing == {}
    assert in_order_per_key(await wire.effects())
    assert len(await wire.effects()) == 100


async def test_types_that_nobody_handles_only_move_the_position(wire: Wire) -> None:
    envelopes = await written(wire)
    outcome = await deliver(wire.sessions, wire.source, envelopes, {}, CLOCK)
    assert outcome.applied == 100
    assert sum((await stored(wire)).values()) == 100
    assert await wire.effects() == []


async def test_two_types_reach_their_handlers_in_the_order_of_each_key(wire: Wire) -> None:
    seen: list[tuple[str, str, int]] = []

    async def see(_session: AsyncSession, events: Sequence[Envelope]) -> None:
        seen.extend((event.type, event.partitionkey, event.read(Noted).n) for event in events)

    envelopes = [
        envelope.model_copy(update={"type": f"{wire.source}.other.v1"})
        if envelope.data["n"] % 2
        else envelope
        for envelope in await written(wire)
    ]
    handlers = {wire.contract.TYPE: see, wire.other.TYPE: see}
    await deliver(wire.sessions, wire.source, envelopes, handlers, CLOCK)
    assert in_order_per_key([(key, number) for _, key, number in seen])
    assert len(seen) == 100


@pytest.mark.parametrize("error", [OSError("connection lost"), Fenced("x")])
async def test_a_transient_failure_leaves_nothing_behind(wire: Wire, error: Exception) -> None:
    envelopes = await written(wire)

    async def note_and_fail(session: AsyncSession, events: Sequence[Envelope]) -> None:
        await wire.note(session, events)
        raise error

    with pytest.raises(type(error)):
        await deliver(wire.sessions, wire.source, envelopes, {wire.contract.TYPE: note_and_fail}, CLOCK)
    assert await wire.effects() == []
    assert sum((await stored(wire)).values()) == 0
    assert (await apply(wire, envelopes)).applied == 100


async def test_a_crash_before_the_commit_repeats_the_batch_and_one_after_it_does_not(wire: Wire) -> None:
    envelopes = await written(wire)
    failpoints.arm("consumer.before_commit=raise")
    with pytest.raises(FailpointReached):
        await apply(wire, envelopes)
    assert await wire.effects() == []
    failpoints.arm("consumer.after_commit=raise")
    with pytest.raises(FailpointReached):
        await apply(wire, envelopes)
    assert len(await wire.effects()) == 100
    assert (await apply(wire, envelopes)).applied == 0


async def test_many_workers_at_once_apply_every_event_once(wire: Wire) -> None:
    envelopes = await written(wire)
    await stored(wire)  # otherwise the creation of the rows would make them wait for each other
    shuffled = [random.Random(no).sample(envelopes, len(envelopes)) for no in range(6)]
    outcomes = await asyncio.gather(*[apply(wire, each) for each in shuffled])
    assert sum(outcome.applied for outcome in outcomes) == 100
    effects = await wire.effects()
    assert len(effects) == 100
    assert in_order_per_key(effects)


async def test_a_worker_that_slept_cannot_commit_what_another_has_done(wire: Wire) -> None:
    envelopes = await written(wire)
    before = await stored(wire)
    await apply(wire, envelopes)
    plan = positions.plan(before, envelopes)

    async def commit_late() -> None:
        async with wire.sessions.begin() as session:
            await wire.note(session, plan.apply)
            await positions.advance(session, wire.source, before, plan.advanced)

    with pytest.raises(Fenced):
        await commit_late()
    assert len(await wire.effects()) == 100


async def test_a_poisoned_event_stops_only_its_own_key(wire: Wire) -> None:
    envelopes = await written(wire, poison=[("household-3", 4)])
    assert (await apply(wire, envelopes)).applied == 100
    effects = await wire.effects()
    assert len(effects) == 93
    assert in_order_per_key(effects)
    assert await letters(wire) == [("household-3", 4, "poisoned", 5)] + [
        ("household-3", number, "parked", 0) for number in range(5, 11)
    ]
    assert sum((await stored(wire)).values()) == 100


async def test_later_batches_of_the_key_park_as_well(wire: Wire) -> None:
    await apply(wire, await written(wire, poison=[("household-3", 4)]))
    await wire.write(*[(key, 11) for key in KEYS])
    await wire.sequence()
    await apply(wire, await wire.envelopes())
    assert len(await wire.effects()) == 102
    assert (await letters(wire))[-1] == ("household-3", 11, "parked", 0)


async def test_after_the_cause_is_fixed_a_retry_applies_the_key_in_its_order(wire: Wire) -> None:
    await apply(wire, await written(wire, poison=[("household-3", 4), ("household-5", 2)]))
    wire.broken = False
    assert await retry_asked(wire.sessions, wire.handlers, CLOCK) == 0
    await ask_for_retry(wire)
    assert await retry_asked(wire.sessions, wire.handlers, CLOCK) == 16
    effects = await wire.effects()
    assert len(effects) == 100
    assert in_order_per_key(effects)
    assert {state for _, _, state, _ in await letters(wire)} == {"resolved"}
    assert await retry_asked(wire.sessions, wire.handlers, CLOCK) == 0


async def test_a_retry_that_fails_again_leaves_the_key_parked(wire: Wire) -> None:
    await apply(wire, await written(wire, poison=[("household-3", 4)]))
    await ask_for_retry(wire)
    assert await retry_asked(wire.sessions, wire.handlers, CLOCK) == 0
    found = await letters(wire)
    assert found[0] == ("household-3", 4, "poisoned", 10)
    assert {state for _, _, state, _ in found[1:]} == {"parked"}
    assert len(await wire.effects()) == 93


async def test_a_retry_stops_at_the_next_poisoned_event(wire: Wire) -> None:
    envelopes = await written(wire, poison=[("household-3", 4), ("household-3", 6)])
    await apply(wire, envelopes)

    async def note(session: AsyncSession, events: Sequence[Envelope]) -> None:
        wire.broken = events[0].data["n"] == 6
        await wire.note(session, events)

    await ask_for_retry(wire)
    assert await retry_asked(wire.sessions, {wire.contract.TYPE: note}, CLOCK) == 2
    states = [(number, state) for _, number, state, _ in await letters(wire)]
    assert states[:4] == [(4, "resolved"), (5, "resolved"), (6, "poisoned"), (7, "parked")]


async def test_a_key_with_more_parked_events_than_a_batch_is_retried_in_parts(wire: Wire) -> None:
    total = 2 * BATCH_LIMIT
    await wire.write(*[("household-1", number) for number in range(1, total + 1)], poison=[1])
    await wire.sequence()
    envelopes = await wire.envelopes()
    await apply(wire, envelopes[:BATCH_LIMIT])
    await apply(wire, envelopes[BATCH_LIMIT:])
    wire.broken = False
    await ask_for_retry(wire)
    assert await retry_asked(wire.sessions, wire.handlers, CLOCK) == BATCH_LIMIT
    assert await retry_asked(wire.sessions, wire.handlers, CLOCK) == BATCH_LIMIT
    assert in_order_per_key(await wire.effects())
    assert len(await wire.effects()) == total


async def test_events_that_arrive_during_a_retry_are_not_overtaken(wire: Wire) -> None:
    await apply(wire, await written(wire, poison=[("household-3", 4)]))
    await wire.write(("household-3", 11))
    await wire.sequence()
    later = await wire.envelopes()
    wire.broken = False
    await ask_for_retry(wire)
    await asyncio.gather(apply(wire, later), retry_asked(wire.sessions, wire.handlers, CLOCK))
    effects = await wire.effects()
    assert len(effects) == 101
    assert in_order_per_key(effects)


async def test_a_source_begun_again_applies_its_whole_history(wire: Wire) -> None:
    envelopes = await written(wire, poison=[("household-3", 4)])
    await apply(wire, envelopes)
    wire.broken = False
    async with wire.sessions.begin() as session:
        await session.execute(text("DELETE FROM test_effects"))
        await delivery.reset_positions(session, wire.source, CLOCK)
    assert (await apply(wire, envelopes)).applied == 100
    effects = await wire.effects()
    assert len(effects) == 100
    assert in_order_per_key(effects)
