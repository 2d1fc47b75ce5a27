"""Paying providers: from what the ledger says is due to what the bank says was paid."""

import hashlib
from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from services.claims.verification.service import verify_ledger
from shared.paging import encode_cursor
from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.payments import (
    ACCOUNTS,
    APPROVER,
    BATCHES,
    FINANCE,
    IN_PAYMENT,
    Bureau,
    proposal,
    said,
)
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration
HOSPITAL, TOWNSHIP = build.COUNTY_HOSPITAL, build.TOWNSHIP_HOSPITAL
DUE, TOWNSHIP_DUE = f"provider_due:{HOSPITAL}", f"provider_due:{TOWNSHIP}"
WRITTEN = ("payment_batches", "payment_items", "payment_item_transfers", "transfers", "payment_results")


@pytest.fixture
async def bureau(world: World) -> Bureau:
    """Two hospitals with a settled stay each, their accounts and the county's in force."""
    bureau = Bureau(world)
    number = await world.insure()
    await world.settle(build.visit(number, "A1", "8766.00"))
    await world.settle(build.visit(number, "B1", "1200.00", facility_code=TOWNSHIP))
    await bureau.accounts(HOSPITAL, TOWNSHIP, build.COUNTY)
    await bureau.money()
    return bureau


async def settled(world: World, visit_no: str, amount: str, facility: str = HOSPITAL) -> dict[str, Any]:
    return await world.settle(build.visit(build.id_number(1), visit_no, amount, facility_code=facility))


async def adds_up(world: World) -> None:
    report = await verify_ledger(world.platform.worker_url("claims"))
    assert (report.failed, report.record) == (None, None)


async def test_a_batch_goes_from_what_is_due_to_what_the_bank_has_paid(bureau: Bureau) -> None:
    before = await bureau.balances()
    batch = await bureau.prepared()
    assert (batch["state"], batch["payable_count"], batch["through"]) == ("prepared", 2, "2026-11-02")
    assert batch["payable"] in batch["steps"][0]["details"]["payable"]
    items = await bureau.items(batch)
    assert {item["payee"]: f"-{item['amount']}" for item in items} == {
        HOSPITAL: before[DUE],
        TOWNSHIP: before[TOWNSHIP_DUE],
    }
    assert items[0]["account"] == "****0000"
    approved = await bureau.act(batch, "approve", note="同意")
    assert approved["state"] == "approved"
    booked = await bureau.balances()
    assert (booked.get(DUE), booked[IN_PAYMENT]) == (None, f"-{batch['payable']}")
    export = await bureau.act(batch, "export")
    outcomes = [(item, "成功", "") for item in items]
    reply = (await bureau.result(batch["id"], said(export, outcomes))).json()
    assert (reply["batch"]["state"], reply["paid"], reply["pending"]) == ("confirmed", 2, 0)
    paid = await bureau.balances()
    assert (paid.get(IN_PAYMENT), await bureau.spent()) == (None, bureau.fen(batch["payable"]))
    assert [step["action"] for step in reply["batch"]["steps"]] == ["prepare", "approve", "export", "results"]
    await adds_up(bureau.world)


async def test_the_breakdown_names_what_was_settled_reversed_and_later_added(bureau: Bureau) -> None:
    world = bureau.world
    gone = await settled(world, "A2", "5000.00")
    body = {"reason": "重复收费"}
    path = f"/v1/settlements/{gone['id']}:reverse"
    assert (await bureau.post(path, f"hospital:{HOSPITAL}", body)).status_code == 200
    batch = await bureau.prepared()
    [item] = [each for each in await bureau.items(batch) if each["payee"] == HOSPITAL]
    parts = {part["part"]: part["amount"] for part in item["parts"]}
    assert set(parts) == {"settlements", "reversals"}
    asked = f"{BATCHES}/{batch['id']}/items/{item['no']}/transfers?limit=200"
    transfers = (await bureau.get(asked))["items"]
    total = sum(int(each["amount"].replace(".", "")) for each in transfers)
    assert (total, all(each["held"] for each in transfers)) == (int(item["gross"].replace(".", "")), True)
    # What is settled after the batch was prepared falls into the next one.
    await settled(world, "A3", "700.00")
    later = await bureau.prepared()
    assert [each["payee"] for each in await bureau.items(later)] == [HOSPITAL]
    await bureau.act(later, "cancel")
    await bureau.act(batch, "cancel")
    again = await bureau.prepared()
    assert int(again["payable"].replace(".", "")) == sum(
        int(each["payable"].replace(".", "")) for each in (batch, later)
    )
    await adds_up(world)


