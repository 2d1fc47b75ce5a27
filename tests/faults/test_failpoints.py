"""Processes that die exactly between two steps of relay and consumer."""

import pytest

from tests.faults.run import Run

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
RELAY, OTHER_RELAY, CONSUMER = "registry-relay", "registry-worker", "claims-consumer"
_DEAD_SECONDS = 60.0
"""Both start at the same time, and a consumer joins its group before it comes to its offsets."""


@pytest.mark.parametrize(
    ("relay_dies", "consumer_dies"),
    [
        ("relay.before_send=kill", "consumer.before_commit=kill"),
        ("relay.after_send=kill", "consumer.after_commit=kill"),
        ("relay.after_mark=kill", "consumer.before_offset_commit=kill"),
        ("relay.after_send=raise", "consumer.after_offset_commit=kill"),
        ("relay.before_send=raise", "consumer.before_commit=raise"),
    ],
)
async def test_dying_between_two_steps_loses_and_doubles_nothing(
    run: Run, relay_dies: str, consumer_dies: str
) -> None:
    cluster = run.cluster
    for part in (OTHER_RELAY, RELAY, CONSUMER):
        await cluster.down(part)
    await cluster.start(RELAY, failpoints=relay_dies)
    await cluster.start(CONSUMER, failpoints=consumer_dies)
    await run.import_changed()
    await cluster.wait_dead(RELAY, _DEAD_SECONDS)
    for part in (RELAY, OTHER_RELAY):
        await cluster.start(part)
    await cluster.wait_dead(CONSUMER, _DEAD_SECONDS)
    await cluster.start(CONSUMER)
    wrong = await run.heal()
    assert not wrong, "\n".join(wrong)
