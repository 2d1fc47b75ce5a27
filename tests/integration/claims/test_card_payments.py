"""Paying people by card (一卡通): refunds, subsidies with back-pay, what somebody owes is set off."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.claims.payments import dues
from services.claims.verification.service import verify_ledger
from tests.integration.claims import test_one_off_batches as one_off
from tests.integration.claims.conftest import World
from tests.integration.claims.test_readjudication import approve, one_that_waits
from tests.support import claims as build
from tests.support.payments import APPROVER, BATCHES, FINANCE, Bureau, said
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration
RUNS = "/v1/subsidy-runs"
HALF = {"county": build.COUNTY, "programme": "living_allowance", "period": "2026-H1"}
CARD = f"card_due:{build.COUNTY}:2026"
BEFORE_THE_RISE, AFTER_IT = datetime(2026, 10, 1, 2, tzinfo=UTC), build.NOW
WRITTEN = ("subsidy_runs", "subsidy_lines", "transfers", "card_due_persons")


async def adds_up(world: World) -> None:
    report = await verify_ledger(world.platform.worker_url("claims"))
    assert (report.failed, report.record) == (None, None)


async def paid_run(bureau: Bureau, **changes: Any) -> Any:
    run = await bureau.must(RUNS, FINANCE, HALF | changes)
    return await bureau.must(f"{RUNS}/{run['id']}:approve", APPROVER)


def person_id(world: World, number: str) -> str:
    return str(build.person(world.index, number).person_id)


async def test_what_a_new_decision_gives_back_reaches_the_person_by_card(world: World) -> None:
    bureau = Bureau(world)
    number, _, proposal = await one_that_waits(world)
    assert (await approve(world, proposal)).status_code == 200
    who = person_id(world, number)
    refund = (await bureau.balances())[CARD]
    without = await bureau.post(
        BATCHES, FINANCE, {"county": build.COUNTY, "kind": "card", "month": "2026-11"}
    )
    assert without.json()["code"] == "claims.nothing_payable"
    await bureau.accounts(who, build.COUNTY)
    await bureau.money()
    export = await bureau.at_the_bank("card")
    [item] = await bureau.items(export["batch"])
    assert (item["payee"], item["payee_kind"], f"-{item['amount']}") == (who, "person", refund)
    assert item["parts"][0]["part"] == "card_payable"
    assert (await bureau.result(export["batch"]["id"], said(export, [(item, "成功", "")]))).status_code == 200
    balances = await bureau.balances()
    assert (balances.get(CARD), await bureau.spent()) == (None, -bureau.fen(refund))
    shown = (await bureau.get(f"/v1/payee-accounts?payee={who}"))["items"]
    assert re.fullmatch(r"某\*+", shown[0]["holder"])
    # The card was closed meanwhile: the money comes back, and is due to the same person again.
    line = {"no": item["no"], "amount": item["amount"], "returned_on": "2026-11-02", "reason": "卡已注销"}
    await bureau.must(f"{BATCHES}/{export['batch']['id']}:bank-returns", FINANCE, {"returns": [line]})
    assert ((await bureau.balances())[CARD], await bureau.spent()) == (refund, 0)
    await bureau.act(export["batch"], "return")
    [again] = await bureau.items(await bureau.prepared("card"))
    assert (again["payee"], again["amount"], again["parts"][0]["part"]) == (who, item["amount"], "returned")
    await adds_up(world)


async def test_one_off_aid_reaches_whom_it_was_given_to(world: World) -> None:
    bureau = Bureau(world)
    one, two = await world.insure(1), await world.insure(2)
    await bureau.accounts(*(person_id(world, each) for each in (one, two)), build.COUNTY)
    aid = await one_off.prepared(world, one_off.line(one), one_off.line(two, "I21.900"))
    assert (await one_off.approve(world, aid)).status_code == 200
    batch = await bureau.prepared("card")
    assert (batch["payable"], batch["unassigned"]) == (aid["total"], 0)
    items = await bureau.items(batch)
    assert {item["payee"] for item in items} == {person_id(world, each) for each in (one, two)}
    assert {part["part"] for item in items for part in item["parts"]} == {"one_off_aid"}
    await adds_up(world)


async def test_a_rise_announced_later_is_paid_up_once_and_explained(world: World) -> None:
    bureau = Bureau(world)
    first, second = await world.insure(1, ["dibao"]), await world.insure(2, ["dibao"])
    await world.insure(3, ["registered_poor"])
    await bureau.accounts(*(person_id(world, number) for number in (first, second)), build.COUNTY)
    world.clock.instant = BEFORE_THE_RISE
    run = await paid_run(bureau)
    assert (run["people"], run["pays"], run["state"]) == (2, "2100.00", "approved")
    export = await bureau.must(BATCHES, FINANCE, {"county": build.COUNTY, "kind": "card", "month": "2026-10"})
    await bureau.money()
    await bureau.act(export, "approve")
    world.clock.instant = AFTER_IT
    again = await paid_run(bureau)
    assert (again["people"], again["pays"], again["takes_back"]) == (2, "120.00", "0.00")
    [told, _] = (await bureau.get(f"{RUNS}/{again['id']}/people"))["items"]
    assert (told["amount"], len(told["months"])) == ("60.00", 6)
    assert "每月应发 185.00 元，每月已发 175.00 元，本次补发 10.00×6 = 60.00 元" in told["sentences"][0]
    nothing = await bureau.post(RUNS, FINANCE, HALF)
    assert (nothing.status_code, nothing.json()["code"]) == (409, "claims.subsidy_nothing_due")
    [part] = (await bureau.items(await bureau.prepared("card")))[0]["parts"]
    assert (part["part"], part["amount"]) == ("subsidy", "60.00")
    await adds_up(world)


async def test_what_somebody_owes_is_set_off_against_what_is_due_and_else_carried_forward(
    world: World,
) -> None:
    bureau = Bureau(world)
    number, other = await world.insure(1, ["dibao"]), await world.insure(2, ["dibao"])
    await bureau.accounts(*(person_id(world, each) for each in (number, other)), build.COUNTY)
    await paid_run(bureau)
    batch = await bureau.prepared("card")
    await bureau.money()
    await bureau.act(batch, "approve")
    # The category of the first half turns out to have been wrong: six months are owed back.
    await world.record(build.person(world.index, number, version=2))
    back = await paid_run(bureau)
    assert (back["people"], back["pays"], back["takes_back"]) == (1, "0.00", "1110.00")
    owing = await bureau.post(BATCHES, FINANCE, {"county": build.COUNTY, "kind": "card", "month": "2026-11"})
    assert (owing.status_code, owing.json()["code"]) == (409, "claims.nothing_payable")
    # Later 2,000 yuan are due to the same person from elsewhere, in another year.
    async with world.platform.worker_session("claims") as session:
        await dues.due_to(session, build.COUNTY, {"one_off/1": UUID(person_id(world, number))})
    await world.platform.as_administrator(
        "claims",
        "INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account,"
        " credit_account,"
        f" amount_fen, reference) VALUES ('2026-11-02', '{build.COUNTY}', 2025, '', 'one_off',"
        f" 'fund:aid:{build.COUNTY}:2025', 'card_due:{build.COUNTY}:2025', 200000, 'one_off/1'),"
        f" ('2026-11-02', '{build.COUNTY}', 2025, '', 'one_off', 'fund:aid:{build.COUNTY}:2025',"
        f" 'card_due:{build.COUNTY}:2025', 700, 'one_off/nobody')",
    )
    last = await bureau.prepared("card")
    assert (last["payable"], last["unassigned"], last["unassigned_amount"]) == ("890.00", 1, "7.00")
    await bureau.act(last, "approve")
    balances = await bureau.balances()
    assert (balances.get(CARD), balances[f"card_due:{build.COUNTY}:2025"]) == (None, "-7.00")
    await adds_up(world)


async def test_a_run_is_approved_by_another_person_and_only_one_is_open_at_a_time(world: World) -> None:
    bureau = Bureau(world)
    await world.insure(1, ["dibao"])
    clients = (world.client, world.other, world.client)
    preparing = [client.post(RUNS, json=HALF, headers=world.headers(FINANCE)) for client in clients]
    lock = "LOCK TABLE subsidy_runs IN EXCLUSIVE MODE"
    replies = await all_at_once(world.platform, "claims", lock, preparing)
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409]
    refused = next(reply for reply in replies if reply.status_code == 409)
    assert refused.json()["code"] == "claims.subsidy_run_open"
    [run] = [reply.json() for reply in replies if reply.status_code == 201]
    one = bureau.token(FINANCE, "funds:prepare funds:approve claims:read")
    alone = await world.client.post(f"{RUNS}/{run['id']}:approve", headers=one)
    assert (alone.status_code, alone.json()["code"]) == (403, "claims.payment_same_person")
    assert (await bureau.must(f"{RUNS}/{run['id']}:cancel"))["state"] == "cancelled"
    closed = await bureau.post(f"{RUNS}/{run['id']}:approve", APPROVER)
    assert (closed.status_code, closed.json()["code"]) == (409, "claims.subsidy_state")
    assert (await paid_run(bureau))["pays"] == "1110.00"
    await adds_up(world)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"programme": "unknown"}, 422, "claims.subsidy_programme"),
        ({"period": "2026-05"}, 422, "claims.subsidy_period"),
        ({"period": "2027-H1"}, 422, "claims.subsidy_period_in_future"),
        ({"county": "990102"}, 403, "claims.outside_jurisdiction"),
        ({"period": "2024-H1"}, 409, "claims.subsidy_nothing_due"),
    ],
)
async def test_a_run_that_cannot_be_is_refused_and_leaves_nothing(
    world: World, changes: dict[str, Any], status: int, code: str
) -> None:
    await world.insure(1, ["dibao"])
    before = await world.counts(WRITTEN)
    reply = await Bureau(world).post(RUNS, FINANCE, HALF | changes)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert await world.counts(WRITTEN) == before


@pytest.mark.parametrize(
    ("damage", "failed"),
    [
        (
            "UPDATE subsidy_lines SET due_fen = due_fen + 1",
            "a run of a subsidy is booked once when it is approved",
        ),
        (
            "UPDATE subsidy_lines SET due_fen = due_fen + 1, paid_fen = paid_fen + 1",
            "a run of a subsidy goes on from what the runs before it paid",
        ),
    ],
)
async def test_damage_to_subsidies_is_found(world: World, damage: str, failed: str) -> None:
    await world.insure(1, ["dibao"])
    await paid_run(Bureau(world))
    await adds_up(world)
    await world.platform.as_administrator("claims", damage)
    assert (await verify_ledger(world.platform.worker_url("claims"))).failed == failed
