"""Does a settlement cost more when many are stored? The database is filled by copying, then measured again.

Copies are made by SQL under new ids, visit numbers and people, with everything that belongs to a settlement;
the posting path itself would need an hour for a million.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg

from deploy.local.system import LocalSystem
from tests.bench import settlements

STEPS = (10_000, 100_000, 1_000_000)
BATCHED, SINGLES = 10_000, 2_000

_COUNT = "SELECT count(*) FROM settlements"
_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO' AND is_generated = 'NEVER'
ORDER BY ordinal_position
"""
_NEW_IDS = {
    "id": "md5(id::text || '/' || copy)::uuid",
    "settlement_id": "md5(settlement_id::text || '/' || copy)::uuid",
    "person_id": "md5(person_id::text || '/' || copy)::uuid",
    "visit_no": "visit_no || '-' || copy",
    # Drawn anew: the order of posting has no gaps that matter here.
    "posting_no": "nextval('posting_order')",
    "added_in": "pg_current_xact_id()::text::bigint",
}
_TABLES = (
    "settlements",
    "visits",
    "settlement_charges",
    "settlement_payers",
    "accumulators",
    "accumulator_movements",
    "transfers",
    "stays",
    "settlement_invoices",
    "item_days",
    "item_uses",
)


class Point(NamedTuple):
    """What a settlement costs with a number of settlements stored."""

    stored: int
    batch_ms: float
    single_ms: float


async def measure(
    system: LocalSystem, token: str, requests: Sequence[dict[str, Any]], most: int
) -> list[Point]:
    """Milliseconds per settlement, in batches and one by one, at each number stored up to ``most``."""
    dsn = f"{system.config.admin_dsn.rsplit('/', 1)[0]}/claims"
    database = await asyncpg.connect(dsn)
    url = system.config.url("claims-api")
    points = []
    try:
        for wanted in (step for step in STEPS if step <= most):
            await _fill(database, url, token, requests, wanted)
            per_second, _ = await settlements.batched(url, token, settlements.fresh(requests, BATCHED))
            single = await settlements.single(url, token, settlements.fresh(requests, SINGLES))
            points.append(Point(wanted, 1000 / per_second, 1000 / single.rate))
    finally:
        await database.close()
    return points


async def _fill(
    database: "asyncpg.Connection[Any]",
    url: str,
    token: str,
    requests: Sequence[dict[str, Any]],
    wanted: int,
) -> None:
    stored = await database.fetchval(_COUNT)
    if stored < STEPS[0]:
        await settlements.batched(url, token, settlements.fresh(requests, STEPS[0] - stored))
        stored = await database.fetchval(_COUNT)
    if stored < wanted:
        await _copy(database, (wanted - stored) // stored)
    await database.execute("VACUUM ANALYZE")
    await database.execute("CHECKPOINT")


async def _copy(database: "asyncpg.Connection[Any]", times: int) -> None:
    """Copy every settlement a number of times, with its lines, accumulators and transfers."""
    async with database.transaction():
        await database.execute("SET LOCAL session_replication_role = replica")
        for table in _TABLES:
            columns = [row["column_name"] for row in await database.fetch(_COLUMNS, table)]
            values = ", ".join(_NEW_IDS.get(name, name) for name in columns)
            await database.execute(
                f"INSERT INTO {table} ({', '.join(columns)})"
                f" SELECT {values} FROM {table}, generate_series(1, {times}) AS copy"
            )


def plot(points: Sequence[Point]) -> list[str]:
    """The curve as lines of Markdown: a table, and a chart in Mermaid's notation."""
    names = ", ".join(f'"{point.stored:,}"' for point in points)
    return [
        "| settlements stored | ms per settlement in batches | ms per settlement one by one |",
        "|---:|---:|---:|",
        *(f"| {each.stored:,} | {each.batch_ms:.2f} | {each.single_ms:.2f} |" for each in points),
        "",
        "```mermaid",
        "xychart-beta",
        '    title "Cost of a settlement by settlements stored (lower: in batches, upper: one by one)"',
        f"    x-axis [{names}]",
        '    y-axis "milliseconds" 0 --> ' + f"{max(each.single_ms for each in points) * 1.3:.1f}",
        f"    line [{', '.join(f'{each.batch_ms:.2f}' for each in points)}]",
        f"    line [{', '.join(f'{each.single_ms:.2f}' for each in points)}]",
        "```",
    ]
