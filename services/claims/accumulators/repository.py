"""Statements that lock and read accumulators."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import asyncpg
import msgspec

from services.claims.accumulators.held import Held, Holder, HolderYear
from services.claims.problems import PERSON_ELSEWHERE
from shared.problems import Problem

Connection: TypeAlias = "asyncpg.Connection[Any]"

_LOCK = "SELECT place, used FROM lock_years($1::new_accumulator_year[])"
_READ = """
SELECT wanted.place, stored.used::text
FROM unnest($1::uuid[], $2::smallint[]) WITH ORDINALITY AS wanted (holder_id, year, place)
JOIN accumulator_years AS stored USING (holder_id, year)
"""


async def lock_seen(connection: Connection, holders: Mapping[HolderYear, Holder]) -> Held:
    """What holders have in their years, which nobody else moves until the transaction ends.

    Years that are missing are opened. Left out are those that the caller may not see.
    """
    found = await connection.fetch(_LOCK, [(*year, *holder) for year, holder in holders.items()])
    return _held(list(holders), found)


async def lock(connection: Connection, holders: Mapping[HolderYear, Holder]) -> Held:
    """As ``lock_seen``; a Problem where the caller may not see all."""
    held = await lock_seen(connection, holders)
    if len(held) != len(holders):
        # Reading an unseen accumulator as zero would pay a deductible or a cap twice.
        raise Problem(PERSON_ELSEWHERE)
    return held


async def read(connection: Connection, years: Iterable[HolderYear]) -> Held:
    """What holders have in their years as they stand, without locking; nothing in those that are missing."""
    wanted = list(years)
    ids, numbers = [id_ for id_, _ in wanted], [number for _, number in wanted]
    nothing: Held = {year: {} for year in wanted}
    return nothing | _held(wanted, await connection.fetch(_READ, ids, numbers))


def _held(wanted: list[HolderYear], found: list[asyncpg.Record]) -> Held:
    return {wanted[place - 1]: msgspec.json.decode(used) for place, used in found}