async def test_a_cursor_behind_every_line_gives_an_empty_page(bureau: Bureau) -> None:
    batch = await bureau.prepared()
    cursor = encode_cursor(10**12)
    assert (await bureau.get(f"{BATCHES}/{batch['id']}/items?cursor={cursor}"))["items"] == []


async def test_who_prepared_a_batch_does_not_approve_it_and_nothing_is_written(bureau: Bureau) -> None:
    one = "funds:prepare funds:approve claims:read"
    body = {"county": build.COUNTY, "kind": "provider", "through": "2026-11-02"}
    made = await bureau.world.client.post(BATCHES, json=body, headers=bureau.token("alone", one))
    before = await bureau.world.counts(WRITTEN)
    path = f"{BATCHES}/{made.json()['id']}:approve"
    for language, word in (("zh-CN", "由两个人办理"), ("en", "somebody else must approve it")):
        headers = {**bureau.token("alone", one), "Accept-Language": language}
        reply = await bureau.world.client.post(path, json={}, headers=headers)
        assert (reply.status_code, reply.json()["code"]) == (403, "claims.payment_same_person")
        assert word in reply.json()["title"]
    assert await bureau.world.counts(WRITTEN) == before


async def test_who_owes_more_than_is_due_is_carried_forward_and_who_has_no_account_waits(
    bureau: Bureau,
) -> None:
    world = bureau.world
    await settled(world, "C1", "9000.00", build.CITY_HOSPITAL)
    first = await bureau.prepared()
    states = {item["payee"]: item["state"] for item in await bureau.items(first)}
    assert states == {HOSPITAL: "payable", TOWNSHIP: "payable", build.CITY_HOSPITAL: "unpayable"}
    await bureau.act(first, "approve")
    [paid] = await world.rows("SELECT id FROM settlements WHERE visit_no = 'B1'")
    path = f"/v1/settlements/{paid[0]}:reverse"
    assert (await bureau.post(path, f"hospital:{TOWNSHIP}", {"reason": "误结"})).status_code == 200
    await bureau.accounts(build.CITY_HOSPITAL)
    second = await bureau.prepared()
    items = {item["payee"]: item for item in await bureau.items(second)}
    assert (items[TOWNSHIP]["state"], items[build.CITY_HOSPITAL]["state"]) == ("carried_forward", "payable")
    assert items[TOWNSHIP]["amount"].startswith("-")
    assert items[TOWNSHIP]["parts"][0]["part"] == "reversals"
    await bureau.act(second, "approve")
    nothing = await bureau.post(
        BATCHES, FINANCE, {"county": build.COUNTY, "kind": "provider", "month": "2026-11"}
    )
    assert (nothing.status_code, nothing.json()["code"]) == (409, "claims.nothing_payable")
    await settled(world, "B2", "3000.00", TOWNSHIP)
    third = await bureau.items(await bureau.prepared())
    assert [part["part"] for part in third[0]["parts"]] == ["reversals", "settlements"]
    await adds_up(world)


