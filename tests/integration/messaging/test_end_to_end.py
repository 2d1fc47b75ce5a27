"""From a committed change to its effect in another service, over a real broker."""

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
