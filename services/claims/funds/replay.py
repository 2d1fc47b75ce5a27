"""Working the lineage out again from nothing but the order in which movements were taken."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from services.claims.funds import replay_repository as repository
from services.claims.funds.allocation import Entry, Fund
from services.claims.funds.movements import FundKey
from shared.db import create_engine


class Difference(NamedTuple):
    """The first entry of a fund that does not come out: what was recorded and what the order gives."""

    fund: FundKey
    position: int
    recorded: Entry | None
    derived: Entry | None


class ReplayReport(NamedTuple):
    """How many funds and entries were worked out, and the first difference, if there is one."""

    funds: int
    entries: int
    difference: Difference | None


async def verify_earmarks(url: str) -> ReplayReport:
    """Work out every fund from zero in one snapshot; stops at the first entry that is different."""
    engine = create_engine(url, pool_size=1, application_name="verify-earmarks")
    count, funds = 0, 0
    try:
        async with engine.connect() as connection:
            for key, rule in await repository.begin(connection):
                funds += 1
                found = await _replay(connection, key, rule)
                if isinstance(found, Difference):
                    return ReplayReport(funds, count, found)
                count += found
    finally:
        await engine.dispose()
    return ReplayReport(funds, count, None)


async def _replay(connection: AsyncConnection, key: FundKey, rule: str) -> int | Difference:
    """How many entries of a fund came out as they were recorded, or the first that did not."""
    steps = await repository.steps(connection, key)
    recorded = repository.entries(connection, key)
    count, fund = 0, Fund(rule)
    movements = [movement for _, movement in steps]
    for (position, _), (_, derived) in zip(steps, fund.apply(movements), strict=True):
        for entry in derived:
            found = await _next(recorded)
            if found != (position, entry):
                return Difference(key, position, found[1] if found else None, entry)
            count += 1
    left = await _next(recorded)
    return Difference(key, left[0], left[1], None) if left else count


async def _next(entries: AsyncIterator[tuple[int, Entry]]) -> tuple[int, Entry] | None:
    return await anext(entries, None)
