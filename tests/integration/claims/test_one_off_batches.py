"""Batches of one-off aid in the running system: prepared by one person, approved by another, booked once."""

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.integration.claims.conftest import World
from tests.integration.claims.test_relapse_claims import CARD, balance
from tests.support import claims as build
from tests.support.payments import Bureau
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration
BATCHES = "/v1/one-off-batches"
FUND = f"fund:medical_assistance:{build.COUNTY}:2026"
WRITTEN = ("one_off_batches", "one_off_lines", "one_off_grants", "transfers")


def line(number: str, diagnosis: str = "N18.500") -> dict[str, Any]:
    return {"id_number": number, "diagnosed_on": "2026-08-09", "diagnoses": [diagnosis]}


def application(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "county": build.COUNTY,
        "year": 2026,
        "title": "2026年第一批",
        "people": list(lines),
        **changes,
    }


async def send(world: World, path: str, role: str, body: dict[str, Any]) -> httpx.Response:
    return await world.client.post(f"{BATCHES}{path}", json=body, headers=world.headers(role))


async def prepared(world: World, *lines: dict[str, Any]) -> dict[str, Any]:
    reply = await send(world, "", "finance", application(*lines))
    assert reply.status_code == 201, reply.text
    batch: dict[str, Any] = reply.json()
    return batch


async def approve(world: World, batch: dict[str, Any], role: str = "finance_approver") -> httpx.Response:
    return await send(world, f"/{batch['id']}:approve", role, {})


async def test_aid_that_another_county_gave_to_the_same_person_is_not_given_again(world: World) -> None:
    number = await world.insure(1)
    await prepared(world, line(number))
    twin = build.person(world.index, number, village="990102200203")
    await world.record(twin.model_copy(update={"person_id": new_id(), "household_id": new_id()}))
    await world.platform.as_administrator(
        "claims",
        "UPDATE one_off_grants SET division_code = '990102', person_id = ("
        "SELECT person_id FROM insured_persons WHERE division_code ^@ '990102')",
    )
    reply = await send(world, ":preview", "finance", application(line(number)))
    assert [item["refusal"]["code"] for item in reply.json()["items"]] == ["claims.one_off_already_aided"]


async def test_a_batch_is_previewed_prepared_approved_and_payable_by_card(world: World) -> None:
    one, two = await world.insure(1), await world.insure(2, ["dibao"])
    lines = [line(one), line(two, "I21.900"), line(one, "I21.900"), line(build.id_number(9))]
    body = application(*lines, declared={"people": 4, "total": "6000.00"})
    before = await world.counts(WRITTEN)
    shown = (await send(world, ":preview", "finance", body)).json()
    assert (shown["accepted"], shown["total"], shown["differs_from_declared"]) == (2, "4000.00", True)
    assert "3000.00元" in shown["items"][0]["sentences"][0]
    assert "三档3000元" in shown["items"][0]["sentences"][1]
    assert [item["refusal"] and item["refusal"]["code"] for item in shown["items"]] == [
        None,
        None,
        "claims.one_off_twice_in_batch",
        "claims.one_off_person_not_found",
    ]
    assert await world.changed_since(before) == set()
    batch = (await send(world, "", "finance", body)).json()
    assert (batch["state"], batch["refused"], await balance(world, CARD)) == ("prepared", 2, Decimal(0))
    done = await approve(world, batch)
    assert (done.status_code, done.json()["state"], done.json()["decided_by"]) == (
        200,
        "approved",
        "finance_approver",
    )
    assert await balance(world, FUND) == Decimal("4000.00")
    assert await balance(world, CARD) == Decimal("-4000.00")
    asked = f"{BATCHES}/{batch['id']}/lines?accepted=true&limit=1"
    page = (await world.client.get(asked, headers=world.headers("agency"))).json()
    stored, previewed = page["items"][0], shown["items"][0]
    assert (page["next_cursor"] is not None, stored) == (True, previewed)
    kinds = await world.rows("SELECT reference FROM transfers WHERE kind = 'one_off_aid' ORDER BY no")
    assert [row[0] for row in kinds] == [f"one_off/{batch['id']}/1", f"one_off/{batch['id']}/2"]


