"""Somebody moves to another county: a month is paid by one of the two, whatever is done at once."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.claims.verification.service import verify_ledger
from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.platform import bearer
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration
RUNS = "/v1/subsidy-runs"
HERE, THERE, THERE_VILLAGE = build.COUNTY, "990102", "990102100200"


async def send(world: World, county: str, path: str, who: str, body: Any = None) -> httpx.Response:
    world.sent += 1
    token = world.platform.mint(who, ["funds:prepare", "funds:approve", "claims:read"], [county])
    headers = {**bearer(token), "Idempotency-Key": f"mover-{world.sent:06d}"}
    return await world.client.post(f"{RUNS}{path}", json=body, headers=headers)


async def prepare(world: World, county: str) -> httpx.Response:
    body = {"county": county, "programme": "living_allowance", "period": "2026-H1"}
    return await send(world, county, "", "clerk", body)


async def approve(world: World, county: str, run: Any) -> httpx.Response:
    return await send(world, county, f"/{run['id']}:approve", "chief")


async def adds_up(world: World) -> None:
    assert (await verify_ledger(world.platform.worker_url("claims"))).failed is None


@pytest.mark.parametrize("anew", [False, True])
async def test_who_moved_is_not_paid_again_for_the_months_that_the_old_county_paid(
    world: World, anew: bool
) -> None:
    number = await world.insure(1, ["dibao"])
    run = (await prepare(world, HERE)).json()
    assert (await approve(world, HERE, run)).status_code == 200
    moved = build.person(world.index, number, categories=["dibao"], village=THERE_VILLAGE, version=2)
    # Some are registered anew where they come to: another person to every table, the same ID number.
    await world.record(moved.model_copy(update={"person_id": uuid4()} if anew else {}))
    nothing = await prepare(world, THERE)
    assert (nothing.status_code, nothing.json()["code"]) == (409, "claims.subsidy_nothing_due")
    other = build.id_number(2)
    await world.record(build.person(world.index, other, categories=["dibao"], village=THERE_VILLAGE))
    later = (await prepare(world, THERE)).json()
    assert (later["people"], later["pays"]) == (1, "1110.00")
    assert (await approve(world, THERE, later)).status_code == 200
    await adds_up(world)


async def prepared_in_both(world: World) -> list[tuple[str, Any]]:
    """A run in each of two counties for somebody who moved between their preparation."""
    number = await world.insure(1, ["dibao"])
    here = (await prepare(world, HERE)).json()
    await world.record(
        build.person(world.index, number, categories=["dibao"], village=THERE_VILLAGE, version=2)
    )
    there = (await prepare(world, THERE)).json()
    assert here["pays"] == there["pays"] == "1110.00"
    return [(HERE, here), (THERE, there)]


@pytest.mark.parametrize("first", [HERE, THERE])
async def test_whichever_of_two_counties_approves_first_pays_somebody_who_is_moving(
    world: World, first: str
) -> None:
    runs = sorted(await prepared_in_both(world), key=lambda each: each[0] != first)
    replies = [await approve(world, *each) for each in runs]
    assert [reply.status_code for reply in replies] == [200, 409]
    assert replies[1].json()["code"] == "claims.subsidy_paid_meanwhile"
    await adds_up(world)


async def test_two_counties_at_once_pay_somebody_who_is_moving_once(world: World) -> None:
    runs = await prepared_in_both(world)
    lock = "SELECT pg_advisory_xact_lock(hashtextextended('subsidies living_allowance', 0))"
    replies = await all_at_once(world.platform, "claims", lock, [approve(world, *each) for each in runs])
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    refused = next(reply for reply in replies if reply.status_code == 409)
    assert refused.json()["code"] == "claims.subsidy_paid_meanwhile"
    await adds_up(world)


async def test_a_month_that_two_counties_paid_in_spite_of_all_is_found(world: World) -> None:
    number = await world.insure(1, ["dibao"])
    await world.record(
        build.person(world.index, build.id_number(2), categories=["dibao"], village=THERE_VILLAGE)
    )
    for county in (HERE, THERE):
        assert (await approve(world, county, (await prepare(world, county)).json())).status_code == 200
    await adds_up(world)
    # Only now it turns out that both are the same person.
    same = build.person(world.index, build.id_number(2), village=THERE_VILLAGE, version=2)
    await world.record(same.model_copy(update={"id_index": world.index.of(number).hex()}))
    failed = (await verify_ledger(world.platform.worker_url("claims"))).failed
    assert failed == "a run of a subsidy goes on from what the runs before it paid"
