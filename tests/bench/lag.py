"""How long an event takes from the commit in one service to its effect in another."""

import asyncio
import time

import asyncpg

from deploy.demo.api import Api
from deploy.demo.model import COUNTY_CODE, YEAR, County
from deploy.demo.steps import financing
from deploy.local.system import LocalSystem

ROUNDS = 40
_LIMIT_SECONDS = 10.0
_BOOKED = "SELECT max(version) FROM financing_plans WHERE county_code = $1 AND year = $2"


async def measure(system: LocalSystem, api: Api, county: County) -> list[float]:
    """Seconds from the registry's reply to a changed financing plan until claims has booked it."""
    connection = await asyncpg.connect(system.config.dsn("claims", "worker"))
    members = financing.enrolled(county)
    try:
        return [await _round(connection, api, members + number) for number in range(1, ROUNDS + 1)]
    finally:
        await connection.close()


async def _round(connection: "asyncpg.Connection[asyncpg.Record]", api: Api, members: int) -> float:
    before = await connection.fetchval(_BOOKED, COUNTY_CODE, YEAR)
    await financing.plan(api, members)
    replied = time.perf_counter()
    while await connection.fetchval(_BOOKED, COUNTY_CODE, YEAR) == before:
        if time.perf_counter() - replied > _LIMIT_SECONDS:
            raise RuntimeError("the event did not arrive")
        await asyncio.sleep(0.001)
    return time.perf_counter() - replied
