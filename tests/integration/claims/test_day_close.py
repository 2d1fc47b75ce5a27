"""Closing a county's day: nothing is missed, nothing is closed that does not tie out, the chain holds."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.claims.closing.ledger_file import MissingTransfer, export_ledger
from services.claims.verification.ledger_file import verify_file
from services.claims.verification.service import verify_ledger
from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.closing import TODAY, ask_close, close

pytestmark = pytest.mark.integration


async def get(world: World, path: str, role: str = "agency") -> Any:
    reply = await world.client.get(path, headers=world.headers(role))
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_a_close_takes_everything_since_the_last_and_ties_it_out(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    first = await world.settle(build.visit(number, "ZY1", "30000.00"))
    await world.settle(build.visit(number, "ZY2", "800.00", facility_code=build.TOWNSHIP_HOSPITAL))
    await world.plan(build.financing())
    made = await close(world)
    [(transfers,)] = await world.rows("SELECT count(*) FROM transfers")
    assert (made["no"], made["transfers"], made["settlements"], made["reversals"]) == (1, transfers, 2, 0)
    assert made["charged"] == made["booked"] == made["stated"] == "30800.00"
    reply = await world.client.post(
        f"/v1/settlements/{first['id']}:reverse", json={"reason": "重复"}, headers=world.as_hospital()
    )
    assert reply.status_code == 200
    second = await close(world)
    assert (second["no"], second["settlements"], second["reversals"]) == (2, 0, 1)
    assert second["charged"] == second["booked"] == second["stated"] == "-30000.00"
    assert second["previous_hash"] == made["hash"]
    empty = await close(world)
    assert (empty["transfers"], empty["first_no"], empty["previous_hash"]) == (0, None, second["hash"])
    listed = await get(world, f"/v1/day-closes?county={build.COUNTY}&limit=2")
    assert [item["no"] for item in listed["items"]] == [3, 2]
    assert await get(world, f"/v1/day-closes/{made['id']}") == made
    assert (await verify_ledger(world.platform.worker_url("claims"))).failed is None


async def test_a_hospital_reads_its_own_statement_and_no_other(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1", "30000.00"))
    made = await close(world)
    path = f"/v1/day-closes/{made['id']}/providers/{build.COUNTY_HOSPITAL}"
    statement = await get(world, path, f"hospital:{build.COUNTY_HOSPITAL}")
    due = sum(int(payer["amount"].replace(".", "")) for payer in settled["payers"])
    assert statement["due_before"] == "0.00"
    assert int(statement["due_after"].replace(".", "")) == due
    assert [line["kind"] for line in statement["movements"]] == ["payer"]
    assert statement["business_date"] == TODAY
    listed = await get(
        world,
        f"/v1/provider-statements?facility={build.COUNTY_HOSPITAL}",
        f"hospital:{build.COUNTY_HOSPITAL}",
    )
    assert listed["items"] == [statement]
    other = world.as_hospital(build.TOWNSHIP_HOSPITAL)
    assert (await world.client.get(path, headers=other)).status_code == 404
    assert (await world.client.get("/v1/day-closes", headers=other)).status_code == 403


@pytest.mark.parametrize(
    ("day", "status", "code"),
    [
        ("2026-11-03", 422, "claims.close_in_future"),
        ("2026-10-31", 409, "claims.close_out_of_order"),
    ],
)
async def test_a_close_is_neither_ahead_of_time_nor_before_the_last(
    world: World, day: str, status: int, code: str
) -> None:
    await close(world, "2026-11-01")
    before = await world.counts()
    reply = await ask_close(world, day)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert await world.changed_since(before) == set()


async def test_only_the_countys_own_finance_office_closes_it(world: World) -> None:
    body = {"county": "990102", "business_date": TODAY}
    foreign = await world.client.post("/v1/day-closes", json=body, headers=world.headers("finance"))
    assert (foreign.status_code, foreign.json()["code"]) == (403, "claims.outside_jurisdiction")
    agency = await world.client.post("/v1/day-closes", json=body, headers=world.headers("agency"))
    assert agency.status_code == 403


@pytest.mark.parametrize(
    "damage",
    [
        build.MORE_CHARGED,
        "UPDATE transfers SET amount_fen = amount_fen + 1 WHERE kind = 'person'",
        build.MORE_PAID,
        "DELETE FROM transfers",
        "UPDATE transfers SET facility_code = 'H99010100101'",
    ],
)
async def test_a_difference_stops_the_close_and_names_the_settlement(world: World, damage: str) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    await world.platform.as_administrator("claims", damage)
    before = await world.counts(["day_closes", "closed_transfers", "provider_statements", "audit_log"])
    reply = await ask_close(world)
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.tie_out_failed")
    assert settled["id"] in reply.json()["title"]
    assert settled["id"] in reply.json()["errors"][0]["detail"]
    assert await world.changed_since(before) == set()


@pytest.mark.parametrize(
    ("damage", "failed", "named"),
    [
        (
            "UPDATE transfers SET amount_fen = amount_fen + 1 WHERE no = {second}",
            "a closed transfer is what it was when it was closed",
            "{second}",
        ),
        (
            "UPDATE transfers SET booked_at = booked_at - interval '1 day' WHERE no = {second}",
            "a closed transfer is what it was when it was closed",
            "{second}",
        ),
        (
            "DELETE FROM transfers WHERE no = {second}",
            "a closed transfer is what it was when it was closed",
            "{second}",
        ),
        (
            "DELETE FROM closed_transfers WHERE transfer_no = {second}",
            "a closed transfer is what it was when it was closed",
            "{third}",
        ),
        (
            "UPDATE provider_statements SET due_after_fen = due_after_fen + 1",
            "a close carries the hash of its records and of the close before",
            "1",
        ),
        (
            "UPDATE day_closes SET business_date = '2026-11-01' WHERE no = 2",
            "a close carries the hash of its records and of the close before",
            "2",
        ),
        (
            "DELETE FROM closed_transfers WHERE transfer_no = {last}",
            "a close carries the hash of its records and of the close before",
            "1",
        ),
    ],
)
async def test_what_is_changed_after_its_close_is_found_and_named(
    world: World, damage: str, failed: str, named: str
) -> None:
    await world.plan(build.financing())
    await world.settle(build.visit(await world.insure(), "ZY1"))
    await close(world)
    await close(world)
    numbers = [row[0] for row in await world.rows("SELECT no FROM transfers ORDER BY no")]
    places = {"second": numbers[1], "third": numbers[2], "last": numbers[-1]}
    # Whoever may switch triggers off can change the ledger; the chain tells.
    await world.platform.as_administrator("claims", *damage.format(**places).split(";"))
    report = await verify_ledger(world.platform.worker_url("claims"))
    assert report.failed == failed
    assert report.record
    assert str(report.record["no"]) == named.format(**places)


async def test_a_transfer_that_every_close_has_passed_is_found(world: World) -> None:
    await world.plan(build.financing())
    await close(world)
    await close(world)
    await world.platform.as_administrator(
        "claims",
        "UPDATE day_closes SET swept_at = swept_at - interval '2 hours' WHERE no = 1",
        "DELETE FROM closed_transfers",
        "UPDATE day_closes SET last_link = previous_hash, hash = ledger_link(previous_hash,"
        " day_close_line(jsonb_populate_record(day_closes, jsonb_build_object('last_link', previous_hash))))",
        "UPDATE day_closes SET previous_hash = (SELECT hash FROM day_closes WHERE no = 1),"
        " last_link = (SELECT hash FROM day_closes WHERE no = 1) WHERE no = 2",
        "UPDATE day_closes SET hash = ledger_link(last_link, day_close_line(day_closes)) WHERE no = 2",
    )
    report = await verify_ledger(world.platform.worker_url("claims"))
    assert report.failed == "no transfer is behind every close"


async def test_a_transfer_that_commits_late_goes_into_the_next_close(world: World) -> None:
    await world.plan(build.financing())
    insert = (
        "INSERT INTO transfers (no, booked_at, county_code, year, facility_code, kind, debit_account,"
        " credit_account, amount_fen, reference) OVERRIDING SYSTEM VALUE SELECT {no}, booked_at, county_code,"
        " year, facility_code, kind, debit_account, credit_account, 1, 'late' FROM transfers LIMIT 1"
    )
    [(first,)] = await world.rows("SELECT min(no) FROM transfers")
    await close(world)
    await world.platform.as_administrator("claims", insert.format(no=first - 1))
    late = await close(world)
    assert (late["transfers"], late["first_no"]) == (1, first - 1)
    assert (await verify_ledger(world.platform.worker_url("claims"))).failed is None


async def test_what_was_closed_is_exported_and_checked_without_the_database(
    world: World, tmp_path: Path
) -> None:
    await world.plan(build.financing())
    number = await world.insure(categories=["dibao"])
    settled = await world.settle(build.visit(number, "ZY1", "30000.00"))
    await close(world)
    reply = await world.client.post(
        f"/v1/settlements/{settled['id']}:reverse", json={"reason": "重复"}, headers=world.as_hospital()
    )
    assert reply.status_code == 200
    made = await close(world)
    url, path = world.platform.worker_url("claims"), tmp_path / "ledger.ndjson"
    done = await export_ledger(url, build.COUNTY, path)
    [(transfers,)] = await world.rows("SELECT count(*) FROM transfers")
    assert done == (2, transfers, made["hash"])
    with path.open(encoding="utf-8") as lines:
        report = verify_file(lines, made["hash"])
    assert (report.fault, report.closes, report.transfers) == (None, 2, transfers)
    assert (await verify_ledger(url, made["hash"])).failed is None
    unknown = await verify_ledger(url, "0" * 64)
    assert (unknown.failed, unknown.record) == (
        "the close that is known from elsewhere is there",
        {"head": "0" * 64},
    )
    await world.platform.as_administrator("claims", "DELETE FROM transfers WHERE reverses IS NOT NULL")
    with pytest.raises(MissingTransfer, match="of close 2"):
        await export_ledger(url, build.COUNTY, path)


async def test_closes_and_settlements_at_once_close_every_transfer_once(world: World) -> None:
    numbers = [await world.insure(order) for order in range(6)]
    replies = await asyncio.gather(
        *(world.settle(build.visit(number, f"ZY{no}")) for no, number in enumerate(numbers)),
        *(ask_close(world) for _ in range(4)),
    )
    made = [reply.json() for reply in replies[6:] if isinstance(reply, httpx.Response)]
    assert sorted(each["no"] for each in made) == [1, 2, 3, 4]
    last = await close(world)
    assert last["no"] == 5
    assert (
        sum(each["transfers"] for each in [*made, last]) == (await world.counts(["transfers"]))["transfers"]
    )
    assert sum(each["settlements"] for each in [*made, last]) == len(numbers)
    assert (await verify_ledger(world.platform.worker_url("claims"), last["hash"])).failed is None


async def test_the_same_request_again_closes_nothing_again(world: World) -> None:
    body = {"county": build.COUNTY, "business_date": TODAY}
    headers = world.headers("finance")
    first = await world.client.post("/v1/day-closes", json=body, headers=headers)
    again = await world.client.post("/v1/day-closes", json=body, headers=headers)
    assert (again.json(), again.headers["Idempotency-Hit"]) == (first.json(), "true")
    assert await world.counts(["day_closes"]) == {"day_closes": 1}
