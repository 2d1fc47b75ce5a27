"""A cent from its deposit to its bill: attributed once, behind the settlements, kept through reversals."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from services.claims.funds.lineage import attribute_batch, attribute_new
from services.claims.funds.replay import verify_earmarks
from services.claims.verification.service import verify_ledger
from shared import failpoints
from shared.failpoints import FailpointReached
from tests.integration.claims.conftest import World
from tests.integration.claims.test_settle_one_visit import fen
from tests.support import claims as build
from tests.support.funds import Bureau

pytestmark = pytest.mark.integration
LINEAGE = ("earmark_steps", "earmark_allocations", "earmark_deposits", "earmark_funds")


@pytest.fixture
async def bureau(world: World) -> Bureau:
    """A bureau with a plan, so that the reserve and the outpatient account wait for money first."""
    await world.plan(build.financing(enrolled=100))
    return Bureau(world)


async def settled(bureau: Bureau, no: int = 1, amount: str = "30000.00") -> dict[str, Any]:
    number = await bureau.world.insure(no, ["dibao"])
    return await bureau.world.settle(build.visit(number, f"ZY{no}", amount))


async def sources(bureau: Bureau, settlement: dict[str, Any]) -> dict[str, dict[str, int]]:
    """By payer and earmark, in fen."""
    told = await bureau.get(f"/v1/settlements/{settlement['id']}/sources")
    found: dict[str, dict[str, int]] = {}
    for payer in told["payers"]:
        parts = found.setdefault(payer["payer"], {})
        for part in payer["parts"]:
            parts[part["earmark"]] = parts.get(part["earmark"], 0) + fen(part["amount"])
        if payer["attributed"]:
            assert sum(parts.values()) == fen(payer["amount"])
    return found


def amounts(settlement: dict[str, Any]) -> dict[str, int]:
    return {each["payer"]: fen(each["amount"]) for each in settlement["payers"]}


async def test_every_fen_of_a_bill_leads_to_the_deposit_it_came_from(bureau: Bureau) -> None:
    donation = await bureau.arrives("1000.00", "donation", payer="medical_assistance")
    await bureau.arrives("50000.00", "county", payer="medical_assistance")
    settlement = await settled(bureau)
    paid = amounts(settlement)["medical_assistance"]
    assert paid > 100_000
    assert (await sources(bureau, settlement))["medical_assistance"] == {}
    await bureau.attribute()
    found = await sources(bureau, settlement)
    assert found["medical_assistance"] == {"donation": 100_000, "county": paid - 100_000}
    # No money has come for the basic insurance: it says so.
    assert found["basic_insurance"] == {"unfunded": amounts(settlement)["basic_insurance"]}
    earmarks = await bureau.earmarks("medical_assistance")
    assert (earmarks["donation"]["settlements"], earmarks["donation"]["left"]) == ("1000.00", "0.00")
    [deposit] = (
        await bureau.get(
            "/v1/funds/medical_assistance/deposits", county=build.COUNTY, year=2026, earmark="donation"
        )
    )["items"]
    assert (deposit["bank_reference"], deposit["left"]) == (donation["bank_reference"], "0.00")
    [use] = (await bureau.get(f"/v1/fund-deposits/{deposit['deposit_no']}/uses"))["items"]
    assert (use["settlement_id"], use["amount"], use["month"]) == (settlement["id"], "1000.00", "2026-03")


async def test_the_next_money_makes_good_what_was_spent_before_it_came(bureau: Bureau) -> None:
    settlement = await settled(bureau)
    await bureau.attribute()
    basic = amounts(settlement)["basic_insurance"]
    # Reserve 360.00 and outpatient account 800.00 were set apart first, so they are made good first.
    await bureau.arrives("2000.00", "central", accept=("above_due",))
    await bureau.attribute()
    found = (await sources(bureau, settlement))["basic_insurance"]
    assert found == {"central": 200_000 - 116_000, "unfunded": basic - 84_000}
    earmarks = await bureau.earmarks()
    assert (earmarks["central"]["set_apart"], earmarks["central"]["left"]) == ("1160.00", "0.00")
    assert fen(earmarks["unfunded"]["settlements"]) == basic - 84_000


async def test_by_ratio_sources_pay_in_proportion(bureau: Bureau) -> None:
    for source, amount in (("central", "40000.00"), ("province", "22000.00"), ("personal", "10000.00")):
        await bureau.arrives(amount, source, accept=("above_due",))
    settlement = await settled(bureau)
    await bureau.attribute()
    found = (await sources(bureau, settlement))["basic_insurance"]
    basic = amounts(settlement)["basic_insurance"]
    # The first money made good what was set apart, 1,160.00; the rest is shared by what is left.
    left = {"central": 38_840, "province": 22_000, "personal": 10_000}
    assert sum(found.values()) == basic
    assert all(abs(found[name] - basic * of // 70_840) <= 1 for name, of in left.items())


async def test_a_reversal_gives_back_to_exactly_the_deposits_it_was_taken_from(bureau: Bureau) -> None:
    for source in ("county", "donation"):
        await bureau.arrives("1000.00", source, payer="medical_assistance")
    before = await bureau.earmarks("medical_assistance")
    settlement = await settled(bureau)
    await bureau.attribute()
    reply = await bureau.world.client.post(
        f"/v1/settlements/{settlement['id']}:reverse",
        json={"reason": "重复结算"},
        headers=bureau.world.as_hospital(),
    )
    assert reply.status_code == 200, reply.text
    await bureau.attribute()
    after = await bureau.earmarks("medical_assistance")
    assert {name: line["left"] for name, line in after.items()} == {
        "county": "1000.00",
        "donation": "1000.00",
    }
    assert set(after) >= set(before)
    assert set((await sources(bureau, settlement))["medical_assistance"].values()) <= {0}


async def test_a_receipt_that_is_reversed_is_replaced_by_other_money(bureau: Bureau) -> None:
    wrong = await bureau.arrives("1000.00", "county", payer="medical_assistance")
    settlement = await settled(bureau)
    await bureau.attribute()
    await bureau.arrives("90000.00", "province", payer="medical_assistance")
    await bureau.take_back(wrong["id"])
    await bureau.attribute()
    paid = amounts(settlement)["medical_assistance"]
    assert (await sources(bureau, settlement))["medical_assistance"] == {"province": paid}
    earmarks = await bureau.earmarks("medical_assistance")
    assert earmarks["county"]["deposited"] == "0.00"


async def test_a_run_that_dies_leaves_nothing_and_the_next_attributes_once(bureau: Bureau) -> None:
    await bureau.arrives("100.00", "county", payer="medical_assistance")
    await settled(bureau)
    world = bureau.world
    failpoints.arm("earmarks.before_commit=raise")
    try:
        with pytest.raises(FailpointReached):
            await bureau.attribute()
    finally:
        failpoints.arm("")
    assert set((await world.counts(LINEAGE)).values()) == {0}
    await bureau.attribute()
    once = await world.counts(LINEAGE)
    assert all(once.values())
    await bureau.attribute()
    assert await world.counts(LINEAGE) == once


async def test_two_jobs_at_once_attribute_once(bureau: Bureau) -> None:
    for no in range(1, 4):
        await settled(bureau, no)
    world = bureau.world
    sessions = world.platform.worker_sessions("claims")
    await asyncio.gather(*(attribute_new(sessions, world.clock) for _ in range(4)))
    await bureau.attribute()
    [(twice, wrong)] = await world.rows(
        "SELECT count(*) - count(DISTINCT transfer_no), count(*) FILTER (WHERE kind = 'x') FROM earmark_steps"
    )
    assert (twice, wrong) == (0, 0)
    taken = await world.rows(
        "SELECT sum(amount_fen) FROM earmark_allocations WHERE payer = 'basic_insurance'"
    )
    booked = await world.rows(
        "SELECT sum(amount_fen) FROM transfers WHERE debit_account ^@ 'fund:basic_insurance:'"
    )
    assert taken == booked


async def test_a_transfer_that_commits_late_is_not_missed(bureau: Bureau) -> None:
    world = bureau.world
    insert = (
        "INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account,"
        " credit_account, amount_fen, reference) VALUES (now(), '990101', 2026, '', 'other',"
        " 'fund:medical_assistance:990101:2026', 'card_due:990101:2026', {}, 'test/{}')"
    )
    async with world.platform.worker_session("claims") as late:
        await late.execute(text(insert.format(7, 1)))
        await world.platform.as_administrator("claims", insert.format(5, 2))
        # Whatever the clock says: the number behind which the search begins waits for the open transaction.
        await bureau.attribute()
        await world.platform.as_administrator(
            "claims", "UPDATE earmark_runs SET at = now() - interval '1 day'"
        )
        await bureau.attribute()
        [(behind,)] = await world.rows("SELECT max(behind_no) FROM earmark_runs")
        assert behind == 0
    await bureau.attribute()
    [(behind,)] = await world.rows("SELECT max(behind_no) FROM earmark_runs")
    assert behind > 0
    held = await world.rows(
        "SELECT amount_fen FROM earmark_allocations WHERE payer = 'medical_assistance' ORDER BY no"
    )
    assert held == [(5,), (7,)]


async def test_the_lineage_comes_out_again_from_its_order_and_a_changed_entry_is_named(
    bureau: Bureau,
) -> None:
    url = bureau.world.platform.worker_url("claims")
    wrong = await bureau.arrives("1000.00", "county", payer="medical_assistance")
    first = await settled(bureau)
    await bureau.attribute()
    await bureau.arrives("3000.00", "donation", payer="medical_assistance")
    await bureau.take_back(wrong["id"])
    await bureau.attribute()
    await settled(bureau, 2)
    reverse = f"/v1/settlements/{first['id']}:reverse"
    body = {"reason": "重复结算"}
    await bureau.world.client.post(reverse, json=body, headers=bureau.world.as_hospital())
    await bureau.attribute()
    report = await verify_earmarks(url)
    assert (report.difference, report.entries > 10) == (None, True)
    assert (await verify_ledger(url)).failed is None
    # Two bills change places: every sum stays as it is, the order does not.
    await bureau.world.platform.as_administrator(
        "claims",
        "UPDATE earmark_allocations SET amount_fen = amount_fen + CASE deposit_no IS NULL WHEN true THEN 1"
        " ELSE -1 END WHERE transfer_no = (SELECT max(transfer_no) FROM earmark_allocations"
        " WHERE payer = 'medical_assistance')",
    )
    found = (await verify_earmarks(url)).difference
    assert found is not None
    assert found.fund.payer == "medical_assistance"


async def test_a_batch_takes_no_more_than_it_may_and_says_where_to_go_on(bureau: Bureau) -> None:
    await settled(bureau)
    async with bureau.world.platform.worker_session("claims") as session:
        after = await attribute_batch(session, 0, 2)
    assert after is not None
    assert (await bureau.world.counts(["earmark_steps"]))["earmark_steps"] == 2
