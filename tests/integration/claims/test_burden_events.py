"""The year's own payment of people and households, and the one event when it crosses a threshold."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.claims.verification.service import verify_ledger
from tests.integration.claims.conftest import World
from tests.integration.claims.test_concurrency import settle_persistently
from tests.support import claims as build
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration
HOME = UUID("0197f3a0-0000-7000-8000-00000000aaaa")
OTHER_HOME = UUID("0197f3a0-0000-7000-8000-00000000bbbb")
PERSON_LINE, FIRST_HOUSEHOLD_LINE, HOUSEHOLD_LINE = 10_000_00, 5_000_00, 20_000_00


async def member(world: World, order: int, household: UUID = HOME, **changes: Any) -> str:
    """An insured person of a household; the ID number."""
    number = build.id_number(order)
    person = build.person(world.index, number, **changes).model_copy(update={"household_id": household})
    await world.record(person)
    return number


def all_borne_alone(number: str, visit_no: str, amount: str, **changes: Any) -> dict[str, Any]:
    """A visit of which nobody but the person pays: class C only."""
    return build.visit(number, visit_no, amount, charges=[build.charge(amount, "C")], **changes)


async def crossed(world: World, *lines: int) -> list[dict[str, Any]]:
    """The payloads of the crossings of some thresholds, in order; the household's first one is not asked."""
    rows = await world.rows("SELECT data FROM event_log WHERE type = 'claims.burden_crossed.v1' ORDER BY seq")
    wanted = lines or (PERSON_LINE, HOUSEHOLD_LINE)
    return [row[0] for row in rows if row[0]["threshold_fen"] in wanted]


async def used(world: World, kind: str, holder: UUID) -> int:
    """What an accumulator of 2026 holds."""
    asked = "SELECT used_fen FROM accumulators WHERE person_id = :holder AND kind = :kind AND year = 2026"
    [(amount,)] = await world.rows(asked, holder=holder, kind=kind) or [(0,)]
    return int(amount)


def person_id(world: World, number: str) -> UUID:
    return build.person(world.index, number).person_id


async def test_whatever_a_person_pays_counts_for_the_person_and_the_household(world: World) -> None:
    first, second = await member(world, 1), await member(world, 2)
    bills = [build.visit(first, "A1"), all_borne_alone(second, "B1", "300.00"), build.visit(first, "A2")]
    paid = [int((await world.settle(bill))["person_pays"].replace(".", "")) for bill in bills]
    assert await used(world, "own_payment", person_id(world, first)) == paid[0] + paid[2]
    assert await used(world, "own_payment", person_id(world, second)) == paid[1]
    assert await used(world, "household.own_payment", HOME) == sum(paid)
    assert (await verify_ledger(world.platform.worker_url("claims"))).failed is None


async def test_reaching_a_threshold_to_the_fen_is_told_once(world: World) -> None:
    number = await member(world, 1)
    await world.settle(all_borne_alone(number, "A1", "9999.99"))
    assert await crossed(world) == []
    last = await world.settle(all_borne_alone(number, "A2", "0.01"))
    await world.settle(all_borne_alone(number, "A3", "5000.00"))
    [event] = await crossed(world)
    assert event == {
        "holder": "person",
        "person_id": str(person_id(world, number)),
        "household_id": str(HOME),
        "year": 2026,
        "threshold": event["threshold"],
        "threshold_fen": PERSON_LINE,
        "own_payment_fen": PERSON_LINE,
        "state": "crossed",
        "settlement_id": last["id"],
        "policy_pack": "sample-county",
        "policy_version": "2026-01-01",
    }


async def test_one_bill_can_cross_the_lines_of_person_and_household(world: World) -> None:
    number = await member(world, 1)
    await world.settle(all_borne_alone(number, "A1", "20000.00"))
    events = await crossed(world, PERSON_LINE, FIRST_HOUSEHOLD_LINE, HOUSEHOLD_LINE)
    assert [(event["holder"], event["threshold_fen"]) for event in events] == [
        ("person", PERSON_LINE),
        ("household", FIRST_HOUSEHOLD_LINE),
        ("household", HOUSEHOLD_LINE),
    ]
    assert [event["person_id"] for event in events] == [str(person_id(world, number)), None, None]


