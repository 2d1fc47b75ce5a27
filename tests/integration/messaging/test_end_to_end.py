"""From a committed change to its effect in another service, over a real broker."""

import asyncio
import time

import pytest

from tests.support.wire import Wire, in_order_per_key, running

pytestmark = pytest.mark.integration


async def test_committed_events_take_effect_once_and_in_order(wire: Wire) -> None:
    async with wire.serve_feed() as client, running(wire.relay(), wire.consumer(client)):
        for number in range(1, 21):
            await wire.write(*[(f"household-{no}", number) for no in range(20)])
        effects = await wire.wait_for_effects(400)
    assert len(effects) == 400
    assert in_order_per_key(effects)


async def test_an_event_takes_effect_within_a_quarter_of_a_second(wire: Wire) -> None:
    async with wire.serve_feed() as client, running(wire.relay(), wire.consumer(client)):
        await wire.write(("warm-up", 1))
        await wire.wait_for_effects(1)
        await asyncio.sleep(6)  # the consumer has joined its group; before that the feed serves it
        delays = []
        for number in range(2, 22):
            await asyncio.sleep(0.11)
            started = time.monotonic()
            await wire.write(("warm-up", number))
            await wire.wait_for_effects(number, poll_seconds=0.002)
            delays.append(time.monotonic() - started)
    # The middle one: a single delay on a busy machine says nothing. Idle it is about 50 ms.
    assert sorted(delays)[10] < 0.25
