"""Many clients at once, on two processes: nothing is spent twice, no visit is settled twice."""

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
    """As a hospital does: the same key again while the service is busy, at whichever process answers."""
    headers = world.as_hospital(message["facility_code"])
    clients = [world.client, world.other]
    for _ in range(TRIES):
        clients.reverse()
        reply = await clients[world.sent % 2].post("/v1/settlements", json=message, headers=headers)
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
            (world.client, world.other)[no % 2].post(
                "/v1/settlements", json=build.visit(number, "ZY1"), headers=world.as_hospital()
            )
            for no, number in enumerate(numbers)
        )
    )
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    assert (await world.counts(["settlements", "event_log"])) == {"settlements": 1, "event_log": 1}


async def test_batches_over_the_same_people_in_opposite_order_both_succeed(world: World) -> None:
    numbers = [await world.insure(order) for order in range(20)]

    async def batch(name: str, people: list[str]) -> int:
        lines = [build.visit(number, f"{name}{no}", "9000.00") for no, number in enumerate(people)]
        body = "\n".join(json.dumps(line) for line in lines)
        client = world.other if name == "B" else world.client
        reply = await client.post("/v1/settlements:batch", content=body, headers=world.as_hospital())
        return reply.text.count('"status":201')

    created = await asyncio.gather(batch("A", numbers), batch("B", numbers[::-1]), batch("C", numbers))
    assert list(created) == [20, 20, 20]


async def test_requests_that_share_a_transaction_keep_what_each_has_alone(world: World) -> None:
    numbers = [await world.insure(order) for order in range(6)]
    hospitals = [build.COUNTY_HOSPITAL, build.TOWNSHIP_HOSPITAL]
    messages = [
        build.visit(number, "ZY1", facility_code=hospitals[no % 2]) for no, number in enumerate(numbers[:2])
    ]
    messages += [build.visit(number, f"ZY{no}", total="1.00") for no, number in enumerate(numbers[2:4])]
    outpatient = {"visit_type": "outpatient"}
    messages += [build.visit(number, f"MZ{no}", **outpatient) for no, number in enumerate(numbers[4:])]
    audited = (await world.counts(["audit_log"]))["audit_log"]
    replies = await asyncio.gather(
        *(
            world.client.post("/v1/settlements", json=each, headers=world.as_hospital(each["facility_code"]))
            for each in messages
        )
    )
    assert [reply.status_code for reply in replies] == [201, 201, 422, 422, 201, 201]
    counted = await world.counts(["settlements", "idempotency_keys", "audit_log"])
    assert counted == {"settlements": 4, "idempotency_keys": 4, "audit_log": audited + 4}
    told = await world.rows("SELECT type FROM event_log WHERE type = 'claims.claim_settled.v1'")
    assert len(told) == 4
    seen = await world.client.get("/v1/settlements", headers=world.as_hospital(build.TOWNSHIP_HOSPITAL))
    assert [item["id"] for item in seen.json()["items"]] == [replies[1].json()["id"]]


async def test_a_fault_of_one_request_is_not_that_of_those_beside_it(world: World) -> None:
    numbers = [await world.insure(order) for order in range(4)]
    for no, number in enumerate(numbers):
        await world.settle(build.visit(number, f"ZY{no}"))
    # What cannot happen: accumulators of one patient that no caller of the county may see.
    spoilt = build.person(world.index, numbers[2]).person_id
    await world.platform.as_administrator(
        "claims", f"UPDATE accumulator_years SET division_code = '51' WHERE holder_id = '{spoilt}'"
    )
    token = world.platform.mint("county", ["claims:settle"], ["990101"], build.COUNTY_HOSPITAL)
    replies = await asyncio.gather(
        *(
            world.client.post(
                "/v1/settlements",
                json=build.visit(number, f"NEXT{no}"),
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"fault-{no:04d}"},
            )
            for no, number in enumerate(numbers)
        )
    )
    assert [reply.status_code for reply in replies] == [201, 201, 409, 201]
    assert (await world.counts(["settlements"])) == {"settlements": 7}


async def test_one_key_sent_twice_at_once_runs_once(world: World) -> None:
    number = await world.insure()
    headers = world.as_hospital()
    replies = await asyncio.gather(
        *(
            world.client.post("/v1/settlements", json=build.visit(number, "ZY1"), headers=headers)
            for _ in range(6)
        )
    )
    assert {reply.status_code for reply in replies} <= {201, 409}
    assert len({reply.json()["id"] for reply in replies if reply.status_code == 201}) == 1
    assert {reply.json()["code"] for reply in replies if reply.status_code == 409} <= {
        "idempotency.still_running"
    }