async def test_whoever_prepared_a_batch_cannot_approve_it_and_it_is_decided_once(world: World) -> None:
    batch = await prepared(world, line(await world.insure(1)))
    own = await approve(world, batch, "admin")
    assert own.status_code == 200
    again = await approve(world, batch)
    assert (again.status_code, again.json()["code"]) == (409, "claims.one_off_batch_decided")
    number = await world.insure(2)
    mine = (await send(world, "", "admin", application(line(number)))).json()
    refused = await approve(world, mine, "admin")
    assert (refused.status_code, refused.json()["code"]) == (403, "claims.one_off_same_person")


async def test_who_waits_in_a_batch_is_refused_in_another_until_that_is_rejected(world: World) -> None:
    number = await world.insure(1)
    first = await prepared(world, line(number))
    second = await send(world, "", "finance", application(line(number)))
    assert (second.status_code, second.json()["code"]) == (409, "claims.one_off_nobody_accepted")
    reply = await send(world, f"/{first['id']}:reject", "finance_approver", {"reason": "材料不全"})
    assert (reply.json()["state"], reply.json()["reason"]) == ("rejected", "材料不全")
    assert (await prepared(world, line(number)))["accepted"] == 1
    assert await balance(world, FUND) == Decimal(0)


async def test_two_approvals_at_the_same_moment_book_once(world: World) -> None:
    batch = await prepared(world, line(await world.insure(1)), line(await world.insure(2)))
    replies = await all_at_once(
        world.platform,
        "claims",
        "SELECT 1 FROM one_off_batches FOR UPDATE",
        [approve(world, batch), approve(world, batch, "admin")],
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    assert await balance(world, FUND) == Decimal("6000.00")


async def test_approved_aid_is_paid_by_card_to_the_people_of_the_batch(world: World) -> None:
    bureau = Bureau(world)
    numbers = [await world.insure(order) for order in (1, 2)]
    people = [str(build.person(world.index, number).person_id) for number in numbers]
    assert (await approve(world, await prepared(world, *map(line, numbers)))).status_code == 200
    await bureau.accounts(*people, build.COUNTY)
    items = await bureau.items(await bureau.prepared("card"))
    assert {(item["payee"], item["amount"], item["parts"][0]["part"]) for item in items} == {
        (person, "3000.00", "one_off_aid") for person in people
    }


async def test_two_batches_at_the_same_moment_take_a_person_once(world: World) -> None:
    number = await world.insure(1)
    body = application(line(number))
    replies = await asyncio.gather(*(send(world, "", role, body) for role in ("finance", "admin")))
    assert sorted(reply.status_code for reply in replies) == [201, 409]


@pytest.mark.parametrize(
    ("changes", "role", "status", "code"),
    [
        (
            {"declared": {"people": 427, "total": "602500.00"}},
            "finance",
            422,
            "claims.one_off_declared_impossible",
        ),
        ({"county": "990102"}, "finance", 403, "claims.outside_jurisdiction"),
        ({"county": "970101"}, "admin", 409, "claims.one_off_county_without_pack"),
        ({"people": []}, "finance", 422, "request.invalid"),
        ({}, "hospital:H99010100001", 403, "auth.forbidden"),
    ],
)
async def test_a_batch_that_cannot_be_right_is_refused_and_nothing_written(
    world: World, changes: dict[str, Any], role: str, status: int, code: str
) -> None:
    body = application(line(build.id_number(1)), **changes)
    before = await world.counts(WRITTEN)
    reply = await send(world, "", role, body)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert await world.changed_since(before) == set()


async def test_five_thousand_people_are_one_batch(world: World) -> None:
    numbers = [build.id_number(order) for order in range(1, 501)]
    await world.record(*(build.person(world.index, number) for number in numbers))
    strangers = [build.id_number(order % 1000, division="990102") for order in range(4_500)]
    batch = await prepared(world, *map(line, numbers + strangers))
    assert (batch["lines"], batch["accepted"], batch["total"]) == (5_000, 500, "1500000.00")
    assert (await approve(world, batch)).status_code == 200
