"""Does a settlement cost more when many are stored? The database is filled by copying, then measured again.

Copies are made by SQL under new ids, visit numbers and people, with everything that belongs to a settlement;
the posting path itself would need an hour for a million.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg

from deploy.local.system import LocalSystem
from services.claims.benefits.policy import COUNTY_PREFIX
from tests.bench import pgbench, readjudication, settlements

STEPS = (10_000, 100_000, 1_000_000)
WARMING_UP, BATCHED, SINGLES = 4_000, 12_000, 2_000
PGBENCH_SECONDS = 8
WORKED_OUT_AT = 100_000

_COUNT = "SELECT count(*) FROM settlements"
_CAUGHT_UP = """
SELECT (SELECT folded_below FROM report_progress) > (SELECT max(added_in) FROM settlements)
   AND (SELECT max(upto_no) FROM earmark_runs) >= (SELECT max(no) FROM transfers)
"""
_CATCHING_UP_SECONDS = 1_800.0
_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO' AND is_generated = 'NEVER'
ORDER BY ordinal_position
"""
_NEW_IDS = {
    "id": "md5(id::text || '/' || copy)::uuid",
    "settlement_id": "md5(settlement_id::text || '/' || copy)::uuid",
    "person_id": "md5(person_id::text || '/' || copy)::uuid",
    "holder_id": "md5(holder_id::text || '/' || copy)::uuid",
    "household_id": "md5(household_id::text || '/' || copy)::uuid",
    "id_index": "sha256(id_index || copy::text::bytea)",
    "visit_no": "visit_no || '-' || copy",
    # What people and households moved of a county's balance, they moved under its id.
    "moved": f"""(
      SELECT json_object_agg(
        CASE WHEN kinds::text LIKE '{{"{COUNTY_PREFIX}%' THEN holder
             ELSE md5(holder || '/' || copy)::uuid::text END, kinds)
      FROM json_each(moved) AS of_holder (holder, kinds))""",
    # Drawn anew: the order of posting has no gaps that matter here.
    "posting_no": "nextval('posting_order')",
    "added_in": "pg_current_xact_id()::text::bigint",
    # What was worked out anew has taken transfers back; a copy is a transfer of its own.
    "reverses": "NULL",
}
_TABLES = (
    "insured_persons",
    "settlements",
    "visits",
    "settlement_payer_rows",
    "accumulator_years",
    "accumulator_movement_rows",
    "transfers",
    "stays",
    "settlement_invoices",
    "item_days",
    "item_uses",
)
_OF_PEOPLE = f"kind NOT LIKE '{COUNTY_PREFIX}%'"
_COUNTIES = """
UPDATE accumulator_years SET used = (
  SELECT json_object_agg(kind, fen::bigint * $1) FROM json_each_text(used) AS held (kind, fen)
) WHERE holder = 'county'
"""


class Point(NamedTuple):
    """What a settlement costs with a number of settlements stored, and pgbench before and after it."""

    stored: int
    batch_ms: float
    single_ms: float
    tps: float

    @property
    def relative(self) -> tuple[float, float]:
        """The same in transactions of pgbench: the machine is now faster and now slower."""
        return self.batch_ms * self.tps / 1000, self.single_ms * self.tps / 1000


async def measure(
    system: LocalSystem, urls: Sequence[str], token: str, requests: Sequence[dict[str, Any]], most: int
) -> tuple[list[Point], readjudication.Worked | None]:
    """Milliseconds per settlement, in batches and one by one, at each number stored up to ``most``.

    With a hundred thousand stored they are also worked out anew.
    """
    dsn = f"{system.config.admin_dsn.rsplit('/', 1)[0]}/claims"
    database = await asyncpg.connect(dsn)
    points: list[Point] = []
    worked = None
    try:
        for wanted in (step for step in STEPS if step <= most):
            await _fill(database, urls, token, requests, wanted)
            points.append(await _point(system, urls, token, requests, wanted))
            if wanted == WORKED_OUT_AT:
                worked = await readjudication.measure(database, urls[0], token)
    finally:
        await database.close()
    return points, worked


