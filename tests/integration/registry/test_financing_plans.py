"""Financing plans: the published example to the fen, versions, and who may change them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.integration.registry.conftest import Registry
from tests.support.registry import NOW

pytestmark = pytest.mark.integration
# DOMAIN O-07 and O-08: a county report of 145,903 enrolled people at 90 yuan a head.
TERMS: dict[str, Any] = {
    "enrolled": 145903,
    "per_head": {
        "personal": "10.00",
        "central": "40.00",
        "province": "22.00",
        "city": "7.2",
        "county": "10.8",
    },
    "risk_reserve_rate": "0.04",
    "outpatient_account_per_head": "8.00",
}
RESULT = {
    "enrolled": 145903,
    "due": {
        "personal": "1459030.00",
        "central": "5836120.00",
        "province": "3209866.00",
        "city": "1050501.60",
        "county": "1575752.40",
    },
    "total": "13131270.00",
    "reserve": "525250.80",
    "usable": "12606019.20",
    "outpatient_account": "1167224.00",
    "pooled": "11438795.20",
}
PATH = "/v1/financing-plans/990101/2026"


async def put(registry: Registry, terms: dict[str, Any], if_match: str | None = None) -> httpx.Response:
    match = {"If-Match": if_match} if if_match else {}
    return await registry.client.put(PATH, json=terms, headers={**registry.headers(), **match})


async def test_a_preview_gives_the_published_numbers_to_the_fen(registry: Registry) -> None:
    headers = registry.headers("province")
    reply = await registry.client.post("/v1/financing-plans:preview", json=TERMS, headers=headers)
    assert (reply.status_code, reply.json()) == (200, RESULT)


async def test_a_plan_is_stored_announced_and_read_back(registry: Registry) -> None:
    stored = await put(registry, TERMS)
    assert (stored.status_code, stored.headers["ETag"]) == (200, '"1"')
    reply = await registry.client.get(PATH, headers=registry.headers())
    assert reply.json() == stored.json()
    assert reply.json().items() >= RESULT.items()
    assert list(reply.json()["due"]) == list(RESULT["due"])  # type: ignore[call-overload]  # a dict of dicts
    assert reply.json()["terms"]["per_head"]["city"] == "7.20"
    [event] = await registry.events("registry.financing_planned.v1")
    assert (event["county_code"], event["total_fen"], event["due"]["county"]) == (
        "990101",
        1313127000,
        157575240,
    )


async def test_a_change_needs_the_present_version_and_keeps_the_old_one(registry: Registry) -> None:
    await put(registry, TERMS)
    changed = {**TERMS, "enrolled": 150000}
    missing, stale = await put(registry, changed), await put(registry, changed, '"7"')
    assert (missing.status_code, missing.json()["code"]) == (428, "request.version_needed")
    assert (stale.status_code, stale.json()["code"]) == (412, "request.version_stale")
    registry.clock.instant = NOW + timedelta(hours=1)
    second = await put(registry, changed, '"1"')
    assert (second.status_code, second.headers["ETag"]) == (200, '"2"')
    old = await registry.client.get(PATH, params={"as_known_at": NOW.isoformat()}, headers=registry.headers())
    assert (old.json()["enrolled"], old.headers["ETag"]) == (145903, '"1"')
    assert [event["version"] for event in await registry.events("registry.financing_planned.v1")] == [1, 2]


async def test_the_same_terms_again_make_no_new_version(registry: Registry) -> None:
    await put(registry, TERMS)
    for if_match in ('"1"', None):
        again = await put(registry, TERMS, if_match)
        assert (again.status_code, again.headers["ETag"]) == (200, '"1"')
    assert len(await registry.events("registry.financing_planned.v1")) == 1


async def test_a_plan_that_does_not_exist_cannot_be_changed_or_read(registry: Registry) -> None:
    assert (await put(registry, TERMS, '"1"')).status_code == 412
    assert (await registry.client.get(PATH, headers=registry.headers())).status_code == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"per_head": {"personal": 10}}, "request.invalid"),
        ({"per_head": {"personal": "10.00001"}}, "request.invalid"),
        ({"per_head": {}}, "request.invalid"),
        ({"per_head": {"Personal": "1"}}, "request.invalid"),
        ({"risk_reserve_rate": "1.5"}, "request.invalid"),
        ({"enrolled": -1}, "request.invalid"),
        ({"surprise": 1}, "request.invalid"),
        ({"outpatient_account_per_head": "90"}, "registry.financing_pool_negative"),
        ({"enrolled": 10**9, "per_head": {"personal": "99999"}}, "registry.financing_amount_too_large"),
    ],
)
async def test_terms_that_make_no_plan_are_refused(
    registry: Registry, change: dict[str, Any], code: str
) -> None:
    reply = await put(registry, {**TERMS, **change})
    assert (reply.status_code, reply.json()["code"]) == (422, code)
    assert await registry.rows("SELECT 1 FROM financing_plans") == []


async def test_a_plan_of_another_county_cannot_be_written(registry: Registry) -> None:
    reply = await registry.client.put(
        "/v1/financing-plans/990102/2026", json=TERMS, headers=registry.headers()
    )
    assert (reply.status_code, reply.json()["code"]) == (403, "registry.outside_jurisdiction")
    reader = registry.headers_for(["registry:read"], ["990101"])
    assert (await registry.client.put(PATH, json=TERMS, headers=reader)).status_code == 403
