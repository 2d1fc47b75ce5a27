"""The demonstration's step that pays the providers, against the real claims service."""

from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from deploy.demo import places
from deploy.demo.steps import payments
from deploy.demo.tables import payments as payments_table
from services.claims.verification.service import verify_ledger
from tests.integration.claims.conftest import World
from tests.integration.claims.test_demo_payout import api
from tests.support import claims as build
from tests.support.payments import Bureau

pytestmark = pytest.mark.integration
TODAY = date(2026, 11, 2)
KNOWN = [each for each in places.providers() if each.facility_code in build.PROVIDERS]


async def test_the_providers_are_paid_once_and_a_second_run_finds_them_paid(world: World) -> None:
    number = await world.insure()
    await world.settle(build.visit(number, "A1", "8766.00"))
    await world.settle(build.visit(number, "B1", "1200.00", facility_code=build.TOWNSHIP_HOSPITAL))
    await Bureau(world).money()
    async with api(world) as client:
        first = await payments.run(client, TODAY, KNOWN)
        second = await payments.run(client, TODAY, KNOWN)
    assert first is not None
    assert payments_table.faults(first) == []
    assert second == first
    assert sorted(item.state for item in first.items) == ["paid", "retried"]
    out = Console(width=120, file=StringIO())
    with out.capture() as captured:
        payments_table.show(out, first)
    printed = captured.get()
    assert payments.REASON in printed
    assert "财政审批" in printed
    assert (await verify_ledger(world.platform.worker_url("claims"))).failed is None


async def test_a_batch_of_one_payment_that_comes_back_is_paid_in_the_next(world: World) -> None:
    await world.settle(build.visit(await world.insure(), "A1", "8766.00"))
    await Bureau(world).money()
    async with api(world) as client:
        paid = await payments.run(client, TODAY, KNOWN)
    assert paid is not None
    assert (paid.batch.payable_count, paid.batch.state) == (1, "returned")
    assert payments_table.faults(paid) == []


async def test_without_anything_due_nothing_is_paid(world: World) -> None:
    async with api(world) as client:
        assert await payments.run(client, TODAY, KNOWN) is None