async def _point(
    system: LocalSystem, urls: Sequence[str], token: str, requests: Sequence[dict[str, Any]], stored: int
) -> Point:
    before = pgbench.measure(system, PGBENCH_SECONDS).tps
    await settlements.batched(urls, token, settlements.fresh(requests, WARMING_UP))
    per_second, _ = await settlements.batched(urls, token, settlements.fresh(requests, BATCHED))
    single = await settlements.single(urls, token, settlements.fresh(requests, SINGLES))
    after = pgbench.measure(system, PGBENCH_SECONDS).tps
    return Point(stored, 1000 / per_second, 1000 / single.rate, (before + after) / 2)


async def _fill(
    database: "asyncpg.Connection[Any]",
    urls: Sequence[str],
    token: str,
    requests: Sequence[dict[str, Any]],
    wanted: int,
) -> None:
    stored = await database.fetchval(_COUNT)
    if stored < STEPS[0]:
        await settlements.batched(urls, token, settlements.fresh(requests, STEPS[0] - stored))
        stored = await database.fetchval(_COUNT)
    if stored < wanted:
        await _copy(database, stored, (wanted - stored) // stored)
    # The worker has its hands full with a million settlements that came at once; no county sees that.
    deadline = time.monotonic() + _CATCHING_UP_SECONDS
    while not await database.fetchval(_CAUGHT_UP):
        if time.monotonic() > deadline:
            raise RuntimeError("sums and lineage did not catch up with the copies")
        await asyncio.sleep(1)
    await database.execute("VACUUM ANALYZE")
    await database.execute("CHECKPOINT")


async def _copy(database: "asyncpg.Connection[Any]", stored: int, times: int) -> None:
    """Copy every settlement a number of times, with its lines, accumulators and transfers."""
    # Numbered on from what is stored, so that copies of copies have ids of their own.
    copies = f"generate_series({stored + 1}, {stored + times}) AS copy"
    async with database.transaction():
        await database.execute("SET LOCAL session_replication_role = replica")
        for table in _TABLES:
            columns = [row["column_name"] for row in await database.fetch(_COLUMNS, table)]
            values = ", ".join(_new_value(name, columns) for name in columns)
            order = "ORDER BY copy, posting_no" if "posting_no" in columns else ""
            # What the county books of itself, its plan above all, does not grow with its settlements.
            own = "WHERE settlement_id IS NOT NULL" if table == "transfers" else ""
            rows = f"(SELECT * FROM {table}, {copies} {own} {order}) AS copies"
            new = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {rows}"
            await database.execute(f"{new} WHERE holder <> 'county'" if "holder" in columns else new)
        await database.execute(_COUNTIES, times + 1)


def _new_value(column: str, columns: Sequence[str]) -> str:
    """What a copy holds in a column. A county has its balances under one id, whoever draws on them."""
    value = _NEW_IDS.get(column, column)
    return f"CASE WHEN {_OF_PEOPLE} THEN {value} ELSE person_id END" if _counted(column, columns) else value


def _counted(column: str, columns: Sequence[str]) -> bool:
    return column == "person_id" and "kind" in columns


def plot(points: Sequence[Point]) -> list[str]:
    """The curve as lines of Markdown: a table, and a chart in Mermaid's notation."""
    names = ", ".join(f'"{point.stored:,}"' for point in points)
    batches, singles = zip(*(point.relative for point in points), strict=True)
    return [
        f"In milliseconds, and in transactions of pgbench, which ran before and after each line."
        f" One by one: {settlements.CLIENTS} clients.",
        "",
        "| settlements stored | pgbench, tps | in batches | in transactions | one by one | in transactions |",
        "|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {each.stored:,} | {each.tps:,.0f} | {each.batch_ms:.2f} ms | {batch:.2f}"
            f" | {each.single_ms:.2f} ms | {single:.2f} |"
            for each, batch, single in zip(points, batches, singles, strict=True)
        ),
        "",
        "```mermaid",
        "xychart-beta",
        '    title "Cost of a settlement by settlements stored (lower: in batches, upper: one by one)"',
        f"    x-axis [{names}]",
        f'    y-axis "transactions of pgbench" 0 --> {max(singles) * 1.3:.1f}',
        f"    line [{', '.join(f'{cost:.2f}' for cost in batches)}]",
        f"    line [{', '.join(f'{cost:.2f}' for cost in singles)}]",
        "```",
    ]
