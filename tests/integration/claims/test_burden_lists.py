"""The county's list of those who bear much, and one person's year with the settlements behind it."""

from typing import Any

import pytest

from shared.paging import encode_cursor
from tests.integration.claims.conftest import World
from tests.integration.claims.test_burden_events import HOME, all_borne_alone, member, person_id
from tests.support import claims as build
from tests.support.platform import bearer

pytestmark = pytest.mark.integration


async def burdens(world: World, **query: Any) -> list[dict[str, Any]]:
    """All pages of the list, as the agency sees it."""
    items: list[dict[str, Any]] = []
    asked = {"county": build.COUNTY, "year": 2026, **query}
    while True:
        reply = await world.client.get("/v1/burdens", params=asked, headers=world.headers("agency"))
        assert reply.status_code == 200, reply.text
        items += reply.json()["items"]
        if reply.json()["next_cursor"] is None:
            return items
        asked["cursor"] = reply.json()["next_cursor"]


async def test_people_and_households_are_listed_by_what_they_bear(world: World) -> None:
    first, second = await member(world, 1), await member(world, 2)
    await world.settle(all_borne_alone(first, "A1", "12000.00"))
    await world.settle(all_borne_alone(second, "B1", "9000.00"))
    items = await burdens(world)
    assert [(item["holder"], item["own_payment"]) for item in items] == [
        ("household", "21000.00"),
        ("person", "12000.00"),
        ("person", "9000.00"),
    ]
    assert [len(item["thresholds"]) for item in items] == [2, 1, 0]
    assert items[0]["household_id"] == items[1]["household_id"] == str(HOME)
    assert items[1]["person_id"] == str(person_id(world, first))
    assert items[0]["person_id"] is None
    assert first not in str(items)


async def test_pages_follow_each_other_also_among_equal_amounts(world: World) -> None:
    for order in range(7):
        number = await world.insure(order)
        await world.settle(all_borne_alone(number, f"A{order}", "500.00"))
    whole = await burdens(world)
    assert len(whole) == 14
    assert await burdens(world, limit=3) == whole


async def test_a_threshold_or_an_amount_narrows_the_list(world: World) -> None:
    first, second = await member(world, 1), await member(world, 2)
    await world.settle(all_borne_alone(first, "A1", "12000.00"))
    await world.settle(all_borne_alone(second, "B1", "9000.00"))
    over = (await burdens(world, holder="household"))[0]["thresholds"][-1]
    assert [item["holder"] for item in await burdens(world, over=over)] == ["household"]
    assert [item["own_payment"] for item in await burdens(world, min_amount="9000.01", holder="person")] == [
        "12000.00"
    ]
    assert await burdens(world, year=2025) == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"over": "no.such.line"}, 404, "claims.unknown_threshold"),
        ({"over": "burden.person.10000", "min_amount": "1.00"}, 422, "claims.one_burden_filter"),
        ({"min_amount": "1.005"}, 422, "request.invalid"),
        ({"threshold": "1"}, 422, "request.unknown_parameter"),
        ({"cursor": "bm8"}, 422, "request.bad_cursor"),
        ({"cursor": encode_cursor(10**30, "own_payment", HOME)}, 422, "request.bad_cursor"),
        ({"cursor": encode_cursor(1, "\0", HOME)}, 422, "request.bad_cursor"),
    ],
)
async def test_a_filter_that_names_nothing_is_refused(
    world: World, query: dict[str, str], status: int, code: str
) -> None:
    asked = {"county": build.COUNTY, "year": "2026", **query}
    reply = await world.client.get("/v1/burdens", params=asked, headers=world.headers("agency"))
    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_a_persons_year_shows_the_settlements_behind_it(world: World) -> None:
    first, second = await member(world, 1), await member(world, 2)
    mine = await world.settle(all_borne_alone(first, "A1", "12000.00"))
    theirs = await world.settle(all_borne_alone(second, "B1", "9000.00"))
    path = f"/v1/burdens/{person_id(world, first)}?year=2026"
    shown = (await world.client.get(path, headers=world.headers("agency"))).json()
    assert (shown["person"]["own_payment"], shown["household"]["own_payment"]) == ("12000.00", "21000.00")
    assert [each["settlement_id"] for each in shown["person"]["settlements"]] == [mine["id"]]
    behind = {each["settlement_id"]: each["own_payment"] for each in shown["household"]["settlements"]}
    assert behind == {mine["id"]: "12000.00", theirs["id"]: "9000.00"}
    [line] = shown["person"]["thresholds"]
    assert (line["amount"], line["reached"]) == ("10000.00", True)


async def test_burdens_are_for_the_offices_of_their_own_division(world: World) -> None:
    number = await member(world, 1)
    await world.settle(all_borne_alone(number, "A1", "12000.00"))
    path = f"/v1/burdens/{person_id(world, number)}?year=2026"
    asked = f"/v1/burdens?county={build.COUNTY}&year=2026"
    neighbour = bearer(world.platform.mint("neighbour", ["claims:read"], ["990102"]))
    assert (await world.client.get(path, headers=neighbour)).status_code == 404
    assert (await world.client.get(asked, headers=neighbour)).json()["items"] == []
    for refused in (path, asked):
        reply = await world.client.get(refused, headers=world.as_hospital())
        assert (reply.status_code, reply.json()["code"]) == (403, "claims.agency_only")
