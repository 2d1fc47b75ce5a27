"""A payment is a promise: none is approved that the special account cannot pay, or somebody says why."""

from typing import Any

import pytest

from services.claims.verification.service import verify_ledger
from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.payments import APPROVER, BATCHES, FINANCE, IN_PAYMENT, Bureau
from tests.support.races import all_at_once

pytestmark = pytest.mark.integration
HOSPITALS = (build.COUNTY_HOSPITAL, build.TOWNSHIP_HOSPITAL)
WRITTEN = ("transfers", "payment_steps", "payment_items")


@pytest.fixture
async def bureau(world: World) -> Bureau:
    """A county that has received nothing yet, and owes a hospital for a stay."""
    bureau = Bureau(world)
    number = await world.insure()
    await world.settle(build.visit(number, "A1", "8766.00"))
    await bureau.accounts(*HOSPITALS, build.COUNTY)
    return bureau


async def advance(bureau: Bureau, amount: str) -> dict[str, Any]:
    lines = [{"facility_code": HOSPITALS[1], "amount": amount, "set_off": "all"}]
    made: dict[str, Any] = await bureau.must(
        "/v1/provider-advances", FINANCE, {"county": build.COUNTY, "advances": lines}
    )
    return made


async def test_a_batch_is_approved_when_the_money_for_it_has_been_booked(bureau: Bureau) -> None:
    batch = await bureau.prepared()
    assert batch["means"] == {
        "balance": "0.00", "promised": "0.00", "available": "0.00", "missing": batch["payable"],
    }  # fmt: skip
    path, before = f"{BATCHES}/{batch['id']}:approve", await bureau.world.counts(WRITTEN)
    for language, word in (("zh-CN", "专户可用"), ("en", "are missing")):
        reply = await bureau.post(path, APPROVER, {}, **{"Accept-Language": language})
        assert (reply.status_code, reply.json()["code"]) == (409, "claims.payment_shortfall")
        assert word in reply.json()["title"]
        assert batch["payable"] in reply.json()["title"]
    assert await bureau.world.counts(WRITTEN) == before
    await bureau.money(batch["payable"])
    approved = await bureau.act(batch, "approve")
    assert (approved["state"], approved["means"]) == ("approved", None)
    assert "despite_shortfall" not in approved["steps"][-1]["details"]
    # All of it is promised now: one fen more is too much.
    more = await advance(bureau, "0.01")
    assert (more["means"]["promised"], more["means"]["missing"]) == (batch["payable"], "0.01")
    refused = await bureau.post(f"{BATCHES}/{more['id']}:approve", APPROVER, {})
    assert refused.json()["code"] == "claims.payment_shortfall"


async def test_who_approves_despite_a_shortfall_says_why_and_it_is_kept(bureau: Bureau) -> None:
    batch = await bureau.prepared()
    path = f"{BATCHES}/{batch['id']}:approve"
    silent = await bureau.post(path, APPROVER, {"despite_shortfall": True})
    assert (silent.status_code, silent.json()["code"]) == (422, "claims.payment_shortfall_reason")
    why = "省级补助已到账，回单明日补登"
    approved = await bureau.must(path, APPROVER, {"despite_shortfall": True, "note": why})
    details = approved["steps"][-1]["details"]
    assert (details["despite_shortfall"], details["note"]) == (batch["payable"], why)
    assert (await bureau.balances())[IN_PAYMENT] == f"-{batch['payable']}"
    assert (await verify_ledger(bureau.world.platform.worker_url("claims"))).failed is None


async def test_two_approvals_at_once_never_promise_the_same_money(bureau: Bureau) -> None:
    first, second = await bureau.prepared(), await advance(bureau, "100.00")
    await bureau.money(first["payable"])
    lock = f"SELECT pg_advisory_xact_lock(hashtextextended('claims.funds.{build.COUNTY}', 0))"
    approving = [bureau.post(f"{BATCHES}/{each['id']}:approve", APPROVER, {}) for each in (first, second)]
    replies = await all_at_once(bureau.world.platform, "claims", lock, approving)
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    refused = next(reply for reply in replies if reply.status_code == 409)
    assert refused.json()["code"] == "claims.payment_shortfall"
