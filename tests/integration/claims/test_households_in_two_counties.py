"""A household with members in two counties: each county settles for its own, the household has one sum."""

import json

import pytest

from shared.money import parse_yuan
from tests.integration.claims.conftest import World
from tests.integration.claims.test_burden_events import HOME
from tests.support import claims as build
from tests.support.platform import bearer

pytestmark = pytest.mark.integration
OTHER_VILLAGE = "990102200203"


async def member(world: World, order: int, village: str = build.VILLAGE) -> str:
    number = build.id_number(order)
    person = build.person(world.index, number, village=village)
    await world.record(person.model_copy(update={"household_id": HOME}))
    return number


def hospital_of(world: World, *jurisdiction: str) -> dict[str, str]:
    """The county hospital with a token for less than the province."""
    scopes = ["claims:settle", "claims:read"]
    token = world.platform.mint("narrow", scopes, list(jurisdiction), build.COUNTY_HOSPITAL)
    return {**world.as_hospital(), **bearer(token)}


async def household(world: World) -> list[tuple[str, int]]:
    asked = "SELECT division_code, used_fen FROM accumulators WHERE kind = 'household.own_payment'"
    return [(row[0], row[1]) for row in await world.rows(asked)]


async def test_a_county_settles_for_its_member_of_a_household_recorded_elsewhere(world: World) -> None:
    number = await member(world, 1)
    first = await world.settle(build.visit(number, "A1"), **hospital_of(world, build.COUNTY))
    await member(world, 2, OTHER_VILLAGE)
    second = await world.settle(build.visit(number, "A2"), **hospital_of(world, build.COUNTY))
    paid = sum(parse_yuan(each["person_pays"]) for each in (first, second))
    assert await household(world) == [(OTHER_VILLAGE, paid)]


async def test_a_county_sees_no_sum_of_a_household_without_a_member_there(world: World) -> None:
    await world.settle(build.visit(await member(world, 1), "A1"))
    stranger = bearer(world.platform.mint("stranger", ["claims:read"], ["990102"]))
    asked = "/v1/burdens?county=990101&year=2026&holder=household"
    reply = await world.client.get(asked, headers={**world.headers("agency"), **stranger})
    assert (reply.status_code, reply.json()["items"]) == (200, [])


async def test_a_token_for_a_part_of_the_county_settles_nothing_and_is_told_why(world: World) -> None:
    line = build.visit(await member(world, 1), "A1")
    before = await world.counts()
    for path in ("/v1/settlements", "/v1/settlements:preview"):
        headers = hospital_of(world, build.VILLAGE[:9])
        refused = await world.client.post(path, json=line, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "claims.person_elsewhere")
    english = {**hospital_of(world, build.VILLAGE[:9]), "Accept-Language": "en"}
    told = await world.client.post("/v1/settlements", json=line, headers=english)
    assert "ask the agency" in told.json()["title"]
    batch = {**hospital_of(world, build.VILLAGE[:9]), "Content-Type": "application/x-ndjson"}
    reply = await world.client.post("/v1/settlements:batch", content=json.dumps(line), headers=batch)
    assert [json.loads(each)["status"] for each in reply.text.splitlines()] == [409]
    assert await world.changed_since(before) <= {"audit_log", "idempotency_keys"}
