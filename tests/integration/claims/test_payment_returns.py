"""The bank had paid, and days later the money is back (退汇): booked once, by file or by hand, paid anew."""

from typing import Any

import pytest

from services.claims.verification.service import verify_ledger
from tests.integration.claims.test_payment_results import adds_up, exported, pain002
from tests.integration.claims.test_payments import DUE, HOSPITAL, TOWNSHIP, TOWNSHIP_DUE, bureau, settled
from tests.support import claims as build
from tests.support.closing import close
from tests.support.payments import BATCHES, FINANCE, IN_PAYMENT, Bureau, said
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration
WRITTEN = ("payment_returns", "payment_results", "payment_steps", "transfers")
WHY = "收款账户已销户"
__all__ = ["bureau"]


async def paid(bureau: Bureau) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A batch of two payments that the bank has reported paid."""
    export, items = await exported(bureau)
    body = said(export, [(item, "成功", "") for item in items])
    assert (await bureau.result(export["batch"]["id"], body)).status_code == 200
    return export, items


def back(item: dict[str, Any], **changes: Any) -> dict[str, Any]:
    line = {"no": item["no"], "amount": item["amount"], "returned_on": "2026-11-02", "reason": WHY}
    return {"returns": [line | changes]}


def path(export: dict[str, Any]) -> str:
    return f"{BATCHES}/{export['batch']['id']}:bank-returns"


async def test_what_the_bank_sends_back_later_is_paid_to_another_account(bureau: Bureau) -> None:
    export, [first, second] = await paid(bureau)
    spent = await bureau.spent()
    body = said(export, [(second, "退汇", WHY)]).decode().encode("gb18030")
    reply = (await bureau.result(export["batch"]["id"], body)).json()
    assert (reply["returned"], reply["returned_amount"], reply["pending"]) == (1, second["amount"], 0)
    assert reply["batch"]["state"] == "confirmed"
    again = (await bureau.result(export["batch"]["id"], body)).json()
    assert again["already_imported"] is True
    # The money is in the special account again, and due to the hospital.
    balances = await bureau.balances()
    assert (balances.get(IN_PAYMENT), balances[TOWNSHIP_DUE]) == (None, f"-{second['amount']}")
    assert spent - await bureau.spent() == bureau.fen(second["amount"])
    item = (await bureau.items(export["batch"]))[1]
    assert (item["state"], item["failure"], item["returned_on"]) == ("bank_returned", WHY, "2026-11-02")
    # No batch takes it up by itself: somebody decides.
    nothing = await bureau.post(BATCHES, FINANCE, build_batch())
    assert nothing.json()["code"] == "claims.nothing_payable"
    await bureau.accounts(TOWNSHIP, last="8888")
    anew = await bureau.act(export["batch"], "retry")
    await bureau.act(anew, "cancel")
    assert (await bureau.items(export["batch"]))[1]["state"] == "bank_returned"
    anew = await bureau.act(export["batch"], "retry")
    [item] = await bureau.items(anew)
    assert (item["replaces"], item["account"], anew["payable"]) == (
        second["id"],
        "****8888",
        second["amount"],
    )
    await bureau.act(anew, "approve")
    made = await bureau.act(anew, "export")
    assert (await bureau.result(anew["id"], said(made, [(item, "成功", "")]))).status_code == 200
    assert await bureau.spent() == spent
    # A file of the first day that comes late says nothing new, and contradicts nothing.
    late = await bureau.result(
        export["batch"]["id"], said(export, [(second, "成功", ""), (first, "成功", "")])
    )
    assert (late.status_code, late.json()["paid"]) == (200, 0)
    await adds_up(bureau.world)


def build_batch() -> dict[str, Any]:
    return {"county": build.COUNTY, "kind": "provider", "month": "2026-11"}


async def test_what_came_back_may_be_left_to_be_due_and_a_whole_batch_may_come_back(bureau: Bureau) -> None:
    export, [first, second] = await paid(bureau)
    await close(bureau.world)
    reply = await bureau.result(export["batch"]["id"], pain002(export, [(first, "RTRN")]), "pain002")
    assert (reply.json()["returned"], reply.json()["batch"]["state"]) == (1, "confirmed")
    booked = await bureau.must(path(export), FINANCE, back(second))
    assert (booked["state"], booked["steps"][-1]["action"]) == ("returned", "bank_returns")
    assert await bureau.spent() == 0
    # Position and day close know it: nothing is paid, everything is due again.
    stands = await bureau.get(f"/v1/funds?county={build.COUNTY}&year=2026")
    assert (stands["bank"], stands["provider_paid"], stands["provider_due"]) == (
        *("1000000.00", "0.00", export["amount"]),
    )
    closed = await close(bureau.world)
    statement = await bureau.get(f"/v1/day-closes/{closed['id']}/providers/{TOWNSHIP}")
    assert (closed["transfers"], statement["due_before"], statement["due_after"]) == (
        *(4, "0.00", second["amount"]),
    )
    await bureau.act(export["batch"], "return")
    batch = await bureau.prepared()
    assert (batch["payable"], batch["payable_count"]) == (export["amount"], 2)
    assert {part["part"] for item in await bureau.items(batch) for part in item["parts"]} == {"returned"}
    await bureau.act(batch, "approve")
    balances = await bureau.balances()
    assert (balances.get(DUE), balances.get(TOWNSHIP_DUE)) == (None, None)
    await adds_up(bureau.world)


async def test_a_payment_comes_back_once_even_when_told_three_times_at_once(bureau: Bureau) -> None:
    export, [first, _] = await paid(bureau)
    telling = [
        bureau.post(path(export), FINANCE, back(first)),
        bureau.result(export["batch"]["id"], said(export, [(first, "退汇", WHY)])),
        bureau.post(path(export), FINANCE, back(first)),
    ]
    lock = "SELECT 1 FROM payment_batches FOR UPDATE"
    replies = await all_at_once(bureau.world.platform, "claims", lock, telling)
    assert sorted(reply.status_code for reply in replies) == [200, 409, 409]
    refused = [reply.json()["code"] for reply in replies if reply.status_code == 409]
    assert set(refused) == {"claims.return_repeated"}
    assert (await bureau.balances())[DUE] == f"-{first['amount']}"
    await adds_up(bureau.world)


async def test_a_return_that_cannot_be_is_refused_with_its_own_code_and_changes_nothing(
    bureau: Bureau,
) -> None:
    export, [first, second] = await exported(bureau)
    id_ = export["batch"]["id"]
    assert (await bureau.result(id_, said(export, [(first, "成功", "")]), partial=True)).status_code == 200
    both = {"returns": [*back(first)["returns"], *back(second)["returns"]]}
    twice = {"returns": back(first)["returns"] * 2}
    by_hand = [
        (back(second), "claims.return_of_unpaid"),
        (both, "claims.return_of_unpaid"),
        (back(first, no=9), "claims.return_of_unpaid"),
        (back(first, amount="0.01"), "claims.return_amount"),
        (back(first, returned_on="2026-11-03"), "claims.return_day"),
        (back(first, returned_on="2026-10-31"), "claims.return_day"),
        (twice, "claims.return_repeated"),
    ]
    files = [
        (said(export, [({**first, "amount": "1.00"}, "退汇", WHY)]), "claims.return_amount"),
        (said(export, [(second, "退汇", WHY)]), "claims.return_of_unpaid"),
        # A rejection of what was paid is no return.
        (said(export, [(first, "失败", WHY)]), "claims.result_contradicts"),
    ]
    before = await bureau.world.counts(WRITTEN)
    for body, code in by_hand:
        reply = await bureau.post(path(export), FINANCE, body)
        assert (reply.status_code in (409, 422), reply.json()["code"]) == (True, code), body
    for file, code in files:
        reply = await bureau.result(id_, file, partial=True)
        assert (reply.status_code, reply.json()["code"]) == (409, code)
    assert await bureau.world.counts(WRITTEN) == before
    assert [item["state"] for item in await bureau.items(export["batch"])] == ["paid", "in_payment"]


async def test_an_advance_that_comes_back_makes_due_again_what_was_kept_back_for_it(bureau: Bureau) -> None:
    line = {"facility_code": HOSPITAL, "amount": "3000.00", "set_off": "instalment", "instalment": "1000.00"}
    advance = await bureau.must(
        "/v1/provider-advances", FINANCE, {"county": build.COUNTY, "advances": [line]}
    )
    await bureau.act(advance, "approve")
    export = await bureau.act(advance, "export")
    [given] = await bureau.items(advance)
    assert (await bureau.result(advance["id"], said(export, [(given, "成功", "")]))).status_code == 200
    due = (await bureau.balances())[DUE]
    batch = await bureau.prepared()
    open_ = await bureau.post(path(export), FINANCE, back(given))
    assert (open_.status_code, open_.json()["code"]) == (409, "claims.return_set_off_open")
    await bureau.act(batch, "approve")
    assert (await bureau.balances())[f"provider_advance:{HOSPITAL}"] == "2000.00"
    await bureau.must(path(export), FINANCE, back(given))
    balances = await bureau.balances()
    assert (balances.get(f"provider_advance:{HOSPITAL}"), balances[DUE]) == (None, "-1000.00")
    await settled(bureau.world, "A2", "4000.00")
    [item] = [each for each in await bureau.items(await bureau.prepared()) if each["payee"] == HOSPITAL]
    assert (item["set_off"], item["parts"][0]["part"], item["parts"][0]["amount"]) == (
        *("0.00", "returned", "1000.00"),
    )
    assert due != "-1000.00"
    await adds_up(bureau.world)


@pytest.mark.parametrize(
    ("damage", "failed"),
    [
        (
            "UPDATE payment_items SET state = 'paid' WHERE state = 'bank_returned'",
            "a payment is booked once when it is approved, and confirmed or taken back once",
        ),
        (
            "ALTER TABLE payment_returns DISABLE TRIGGER USER; DELETE FROM payment_returns;"
            " ALTER TABLE payment_returns ENABLE TRIGGER USER",
            "a payment is booked once when it is approved, and confirmed or taken back once",
        ),
        (
            "ALTER TABLE payment_returns DISABLE TRIGGER USER; UPDATE payment_returns SET amount_fen = 1;"
            " ALTER TABLE payment_returns ENABLE TRIGGER USER",
            "what came back from the bank is what had been paid, booked back once",
        ),
    ],
)
async def test_damage_to_returns_is_found(bureau: Bureau, damage: str, failed: str) -> None:
    export, [first, _] = await paid(bureau)
    await bureau.must(path(export), FINANCE, back(first))
    await adds_up(bureau.world)
    await bureau.world.platform.as_administrator("claims", damage)
    assert (await verify_ledger(bureau.world.platform.worker_url("claims"))).failed == failed