async def test_a_retry_and_a_preview_tell_nothing(world: World) -> None:
    number = await member(world, 1)
    message = all_borne_alone(number, "A1", "12000.00")
    preview = await world.client.post("/v1/settlements:preview", json=message, headers=world.as_hospital())
    assert (preview.status_code, await crossed(world)) == (200, [])
    await world.settle(message)
    await world.settle(message)
    assert len(await crossed(world)) == 1


async def test_members_settled_at_once_at_two_hospitals_cross_the_household_line_once(world: World) -> None:
    numbers = [await member(world, order) for order in range(8)]
    facilities = [build.COUNTY_HOSPITAL, build.TOWNSHIP_HOSPITAL]
    await asyncio.gather(
        *(
            settle_persistently(
                world, all_borne_alone(number, f"A{no}", "4000.00", facility_code=facilities[no % 2])
            )
            for no, number in enumerate(numbers)
        )
    )
    [event] = await crossed(world)
    assert (event["holder"], event["own_payment_fen"]) == ("household", HOUSEHOLD_LINE)
    [first] = await crossed(world, FIRST_HOUSEHOLD_LINE)
    assert first["own_payment_fen"] == 2 * 4_000_00
    assert await used(world, "household.own_payment", HOME) == 8 * 4_000_00


async def test_two_transactions_wait_for_the_same_household_and_only_one_crosses(world: World) -> None:
    numbers = [await member(world, order) for order in range(2)]
    for no, number in enumerate(numbers):
        await world.settle(all_borne_alone(number, f"A{no}", "6000.00"))
    # Two processes, so that the two requests cannot share a transaction.
    requests = [
        client.post(
            "/v1/settlements",
            json=all_borne_alone(number, f"B{no}", "4000.00", facility_code=facility),
            headers=world.as_hospital(facility),
        )
        for no, (client, number, facility) in enumerate(
            zip(
                (world.client, world.other),
                numbers,
                (build.COUNTY_HOSPITAL, build.TOWNSHIP_HOSPITAL),
                strict=True,
            )
        )
    ]
    lock = f"SELECT 1 FROM accumulator_years WHERE holder_id = '{HOME}' FOR UPDATE"
    replies = await all_at_once(world.platform, "claims", lock, requests)
    assert [reply.status_code for reply in replies] == [201, 201]
    told = [event["holder"] for event in await crossed(world)]
    assert sorted(told) == ["household", "person", "person"]


async def test_who_changes_household_takes_the_own_amount_along_and_leaves_the_households(
    world: World,
) -> None:
    number = await member(world, 1)
    await world.settle(all_borne_alone(number, "A1", "9000.00"))
    await member(world, 1, OTHER_HOME, version=2)
    await world.settle(all_borne_alone(number, "A2", "2000.00"))
    assert await used(world, "own_payment", person_id(world, number)) == 11_000_00
    assert await used(world, "household.own_payment", HOME) == 9_000_00
    assert await used(world, "household.own_payment", OTHER_HOME) == 2_000_00
    [event] = await crossed(world)
    assert (event["holder"], event["household_id"]) == ("person", str(OTHER_HOME))


async def test_the_households_amount_follows_it_to_another_county(world: World) -> None:
    number = await member(world, 1)
    await world.settle(all_borne_alone(number, "A1", "9000.00"))
    await member(world, 1, village="990102200203", version=2)
    assert await world.rows("SELECT DISTINCT division_code FROM accumulators") == [("990102200203",)]


async def test_a_member_who_leaves_for_another_county_does_not_move_the_old_household(world: World) -> None:
    numbers = [await member(world, order) for order in range(2)]
    for no, number in enumerate(numbers):
        await world.settle(all_borne_alone(number, f"A{no}", "100.00"))
    await member(world, 1, OTHER_HOME, village="990102200203", version=2)
    asked = "SELECT division_code FROM accumulators WHERE person_id = :home"
    assert await world.rows(asked, home=HOME) == [(build.VILLAGE,)]


