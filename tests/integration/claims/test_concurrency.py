"""Many clients at once on one person: nothing is spent twice, no visit is settled twice."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.claims.conftest import World
from tests.support import claims as build

pytestmark = pytest.mark.integration
CLIENTS = 32
TRIES = 20


async def settle_persistently(world: World, message: dict[str, Any]) -> dict[str, Any]:
    """As a hospital does: the same key again while the service is busy."""
    headers = world.as_hospital()
    for _ in range(TRIES):
        reply = await world.client.post("/v1/settlements", json=message, headers=headers)
        if reply.status_code not in (409, 503):
            break
        await asyncio.sleep(0.05)
    assert reply.status_code == 201, reply.text
    settled: dict[str, Any] = reply.json()
    return settled


def payments(settled: list[dict[str, Any]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for each in settled:
        for payer in each["payers"]:
            sums[payer["payer"]] = sums.get(payer["payer"], Decimal(0)) + Decimal(payer["amount"])
    return sums


async def test_32_clients_on_one_person_never_overspend_and_equal_a_sequence(world: World) -> None:
    together, alone = await world.insure(1), await world.insure(2)
    # 32 × 9,000 cross the deductible of critical illness and the ceiling of basic insurance (130,000).
    bills = [(f"{no:02d}", "9000.00") for no in range(CLIENTS)]
    settled = await asyncio.gather(
        *(settle_persistently(world, build.visit(together, f"A{no}", amount)) for no, amount in bills)
    )
    sequence = [await world.settle(build.visit(alone, f"B{no}", amount)) for no, amount in bills]
    assert payments(list(settled)) == payments(sequence)
    assert payments(sequence)["basic_insurance"] == Decimal("130000.00")
    used = await world.rows("SELECT kind, used_fen, count(*) FROM accumulators GROUP BY 1, 2 ORDER BY 1")
    assert all(count == 2 for _, _, count in used)


async def test_one_visit_sent_by_many_clients_at_once_is_settled_once(world: World) -> None:
    number = await world.insure()
    settled = await asyncio.gather(
        *(settle_persistently(world, build.visit(number, "ZY1")) for _ in range(CLIENTS))
    )
    assert len({each["id"] for each in settled}) == 1
    assert (await world.counts(["settlements", "event_log"])) == {"settlements": 1, "event_log": 1}


async def test_one_visit_number_with_many_contents_at_once_is_settled_with_one_of_them(world: World) -> None:
    numbers = [await world.insure(order) for order in range(8)]
    replies = await asyncio.gather(
        *(
            world.client.post("/v1/settlements", json=build.visit(number, "ZY1"), headers=world.as_hospital())
            for number in numbers
        )
    )
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    assert (await world.counts(["settlements", "event_log"])) == {"settlements": 1, "event_log": 1}


async def test_batches_over_the_same_people_in_opposite_order_both_succeed(world: World) -> None:
    numbers = [await world.insure(order) for order in range(20)]

    async def batch(name: str, people: list[str]) -> int:
        lines = [build.visit(number, f"{name}{no}", "9000.00") for no, number in enumerate(people)]
        body = "\n".join(json.dumps(line) for line in lines)
        reply = await world.client.post("/v1/settlements:batch", content=body, headers=world.as_hospital())
        return reply.text.count('"status":201')

    created = await asyncio.gather(batch("A", numbers), batch("B", numbers[::-1]), batch("C", numbers))
    assert list(created) == [20, 20, 20]
