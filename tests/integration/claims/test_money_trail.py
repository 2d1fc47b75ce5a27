"""An auditor follows money by the public interfaces: from a receipt to the bank's file, and back."""

import re

import pytest

from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support import funds, payments
from tests.support.payments import BATCHES, FINANCE, said

pytestmark = pytest.mark.integration
HOSPITAL = build.COUNTY_HOSPITAL


async def test_a_central_receipt_leads_to_the_bank_s_file_and_the_file_leads_back(world: World) -> None:
    treasury, desk = funds.Bureau(world), payments.Bureau(world)
    await world.plan(build.financing())
    receipt = await treasury.arrives("1600000.00")
    settled = await world.settle(build.visit(await world.insure(), "A1", "8766.00"))
    await treasury.attribute()
    await desk.accounts(HOSPITAL, build.COUNTY)
    export = await desk.at_the_bank()
    batch = export["batch"]
    [line] = await desk.items(batch)
    assert (await desk.result(batch["id"], said(export, [(line, "成功", "")]))).status_code == 200

    # Forward: receipt, its transfer, what it paid for, the hospital's payment, the bank's line.
    [arrived] = (await desk.get(f"/v1/ledger/transfers?reference={receipt['transfers']}"))["items"]
    deposits = (await treasury.get("/v1/funds/basic_insurance/deposits", county=build.COUNTY, year=2026))[
        "items"
    ]
    assert [(each["deposit_no"], each["operation_id"]) for each in deposits] == [
        (arrived["no"], receipt["id"])
    ]
    uses = (await desk.get(f"/v1/fund-deposits/{arrived['no']}/uses"))["items"]
    assert settled["id"] in {use["settlement_id"] for use in uses}
    [paying] = (await desk.get(f"/v1/settlements/{settled['id']}/payments"))["items"]
    assert (paying["item_state"], paying["amount"], paying["payee"]) == ("paid", line["amount"], HOSPITAL)
    file = await world.client.get(export["files"][0], headers=world.headers(FINANCE))
    found = dict(re.findall(r"<(MsgId|EndToEndId)>([0-9a-f]{32})<", file.text))
    assert found == {"MsgId": paying["message_id"], "EndToEndId": paying["end_to_end_id"]}

    # Back: what the file names, the settlement behind it, whose money it was.
    asked = f"{BATCHES}/{found['MsgId']}/items?item={found['EndToEndId']}"
    [item] = (await desk.get(asked))["items"]
    booked = (await desk.get(f"/v1/ledger/transfers?reference=payment_item/{item['id']}"))["items"]
    assert [each["kind"] for each in booked] == ["payment", "bank_paid"]
    held = (await desk.get(f"{BATCHES}/{batch['id']}/items/{item['no']}/transfers"))["items"]
    assert {each["settlement_id"] for each in held} == {settled["id"]}
    [payer] = (await desk.get(f"/v1/settlements/{settled['id']}/sources"))["payers"]
    [part] = payer["parts"]
    assert (part["earmark"], part["amount"]) == ("central", payer["amount"])
    assert (await desk.get(f"/v1/fund-receipts/{part['operation_id']}"))["bank_reference"] == part[
        "bank_reference"
    ]


async def test_payments_of_a_settlement_are_not_for_hospitals_and_transfers_are_asked_for_in_one_way(
    world: World,
) -> None:
    settled = await world.settle(build.visit(await world.insure(), "A1"))
    path = f"/v1/settlements/{settled['id']}/payments"
    refused = await world.client.get(path, headers=world.as_hospital())
    assert (refused.status_code, refused.json()["code"]) == (403, "claims.agency_only")
    assert (await payments.Bureau(world).get(path))["items"] == []
    for query in ("", f"?settlement_id={settled['id']}&reference=x"):
        reply = await world.client.get(f"/v1/ledger/transfers{query}", headers=world.headers(FINANCE))
        assert (reply.status_code, reply.json()["code"]) == (422, "claims.transfers_of_what")