async def test_each_year_begins_anew(world: World) -> None:
    number = await member(world, 1)
    earlier = {"admitted_on": "2025-12-01", "discharged_on": "2025-12-30"}
    enrolled = (date(2025, 1, 1), date(2027, 1, 1))
    await member(world, 1, enrolled=enrolled, version=2)
    await world.settle(all_borne_alone(number, "A1", "9000.00", **earlier))
    await world.settle(all_borne_alone(number, "A2", "9000.00"))
    assert await crossed(world) == []


async def reverse(world: World, settlement: dict[str, Any]) -> None:
    """Take a settlement back, as its hospital."""
    path = f"/v1/settlements/{settlement['id']}:reverse"
    headers = world.as_hospital(settlement["facility_code"])
    reply = await world.client.post(path, json={"reason": "费用录入有误"}, headers=headers)
    assert reply.status_code == 200, reply.text


async def states(world: World) -> list[tuple[str, str, int]]:
    """Holder, state and amount of every crossing of the lines of person and household."""
    return [(each["holder"], each["state"], each["own_payment_fen"]) for each in await crossed(world)]


async def test_a_reversal_withdraws_what_the_settlement_crossed(world: World) -> None:
    number = await member(world, 1)
    first = await world.settle(all_borne_alone(number, "A1", "8000.00"))
    await world.settle(all_borne_alone(number, "A2", "13000.00"))
    await reverse(world, first)
    assert await states(world) == [
        ("person", "crossed", 21_000_00),
        ("household", "crossed", 21_000_00),
        ("household", "withdrawn", 13_000_00),
    ]
    assert (await crossed(world))[-1]["settlement_id"] == first["id"]
    await world.settle(all_borne_alone(number, "A3", "7000.00"))
    assert (await states(world))[-1] == ("household", "crossed", 20_000_00)
    assert (await verify_ledger(world.platform.worker_url("claims"))).failed is None


async def test_a_reversal_takes_the_amount_from_the_household_that_had_paid_it(world: World) -> None:
    number = await member(world, 1)
    settled = await world.settle(all_borne_alone(number, "A1", "20000.00"))
    await member(world, 1, OTHER_HOME, version=2)
    await reverse(world, settled)
    withdrawn = sorted((await states(world))[2:])
    assert withdrawn == [("household", "withdrawn", 0), ("person", "withdrawn", 0)]
    assert {event["household_id"] for event in await crossed(world)} == {str(HOME)}
    assert await used(world, "household.own_payment", HOME) == 0


async def test_a_category_granted_for_the_past_withdraws_what_its_adjustment_takes_back(world: World) -> None:
    number = await member(world, 1)
    for no in range(3):
        await world.settle(build.visit(number, f"A{no}", "20000.00"))
    assert [state for holder, state, _ in await states(world) if holder == "person"] == ["crossed"]
    await member(world, 1, categories=["registered_poor"], version=2)
    asked = {"limit": 10, "automatic": False}
    headers = world.headers("agency")
    reply = await world.client.post("/v1/readjudications:propose", json=asked, headers=headers)
    assert reply.status_code == 200, reply.text
    listed = await world.client.get("/v1/readjudications", headers=world.headers("agency"))
    [proposal] = listed.json()["items"]
    token = world.platform.mint("second", ["claims:review", "claims:read"], [build.COUNTY])
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "approve-0001"}
    path = f"/v1/readjudications/{proposal['id']}:approve"
    approved = await world.client.post(path, json={}, headers=headers)
    assert approved.status_code == 200, approved.text
    left = await used(world, "own_payment", person_id(world, number))
    # One event for the whole year's adjustment, with the amount that is left after all of it.
    assert [each for each in await states(world) if each[0] == "person"][1:] == [
        ("person", "withdrawn", left)
    ]
    assert left == await used(world, "household.own_payment", HOME) < PERSON_LINE
    assert (await verify_ledger(world.platform.worker_url("claims"))).failed is None
