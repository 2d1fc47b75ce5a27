"""Providers designated for disease programmes: stated, counted in settlements, granted for the past."""

from datetime import timedelta
from typing import Any

import pytest

from services.claims.designations.service import follow_up
from tests.integration.claims.conftest import World
from tests.integration.claims.test_readjudication import approve, due, propose, the_proposal
from tests.integration.claims.test_reversal import get
from tests.support import claims as build
from tests.support import stays

pytestmark = pytest.mark.integration
HERE = f"/v1/providers/{build.COUNTY_HOSPITAL}/programmes"
MAJOR = {"programme": "major_diseases", "valid_from": "2025-01-01"}
STOMACH_CANCER = [{"code": "C16.900", "main": True}]
ASSISTANCE = "medical_assistance"


async def put(world: World, *programmes: dict[str, Any], path: str = HERE, **headers: str) -> Any:
    sent = {**world.headers("agency"), **headers}
    return await world.client.put(path, json={"programmes": list(programmes)}, headers=sent)


async def designate(world: World, *programmes: dict[str, Any], **headers: str) -> dict[str, Any]:
    reply = await put(world, *(programmes or (MAJOR,)), **headers)
    assert reply.status_code == 200, reply.text
    stated: dict[str, Any] = reply.json()
    return stated


def dear(number: str, visit_no: str = "ZY1", **changes: Any) -> dict[str, Any]:
    """A stay in August for which assistance would pay more than its ordinary limit of the year."""
    days = {"admitted_on": "2026-08-01", "discharged_on": "2026-08-09"}
    return build.visit(number, visit_no, "200000.00", diagnoses=STOMACH_CANCER, **days, **changes)


def assistance(settled: dict[str, Any]) -> str:
    paid: dict[str, str] = {each["payer"]: each["amount"] for each in settled["payers"]}
    return paid[ASSISTANCE]


async def test_the_higher_limit_of_a_programme_counts_at_a_designated_provider(world: World) -> None:
    number, other = await world.insure(1, ["dibao"]), await world.insure(2, ["dibao"])
    ordinary = await world.settle(dear(number))
    await designate(world)
    raised = await world.settle(dear(other, "ZY2"))
    assert assistance(ordinary) == "10000.00"
    assert float(assistance(raised)) > 10_000
    assert (ordinary["designated_for"], raised["designated_for"]) == ([], ["major_diseases"])
    explained = await get(world, raised["explanation"])
    assert "assistance.limit.major" in str(explained["steps"])


@pytest.mark.parametrize(
    "days",
    [
        {"valid_from": "2026-08-10"},
        {"valid_from": "2025-01-01", "valid_to": "2026-08-09"},
    ],
    ids=["begins the day after the discharge", "ended on the day of the discharge"],
)
async def test_the_designation_is_that_of_the_governing_day(world: World, days: dict[str, str]) -> None:
    await designate(world, {**MAJOR, **days})
    settled = await world.settle(dear(await world.insure(categories=["dibao"])))
    assert (settled["discharged_on"], assistance(settled)) == ("2026-08-09", "10000.00")


