"""What the bank says of a batch: taken over whole or refused whole, once; failed items are paid again."""

from typing import Any

import pytest

from services.claims.payments.pain001 import NAMESPACE
from services.claims.verification.service import verify_ledger
from tests.integration.claims.conftest import World
from tests.integration.claims.test_payments import DUE, HOSPITAL, TOWNSHIP, bureau, settled
from tests.support.payments import BATCHES, FINANCE, IN_PAYMENT, Bureau, said
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration
WRITTEN = ("payment_results", "payment_steps", "transfers", "idempotency_keys")
__all__ = ["bureau"]


async def exported(bureau: Bureau) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    export = await bureau.at_the_bank()
    return export, await bureau.items(export["batch"])


async def adds_up(world: World) -> None:
    report = await verify_ledger(world.platform.worker_url("claims"))
    assert (report.failed, report.record) == (None, None)


def pain002(export: dict[str, Any], statuses: list[tuple[dict[str, Any], str]], **changes: str) -> bytes:
    stated = {"count": str(export["items"]), "sum": export["amount"], "id": export["message_id"]} | changes
    transactions = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{item['id'].replace('-', '')}</OrgnlEndToEndId>"
        f"<TxSts>{status}</TxSts>"
        "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn><AddtlInf>账号有误</AddtlInf></StsRsnInf></TxInfAndSts>"
        for item, status in statuses
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Document xmlns="{NAMESPACE.replace("pain.001", "pain.002")}">'
        "<CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-11-02T17:00:00+08:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{stated['id']}</OrgnlMsgId><OrgnlMsgNmId>pain.001</OrgnlMsgNmId>"
        f"<OrgnlNbOfTxs>{stated['count']}</OrgnlNbOfTxs><OrgnlCtrlSum>{stated['sum']}</OrgnlCtrlSum>"
        f"</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>{transactions}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


async def test_a_failed_item_is_paid_again_to_the_corrected_account(bureau: Bureau) -> None:
    export, [first, second] = await exported(bureau)
    outcomes = [(first, "成功", ""), (second, "失败", "户名与账号不符")]
    # The bank writes GB18030.
    body = said(export, outcomes).decode().encode("gb18030")
    reply = (await bureau.result(export["batch"]["id"], body)).json()
    assert (reply["paid"], reply["failed"], reply["batch"]["state"]) == (1, 1, "confirmed")
    failed = (await bureau.items(export["batch"]))[1]
    assert (failed["state"], failed["failure"]) == ("failed", "户名与账号不符")
    # Not due in the next batch by itself: it is decided what becomes of it.
    asked = {"county": "990101", "kind": "provider", "month": "2026-11"}
    assert (await bureau.post(BATCHES, FINANCE, asked)).json()["code"] == "claims.nothing_payable"
    await bureau.accounts(TOWNSHIP, last="5555")
    again = await bureau.act(export["batch"], "retry")
    assert (again["retry_of"], again["payable"]) == (export["batch"]["id"], second["amount"])
    [item] = await bureau.items(again)
    assert (item["replaces"], item["account"]) == (second["id"], "****5555")
    await bureau.act(again, "approve")
    made = await bureau.act(again, "export")
    assert (await bureau.result(again["id"], said(made, [(item, "成功", "")]))).status_code == 200
    balances = await bureau.balances()
    assert (balances.get(IN_PAYMENT), await bureau.spent()) == (None, bureau.fen(export["amount"]))
    assert [each["state"] for each in await bureau.items(export["batch"])] == ["paid", "retried"]
    await adds_up(bureau.world)


async def test_a_failed_item_that_is_given_back_is_due_in_the_next_batch(bureau: Bureau) -> None:
    export, [first, second] = await exported(bureau)
    reply = await bureau.result(
        export["batch"]["id"], pain002(export, [(first, "RJCT"), (second, "RJCT")]), "pain002"
    )
    assert (reply.status_code, reply.json()["batch"]["state"]) == (200, "returned")
    assert (await bureau.items(export["batch"]))[0]["failure"] == "AC01 账号有误"
    await bureau.act(export["batch"], "return", items=[first["no"]])
    again = await bureau.act(export["batch"], "retry")
    await bureau.act(again, "cancel")
    assert [each["state"] for each in await bureau.items(export["batch"])] == ["returned", "failed"]
    batch = await bureau.prepared()
    [item] = await bureau.items(batch)
    assert (item["payee"], item["amount"], item["parts"][0]["part"]) == (
        HOSPITAL,
        first["amount"],
        "returned",
    )
    await bureau.act(batch, "approve")
    assert (await bureau.balances()).get(DUE) is None
    twice = await bureau.post(f"{BATCHES}/{export['batch']['id']}:return", FINANCE, {"items": [first["no"]]})
    assert (twice.status_code, twice.json()["code"]) == (409, "claims.no_failed_item")
    await adds_up(bureau.world)


