"""Programmes, the funding preview and refusals that every address shares."""

import random

import pytest
from sqlalchemy import text

from tests.support.platform import Client, Platform, bearer
from tests.support.vouchers import (
    COUNTY,
    OTHER_TOWNSHIP,
    OTHER_VILLAGE,
    PROGRAMME,
    TOWNSHIP,
    VILLAGE,
    announce,
    handover,
    issue,
    issue_line,
    person,
    post,
    print_batch,
    redemption,
)

pytestmark = pytest.mark.integration


async def test_a_programme_is_shown_with_its_sources(client: Client) -> None:
    found = (await client.get(PROGRAMME)).json()
    assert (found["face_value"], found["vouchers_per_checkup"]) == ("10.00", 2)
    assert {"S-60", "S-61", "S-68"} <= {source["ref"] for source in found["sources"]}
    listed = (await client.get("/v1/programmes")).json()["items"]
    assert [each["code"] for each in listed] == ["farmer_checkup"]


async def test_the_funding_preview_adds_up_to_what_is_due(client: Client) -> None:
    order = {
        "enrolled": 200_000,
        "year": 2026,
        "first_half_cost": "900000.01",
        "second_half_cost": "800000.03",
    }
    reply = (await client.post(f"{PROGRAMME}/funding:preview", json=order)).json()
    assert reply["due"] == "2000000.00"
    assert [(each["name"], each["amount"], each["due_by"]) for each in reply["payments"]] == [
        ("first_half", "720000.01", "2026-07-31"),
        ("second_half", "640000.02", "2026-12-31"),
        ("remainder", "639999.97", None),
    ]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"first_half_cost": 1.5}, "/first_half_cost"),
        ({"first_half_cost": "1.555"}, "/first_half_cost"),
        ({"enrolled": -1}, "/enrolled"),
        ({"enrolled": "5"}, "/enrolled"),
        ({"extra": 1}, "/extra"),
    ],
)
async def test_a_faulty_funding_request_is_refused_at_its_place(
    client: Client, change: dict[str, object], pointer: str
) -> None:
    order = {"enrolled": 1, "year": 2026, "first_half_cost": "1.00", "second_half_cost": "1.00"}
    reply = await client.post(f"{PROGRAMME}/funding:preview", json={**order, **change})
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_an_unknown_programme_is_not_found_anywhere(client: Client) -> None:
    for path in ("", "/balances?holder=990101", "/coverage?county=990101&year=2026", "/places/990101100"):
        reply = await client.get(f"/v1/programmes/nonesuch{path}")
        assert (reply.status_code, reply.json()["code"]) == (404, "screening.unknown_programme")
        assert "farmer_checkup" in reply.json()["title"]


async def test_a_filter_that_names_nothing_is_refused(client: Client) -> None:
    reply = await client.get(f"{PROGRAMME}/redemptions", params={"facility": "H1"})
    assert (reply.status_code, reply.json()["code"]) == (422, "request.unknown_parameter")


