"""Settling many visits in one request."""

import json
from typing import Any

import pytest

from services.claims.settlements.posting import PART
from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.platform import ndjson

pytestmark = pytest.mark.integration


async def send(world: World, body: bytes, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
    sent = {**(headers or world.as_hospital()), "Content-Type": "application/x-ndjson"}
    reply = await world.client.post("/v1/settlements:batch", content=body, headers=sent)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in reply.text.splitlines()]


async def test_a_batch_settles_as_single_requests_in_the_same_order_would(world: World) -> None:
    first, second = await world.insure(1, ["dibao"]), await world.insure(2, ["dibao"])
    amounts = ["30000.00", "41234.56", "987.65"]
    single = [await world.settle(build.visit(first, f"A{no}", each)) for no, each in enumerate(amounts)]
    lines = [build.visit(second, f"B{no}", each) for no, each in enumerate(amounts)]
    results = await send(world, ndjson(lines))
    same = ("total", "eligible", "payers", "person_pays", "personal_share")
    assert [result["status"] for result in results] == [201, 201, 201]
    assert [[result["settlement"][name] for name in same] for result in results] == [
        [settled[name] for name in same] for settled in single
    ]


async def test_a_bad_line_leaves_the_others(world: World) -> None:
    number = await world.insure()
    good = [build.visit(number, "ZY1"), build.visit(number, "ZY2")]
    body = b"\n".join(
        [
            ndjson(good[:1]).strip(),
            b'{"facility_code": NaN}',
            b"",
            ndjson([build.visit(number, "ZY3", total="1.00")]).strip(),
            ndjson([build.visit(build.id_number(77), "ZY4")]).strip(),
            ndjson([{**good[0], "visit_no": 7}]).strip(),
            ndjson([build.visit(number, "ZY5", facility_code=build.TOWNSHIP_HOSPITAL)]).strip(),
            ndjson(good[1:]).strip(),
        ]
    )
    results = await send(world, body)
    found = [(each["line"], each["status"], each.get("problem", {}).get("code")) for each in results]
    assert found == [
        (1, 201, None),
        (2, 400, "request.malformed_json"),
        (4, 422, "claims.total_mismatch"),
        (5, 404, "claims.patient_not_found"),
        (6, 422, "request.invalid"),
        (7, 403, "claims.foreign_facility"),
        (8, 201, None),
    ]
    assert (await world.counts(["settlements"])) == {"settlements": 2}


async def test_the_same_visit_twice_in_one_batch_is_settled_once(world: World) -> None:
    number = await world.insure()
    lines = [
        build.visit(number, "ZY1", total="1.00"),
        build.visit(number, "ZY1"),
        build.visit(number, "ZY1"),
        build.visit(number, "ZY1", "5.00"),
    ]
    results = await send(world, ndjson(lines))
    assert [result["status"] for result in results] == [422, 201, 200, 409]
    assert results[1]["settlement"] == results[2]["settlement"]
    assert results[3]["problem"]["code"] == "claims.visit_conflict"
    assert (await world.counts(["settlements"])) == {"settlements": 1}


async def test_a_batch_meets_visits_settled_before(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    results = await send(world, ndjson([build.visit(number, "ZY1"), build.visit(number, "ZY2")]))
    assert [result["status"] for result in results] == [200, 201]
    assert results[0]["settlement"] == settled


async def test_a_repeated_batch_gets_the_stored_reply(world: World) -> None:
    number = await world.insure()
    headers = world.as_hospital()
    body = ndjson([build.visit(number, "ZY1"), build.visit(number, "ZY2", total="0.01")])
    first = await send(world, body, headers)
    before = await world.counts()
    assert await send(world, body, headers) == first
    assert await world.changed_since(before) <= {"audit_log"}


@pytest.mark.parametrize("fails", [1, PART, PART + 20])
async def test_a_batch_whose_writing_fails_in_any_part_leaves_nothing_and_can_be_sent_again(
    world: World, fails: int
) -> None:
    numbers = [await world.insure(order) for order in range(6)]
    count = PART + 20
    body = ndjson(
        [
            build.visit(numbers[no % 6], f"ZY{no}", "10.00", visit_type="outpatient")
            for no in range(1, count + 1)
        ]
    )
    headers, before = world.as_hospital(), await world.counts()
    refused = f"ALTER TABLE settlements ADD CONSTRAINT refused CHECK (visit_no <> 'ZY{fails}')"
    await world.platform.as_administrator("claims", refused)
    try:
        sent = {**headers, "Content-Type": "application/x-ndjson"}
        reply = await world.client.post("/v1/settlements:batch", content=body, headers=sent)
    finally:
        await world.platform.as_administrator("claims", "ALTER TABLE settlements DROP CONSTRAINT refused")
    assert reply.status_code == 500
    assert not await world.changed_since(before)
    results = await send(world, body, headers)
    assert [result["status"] for result in results] == [201] * count


@pytest.mark.parametrize(
    ("body", "code"), [(b"\n\n", "claims.empty_batch"), (b"{}\n" * 2_001, "claims.too_many_lines")]
)
async def test_a_batch_has_one_to_two_thousand_lines(world: World, body: bytes, code: str) -> None:
    reply = await world.client.post("/v1/settlements:batch", content=body, headers=world.as_hospital())
    assert (reply.status_code, reply.json()["code"]) == (422, code)
