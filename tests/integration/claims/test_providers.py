"""Registering and changing designated providers."""

from typing import Any

import pytest

from tests.integration.claims.conftest import World
from tests.support import claims as build

pytestmark = pytest.mark.integration
NEW = "H99010100116"
BODY: dict[str, Any] = {
    "name": "双河乡卫生院",
    "level": 1,
    "division_code": "990101201",
    "visit_types": ["outpatient", "inpatient"],
}


async def put(world: World, body: dict[str, Any], role: str = "agency", **headers: str) -> Any:
    sent = {**world.headers(role), **headers}
    return await world.client.put(f"/v1/providers/{NEW}", json=body, headers=sent)


async def test_a_registered_provider_reads_back_with_its_version(world: World) -> None:
    reply = await put(world, BODY)
    assert (reply.status_code, reply.headers["ETag"]) == (200, '"1"')
    got = await world.client.get(f"/v1/providers/{NEW}", headers=world.headers("agency"))
    assert (got.json(), got.headers["ETag"]) == (reply.json(), '"1"')
    assert got.json()["visit_types"] == ["inpatient", "outpatient"]


async def test_registering_the_same_again_changes_nothing(world: World) -> None:
    first = await put(world, BODY)
    assert (await put(world, BODY)).json() == first.json()


async def test_a_change_needs_the_version_that_was_read(world: World) -> None:
    await put(world, BODY)
    changed = {**BODY, "level": 2}
    blind = await put(world, changed)
    assert (blind.status_code, blind.json()["code"]) == (428, "request.version_needed")
    right = await put(world, changed, **{"If-Match": '"1"'})
    assert (right.status_code, right.headers["ETag"], right.json()["level"]) == (200, '"2"', 2)
    again = await put(world, changed, **{"If-Match": '"1"'})
    assert again.json() == right.json(), "a repeated change whose reply was lost succeeds again"
    late = await put(world, BODY, **{"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "request.version_stale")


async def test_an_agency_registers_inside_its_jurisdiction_only(world: World) -> None:
    reply = await put(world, {**BODY, "division_code": "990102"})
    assert (reply.status_code, reply.json()["code"]) == (403, "claims.outside_jurisdiction")
    city = {"name": "改名", "level": 3, "division_code": build.COUNTY, "visit_types": ["inpatient"]}
    headers = {**world.headers("agency"), "If-Match": '"1"'}
    taken = await world.client.put(f"/v1/providers/{build.CITY_HOSPITAL}", json=city, headers=headers)
    assert (taken.status_code, taken.json()["code"]) == (403, "claims.outside_jurisdiction")


async def test_a_hospital_reads_providers_but_does_not_register_them(world: World) -> None:
    refused = await put(world, BODY, f"hospital:{build.COUNTY_HOSPITAL}")
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.forbidden")
    listed = await world.client.get("/v1/providers", params={"limit": 3}, headers=world.as_hospital())
    codes = [item["facility_code"] for item in listed.json()["items"]]
    assert codes == sorted(build.PROVIDERS)[:3]
    rest = {"limit": 3, "cursor": listed.json()["next_cursor"]}
    listed = await world.client.get("/v1/providers", params=rest, headers=world.as_hospital())
    assert [item["facility_code"] for item in listed.json()["items"]] == sorted(build.PROVIDERS)[3:]


@pytest.mark.parametrize("code", ["H9901010011", "X99010100116", "H99010100116 "])
async def test_a_malformed_code_is_refused(world: World, code: str) -> None:
    reply = await world.client.put(f"/v1/providers/{code}", json=BODY, headers=world.headers("agency"))
    assert reply.status_code in (404, 422)
