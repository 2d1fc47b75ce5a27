"""Money arrives: prepared by one, approved by another, booked where it belongs, taken back by reversal."""

from typing import Any

import pytest

from services.claims.verification.service import verify_ledger
from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.funds import OPERATIONS, RECEIPTS, Bureau
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration


@pytest.fixture
async def bureau(world: World) -> Bureau:
    """A bureau whose county has 145,903 enrolled at 90 yuan (DOMAIN O-07)."""
    await world.plan(build.financing(enrolled=145_903))
    return Bureau(world)


def code(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


async def transfers(world: World) -> list[Any]:
    return await world.rows(
        "SELECT kind, debit_account, credit_account, amount_fen FROM transfers"
        " WHERE kind NOT IN ('inflow', 'set_apart') ORDER BY no"
    )


async def test_a_receipt_settles_what_its_source_owes_and_the_rest_is_arrears(bureau: Bureau) -> None:
    assert (await bureau.arrives("5000000.00"))["state"] == "approved"
    assert await transfers(bureau.world) == [
        ("receipt", "bank:990101", "financing_due:central:990101:2026", 500_000_000)
    ]
    fund = (await bureau.funds())["basic_insurance"]
    central = next(line for line in fund["sources"] if line["source"] == "central")
    assert central == {
        "source": "central", "due": "5836120.00", "received": "5000000.00", "arrears": "836120.00",
    }  # fmt: skip
    # DOMAIN O-08: 4 % in reserve, 8 yuan a head apart, the rest pooled
    assert (fund["due"], fund["arrears"]) == ("13131270.00", "8131270.00")
    assert fund["risk_reserve"] == {"set_apart": "525250.80", "used": "0.00", "left": "525250.80"}
    assert fund["outpatient_account"]["left"] == "1167224.00"
    assert (fund["pooled"], fund["balance"]) == ("11438795.20", "11438795.20")


async def test_money_for_another_fund_enters_it_and_is_told_by_source(bureau: Bureau) -> None:
    await bureau.arrives("30.00", "county", payer="medical_assistance")
    await bureau.arrives("10.00", "donation", payer="medical_assistance")
    fund = (await bureau.funds())["medical_assistance"]
    assert (fund["due"], fund["received"], fund["balance"]) == (None, "40.00", "40.00")
    assert {line["source"]: line["received"] for line in fund["sources"]} == {
        "county": "30.00",
        "donation": "10.00",
    }


async def test_nothing_is_booked_before_somebody_else_approves(bureau: Bureau) -> None:
    made = await bureau.send(RECEIPTS, bureau.receipt("1.00"), role="both")
    assert made.status_code == 201
    refused = await bureau.approve(made.json()["id"], role="both")
    assert code(refused) == (403, "funds.second_person_needed")
    assert await transfers(bureau.world) == []
    assert (await bureau.approve(made.json()["id"])).status_code == 200
    again = await bureau.approve(made.json()["id"])
    assert code(again) == (409, "funds.operation_state")
    assert len(await transfers(bureau.world)) == 1


async def test_the_same_bank_reference_is_one_receipt_and_another_content_is_refused(bureau: Bureau) -> None:
    message = bureau.receipt("1.00")
    first, second = await bureau.prepared(RECEIPTS, message), await bureau.prepared(RECEIPTS, message)
    assert first == second
    other = await bureau.send(RECEIPTS, {**message, "amount": "2.00"})
    assert code(other) == (409, "funds.bank_reference_used")
    await bureau.send(f"{RECEIPTS}/{first['id']}:reject", {"reason": "填错"}, "finance_approver")
    corrected = await bureau.prepared(RECEIPTS, {**message, "amount": "2.00"})
    assert corrected["id"] != first["id"]


@pytest.mark.parametrize(
    ("changes", "status", "refusal"),
    [
        ({"year": 2027, "received_on": "2026-10-01"}, 409, "funds.no_plan"),
        ({"year": 2023, "received_on": "2026-10-01"}, 409, "funds.year_closed"),
        ({"year": 2028}, 422, "funds.year_not_begun"),
        ({"received_on": "2026-11-03"}, 422, "funds.day_out_of_range"),
        ({"received_on": "2024-12-31"}, 422, "funds.day_out_of_range"),
        ({"source": "donation"}, 409, "funds.source_not_planned"),
        ({"payer": "medical_asistance"}, 422, "funds.unknown_fund"),
        ({"payer": "provider"}, 422, "funds.unknown_fund"),
        ({"amount": "0.00"}, 422, "funds.amount_zero"),
        ({"county": "990102"}, 403, "funds.outside_jurisdiction"),
    ],
)
async def test_what_cannot_be_right_is_refused_and_nothing_is_stored(
    bureau: Bureau, changes: dict[str, Any], status: int, refusal: str
) -> None:
    reply = await bureau.send(RECEIPTS, {**bureau.receipt("1.00"), **changes})
    assert code(reply) == (status, refusal)
    assert await bureau.world.counts(["fund_operations"]) == {"fund_operations": 0}


async def test_what_is_unusual_is_for_the_approver_to_accept(bureau: Bureau) -> None:
    due = await bureau.prepared(RECEIPTS, bureau.receipt("5836120.00"))
    more = await bureau.prepared(RECEIPTS, bureau.receipt("0.01"))
    assert (due["warnings"], more["warnings"]) == ([], [])
    assert (await bureau.approve(due["id"])).status_code == 200
    # Only now, with all of it there, is one fen more than is due.
    assert code(await bureau.approve(more["id"])) == (409, "funds.warnings_not_accepted")
    accepted = await bureau.approve(more["id"], "above_due")
    assert (accepted.status_code, accepted.json()["accepted"]) == (200, ["above_due"])
    alike = await bureau.prepared(RECEIPTS, bureau.receipt("0.01"))
    assert [each["code"] for each in alike["warnings"]] == ["above_due", "looks_alike"]


async def test_receipts_that_do_not_add_up_to_the_stated_total_are_refused(bureau: Bureau) -> None:
    # DOMAIN O-29: 221.94 + 440 + 3,597 + 3,350.94 is 7,609.88, the report says 7,610.88 (in 10,000 yuan)
    amounts = {"personal": "2219.40", "county": "4400.00", "central": "35970.00", "province": "33509.40"}
    place = {"county": build.COUNTY, "year": 2026}
    items = [
        {name: value for name, value in bureau.receipt(amount, source).items() if name not in place}
        for source, amount in amounts.items()
    ]
    body = {**place, "total": "76108.80", "items": items}
    refused = await bureau.send(f"{RECEIPTS}:batch", body)
    assert code(refused) == (422, "funds.total_mismatch")
    assert "10.00" in refused.json()["title"]
    assert await bureau.world.counts(["fund_operations"]) == {"fund_operations": 0}
    taken = await bureau.prepared(f"{RECEIPTS}:batch", {**body, "total": "76098.80"})
    assert (len(taken["items"]), taken["total"]) == (4, "76098.80")


async def test_a_receipt_is_corrected_by_a_linked_reversal_of_two_people(bureau: Bureau) -> None:
    booked = await bureau.arrives("100.00")
    asked = await bureau.send(f"{RECEIPTS}/{booked['id']}:reverse", {"reason": "金额有误"})
    second = await bureau.send(f"{RECEIPTS}/{booked['id']}:reverse", {"reason": "金额有误"})
    assert code(second) == (409, "funds.not_reversible")
    assert (await bureau.approve(asked.json()["id"])).status_code == 200
    links = await bureau.world.rows(
        "SELECT original.kind FROM transfers JOIN transfers AS original ON original.no = transfers.reverses"
    )
    assert links == [("receipt",)]
    stands = await bureau.get(f"{RECEIPTS}/{booked['id']}")
    assert stands["state"] == "reversed"
    fund = (await bureau.funds())["basic_insurance"]
    assert fund["received"] == "0.00"
    message = bureau.receipt("10.00", bank_reference=booked["bank_reference"])
    assert (await bureau.booked(RECEIPTS, message))["state"] == "approved"


async def test_a_list_of_receipts_goes_on_behind_its_cursor(bureau: Bureau) -> None:
    made = [(await bureau.prepared(RECEIPTS, bureau.receipt(f"{no}.00")))["id"] for no in (1, 2, 3)]
    first = await bureau.get(RECEIPTS, county=build.COUNTY, limit=2)
    rest = await bureau.get(RECEIPTS, county=build.COUNTY, limit=2, cursor=first["next_cursor"])
    assert [each["id"] for each in (*first["items"], *rest["items"])] == made
    assert rest["next_cursor"] is None
    assert (await bureau.get(RECEIPTS, county=build.COUNTY, state="approved"))["items"] == []


async def test_the_reserve_covers_a_deficit_and_no_more_than_there_is(bureau: Bureau) -> None:
    world = bureau.world
    asked = await bureau.prepared("/v1/risk-reserve-uses", bureau.order("100.00"))
    assert code(await bureau.approve(asked["id"])) == (409, "funds.no_deficit")
    # The year costs 200,000.00 more than there is.
    await world.platform.as_administrator(
        "claims",
        "INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account,"
        " credit_account, amount_fen, reference) VALUES (now(), '990101', 2026, '', 'other',"
        " 'fund:basic_insurance:990101:2026', 'card_due:990101:2026', 1163879520, 'test/1')",
    )
    assert (await bureau.funds())["basic_insurance"]["balance"] == "-200000.00"
    assert (await bureau.approve(asked["id"])).status_code == 200
    too_much = await bureau.prepared("/v1/risk-reserve-uses", bureau.order("600000.00"))
    assert code(await bureau.approve(too_much["id"])) == (409, "funds.reserve_exceeded")
    rest = await bureau.booked("/v1/risk-reserve-uses", bureau.order("199900.00"))
    assert rest["state"] == "approved"
    fund = (await bureau.funds())["basic_insurance"]
    assert fund["risk_reserve"] == {"set_apart": "525250.80", "used": "200000.00", "left": "325250.80"}
    assert fund["balance"] == "0.00"


async def test_two_uses_of_the_last_of_the_reserve_at_once_take_it_once(bureau: Bureau) -> None:
    await bureau.world.platform.as_administrator(
        "claims",
        "INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account,"
        " credit_account, amount_fen, reference) VALUES (now(), '990101', 2026, '', 'other',"
        " 'fund:basic_insurance:990101:2026', 'card_due:990101:2026', 5000000000, 'test/1')",
    )
    asked = [await bureau.prepared("/v1/risk-reserve-uses", bureau.order("525250.80")) for _ in range(2)]
    lock = "SELECT pg_advisory_xact_lock(hashtextextended('claims.funds.990101', 0))"
    requests = [bureau.approve(each["id"]) for each in asked]
    replies = await all_at_once(bureau.world.platform, "claims", lock, requests)
    assert sorted(reply.status_code for reply in replies) == [200, 409]


async def test_an_advance_is_owed_by_the_next_year_and_no_more_is_clawed_back(bureau: Bureau) -> None:
    schedule = [{"due_on": "2027-06-30", "amount": "60.00"}, {"due_on": "2027-12-31", "amount": "40.00"}]
    advance = bureau.order("100.00", bank_reference="ADV-1", schedule=schedule)
    wrong = await bureau.send("/v1/risk-fund-advances", {**advance, "amount": "101.00"})
    assert code(wrong) == (422, "funds.schedule_mismatch")
    booked = await bureau.booked("/v1/risk-fund-advances", advance)
    assert (await bureau.funds())["basic_insurance"]["advanced"] == "100.00"
    following = (await bureau.funds(2027))["basic_insurance"]
    assert (following["advance_owed"], following["balance"]) == ("100.00", "-100.00")
    clawback = bureau.order("70.00", year=2027, bank_reference="CB-1")
    await bureau.booked("/v1/risk-fund-clawbacks", clawback)
    second = {**clawback, "amount": "30.01", "bank_reference": "CB-2"}
    more = await bureau.prepared("/v1/risk-fund-clawbacks", second)
    assert code(await bureau.approve(more["id"])) == (409, "funds.owed_exceeded")
    stands = await bureau.get("/v1/risk-fund", county=build.COUNTY)
    assert (stands["advanced"], stands["clawed_back"], stands["owed"]) == ("100.00", "70.00", "30.00")
    assert [line["recovered"] for line in stands["schedule"]] == ["60.00", "10.00"]
    # What was partly paid back cannot be taken back as a whole.
    undo = await bureau.send(f"{OPERATIONS}/{booked['id']}:reverse", {"reason": "重复"})
    assert code(await bureau.approve(undo.json()["id"])) == (409, "funds.owed_exceeded")
    assert (await bureau.get("/v1/funds", county=build.COUNTY, year=2026))["bank"] == "30.00"


async def test_a_hospital_neither_prepares_nor_reads_funds(bureau: Bureau) -> None:
    headers = bureau.world.as_hospital()
    reply = await bureau.world.client.get("/v1/funds?county=990101&year=2026", headers=headers)
    assert code(reply) == (403, "claims.agency_only")
    assert (await bureau.send(RECEIPTS, bureau.receipt("1.00"), "agency")).status_code == 403


async def test_the_ledger_verifies_after_all_that(bureau: Bureau) -> None:
    booked = await bureau.arrives("100.00")
    await bureau.take_back(booked["id"])
    await bureau.attribute()
    report = await verify_ledger(bureau.world.platform.worker_url("claims"))
    assert report.failed is None