async def test_a_forged_cursor_is_refused(client: Client) -> None:
    for cursor in ("x", "WzFlOTldCg", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ", "Wy01XQ"):
        reply = await client.get(f"{PROGRAMME}/holdings", params={"holder": COUNTY, "cursor": cursor})
        assert (reply.status_code, reply.json()["code"]) == (422, "request.bad_cursor")


async def test_places_belong_to_the_township_that_assigns_them(client: Client, platform: Platform) -> None:
    other = bearer(platform.mint("other", ["screening:read", "screening:write"], [OTHER_TOWNSHIP]))
    body = {"places": [{"facility_code": "H99010100104", "kind": "own"}]}
    refused = await client.put(f"{PROGRAMME}/places/{TOWNSHIP}", json=body, headers=other)
    assert refused.json()["code"] == "screening.outside_jurisdiction"
    assert (await client.get(f"{PROGRAMME}/places/{TOWNSHIP}")).status_code == 404
    assert (await client.put(f"{PROGRAMME}/places/{TOWNSHIP}", json=body)).json()["places"] == body["places"]
    assert (await client.get(f"{PROGRAMME}/places/{TOWNSHIP}")).json()["places"] == body["places"]
    assert (await client.get(f"{PROGRAMME}/places/{TOWNSHIP}", headers=other)).status_code == 404
    twice = {"places": body["places"] * 2}
    assert (await client.put(f"{PROGRAMME}/places/{TOWNSHIP}", json=twice)).status_code == 422


async def test_places_are_replaced_only_by_who_has_read_them(client: Client) -> None:
    path = f"{PROGRAMME}/places/{TOWNSHIP}"
    first = {"places": [{"facility_code": "H99010100104", "kind": "own"}]}
    other = {"places": [{"facility_code": "H99010100105", "kind": "nearby"}]}
    assert (await client.put(path, json=other, headers={"If-Match": '"1"'})).status_code == 412
    assert (await client.put(path, json=first)).headers["ETag"] == '"1"'
    assert (await client.put(path, json=first)).headers["ETag"] == '"1"', "the same again changes nothing"
    blind = await client.put(path, json=other)
    assert (blind.status_code, blind.json()["code"]) == (428, "request.version_needed")
    assert '"1"' in blind.json()["title"]
    right = await client.put(path, json=other, headers={"If-Match": '"1"'})
    assert (right.headers["ETag"], right.json()["version"]) == ('"2"', 2)
    late = await client.put(path, json=first, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "request.version_stale")
    read = await client.get(path)
    assert (read.headers["ETag"], read.json()) == ('"2"', right.json())


async def test_after_any_mixture_of_movements_every_serial_is_in_one_hand(
    client: Client, platform: Platform
) -> None:
    dice = random.Random(62)
    serials = await print_batch(client, 2026, 60)
    members = [person(village) for village in (VILLAGE, OTHER_VILLAGE) for _ in range(15)]
    await announce(platform, *members)
    chain = [
        (COUNTY, TOWNSHIP),
        (TOWNSHIP, VILLAGE),
        (COUNTY, OTHER_TOWNSHIP),
        (OTHER_TOWNSHIP, OTHER_VILLAGE),
    ]
    moved = 0
    for _ in range(90):
        giver, receiver = dice.choice(chain + [(down, up) for up, down in chain])
        start = dice.randrange(60)
        wanted = serials[start : start + dice.randint(1, 6)]
        moved += (await post(client, "/handovers", handover(giver, receiver, wanted))).status_code == 201
        await issue(client, *(issue_line(dice.choice(members), dice.choice(serials)) for _ in range(3)))
    assert moved > 10
    async with platform.worker_session("screening") as session:
        held = await session.scalars(text("SELECT generate_series(first_serial, last_serial) FROM holdings"))
        issued = await session.scalars(text("SELECT serial FROM vouchers"))
        out = list(issued)
        assert sorted([*held, *out]) == list(serials)
        assert out
    for holder in (COUNTY, TOWNSHIP, OTHER_TOWNSHIP, VILLAGE, OTHER_VILLAGE):
        for year in (await client.get(f"{PROGRAMME}/balances", params={"holder": holder})).json()["years"]:
            got, gave = year["printed"] + year["received"], year["handed_over"] + year["issued"]
            assert got - gave == year["in_hand"]


async def test_every_write_is_in_the_audit_trail_without_personal_data(
    client: Client, platform: Platform
) -> None:
    await platform.empty("screening", "audit_log")
    await print_batch(client, 2026)
    await post(client, "/redemptions", redemption([1, 2]))
    async with platform.worker_session("screening") as session:
        rows = (await session.execute(text("SELECT action, object, details FROM audit_log"))).all()
    assert [(row.action, row.object) for row in rows] == [
        ("POST /v1/programmes/{code}/voucher-batches", "farmer_checkup")
    ]
