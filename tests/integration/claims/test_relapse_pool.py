"""The pool of the relapse insurance: filled by a policy that two people decide on, never spent twice."""

import asyncio
from collections.abc import Awaitable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.claims.benefits.relapse_policy import REFUSE
from tests.integration.claims.conftest import World
from tests.integration.claims.test_relapse_claims import POOL, act, balance, burdened, payable
from tests.support import claims as build
from tests.support.office import SECOND, Office
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration
POLICIES = "/v1/relapse-insurance/policies"


async def send(world: World, path: str, role: str, body: dict[str, Any]) -> httpx.Response:
    return await world.client.post(f"{POLICIES}{path}", json=body, headers=world.headers(role))


def policy(population: int = 720_000, **changes: Any) -> dict[str, Any]:
    return {
        "county": build.COUNTY,
        "year": 2026,
        "policy_no": "FPB-2026-01",
        "insurer": "某财产保险公司",
        "rural_population": population,
        **changes,
    }


async def prepared(world: World, population: int = 720_000) -> dict[str, Any]:
    reply = await send(world, "", "finance", policy(population))
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def pool(world: World) -> dict[str, Any]:
    asked = f"/v1/relapse-insurance/pool?county={build.COUNTY}&year=2026"
    reply = await world.client.get(asked, headers=world.headers("agency"))
    assert reply.status_code == 200, reply.text
    shown: dict[str, Any] = reply.json()
    return shown


async def test_a_policy_fills_the_pool_once_a_second_person_approves(world: World) -> None:
    made = await prepared(world)
    assert (made["insured"], made["premium"], made["paid_by"]) == (72_000, "3600000.00", "district")
    assert (await pool(world))["balance"] == "0.00"
    done = (await send(world, f"/{made['id']}:approve", "finance_approver", {})).json()
    assert (done["state"], done["decided_by"]) == ("approved", "finance_approver")
    assert await balance(world, POOL) == Decimal("-3600000.00")
    assert await balance(world, f"financing_due:district:{build.COUNTY}:2026") == Decimal("3600000.00")
    shown = await pool(world)
    assert (shown["received"], shown["balance"], shown["when_empty"]) == ("3600000.00", "3600000.00", "flag")
    assert shown["policies"] == [done]
    again = await send(world, "", "finance", policy(policy_no="FPB-2026-02"))
    assert (again.status_code, again.json()["code"]) == (409, "claims.relapse_policy_exists")


async def test_one_person_alone_fills_no_pool_and_a_rejected_policy_makes_room(world: World) -> None:
    reply = await send(world, "", "admin", policy())
    made = reply.json()
    refused = await send(world, f"/{made['id']}:approve", "admin", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "claims.relapse_policy_same_person")
    await send(world, f"/{made['id']}:reject", "finance_approver", {"reason": "人口数有误"})
    late = await send(world, f"/{made['id']}:approve", "finance_approver", {})
    assert (late.status_code, late.json()["code"]) == (409, "claims.relapse_policy_decided")
    assert (await prepared(world, 600_000))["premium"] == "3000000.00"
    assert await balance(world, POOL) == Decimal(0)


