"""Waiting periods in the running system: refused at the counter, admitted with a deposit, worked out anew."""

from datetime import date
from typing import Any

import httpx
import pytest

from shared.events.registry import EnrolmentSpell
from tests.integration.claims.conftest import World
from tests.support import claims as build

pytestmark = pytest.mark.integration
DAYS = {"admitted_on": "2026-08-01", "discharged_on": "2026-08-09"}


def spell(begins: date, bought_back_years: int = 0) -> EnrolmentSpell:
    return EnrolmentSpell(
        scheme="resident",
        year=begins.year,
        valid_from=begins,
        valid_to=date(begins.year + 1, 1, 1),
        bought_back_years=bought_back_years,
    )


async def insure(world: World, *spells: EnrolmentSpell, version: int = 1) -> str:
    number = build.id_number(1)
    person = build.person(world.index, number, version=version)
    await world.record(person.model_copy(update={"enrolments": list(spells)}))
    return number


async def settle(world: World, number: str, **changes: Any) -> httpx.Response:
    message = build.visit(number, "A1", **{**DAYS, **changes})
    return await world.client.post("/v1/settlements", json=message, headers=world.as_hospital())


LATE = spell(date(2026, 6, 1))
MISSED = (spell(date(2024, 1, 1)), spell(date(2026, 5, 20)))
BOUGHT_BACK = (spell(date(2024, 1, 1)), spell(date(2026, 5, 20), bought_back_years=1))


async def test_nobody_pays_while_a_late_enrolled_person_waits_and_the_clause_is_told(world: World) -> None:
    number = await insure(world, LATE)
    before = await world.counts()
    refused = await settle(world, number)
    told = refused.json()
    assert (refused.status_code, told["code"]) == (409, "claims.waiting_period")
    assert "2026-09-01" in told["title"]
    assert "固定待遇等待期3个月" in told["title"]
    assert await world.changed_since(before) == set()
    later = {"admitted_on": "2026-08-25", "discharged_on": "2026-09-01"}
    assert (await settle(world, number, **later)).status_code == 201


async def test_whoever_waits_is_admitted_with_a_deposit_and_without_holds(world: World) -> None:
    number = await insure(world, LATE)
    admission = {
        "facility_code": build.COUNTY_HOSPITAL,
        "visit_no": "A1",
        "visit_type": "inpatient",
        "patient": {"id_number": number},
        "admitted_on": "2026-08-01",
        "diagnoses": [{"code": "I63.900", "main": True}],
        "estimated_total": "5000.00",
    }
    reply = await world.client.post("/v1/visits", json=admission, headers=world.as_hospital())
    assert reply.status_code == 201, reply.text
    told = reply.json()["entitlements"]
    assert (told["enrolled"], told["payers"], told["deposit_waived"]) == (True, [], False)


async def test_a_missed_year_bought_back_afterwards_ends_the_waiting_sooner(world: World) -> None:
    number = await insure(world, *MISSED)
    days = {"admitted_on": "2026-08-20", "discharged_on": "2026-08-25"}
    assert (await settle(world, number, **days)).json()["code"] == "claims.waiting_period"
    await insure(world, *BOUGHT_BACK, version=2)
    assert (await settle(world, number, **days)).status_code == 201


async def test_a_history_that_turns_out_to_have_a_gap_makes_the_year_due_and_is_flagged(world: World) -> None:
    number = await insure(world, *BOUGHT_BACK)
    days = {"admitted_on": "2026-08-20", "discharged_on": "2026-08-25"}
    assert (await settle(world, number, **days)).status_code == 201
    await insure(world, *MISSED, version=2)
    assert len(await world.rows("SELECT 1 FROM readjudication_due")) == 1
    body = {"dry_run": False}
    proposed = await world.client.post(
        "/v1/readjudications:propose", json=body, headers=world.headers("agency")
    )
    assert proposed.status_code == 200, proposed.text
    found = (await world.client.get("/v1/readjudications", headers=world.headers("agency"))).json()["items"]
    asked = f"/v1/readjudications/{found[0]['id']}"
    shown = (await world.client.get(asked, headers=world.headers("agency"))).json()
    assert [line["flag"] for line in shown["lines"]] == ["waiting_period"]