async def test_an_admission_says_whether_the_provider_is_designated_for_the_illness(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    await designate(world)
    admission = stays.admission(number, diagnoses=STOMACH_CANCER, admitted_on="2026-08-01")
    sent = world.as_hospital(admission["facility_code"])
    reply = await world.client.post("/v1/visits", json=admission, headers=sent)
    [programme] = reply.json()["entitlements"]["programmes"]
    assert (programme["programme"], programme["designated"]) == ("major_diseases", True)


async def test_a_designation_granted_for_the_past_makes_years_due_and_is_posted(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    settled = await world.settle(dear(number))
    await designate(world)
    assert await due(world) == [(build.person(world.index, number).person_id, 2026, "designation")]
    await propose(world, automatic=False)
    assert (await approve(world, await the_proposal(world))).status_code == 200
    now = await get(world, f"/v1/settlements/{settled['id']}")
    assert (now["revision"], now["designated_for"]) == (1, ["major_diseases"])
    fresh = await world.settle(dear(await world.insure(2, ["dibao"]), "ZY2"))
    assert now["payers"] == fresh["payers"]


async def test_a_designation_that_changes_no_amount_leaves_the_settlement_as_it_was(world: World) -> None:
    august = {"admitted_on": "2026-08-01", "discharged_on": "2026-08-09"}
    settled = await world.settle(build.visit(await world.insure(), "ZY1", **august))
    await designate(world)
    await propose(world)
    assert await get(world, f"/v1/settlements/{settled['id']}") == settled


async def test_patients_of_other_counties_become_due_a_little_later(world: World) -> None:
    elsewhere = await world.insure(categories=["dibao"], village="990301200203")
    await world.settle(dear(elsewhere))
    await designate(world)
    assert await due(world) == []
    world.clock.instant += timedelta(minutes=3)
    await follow_up(world.platform.worker_sessions("claims"), world.clock)
    assert [row.reason for row in await due(world)] == ["designation"]


async def test_the_whole_list_is_stated_on_the_version_that_was_read(world: World) -> None:
    nothing = await get(world, HERE)
    assert (nothing["version"], nothing["programmes"]) == (0, [])
    first = await designate(world)
    assert first["programmes"][0]["title"] == "大病专项救治（30种）"
    assert await designate(world) == first
    blind = await put(world)
    assert (blind.status_code, blind.json()["code"]) == (428, "request.version_needed")
    ended = {**MAJOR, "valid_to": "2026-06-01"}
    second = await put(world, ended, **{"If-Match": '"1"'})
    assert (second.status_code, second.headers["ETag"]) == (200, '"2"')
    late = await put(world, **{"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "request.version_stale")
    [present] = await world.rows("SELECT programmes FROM providers WHERE programmes_version > 0")
    assert present.programmes == [["major_diseases", "2025-01-01", "2026-06-01"]]
    kept = await world.rows("SELECT version, valid_to::text FROM provider_programmes ORDER BY 1")
    assert [tuple(row) for row in kept] == [(1, None), (2, "2026-06-01")]


async def test_the_providers_designated_today_can_be_looked_up(world: World) -> None:
    await designate(world, {**MAJOR, "valid_to": "2026-11-03"})
    for day, codes in ((2, [build.COUNTY_HOSPITAL]), (3, [])):
        world.clock.instant = build.NOW.replace(day=day)
        found = await get(world, "/v1/providers?designated_for=major_diseases")
        assert [each["facility_code"] for each in found["items"]] == codes


@pytest.mark.parametrize(
    ("programmes", "pointer", "code"),
    [
        ([{**MAJOR, "programme": "no_such"}], "/programmes/0/programme", "claims.unknown_programme"),
        ([{**MAJOR, "valid_to": "2025-01-01"}], "/programmes/0/valid_to", "claims.designation_dates"),
        ([MAJOR, {**MAJOR, "valid_from": "2026-05-01"}], "/programmes/1", "claims.designations_overlap"),
    ],
)
async def test_a_wrong_list_is_refused_and_nothing_written(
    world: World, programmes: list[dict[str, Any]], pointer: str, code: str
) -> None:
    reply = await put(world, *programmes)
    assert (reply.status_code, reply.json()["code"]) == (422, code)
    assert reply.json()["errors"][0]["pointer"] == pointer
    assert (await get(world, HERE))["version"] == 0


async def test_only_the_agency_of_the_place_designates(world: World) -> None:
    city = await put(world, MAJOR, path=f"/v1/providers/{build.CITY_HOSPITAL}/programmes")
    assert (city.status_code, city.json()["code"]) == (403, "claims.outside_jurisdiction")
    hospital = await put(world, MAJOR, **world.as_hospital())
    assert (hospital.status_code, hospital.json()["code"]) == (403, "auth.forbidden")