async def test_the_same_file_changes_nothing_even_when_sent_twice_at_once(bureau: Bureau) -> None:
    export, items = await exported(bureau)
    body = said(export, [(item, "成功", "") for item in items])
    sending = [bureau.result(export["batch"]["id"], body) for _ in range(3)]
    lock = "SELECT 1 FROM payment_batches FOR UPDATE"
    replies = await all_at_once(bureau.world.platform, "claims", lock, sending)
    assert sorted(reply.json()["already_imported"] for reply in replies) == [False, True, True]
    assert {(reply.status_code, reply.json()["paid"]) for reply in replies} == {(200, 2)}
    assert await bureau.spent() == bureau.fen(export["amount"])
    await adds_up(bureau.world)


async def test_half_a_file_is_taken_only_when_it_is_said_to_be_one(bureau: Bureau) -> None:
    export, [first, second] = await exported(bureau)
    body = said(export, [(first, "成功", "")])
    refused = await bureau.result(export["batch"]["id"], body)
    assert (refused.status_code, refused.json()["code"]) == (409, "claims.result_incomplete")
    reply = (await bureau.result(export["batch"]["id"], body, partial=True)).json()
    assert (reply["batch"]["state"], reply["pending"]) == ("partly_confirmed", 1)
    # The last file names everything: what is known already may be repeated, not contradicted.
    wrong = said(export, [(first, "失败", "退票"), (second, "成功", "")])
    contradicting = await bureau.result(export["batch"]["id"], wrong)
    assert contradicting.json()["code"] == "claims.result_contradicts"
    both = said(export, [(first, "成功", ""), (second, "成功", "")])
    assert (await bureau.result(export["batch"]["id"], both)).json()["batch"]["state"] == "confirmed"
    await adds_up(bureau.world)


async def test_a_file_that_cannot_be_right_is_refused_with_its_own_code_and_nothing_is_written(
    bureau: Bureau,
) -> None:
    export, [first, second] = await exported(bureau)
    all_paid = [(first, "成功", ""), (second, "成功", "")]
    stranger = {**second, "id": "0" * 32}
    cheaper = {**second, "amount": "0.01"}
    id_ = export["batch"]["id"]
    cases = [
        (said(export, all_paid, count=3), "csv", "claims.result_unbalanced"),
        (said(export, all_paid, sum="1.00"), "csv", "claims.result_unbalanced"),
        (said(export, all_paid, message_id="x"), "csv", "claims.result_foreign"),
        (said(export, all_paid, digest="0" * 64), "csv", "claims.result_foreign"),
        (said(export, [(first, "成功", ""), (stranger, "成功", "")]), "csv", "claims.result_foreign"),
        (said(export, [(first, "成功", ""), (cheaper, "成功", "")]), "csv", "claims.result_amount"),
        (said(export, [(first, "成功", ""), (first, "成功", "")]), "csv", "claims.result_repeated_item"),
        (said(export, [(first, "也许", "")]), "csv", "claims.result_unreadable"),
        (b"\xff\xff", "csv", "claims.result_unreadable"),
        (pain002(export, [(first, "ACSC")], count="9"), "pain002", "claims.result_unbalanced"),
        (pain002(export, [(first, "ACSC"), (second, "PDNG")]), "pain002", "claims.result_incomplete"),
        (b"<!DOCTYPE x []><x/>", "pain002", "claims.result_unreadable"),
    ]
    before = await bureau.world.counts(WRITTEN)
    for body, form, code in cases:
        reply = await bureau.result(id_, body, form)
        assert (reply.status_code in (409, 422), reply.json()["code"]) == (True, code), body
    assert await bureau.world.counts(WRITTEN) == before


async def test_a_batch_that_is_not_at_the_bank_takes_no_file(bureau: Bureau) -> None:
    await settled(bureau.world, "A2", "10.00")
    batch = await bureau.prepared()
    reply = await bureau.result(
        batch["id"], said({"message_id": "x", "digest": ""}, [(batch | {"amount": "1.00"}, "成功", "")])
    )
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.payment_state")
    early = await bureau.world.client.get(
        f"{BATCHES}/{batch['id']}/files/pain.001.xml", headers=bureau.world.headers(FINANCE)
    )
    assert (early.status_code, early.json()["code"]) == (409, "claims.payment_not_exported")


@pytest.mark.parametrize(
    ("damage", "failed"),
    [
        (
            "UPDATE payment_item_transfers SET amount_fen = amount_fen + 1",
            "a payment pays what its transfers come to, less what is set off",
        ),
        (
            "UPDATE payment_items SET state = 'paid'",
            "a payment is booked once when it is approved, and confirmed or taken back once",
        ),
        (
            "INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account,"
            " credit_account, amount_fen, reference) VALUES (now(), '990101', 2026, '', 'x',"
            " 'in_payment:990101', 'bank:990101', 1, 'x')",
            "what is on its way to the bank is what the bank has not decided",
        ),
        (
            "INSERT INTO payment_set_offs VALUES (gen_random_uuid(), gen_random_uuid(), '990101', 1, true)",
            "an advance is set off after it is paid, and no further than that",
        ),
    ],
)
async def test_damage_to_payments_is_found(bureau: Bureau, damage: str, failed: str) -> None:
    await exported(bureau)
    await adds_up(bureau.world)
    await bureau.world.platform.as_administrator("claims", damage)
    assert (await verify_ledger(bureau.world.platform.worker_url("claims"))).failed == failed