async def test_an_advance_is_paid_and_set_off_by_its_rule(bureau: Bureau) -> None:
    line = {"facility_code": HOSPITAL, "amount": "3000.00", "set_off": "instalment", "instalment": "1000.00"}
    advance = await bureau.must(
        "/v1/provider-advances", FINANCE, {"county": build.COUNTY, "advances": [line]}
    )
    await bureau.act(advance, "approve")
    export = await bureau.act(advance, "export")
    # Not paid by the bank yet: nothing is kept back.
    early = await bureau.prepared()
    assert {item["set_off"] for item in await bureau.items(early)} == {"0.00"}
    await bureau.act(early, "cancel")
    outcomes = [(item, "成功", "") for item in await bureau.items(advance)]
    assert (await bureau.result(advance["id"], said(export, outcomes))).status_code == 200
    for visit_no, left in (("", "2000.00"), ("A2", "1000.00"), ("A3", None), ("A4", None)):
        if visit_no:
            await settled(bureau.world, visit_no, "4000.00")
        batch = await bureau.prepared()
        [item] = [each for each in await bureau.items(batch) if each["payee"] == HOSPITAL]
        assert item["set_off"] == ("0.00" if visit_no == "A4" else "1000.00")
        await bureau.act(batch, "approve")
        assert (await bureau.balances()).get(f"provider_advance:{HOSPITAL}") == left
    await adds_up(bureau.world)


async def test_files_are_the_same_bytes_again_and_their_reading_is_audited(bureau: Bureau) -> None:
    export = await bureau.at_the_bank()
    world, files = bureau.world, []
    for path in export["files"] * 2:
        reply = await world.client.get(path, headers=world.headers(FINANCE))
        assert reply.status_code == 200, reply.text
        files.append(reply.content)
    assert (files[0], files[1]) == (files[2], files[3])
    assert hashlib.sha256(files[0]).hexdigest() == export["digest"]
    assert (await bureau.act(export["batch"], "export"))["digest"] == export["digest"]
    numbers = [line["account_no"] for line in proposal(HOSPITAL, TOWNSHIP, build.COUNTY)["accounts"]]
    assert all(number.encode() in files[0] for number in numbers)
    sheet = CalamineWorkbook.from_filelike(BytesIO(files[1])).get_sheet_by_index(0).to_python()
    assert numbers[0] in [cell for row in sheet for cell in row]
    assert any("合计金额（大写）" in str(row[0]) for row in sheet)
    denied = await world.client.get(export["files"][0], headers=world.headers(APPROVER))
    assert (denied.status_code, denied.json()["code"]) == (403, "auth.forbidden")
    audited = await world.rows(
        "SELECT count(*), bool_or(details::text LIKE '%6217%') FROM audit_log"
        " WHERE action = 'payments.read_accounts'"
    )
    assert tuple(audited[0]) == (4, False)


async def test_an_account_changes_by_two_people_and_never_in_an_approved_batch(bureau: Bureau) -> None:
    world = bureau.world
    batch = await bureau.prepared()
    both = "funds:prepare funds:approve claims:read"
    change = await world.client.post(
        ACCOUNTS, json=proposal(HOSPITAL, last="7777"), headers=bureau.token("x", both)
    )
    path = f"{ACCOUNTS}/changes/{change.json()['change_id']}:approve"
    alone = await world.client.post(path, headers=bureau.token("x", both))
    assert (alone.status_code, alone.json()["code"]) == (403, "claims.account_same_person")
    assert (await bureau.post(path, APPROVER)).status_code == 200
    again = await bureau.post(path, APPROVER)
    assert (again.status_code, again.json()["code"]) == (409, "claims.account_change_state")
    stale = await bureau.post(f"{BATCHES}/{batch['id']}:approve", APPROVER, {})
    assert (stale.status_code, stale.json()["code"]) == (409, "claims.account_changed")
    await bureau.act(batch, "cancel")
    approved = await bureau.prepared()
    await bureau.act(approved, "approve")
    await bureau.accounts(HOSPITAL, last="9999")
    export = await bureau.act(approved, "export")
    file = await world.client.get(export["files"][0], headers=world.headers(FINANCE))
    assert b"7777</Id>" in file.content
    shown = await bureau.get(f"{ACCOUNTS}?payee={HOSPITAL}&county={build.COUNTY}")
    assert [each["state"] for each in shown["items"]] == ["replaced", "replaced", "active"]
    assert {each["account"] for each in shown["items"]} == {"****0000", "****7777", "****9999"}
    stored = await world.rows("SELECT account_sealed, holder_sealed FROM payee_accounts")
    assert not any(b"6217" in bytes(row[0]) or "某".encode() in bytes(row[1]) for row in stored)


