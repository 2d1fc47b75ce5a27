"""The demonstration's step that takes a household to its payout, against the real claims service."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import StringIO

import httpx
import pytest
from rich.console import Console

from deploy.demo.api import Api
from deploy.demo.steps import relapse
from deploy.demo.tables import relapse as relapse_table
from tests.integration.claims.conftest import World
from tests.integration.claims.test_burden_events import all_borne_alone, member
from tests.integration.claims.test_relapse_claims import POOL, balance

pytestmark = pytest.mark.integration
TODAY = date(2026, 11, 2)
ROLES = ("agency", "finance", "finance_approver", "registry_officer")


def api(world: World, roles: Sequence[str] = ROLES) -> Api:
    """The demonstration's client; the registry answers with a masked name, as it does to an officer."""

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "registry":
            return httpx.Response(200, json={"name": "张**"})
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        return await world.client.request(
            request.method, request.url.raw_path.decode(), headers=headers, content=request.content
        )

    addresses = {name: {"api": f"http://{name}", "worker": "-"} for name in ("registry", "claims")}
    local = {"services": addresses, "tokens": {role: world.platform.token(role) for role in roles}}
    return Api(local, httpx.MockTransport(answer))


async def test_the_household_that_bore_most_is_paid_once_and_a_second_run_finds_it_paid(
    world: World,
) -> None:
    for order in range(3):
        number = await member(world, order)
        await world.settle(all_borne_alone(number, f"A{order}", "20000.00"))
    await world.settle(all_borne_alone(await world.insure(9), "Z1", "5500.00"))
    async with api(world) as client:
        first = await relapse.run(client, TODAY)
        second = await relapse.run(client, TODAY)
    assert first is not None
    assert (first.claim.state, first.claim.payout) == ("paid", 21_000_00)
    assert relapse_table.faults(first) == []
    assert second == first
    assert await balance(world, POOL) == Decimal("21000.00")
    out = Console(width=120, file=StringIO())
    with out.capture() as captured:
        relapse_table.show(out, first)
    printed = captured.get()
    assert "21,000.00" in printed
    assert "张**" in printed


async def test_without_a_household_that_bore_enough_nothing_is_claimed(world: World) -> None:
    async with api(world) as client:
        assert await relapse.run(client, TODAY) is None
        await world.settle(all_borne_alone(await member(world, 1), "A1", "5000.00"))
        assert await relapse.run(client, TODAY) is None