async def test_two_approvals_at_the_same_moment_book_the_premium_once(world: World) -> None:
    made = await prepared(world)
    replies = await all_at_once(
        world.platform,
        "claims",
        "SELECT 1 FROM relapse_policies FOR UPDATE",
        [send(world, f"/{made['id']}:approve", role, {}) for role in ("finance_approver", "admin")],
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    assert await balance(world, POOL) == Decimal("-3600000.00")


async def test_a_payout_beyond_the_pool_is_flagged_where_the_pack_says_so(world: World) -> None:
    made = await prepared(world, 10)
    await send(world, f"/{made['id']}:approve", "finance_approver", {})
    claim = await payable(world, await burdened(world), "60000.00")
    assert (await pool(world))["approved_claims"] == "21000.00"
    paid = (await act(world, claim, "pay")).json()
    assert paid["steps"][-1]["details"]["beyond_pool"] == "20950.00"
    shown = await pool(world)
    assert (shown["balance"], shown["beyond"], shown["approved_claims"]) == ("-20950.00", "20950.00", "0.00")


def contract(county: str, pack: dict[str, Any]) -> dict[str, Any]:
    """A pack with an insurance that pays half of everything, and nothing beyond its pool."""
    ground = {"source": "notice", "clause": "保费用完不再赔付", "verified": False}
    pack["relapse_insurance"] = {
        "id": "relapse",
        **ground,
        "payer": "relapse_insurance",
        "title": "防贫保",
        "classes": [{"id": "relapse.all", "class": "anybody", "title": "农村户", "amount": "0.00", **ground}],
        "tiers": [{"id": "relapse.tier", "up_to": None, "rate": "0.50", **ground}],
        "policy": {
            "paid_by": "district",
            "premium": {"id": "relapse.premium", "amount": "50.00", **ground},
            "coverage": {"id": "relapse.coverage", "rate": "0.10", **ground},
            "when_empty": {"id": "relapse.empty", "action": REFUSE, **ground},
            "examples": [{"name": "十人", "rural_population": 100, "insured_count": 10, "premium": "500.00"}],
        },
    }
    return pack


async def in_county(office: Office, path: str, body: dict[str, Any], subject: str, scope: str) -> Any:
    """Something that an official of the county does and that must be accepted."""
    headers = office.who(subject, f"{scope} claims:read")
    reply = await office.world.client.post(f"/v1/{path}", json=body, headers=headers)
    assert reply.status_code in (200, 201), reply.text
    return reply.json()


async def payable_in(office: Office, order: int) -> str:
    """A claim on 100 yuan that only waits for its payment of 50."""
    number = await office.patient(order)
    message = office.message(number, f"A{order}") | {"total": "200.00", "charges": [build.charge("200.00")]}
    await office.world.settle(message)
    person = build.person(office.world.index, number)
    ids = {"household_id": str(person.household_id), "payee_id": str(person.person_id)}
    claim = await in_county(
        office, "relapse-claims", {**ids, "year": 2026, "class": "anybody"}, "clerk", "claims:review"
    )
    verified = {"verified_own_cost": "100.00", "signed_by": "李四", "findings": "票据属实"}
    for action, body, scope in (
        ("verify", {**verified, "verified_on": "2026-10-20"}, "claims:review"),
        ("publish", {"name": "张三", "posted_on": "2026-10-21"}, "claims:review"),
        ("approve", {}, "funds:approve"),
    ):
        who = "chief" if action == "approve" else "clerk"
        await in_county(office, f"relapse-claims/{claim['id']}:{action}", body, who, scope)
    return str(claim["id"])


async def test_where_the_pack_refuses_two_payouts_at_once_never_take_the_same_money(office: Office) -> None:
    world = office.world
    draft = (await office.send(contract(office.county, office.version()))).json()
    assert (await office.decide(draft["id"])).status_code == 200
    await asyncio.sleep(SECOND)
    claims = [await payable_in(office, order) for order in (1, 2)]

    def pay(claim: str) -> Awaitable[httpx.Response]:
        headers = office.who("cashier", "funds:prepare claims:read")
        return world.client.post(f"/v1/relapse-claims/{claim}:pay", json={}, headers=headers)

    early = await pay(claims[0])
    assert (early.status_code, early.json()["code"]) == (409, "claims.relapse_pool_empty")
    assert "保费用完不再赔付" in early.json()["title"]
    made = await in_county(
        office,
        "relapse-insurance/policies",
        policy(10, county=office.county),
        "clerk",
        "funds:prepare",
    )
    await in_county(office, f"relapse-insurance/policies/{made['id']}:approve", {}, "chief", "funds:approve")
    lock = f"SELECT pg_advisory_xact_lock(hashtextextended('claims.relapse_pool {office.county} 2026', 0))"
    replies = await all_at_once(world.platform, "claims", lock, [pay(claim) for claim in claims])
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    booked = await world.rows("SELECT sum(amount_fen) FROM transfers WHERE kind = 'relapse_payout'")
    assert booked[0][0] == 50_00
