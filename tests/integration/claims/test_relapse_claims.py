"""Claims against the relapse insurance: from the alert to the payout, and everything that stops one."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.integration.claims.conftest import World
from tests.integration.claims.test_burden_events import HOME, OTHER_HOME, all_borne_alone, member, person_id
from tests.support import claims as build
from tests.support.platform import bearer
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration
TODAY = date(2026, 11, 2)
LONG_AGO = {"verified_on": "2026-10-20", "posted_on": "2026-10-21"}
WRITTEN = ("relapse_claims", "relapse_claim_steps", "relapse_objections", "transfers", "idempotency_keys")


async def send(world: World, path: str, role: str, body: dict[str, Any]) -> httpx.Response:
    return await world.client.post(path, json=body, headers=world.headers(role))


async def opened(world: World, number: str, **changes: Any) -> httpx.Response:
    body = {
        "household_id": str(HOME),
        "payee_id": str(person_id(world, number)),
        "year": 2026,
        "class": "non_poor_low_income",
    }
    return await send(world, "/v1/relapse-claims", "agency", body | changes)


async def act(world: World, claim: dict[str, Any], action: str, **body: Any) -> httpx.Response:
    """Do something to a claim as the office that may."""
    role = {"approve": "finance_approver", "pay": "finance"}.get(action, "agency")
    return await send(world, f"/v1/relapse-claims/{claim['id']}:{action}", role, body)


async def verify(world: World, claim: dict[str, Any], cost: str, **changes: Any) -> httpx.Response:
    body = {"verified_own_cost": cost, "signed_by": "李四", "findings": "住院费用票据属实"}
    return await act(world, claim, "verify", **{**body, "verified_on": LONG_AGO["verified_on"], **changes})


async def publish(world: World, claim: dict[str, Any], **changes: Any) -> httpx.Response:
    body = {"name": "张小三", "posted_on": LONG_AGO["posted_on"]}
    return await act(world, claim, "publish", **{**body, **changes})


async def payable(world: World, number: str, cost: str) -> dict[str, Any]:
    """A claim that only waits for its payment."""
    claim: dict[str, Any] = (await opened(world, number)).json()
    for reply in (
        await verify(world, claim, cost),
        await publish(world, claim),
        await act(world, claim, "approve"),
    ):
        assert reply.status_code == 200, reply.text
    return claim


async def burdened(world: World, amount: str = "60000.00") -> str:
    """A household whose one member has borne an amount; the ID number."""
    number = await member(world, 1)
    await world.settle(all_borne_alone(number, "A1", amount))
    return number


async def balance(world: World, account: str) -> Decimal:
    """Balance of an account of the county and year."""
    asked = f"/v1/ledger/trial-balance?county={build.COUNTY}&year=2026"
    sheet = (await world.client.get(asked, headers=world.headers("agency"))).json()
    assert sheet["debits"] == sheet["credits"]
    found = [each["balance"] for each in sheet["accounts"] if each["account"] == account]
    return Decimal(found[0]) if found else Decimal(0)


POOL = f"fund:relapse_insurance:{build.COUNTY}:2026"
CARD = f"card_due:{build.COUNTY}:2026"


async def test_a_preview_tells_tiers_clause_and_sentences(world: World) -> None:
    body = {"class": "non_poor_low_income", "own_payment": "60000.00", "on": "2026-03-09"}
    reply = await send(world, "/v1/relapse-insurance:preview", "agency", body)
    told = reply.json()
    assert (reply.status_code, told["class"]) == (200, "non_poor_low_income")
    assert (told["deductible"], told["due"], told["payout"]) == ("20000.00", "21000.00", "21000.00")
    assert [(line["above"], line["up_to"], line["rate"], line["amount"]) for line in told["tiers"]] == [
        ("20000.00", "50000.00", "0.5000", "15000.00"),
        ("50000.00", "60000.00", "0.6000", "6000.00"),
    ]
    assert "21000.00元" in told["sentences"][0]
    assert "待核实" in told["sentences"][1]
    assert told["policy"] == {"pack": "sample-county", "version": "2026-01-01"}


@pytest.mark.parametrize(
    ("changes", "role", "status", "code"),
    [
        ({"class": "rich"}, "agency", 422, "claims.relapse_class"),
        ({"on": "2019-01-01"}, "agency", 409, "claims.relapse_not_insured"),
        ({}, "province", 422, "claims.relapse_county_needed"),
        ({"own_payment": "1.005"}, "agency", 422, "request.invalid"),
        ({"own_payment": 60000}, "agency", 422, "request.invalid"),
        ({"unknown": 1}, "agency", 422, "request.invalid"),
    ],
)
async def test_a_preview_that_cannot_be_right_is_refused(
    world: World, changes: dict[str, Any], role: str, status: int, code: str
) -> None:
    body = {"class": "non_poor_low_income", "own_payment": "60000.00", "on": "2026-11-02"}
    reply = await send(world, "/v1/relapse-insurance:preview", role, body | changes)
    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_a_claim_goes_from_alert_to_payout_and_the_ledger_balances(world: World) -> None:
    number = await burdened(world)
    claim = (await opened(world, number)).json()
    assert (claim["state"], claim["own_payment_on_record"], claim["payout"]) == ("alert", "60000.00", None)
    verified = (await verify(world, claim, "55000.00")).json()
    assert (verified["state"], verified["payout"]) == ("home_verification", "18000.00")
    published = (await publish(world, claim)).json()
    assert (published["state"], published["payable_from"]) == ("public_notice", "2026-10-26")
    approved = (await act(world, claim, "approve")).json()
    assert approved["state"] == "payable"
    paid = (await act(world, claim, "pay")).json()
    assert (paid["state"], paid["payout"]) == ("paid", "18000.00")
    assert paid["transfer"] == f"relapse_claim/{claim['id']}"
    assert [(step["action"], step["by"]) for step in paid["steps"]] == [
        ("open", "agency"),
        ("verify", "agency"),
        ("publish", "agency"),
        ("approve", "finance_approver"),
        ("pay", "finance"),
    ]
    assert paid["steps"][1]["details"]["signed_by"] == "李四"
    assert await balance(world, POOL) == Decimal("18000.00")
    assert await balance(world, CARD) == Decimal("-18000.00")
    shown = await world.client.get(f"/v1/relapse-claims/{claim['id']}", headers=world.headers("finance"))
    assert shown.json() == paid


async def test_a_notice_shows_no_personal_data(world: World) -> None:
    number = await burdened(world)
    claim = (await opened(world, number)).json()
    path = f"/v1/relapse-claims/{claim['id']}/notice"
    early = await world.client.get(path, headers=world.headers("agency"))
    assert (early.status_code, early.json()["code"]) == (409, "claims.no_notice")
    await verify(world, claim, "60000.00")
    await publish(world, claim)
    notice = (await world.client.get(path, headers=world.headers("agency"))).json()
    assert (notice["name"], notice["payout"]) == ("张**", "21000.00")
    assert (notice["posted_on"], notice["last_day"]) == ("2026-10-21", "2026-10-25")
    assert set(notice) == {
        *("title", "division_code", "name", "class_title"),
        *("year", "payout", "posted_on", "last_day", "text"),
    }
    everything = str(notice)
    for hidden in ("小三", number, str(person_id(world, number)), "60000", build.COUNTY_HOSPITAL, "票据"):
        assert hidden not in everything
    stored = await world.rows("SELECT to_jsonb(relapse_claims)::text FROM relapse_claims")
    assert "小三" not in str(stored)


async def test_nothing_is_paid_before_the_notice_has_stood_its_days(world: World) -> None:
    number = await burdened(world)
    claim = (await opened(world, number)).json()
    await verify(world, claim, "60000.00")
    await publish(world, claim, posted_on=str(TODAY - timedelta(days=4)))
    before = await world.counts(WRITTEN)
    early = await act(world, claim, "approve")
    assert (early.status_code, early.json()["code"]) == (409, "claims.relapse_notice_runs")
    assert await world.changed_since(before) == set()
    world.clock.instant += timedelta(days=1)
    assert (await act(world, claim, "approve")).status_code == 200


async def test_an_objection_stops_the_payout_until_it_is_answered_or_the_home_visited_again(
    world: World,
) -> None:
    number = await burdened(world)
    claim = (await opened(world, number)).json()
    await verify(world, claim, "60000.00")
    await publish(world, claim)
    await act(world, claim, "object", received_on="2026-10-23", content="该户有一部分费用由亲属承担")
    assert (await act(world, claim, "approve")).json()["code"] == "claims.relapse_objections"
    path = f"/v1/relapse-claims/{claim['id']}/objections/1:answer"
    upheld = {"upheld": True, "finding": "亲属承担一万元属实"}
    answered = await send(world, path, "agency", upheld)
    assert answered.json()["objections"][0]["upheld"] is True
    assert (await send(world, path, "agency", upheld)).json()["code"] == "claims.objection_closed"
    assert (await act(world, claim, "approve")).json()["code"] == "claims.relapse_objections"
    again = (await verify(world, claim, "50000.00")).json()
    assert (again["state"], again["payout"], again["posted_on"]) == ("home_verification", "15000.00", None)
    await publish(world, claim)
    assert (await act(world, claim, "approve")).status_code == 200


async def test_a_grown_own_payment_is_paid_the_difference_only(world: World) -> None:
    number = await burdened(world, "30000.00")
    first = await payable(world, number, "30000.00")
    assert (await act(world, first, "pay")).json()["payout"] == "5000.00"
    refused = await opened(world, number)
    assert (refused.status_code, refused.json()["code"]) == (409, "claims.relapse_nothing_due")
    await world.settle(all_borne_alone(number, "A2", "30000.00"))
    second = await payable(world, number, "60000.00")
    paid = (await act(world, second, "pay")).json()
    assert (paid["already_paid"], paid["payout"]) == ("5000.00", "16000.00")
    assert await balance(world, POOL) == Decimal("21000.00")


async def test_what_another_county_paid_on_the_same_own_payment_is_not_paid_again(world: World) -> None:
    number = await burdened(world)
    claim = await payable(world, number, "60000.00")
    await act(world, claim, "pay")
    elsewhere = "UPDATE relapse_claims SET division_code = '990102200203'"
    await world.platform.as_administrator("claims", elsewhere)
    reply = await opened(world, number)
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.relapse_nothing_due")


async def test_two_payments_at_once_pay_once(world: World) -> None:
    number = await burdened(world)
    claim = await payable(world, number, "60000.00")
    path = f"/v1/relapse-claims/{claim['id']}:pay"
    requests = [
        client.post(path, json={}, headers=world.headers("finance"))
        for client in (world.client, world.other) * 3
    ]
    lock = f"SELECT 1 FROM relapse_claims WHERE id = '{claim['id']}' FOR UPDATE"
    replies = await all_at_once(world.platform, "claims", lock, requests)
    assert sorted(reply.status_code for reply in replies) == [200] + [409] * 5
    assert {reply.json()["code"] for reply in replies if reply.status_code == 409} == {"claims.relapse_state"}
    booked = await world.rows("SELECT amount_fen FROM transfers WHERE kind = 'relapse_payout'")
    assert booked == [(21_000_00,)]
    assert await balance(world, POOL) == Decimal("21000.00")


async def test_a_payment_sent_again_under_its_key_gives_the_same_reply(world: World) -> None:
    number = await burdened(world)
    claim = await payable(world, number, "60000.00")
    path, headers = f"/v1/relapse-claims/{claim['id']}:pay", world.headers("finance")
    first = await world.client.post(path, json={}, headers=headers)
    again = await world.other.post(path, json={}, headers=headers)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotency-Hit"] == "true"


async def test_two_claims_of_one_household_and_year_at_once_become_one(world: World) -> None:
    number = await burdened(world)
    requests = [opened(world, number) for _ in range(4)]
    lock = "LOCK TABLE relapse_claims IN SHARE ROW EXCLUSIVE MODE"
    replies = await all_at_once(world.platform, "claims", lock, requests)
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409]
    codes = {reply.json()["code"] for reply in replies if reply.status_code == 409}
    assert codes == {"claims.relapse_claim_open"}


@pytest.mark.parametrize(
    "state", ["alert", "home_verification", "public_notice", "payable", "paid", "rejected"]
)
async def test_an_action_in_the_wrong_state_is_refused_and_writes_nothing(world: World, state: str) -> None:
    number = await burdened(world)
    claim = (await opened(world, number)).json()
    way = ["alert", "home_verification", "public_notice", "payable", "paid"]
    done = way[: way.index(state) + 1] if state in way else ["alert", "rejected"]
    for reached in done[1:]:
        reply = await {
            "home_verification": lambda: verify(world, claim, "60000.00"),
            "public_notice": lambda: publish(world, claim),
            "payable": lambda: act(world, claim, "approve"),
            "paid": lambda: act(world, claim, "pay"),
            "rejected": lambda: act(world, claim, "reject", reason="费用由责任方承担"),
        }[reached]()
        assert reply.json()["state"] == reached
    allowed = {
        "alert": {"verify", "reject"},
        "home_verification": {"verify", "publish", "reject"},
        "public_notice": {"verify", "object", "approve", "reject"},
        "payable": {"pay", "reject"},
    }.get(state, set())
    before = await world.counts(WRITTEN)
    bodies: dict[str, dict[str, Any]] = {
        "publish": {"name": "张三", "posted_on": "2026-10-21"},
        "object": {"received_on": "2026-10-21", "content": "异议"},
        "approve": {},
        "pay": {},
        "reject": {"reason": "理由"},
    }
    for action, body in bodies.items():
        if action not in allowed:
            reply = await act(world, claim, action, **body)
            assert (reply.status_code, reply.json()["code"]) == (409, "claims.relapse_state"), action
    if "verify" not in allowed:
        assert (await verify(world, claim, "1.00")).json()["code"] == "claims.relapse_state"
    assert await world.changed_since(before) == set()


async def test_money_needs_different_people(world: World) -> None:
    number = await burdened(world)
    claim = (await opened(world, number)).json()
    await verify(world, claim, "60000.00")
    await publish(world, claim)
    scopes = ["claims:review", "claims:read", "funds:prepare", "funds:approve"]

    async def as_subject(subject: str, action: str) -> httpx.Response:
        token = world.platform.mint(subject, scopes, [build.COUNTY])
        headers = {**bearer(token), "Idempotency-Key": f"{subject}-{action}-1"}
        path = f"/v1/relapse-claims/{claim['id']}:{action}"
        return await world.client.post(path, json={}, headers=headers)

    verifier = await as_subject("agency", "approve")
    assert (verifier.status_code, verifier.json()["code"]) == (403, "claims.second_person_needed")
    assert (await as_subject("chief", "approve")).status_code == 200
    same = await as_subject("chief", "pay")
    assert (same.status_code, same.json()["code"]) == (403, "claims.second_person_needed")
    assert (await as_subject("cashier", "pay")).status_code == 200


@pytest.mark.parametrize(
    ("action", "role"), [("verify", "finance"), ("approve", "finance"), ("pay", "finance_approver")]
)
async def test_each_step_asks_for_its_scope(world: World, action: str, role: str) -> None:
    number = await burdened(world)
    claim = (await opened(world, number)).json()
    reply = await send(world, f"/v1/relapse-claims/{claim['id']}:{action}", role, {})
    assert (reply.status_code, reply.json()["code"]) == (403, "auth.forbidden")


async def test_a_claim_is_seen_in_its_own_county_and_by_no_hospital(world: World) -> None:
    number = await burdened(world)
    claim = (await opened(world, number)).json()
    path = f"/v1/relapse-claims/{claim['id']}"
    neighbour = bearer(world.platform.mint("neighbour", ["claims:read"], ["990102"]))
    assert (await world.client.get(path, headers=neighbour)).status_code == 404
    assert (await world.client.get("/v1/relapse-claims", headers=neighbour)).json()["items"] == []
    assert (await world.client.get(path, headers=world.as_hospital())).status_code == 403
    asked = f"/v1/relapse-claims?county={build.COUNTY}&year=2026&state=alert"
    [item] = (await world.client.get(asked, headers=world.headers("agency"))).json()["items"]
    assert (item["id"], item["class"]) == (claim["id"], "non_poor_low_income")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"class": "rich"}, 422, "claims.relapse_class"),
        ({"year": 2025}, 409, "claims.relapse_not_insured"),
        ({"household_id": str(OTHER_HOME)}, 409, "claims.relapse_payee"),
        ({"payee_id": str(OTHER_HOME)}, 409, "claims.relapse_payee"),
    ],
)
async def test_a_claim_that_rests_on_nothing_is_not_opened(
    world: World, changes: dict[str, Any], status: int, code: str
) -> None:
    number = await burdened(world)
    before = await world.counts(WRITTEN)
    reply = await opened(world, number, **changes)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert await world.changed_since(before) == set()


@pytest.mark.parametrize(
    ("action", "changes", "code"),
    [
        ("verify", {"cost": "60000.01"}, "claims.relapse_above_record"),
        ("verify", {"cost": "1.00", "verified_on": "2026-11-03"}, "claims.relapse_day"),
        ("verify", {"cost": "1.00", "verified_on": "2025-12-31"}, "claims.relapse_day"),
        ("publish", {"posted_on": "2026-11-03"}, "claims.relapse_day"),
        ("publish", {"posted_on": "2026-10-19"}, "claims.relapse_day"),
    ],
)
async def test_what_the_record_or_the_calendar_contradicts_is_refused(
    world: World, action: str, changes: dict[str, Any], code: str
) -> None:
    number = await burdened(world)
    claim = (await opened(world, number)).json()
    if action == "publish":
        await verify(world, claim, "60000.00")
        reply = await publish(world, claim, **changes)
    else:
        reply = await verify(world, claim, **changes)
    assert reply.json()["code"] == code


async def test_a_verified_cost_that_gives_nothing_is_not_published(world: World) -> None:
    number = await burdened(world)
    claim = (await opened(world, number)).json()
    assert (await verify(world, claim, "20000.00")).json()["payout"] == "0.00"
    assert (await publish(world, claim)).json()["code"] == "claims.relapse_nothing_due"
