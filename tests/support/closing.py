"""A county that closes its days, and hospitals that reconcile with it."""

from typing import TYPE_CHECKING, Any

import httpx

from tests.support import claims as build

if TYPE_CHECKING:
    from tests.integration.claims.conftest import World

TODAY = "2026-11-02"
"""The business date of ``build.NOW``."""


async def ask_close(world: "World", day: str = TODAY, county: str = build.COUNTY) -> httpx.Response:
    """Close the county's day as its finance office."""
    body = {"county": county, "business_date": day}
    return await world.client.post("/v1/day-closes", json=body, headers=world.headers("finance"))


async def close(world: "World", day: str = TODAY) -> dict[str, Any]:
    """A close that must be accepted."""
    reply = await ask_close(world, day)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


def fund(settled: dict[str, Any]) -> str:
    """What the funds pay of a settlement."""
    fen = sum(int(payer["amount"].replace(".", "")) for payer in settled["payers"])
    return f"{fen // 100}.{fen % 100:02d}"
