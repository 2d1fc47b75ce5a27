"""A bill is paid once: overlapping stays, invoices and daily limits, in batches and at the same moment."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from services.claims.guards import repository as guards
from shared.db import raw
from tests.integration.claims.conftest import World
from tests.support import claims as build

pytestmark = pytest.mark.integration
CONSULTATION = "110200001001000"
GUARDED = ["settlements", "visits", "stays", "settlement_invoices", "item_uses", "transfers", "event_log"]


def stay(number: str, visit_no: str, first: str, last: str, **changes: Any) -> dict[str, Any]:
    return build.visit(number, visit_no, admitted_on=first, discharged_on=last, **changes)


def consulted(number: str, visit_no: str, quantity: str = "1", **changes: Any) -> dict[str, Any]:
    amount = f"{10 * int(quantity)}.00"
    line = build.charge(amount, item_code=CONSULTATION, quantity=quantity, unit_price="10.00")
    day = {"visit_type": "outpatient", "admitted_on": "2026-03-09", "discharged_on": "2026-03-09"}
    return build.visit(number, visit_no, **{"charges": [line], "total": amount, **day, **changes})


async def post(world: World, message: dict[str, Any]) -> httpx.Response:
    headers = world.as_hospital(message["facility_code"])
    return await world.client.post("/v1/settlements", json=message, headers=headers)


async def batch(world: World, messages: list[dict[str, Any]]) -> list[tuple[int, str]]:
    body = "\n".join(map(json.dumps, messages))
    reply = await world.client.post("/v1/settlements:batch", content=body, headers=world.headers("admin"))
    lines = [json.loads(line) for line in reply.text.splitlines()]
    return [(line["status"], line.get("problem", {}).get("code", "")) for line in lines]


@pytest.mark.parametrize("facility", [build.COUNTY_HOSPITAL, build.TOWNSHIP_HOSPITAL])
@pytest.mark.parametrize(
    ("first", "last", "fits"),
    [
        ("2026-03-09", "2026-03-12", True),
        ("2026-02-20", "2026-03-01", True),
        ("2026-03-09", "2026-03-09", True),
        ("2026-03-01", "2026-03-01", True),
        ("2026-03-08", "2026-03-12", False),
        ("2026-02-20", "2026-03-02", False),
        ("2026-03-05", "2026-03-05", False),
        ("2026-03-01", "2026-03-09", False),
        ("2026-01-01", "2026-04-01", False),
    ],
)
async def test_one_person_lies_in_one_hospital_at_a_time(
    world: World, first: str, last: str, fits: bool, facility: str
) -> None:
    number = await world.insure()
    await world.settle(stay(number, "ZY1", "2026-03-01", "2026-03-09"))
    before = await world.counts()
    reply = await post(world, stay(number, "ZY2", first, last, facility_code=facility))
    if fits:
        assert reply.status_code == 201, reply.text
        return
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.stay_overlaps")
    assert reply.json()["errors"][0]["pointer"] == "/admitted_on"
    assert await world.counts() == before


async def test_a_birth_is_a_stay_and_an_outpatient_visit_is_none(world: World) -> None:
    number = await world.insure()
    await world.settle(stay(number, "ZY1", "2026-03-01", "2026-03-09", visit_type="delivery"))
    during = {"admitted_on": "2026-03-05", "discharged_on": "2026-03-05"}
    await world.settle(build.visit(number, "MZ1", visit_type="outpatient", **during))
    reply = await post(world, stay(number, "ZY2", "2026-03-05", "2026-03-07"))
    assert reply.json()["code"] == "claims.stay_overlaps"


async def test_other_people_may_lie_in_hospital_at_the_same_time(world: World) -> None:
    for order in (1, 2):
        number = await world.insure(order)
        await world.settle(stay(number, f"ZY{order}", "2026-03-01", "2026-03-09"))


async def test_the_refusal_tells_nothing_about_the_other_hospital(world: World) -> None:
    number = await world.insure()
    await world.settle(stay(number, "SECRET1", "2026-03-01", "2026-03-09"))
    other = stay(number, "ZY2", "2026-03-04", "2026-03-06", facility_code=build.TOWNSHIP_HOSPITAL)
    text = (await post(world, other)).text
    assert "SECRET1" not in text
    assert build.COUNTY_HOSPITAL not in text


async def test_of_overlapping_stays_posted_at_once_by_two_hospitals_one_wins(world: World) -> None:
    for order in range(10):
        number = await world.insure(order)
        messages = [
            stay(number, f"A{order}", "2026-03-01", "2026-03-09"),
            stay(number, f"B{order}", "2026-03-08", "2026-03-20", facility_code=build.TOWNSHIP_HOSPITAL),
        ]
        replies = await asyncio.gather(
            *(
                client.post("/v1/settlements", json=each, headers=world.as_hospital(each["facility_code"]))
                for client, each in zip((world.client, world.other), messages, strict=True)
            )
        )
        assert sorted(reply.status_code for reply in replies) == [201, 409]
        [refused] = [reply.json()["code"] for reply in replies if reply.status_code == 409]
        assert refused == "claims.stay_overlaps"
    assert await world.counts(["settlements", "visits", "stays"]) == {
        "settlements": 10,
        "visits": 10,
        "stays": 10,
    }


async def test_in_a_batch_the_first_of_overlapping_stays_wins_and_the_others_stay_out(world: World) -> None:
    number, other = await world.insure(1), await world.insure(2)
    outcomes = await batch(
        world,
        [
            stay(number, "ZY1", "2026-03-05", "2026-03-09"),
            stay(number, "ZY2", "2026-03-01", "2026-03-06"),
            stay(other, "ZY3", "2026-03-01", "2026-03-06"),
            stay(number, "ZY4", "2026-03-09", "2026-03-10"),
        ],
    )
    assert outcomes == [(201, ""), (409, "claims.stay_overlaps"), (201, ""), (201, "")]
    counted = await world.counts(["settlements", "visits", "stays"])
    assert counted == {"settlements": 3, "visits": 3, "stays": 3}


async def test_a_refused_visit_may_be_mended_under_its_number(world: World) -> None:
    number = await world.insure()
    await world.settle(stay(number, "ZY1", "2026-03-01", "2026-03-09"))
    await post(world, stay(number, "ZY2", "2026-03-08", "2026-03-12"))
    await world.settle(stay(number, "ZY2", "2026-03-09", "2026-03-12"))


async def test_an_invoice_is_settled_once_at_its_hospital(world: World) -> None:
    number = await world.insure()
    await world.settle(build.visit(number, "ZY1", invoice_no="FP001"))
    before = await world.counts()
    reply = await post(world, build.visit(number, "ZY2", invoice_no="FP001"))
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.invoice_twice")
    assert reply.json()["errors"][0]["pointer"] == "/invoice_no"
    assert await world.counts() == before
    elsewhere = {"facility_code": build.TOWNSHIP_HOSPITAL, "invoice_no": "FP001"}
    await world.settle(build.visit(number, "ZY3", **elsewhere))
    await world.settle(build.visit(number, "ZY4", invoice_no="FP002"))


async def test_the_same_visit_with_its_invoice_again_is_the_same_settlement(world: World) -> None:
    message = build.visit(await world.insure(), "ZY1", invoice_no="FP001")
    assert await world.settle(message) == await world.settle(message)
    without = {name: value for name, value in message.items() if name != "invoice_no"}
    assert (await post(world, without)).json()["code"] == "claims.visit_conflict"


async def test_one_invoice_sent_at_once_for_many_visits_is_settled_once(world: World) -> None:
    numbers = [await world.insure(order) for order in range(8)]
    replies = await asyncio.gather(
        *(
            (world.client, world.other)[no % 2].post(
                "/v1/settlements",
                json=build.visit(number, f"ZY{no}", invoice_no="FP001"),
                headers=world.as_hospital(),
            )
            for no, number in enumerate(numbers)
        )
    )
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    counted = await world.counts(["settlements", "visits", "stays", "settlement_invoices"])
    assert set(counted.values()) == {1}


async def test_an_item_above_its_limit_of_a_day_is_refused_at_any_hospital(world: World) -> None:
    number = await world.insure()
    await world.settle(consulted(number, "MZ1"))
    before = await world.counts()
    for facility in (build.COUNTY_HOSPITAL, build.TOWNSHIP_HOSPITAL):
        reply = await post(world, consulted(number, "MZ2", facility_code=facility))
        assert (reply.status_code, reply.json()["code"]) == (409, "claims.item_over_limit")
    assert await world.counts() == before
    next_day = {"admitted_on": "2026-03-10", "discharged_on": "2026-03-10"}
    await world.settle(consulted(number, "MZ3", **next_day))
    await world.settle(consulted(await world.insure(2), "MZ4"))


async def test_a_bill_that_exceeds_a_daily_limit_alone_names_the_line(world: World) -> None:
    number = await world.insure()
    before = await world.counts()
    reply = await post(world, consulted(number, "MZ1", "2"))
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.item_over_limit")
    assert reply.json()["errors"][0]["pointer"] == "/charges/0/quantity"
    assert await world.counts() == before


@pytest.mark.parametrize(("quantity", "status"), [("9", 201), ("10", 409)])
async def test_a_stay_has_the_limit_for_each_of_its_days(world: World, quantity: str, status: int) -> None:
    number = await world.insure()
    days = {"visit_type": "inpatient", "admitted_on": "2026-03-01", "discharged_on": "2026-03-09"}
    assert (await post(world, consulted(number, "ZY1", quantity, **days))).status_code == status


async def test_in_a_batch_the_first_use_of_a_daily_limit_wins(world: World) -> None:
    number, other = await world.insure(1), await world.insure(2)
    outcomes = await batch(
        world, [consulted(number, "MZ1"), consulted(number, "MZ2"), consulted(other, "MZ3")]
    )
    assert outcomes == [(201, ""), (409, "claims.item_over_limit"), (201, "")]


async def test_a_daily_limit_used_at_once_at_two_hospitals_is_used_once(world: World) -> None:
    for order in range(10):
        number = await world.insure(order)
        messages = [
            consulted(number, f"A{order}"),
            consulted(number, f"B{order}", facility_code=build.TOWNSHIP_HOSPITAL),
        ]
        replies = await asyncio.gather(
            *(
                client.post("/v1/settlements", json=each, headers=world.as_hospital(each["facility_code"]))
                for client, each in zip((world.client, world.other), messages, strict=True)
            )
        )
        assert sorted(reply.status_code for reply in replies) == [201, 409]
    assert await world.rows("SELECT count(*) FROM item_days WHERE quantity_milli <> 1000") == [(0,)]
    assert (await world.counts(["item_uses"])) == {"item_uses": 10}


async def test_one_visit_sent_many_times_at_once_leaves_one_claim_on_everything(world: World) -> None:
    number = await world.insure()
    stays = {"visit_type": "inpatient", "admitted_on": "2026-03-09", "discharged_on": "2026-03-09"}
    message = consulted(number, "ZY1", invoice_no="FP001", **stays)
    replies = await asyncio.gather(
        *(
            (world.client, world.other)[no % 2].post(
                "/v1/settlements", json=message, headers=world.as_hospital()
            )
            for no in range(16)
        )
    )
    assert {reply.status_code for reply in replies} == {201}, [reply.text for reply in replies]
    assert len({reply.json()["id"] for reply in replies}) == 1
    counted = await world.counts(["settlements", "visits", "stays", "settlement_invoices", "item_uses"])
    assert set(counted.values()) == {1}
    assert await world.rows("SELECT quantity_milli FROM item_days") == [(1000,)]


async def test_what_a_settlement_had_to_itself_can_be_given_back(world: World) -> None:
    number = await world.insure()
    one_day = {"visit_type": "inpatient", "admitted_on": "2026-03-09", "discharged_on": "2026-03-09"}
    settled = await world.settle(consulted(number, "ZY1", invoice_no="FP001", **one_day))
    async with world.platform.worker_session("claims") as session:
        await guards.release(await raw(session), [settled["id"]])
    assert await world.rows("SELECT quantity_milli FROM item_days") == [(0,)]
    await world.settle(consulted(number, "ZY2", invoice_no="FP001", **one_day))
