"""Enrolment previews, and batches of sponsored premiums: prepared by one person, approved by another."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from shared.ids import new_id
from tests.integration.claims.conftest import World
from tests.integration.claims.test_relapse_claims import balance
from tests.integration.claims.test_waiting_periods import LATE, MISSED, insure
from tests.support import claims as build
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration
BATCHES = "/v1/sponsorship-batches"
FUND = f"fund:medical_assistance:{build.COUNTY}:2026"
DUE = f"financing_due:personal:{build.COUNTY}:2026"
BATCH = {"county": build.COUNTY, "year": 2026, "on": "2026-09-01", "premium": "400.00"}


async def send(world: World, path: str, role: str, body: dict[str, Any]) -> httpx.Response:
    return await world.client.post(path, json=body, headers=world.headers(role))


async def the_poor(world: World) -> None:
    """Two on dibao, one on extreme-poverty support, one with nothing."""
    for order, categories in enumerate((["dibao"], ["dibao"], ["extreme_poverty", "dibao"], []), 1):
        await world.insure(order, categories)


async def prepared(world: World) -> dict[str, Any]:
    reply = await send(world, BATCHES, "finance", BATCH)
    assert reply.status_code == 201, reply.text
    batch: dict[str, Any] = reply.json()
    return batch


async def test_a_premium_that_another_county_sponsors_for_the_same_person_is_not_paid_again(
    world: World,
) -> None:
    number = await world.insure(1, ["dibao"])
    await prepared(world)
    twin = build.person(world.index, number, categories=["dibao"], village="990102200203")
    await world.record(twin.model_copy(update={"person_id": new_id(), "household_id": new_id()}))
    await world.platform.as_administrator(
        "claims",
        "UPDATE sponsored_people SET division_code = '990102', person_id = ("
        "SELECT person_id FROM insured_persons WHERE division_code ^@ '990102')",
    )
    reply = await send(world, BATCHES, "finance", BATCH)
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.sponsorship_nobody")


async def test_the_fund_pays_the_premiums_of_a_batch_that_a_second_person_approves(world: World) -> None:
    await world.plan(build.financing())
    await the_poor(world)
    shown = (await send(world, f"{BATCHES}:preview", "finance", BATCH)).json()
    batch = await prepared(world)
    assert {name: batch[name] for name in shown} == shown
    assert (batch["people"], batch["sponsored"], batch["person_pays"]) == (3, "880.00", "320.00")
    assert [(each["identity"], each["people"], each["sponsored"]) for each in batch["identities"]] == [
        ("extreme_poverty", 1, "400.00"),
        ("dibao", 2, "480.00"),
    ]
    done = (await send(world, f"{BATCHES}/{batch['id']}:approve", "finance_approver", {})).json()
    assert (done["state"], done["decided_by"]) == ("approved", "finance_approver")
    assert await balance(world, FUND) == Decimal("880.00")
    assert await balance(world, DUE) == Decimal("400000.00") - Decimal("880.00")
    asked = f"{BATCHES}/{batch['id']}/people?limit=2"
    page = (await world.client.get(asked, headers=world.headers("agency"))).json()
    assert len(page["items"]) == 2
    assert "依据" in page["items"][0]["sentences"][1]


async def test_a_premium_is_sponsored_once_a_year_and_a_rejected_batch_lets_its_people_go(
    world: World,
) -> None:
    await the_poor(world)
    first = await prepared(world)
    again = await send(world, BATCHES, "admin", BATCH)
    assert (again.status_code, again.json()["code"]) == (409, "claims.sponsorship_nobody")
    await world.insure(5, ["orphan"])
    assert (await prepared(world))["people"] == 1
    reply = await send(world, f"{BATCHES}/{first['id']}:reject", "finance_approver", {"reason": "标准有误"})
    assert reply.json()["state"] == "rejected"
    mine = (await send(world, BATCHES, "admin", BATCH)).json()
    assert mine["people"] == 3
    own = await send(world, f"{BATCHES}/{mine['id']}:approve", "admin", {})
    assert (own.status_code, own.json()["code"]) == (403, "claims.sponsorship_same_person")


async def test_two_approvals_at_the_same_moment_book_the_premiums_once(world: World) -> None:
    await the_poor(world)
    batch = await prepared(world)
    replies = await all_at_once(
        world.platform,
        "claims",
        "SELECT 1 FROM sponsorship_batches FOR UPDATE",
        [send(world, f"{BATCHES}/{batch['id']}:approve", role, {}) for role in ("finance_approver", "admin")],
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    assert await balance(world, FUND) == Decimal("880.00")


async def test_a_preview_tells_who_pays_a_premium_by_identity(world: World) -> None:
    number = await world.insure(1, ["dibao"])
    body = {"county": build.COUNTY, "on": "2026-09-01", "premium": "400.00"}
    path = "/v1/sponsored-premiums:preview"
    told = (await send(world, path, "agency", {**body, "id_number": number})).json()
    assert (told["sponsored"], told["person_pays"], told["payer"]) == (
        "240.00",
        "160.00",
        "medical_assistance",
    )
    assert told["rule"]["rule"] == "sponsorship.part"
    nobody = (await send(world, path, "agency", body)).json()
    assert (nobody["person_pays"], nobody["rule"]) == ("400.00", None)
    wrong = await send(world, path, "agency", {**body, "categories": ["rich"]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "claims.unknown_category")


async def test_a_preview_tells_the_waiting_period_and_what_buying_back_gives(world: World) -> None:
    number = await insure(world, MISSED[0])
    body = {"id_number": number, "enrolling_on": "2026-07-20"}
    told = (await send(world, "/v1/enrolment:preview", "agency", body)).json()
    assert (told["missed_years"], told["months"], told["benefits_from"]) == (1, 4, "2026-11-20")
    assert told["buy_back"] == [{"years": 1, "months": 3, "benefits_from": "2026-10-20"}]
    assert [rule["rule"] for rule in told["rules"]] == ["waiting.fixed", "waiting.missed"]
    history = {"birth_date": "2026-06-01", "enrolments": []}
    newborn = {"history": history, "county": build.COUNTY, "enrolling_on": "2026-07-20"}
    free = (await send(world, "/v1/enrolment:preview", "agency", newborn)).json()
    assert (free["months"], free["benefits_from"], free["buy_back"]) == (0, "2026-07-20", [])
    await insure(world, LATE, version=2)
    covered = (await send(world, "/v1/enrolment:preview", "agency", body)).json()
    assert (covered["cover_since"], covered["benefits_from"]) == ("2026-06-01", "2026-09-01")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({}, 422, "claims.enrolment_one_person"),
        ({"history": {}}, 422, "claims.enrolment_one_person"),
        ({"history": {}, "county": "990102"}, 403, "claims.outside_jurisdiction"),
        (
            {"history": {}, "county": build.COUNTY, "enrolling_on": "2026-06-30"},
            409,
            "claims.enrolment_no_rules",
        ),
        (
            {
                "history": {"enrolments": [{"valid_from": "2026-01-01", "valid_to": "2026-01-01"}]},
                "county": build.COUNTY,
            },
            422,
            "claims.enrolment_empty",
        ),
    ],
)
async def test_a_preview_that_cannot_be_right_is_refused(
    world: World, changes: dict[str, Any], status: int, code: str
) -> None:
    reply = await send(world, "/v1/enrolment:preview", "agency", {"enrolling_on": "2026-07-20", **changes})
    assert (reply.status_code, reply.json()["code"]) == (status, code)
