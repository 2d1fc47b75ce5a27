"""The fund ledger: every settlement and every financing plan as transfers between two accounts."""

from typing import Any

import pytest

from tests.integration.claims.conftest import World
from tests.integration.claims.test_settle_one_visit import fen
from tests.support import claims as build

pytestmark = pytest.mark.integration


async def trial_balance(world: World, **query: str) -> dict[str, Any]:
    reply = await world.client.get("/v1/ledger/trial-balance", params=query, headers=world.headers("agency"))
    assert reply.status_code == 200, reply.text
    balance: dict[str, Any] = reply.json()
    return balance


def balances(balance: dict[str, Any]) -> dict[str, int]:
    return {account["account"]: fen(account["balance"]) for account in balance["accounts"]}


async def test_the_transfers_of_a_settlement_add_up_to_its_total(world: World) -> None:
    number = await world.insure(categories=["registered_poor"])
    settled = await world.settle(build.visit(number, "ZY1", "68000.00"))
    reply = await world.client.get(
        "/v1/ledger/transfers", params={"settlement_id": settled["id"]}, headers=world.as_hospital()
    )
    booked = reply.json()
    assert booked["total"] == settled["total"]
    debits = {item["debit_account"]: item["amount"] for item in booked["items"]}
    expected = {f"fund:{each['payer']}:990101:2026": each["amount"] for each in settled["payers"]}
    assert debits == {**expected, "patients:990101:2026": settled["person_pays"]}
    credit = {item["credit_account"] for item in booked["items"]}
    assert credit == {"provider_due:H99010100001", "provider_collected:H99010100001"}


async def test_debits_equal_credits_and_every_account_says_what_it_holds(world: World) -> None:
    await world.plan(build.financing())
    number = await world.insure(categories=["dibao"])
    settled = [await world.settle(build.visit(number, f"ZY{no}", "43210.98")) for no in range(3)]
    balance = await trial_balance(world, county="990101", year="2026")
    assert balance["debits"] == balance["credits"]
    held = balances(balance)
    assert sum(held.values()) == 0
    assert held["provider_collected:H99010100001"] == -sum(fen(each["person_pays"]) for each in settled)
    basic = sum(fen(payer["amount"]) for each in settled for payer in each["payers"][:1])
    pooled = build.financing().pooled_fen
    assert held["fund:basic_insurance:990101:2026"] == basic - pooled


async def test_financing_enters_the_fund_by_source_and_its_parts_are_set_apart(world: World) -> None:
    await world.plan(build.financing(enrolled=145_903))
    held = balances(await trial_balance(world))
    # DOMAIN O-07, O-08: 145,903 people, 90 yuan each, 4 % reserve, 8 yuan a head for outpatients
    assert held["financing_due:city:990101:2026"] == 105_050_160
    assert held["risk_reserve:990101:2026"] == -52_525_080
    assert held["outpatient_account:990101:2026"] == -116_722_400
    assert held["fund:basic_insurance:990101:2026"] == -1_143_879_520


async def test_a_newer_plan_reverses_the_older_one_line_by_line(world: World) -> None:
    await world.plan(build.financing(1, 40_000))
    await world.plan(build.financing(2, 41_000))
    held = balances(await trial_balance(world))
    assert held["financing_due:personal:990101:2026"] == 41_000 * 1_000
    reversals = await world.rows(
        "SELECT count(*), count(DISTINCT reverses) FROM transfers WHERE kind = 'reversal'"
    )
    assert reversals == [(7, 7)]


async def test_an_old_or_repeated_plan_books_nothing(world: World) -> None:
    await world.plan(build.financing(2, 41_000))
    before = await world.counts(["transfers"])
    await world.plan(build.financing(2, 41_000), build.financing(1, 40_000))
    assert await world.counts(["transfers"]) == before


async def test_a_plan_that_does_not_add_up_is_not_booked(world: World) -> None:
    plan = build.financing()
    wrong = plan.model_copy(update={"pooled_fen": plan.pooled_fen + 1})
    with pytest.raises(ValueError, match="does not add up"):
        await world.plan(wrong)
    assert await world.counts(["transfers", "financing_plans"]) == {"transfers": 0, "financing_plans": 0}


async def test_another_county_or_year_has_a_trial_balance_of_its_own(world: World) -> None:
    await world.plan(build.financing())
    assert (await trial_balance(world, year="2025"))["accounts"] == []
    assert (await trial_balance(world, county="990102"))["accounts"] == []
