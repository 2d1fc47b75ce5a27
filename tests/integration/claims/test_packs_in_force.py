"""From which moment, and for whom, a published policy pack decides; in two processes that settle by it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from services.claims.packs.followup import follow_up
from tests.support import claims as build
from tests.support.office import SECOND, Office
from tests.support.platform import Platform

pytestmark = pytest.mark.integration
HALF_A_SECOND = 0.5


def settled_by(settlement: dict[str, Any]) -> tuple[str, str]:
    return settlement["policy"]["version"], settlement["person_pays"]


async def test_two_people_put_a_version_into_force_in_both_processes(office: Office) -> None:
    number = await office.patient()
    refused = await office.world.client.post(
        "/v1/settlements", json=office.message(number, "MZ0"), headers=office.world.as_hospital()
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "claims.no_policy")

    draft = await office.draft(rate="0.50")
    assert (draft["state"], draft["version"], draft["prepared_by"]) == ("draft", "2026-01-01", "clerk")
    assert draft["diff"]["relation"] == "begins"
    approved = (await office.decide(draft["id"])).json()
    assert (approved["state"], approved["decided_by"]) == ("approved", "chief")
    assert approved["digest"] == draft["digest"]

    await asyncio.sleep(SECOND)
    for no, client in enumerate((office.world.client, office.world.other)):
        message = office.message(number, f"MZ{no + 1}")
        reply = await client.post("/v1/settlements", json=message, headers=office.world.as_hospital())
        assert settled_by(reply.json()) == ("2026-01-01", "50.00")


async def test_a_version_may_begin_inside_a_year_and_shows_what_it_changes(office: Office) -> None:
    number = await office.patient()
    await office.publish("2026-01-01", "0.50")
    later = await office.publish("2026-07-01", "0.60")
    [change] = [each for each in later["diff"]["changes"] if each["field"] == "rate"]
    assert (later["diff"]["compared_with"], later["diff"]["relation"]) == ("2026-01-01", "succeeds")
    assert (change["rule"], change["old"], change["new"]) == ("out.rate", "0.50", "0.60")
    assert (change["old_clause"], change["new_clause"]) == ("门诊支付0.50", "门诊支付0.60")
    before = await office.world.settle(office.message(number, "MZ1", "2026-06-30"))
    after = await office.world.settle(office.message(number, "MZ2", "2026-07-01"))
    assert settled_by(before) == ("2026-01-01", "50.00")
    assert settled_by(after) == ("2026-07-01", "40.00")


async def test_a_correction_is_a_new_revision_and_settlements_record_it(office: Office) -> None:
    number = await office.patient()
    await office.publish("2026-01-01", "0.50")
    first = await office.world.settle(office.message(number, "MZ1"))
    corrected = await office.publish("2026-01-01", "0.70")
    assert (corrected["version"], corrected["revision"]) == ("2026-01-01.r2", 2)
    assert corrected["diff"]["relation"] == "replaces"
    second = await office.world.settle(office.message(number, "MZ2"))
    assert settled_by(first) == ("2026-01-01", "50.00")
    assert settled_by(second) == ("2026-01-01.r2", "30.00")


async def test_a_stored_pack_that_is_broken_leaves_the_old_set_in_use_and_readiness_says_so(
    office: Office,
) -> None:
    number = await office.patient()
    await office.publish("2026-01-01", "0.50")
    broken = (
        "INSERT INTO policy_packs SELECT gen_random_uuid(), pack, '2026-01-01.r2', effective_from, 2,"
        " jurisdiction, title, 'pack: [', digest, version, digest, diff, 'approved', 'a', now(), 'b', now(),"
        f" NULL, generation + 1 FROM policy_packs WHERE pack = '{office.pack}'"
    )
    await office.world.platform.as_administrator("claims", broken)
    await asyncio.sleep(SECOND)
    ready = await office.world.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert f"{office.pack} 2026-01-01.r2" in ready.json()["troubles"][0]
    metrics = (await office.world.client.get("/metrics")).text
    assert "kangfu_policy_packs_broken 1.0" in metrics
    assert settled_by(await office.world.settle(office.message(number, "MZ1"))) == ("2026-01-01", "50.00")
    mended = await office.publish("2026-01-01", "0.80")
    assert mended["version"] == "2026-01-01.r3"
    assert (await office.world.client.get("/readyz")).json()["status"] == "ready"
    assert settled_by(await office.world.settle(office.message(number, "MZ2"))) == ("2026-01-01.r3", "20.00")


async def test_before_a_countys_own_pack_begins_that_of_the_city_counts(office: Office) -> None:
    office.county = office.county[:4]
    await office.publish("2026-01-01", "0.50")
    county = Office(office.world, f"{office.county}77")
    await county.publish("2026-07-01", "0.90")
    number = await county.patient()
    before = await office.world.settle(office.message(number, "MZ1", "2026-06-30"))
    after = await office.world.settle(office.message(number, "MZ2", "2026-07-01"))
    assert (before["policy"]["pack"], after["policy"]["pack"]) == (office.pack, county.pack)


async def test_while_a_process_cannot_look_its_requests_wait_and_then_settle_by_the_newest(
    office: Office,
) -> None:
    number = await office.patient()
    await office.publish("2026-01-01", "0.50")
    draft = await office.draft("2026-01-01", "0.60")
    await asyncio.sleep(SECOND)
    async with held_table(office.world.platform) as connection:
        await connection.execute(
            "UPDATE policy_packs SET state = 'approved', decided_by = 'chief', decided_at = now(),"
            f" generation = nextval('policy_pack_generations') WHERE id = '{draft['id']}'"
        )
        await asyncio.sleep(SECOND)
        settling = asyncio.create_task(office.world.settle(office.message(number, "MZ1")))
        await asyncio.sleep(HALF_A_SECOND)
        assert not settling.done()
    assert settled_by(await settling) == ("2026-01-01.r2", "40.00")


async def test_a_correction_of_the_past_makes_due_who_was_settled_by_the_old_rules(office: Office) -> None:
    number = await office.patient()
    first = await office.publish("2026-01-01", "0.50")
    settled = await office.world.settle(office.message(number, "MZ1"))
    draft = await office.draft("2026-01-01", "0.70")
    approved = (await office.decide(draft["id"])).json()
    assert (first["person_years_due"], approved["person_years_due"]) == (0, 1)
    # At once: working out a year waits for what was approved before it was asked.
    agency = office.who("reviewer", "claims:review claims:read")
    worked_out = await office.world.client.post("/v1/readjudications:propose", json={}, headers=agency)
    assert (worked_out.status_code, worked_out.json()["posted"]) == (200, 1)
    address = f"/v1/settlements/{settled['id']}"
    now = (await office.world.client.get(address, headers=agency)).json()
    assert settled_by(now) == ("2026-01-01.r2", "30.00")


async def test_whoever_an_approval_left_behind_becomes_due_once_some_minutes_later(office: Office) -> None:
    world, number = office.world, await office.patient()
    await office.publish("2026-01-01", "0.50")
    await world.settle(office.message(number, "MZ1"))
    await office.publish("2026-01-01", "0.70")
    sessions = world.platform.worker_sessions("claims")

    async def due_after(minutes: int) -> int:
        """As if everybody due until now had been worked out by a process that knew the old version only."""
        await world.platform.empty("claims", "readjudication_due")
        clock = build.FixedClock(build.NOW + timedelta(minutes=minutes))
        for _ in range(3):
            await follow_up(sessions, clock)
        return (await world.counts(["readjudication_due"]))["readjudication_due"]

    assert [await due_after(minutes) for minutes in (1, 2, 3)] == [0, 1, 0]


async def test_a_version_of_the_future_makes_nobody_due(office: Office) -> None:
    number = await office.patient()
    await office.publish("2026-01-01", "0.50")
    await office.world.settle(office.message(number, "MZ1"))
    assert (await office.publish("2026-11-03", "0.70"))["person_years_due"] == 0


async def test_a_version_that_is_not_approved_decides_nothing(office: Office) -> None:
    number = await office.patient()
    await office.publish("2026-01-01", "0.50")
    waiting, rejected = await office.draft("2026-01-01", "0.60"), await office.draft("2026-02-01", "0.70")
    assert (await office.decide(rejected["id"], "reject")).status_code == 200
    await asyncio.sleep(SECOND)
    assert waiting["state"] == "draft"
    assert settled_by(await office.world.settle(office.message(number, "MZ1"))) == ("2026-01-01", "50.00")


@asynccontextmanager
async def held_table(platform: Platform) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A transaction that nobody can look past, committed at the end."""
    address = platform.system.config.admin_dsn.rsplit("/", 1)[0] + "/claims"
    connection: asyncpg.Connection[Any] = await asyncpg.connect(address)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE policy_packs IN ACCESS EXCLUSIVE MODE")
            yield connection
    finally:
        await connection.close()