async def test_a_person_written_in_two_ways_is_one_payee(world: World) -> None:
    who = "0197f3a0-0000-7000-8000-00000000aaaa"
    for other in (who.upper(), who.replace("-", "")):
        reply = await Bureau(world).post(ACCOUNTS, FINANCE, proposal(who, other))
        assert (reply.status_code, reply.json()["code"]) == (422, "claims.payee_repeated")


async def test_changes_of_one_account_proposed_at_once_leave_one_to_decide_on(world: World) -> None:
    bureau = Bureau(world)
    asked = [bureau.post(ACCOUNTS, FINANCE, proposal(HOSPITAL, last=last)) for last in ("1111", "2222")]
    held = f"SELECT pg_advisory_xact_lock(hashtextextended('claims.payee_accounts {build.COUNTY}', 0))"
    replies = await all_at_once(world.platform, "claims", held, asked)
    paths = [f"{ACCOUNTS}/changes/{reply.json()['change_id']}:approve" for reply in replies]
    decided = [(await bureau.post(path, APPROVER)).status_code for path in paths]
    assert sorted(decided) == [200, 409]


async def test_a_transfer_is_in_one_batch_however_many_are_prepared_and_approved_at_once(
    bureau: Bureau,
) -> None:
    world = bureau.world
    body = {"county": build.COUNTY, "kind": "provider", "month": "2026-11"}
    lock = f"SELECT pg_advisory_xact_lock(hashtextextended('payments {build.COUNTY}', 0))"
    clients = (world.client, world.other, world.client)
    preparing = [client.post(BATCHES, json=body, headers=world.headers(FINANCE)) for client in clients]
    replies = await all_at_once(world.platform, "claims", lock, preparing)
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409]
    [batch] = [reply.json() for reply in replies if reply.status_code == 201]
    path = f"{BATCHES}/{batch['id']}:approve"
    approving = [client.post(path, json={}, headers=world.headers(APPROVER)) for client in clients]
    lock = "SELECT 1 FROM payment_batches FOR UPDATE"
    replies = await all_at_once(world.platform, "claims", lock, approving)
    assert sorted(reply.status_code for reply in replies) == [200, 409, 409]
    refused = next(reply for reply in replies if reply.status_code == 409)
    assert refused.json()["code"] == "claims.payment_state"
    assert (await bureau.balances())[IN_PAYMENT] == f"-{batch['payable']}"
    await adds_up(world)


async def test_an_approval_whose_reply_was_lost_is_answered_again_and_booked_once(bureau: Bureau) -> None:
    batch = await bureau.prepared()
    headers = bureau.world.headers(APPROVER)
    path = f"{BATCHES}/{batch['id']}:approve"
    first = await bureau.world.client.post(path, json={}, headers=headers)
    again = await bureau.world.other.post(path, json={}, headers=headers)
    assert (again.status_code, again.json(), again.headers["Idempotency-Hit"]) == (200, first.json(), "true")
    assert (await bureau.balances())[IN_PAYMENT] == f"-{batch['payable']}"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"month": None}, 422, "claims.payment_period"),
        ({"through": "2026-11-01"}, 422, "claims.payment_period"),
        ({"month": "2026-12"}, 422, "claims.payment_period_in_future"),
        ({"county": "990102"}, 403, "claims.outside_jurisdiction"),
        ({"kind": "advance"}, 422, "request.invalid"),
        ({"month": "2026-10"}, 409, "claims.nothing_payable"),
    ],
)
async def test_a_batch_that_cannot_be_is_refused_and_leaves_nothing(
    bureau: Bureau, changes: dict[str, Any], status: int, code: str
) -> None:
    before = await bureau.world.counts(WRITTEN)
    body = {"county": build.COUNTY, "kind": "provider", "month": "2026-11"} | changes
    reply = await bureau.post(BATCHES, FINANCE, body)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert await bureau.world.counts(WRITTEN) == before
