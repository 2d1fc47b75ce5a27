"""A county's month report over a million settlements: ``python -m tests.bench.reports``.

Settlements of two years are made by SQL, folded by the worker's job, and the report is asked for over HTTP:
month, year to date and the same of the year before, in every line. Then once more with a tail that no job has
folded yet, as after some seconds of batches at full speed.
"""

import asyncio
import statistics
import tempfile
import time
from typing import Annotated, Any

import asyncpg
import httpx
import typer

from deploy.demo.model import COUNTY_CODE
from deploy.local.system import ANY_PORTS, LocalSystem, start
from services.claims.reports.folding import fold
from shared.clock import SystemClock
from shared.db import create_engine, create_sessions

SETTLEMENTS, TAIL, ROUNDS = 1_000_000, 5_000, 15
MONTH = "2026-10"
FORMATS = ("json", "csv", "xlsx")

_SETTLEMENTS = """
INSERT INTO settlements (
  id, facility_code, visit_no, division_code, person_id, household_id, id_number_masked, visit_type,
  admitted_on, discharged_on, year, diagnoses, place, referral, provider_level, categories, policy_pack,
  policy_version, settled_at, settled_by, total_fen, non_covered_fen, over_limit_fen, upfront_copay_fen,
  eligible_fen, person_pays_fen, personal_share_bp, ceiling_bp, ceiling_base_fen, steps, charges,
  medicine_fen, herbal_medicine_fen, payers, payer_fen)
SELECT md5('s' || no)::uuid, 'H990101' || lpad(provider::text, 5, '0'), 'B' || no, $1 || '200203',
  md5('p' || no % 40000)::uuid, md5('h' || no % 12000)::uuid, '',
  (ARRAY['outpatient', 'outpatient', 'chronic_outpatient', 'inpatient', 'inpatient', 'delivery'])[kind + 1],
  day, day, extract(year FROM day), '{I63.900}',
  (ARRAY['in_county', 'in_city', 'out_of_city'])[greatest(provider - 20, 1)],
  CASE WHEN provider < 22 THEN 'not_needed' WHEN no % 3 = 0 THEN 'none' ELSE 'compliant' END,
  CASE WHEN provider < 16 THEN 1 WHEN provider < 22 THEN 2 ELSE 3 END,
  (ARRAY['{}', '{}', '{}', '{registered_poor}', '{dibao}', '{dibao,registered_poor}', '{dibao_margin}',
         '{sudden_hardship}', '{dibao,severe_disability}', '{orphan}'])[who + 1]::text[],
  'p', 'v', day, 's', total, 0, 0, 0, total, total / 10, 1000,
  CASE WHEN who BETWEEN 3 AND 6 THEN 1000 END, CASE WHEN who BETWEEN 3 AND 6 THEN total END, '[]', (
    SELECT json_agg(json_build_array('X', 'x', category, 'A', 0, 1000, 0, total / 4 * factor, NULL))
    FROM (VALUES ('western_medicine', 1), ('herbal', 1), ('bed', 2)) AS part (category, factor)),
  total / 4 * 2, total / 4, '{basic_insurance,medical_assistance}',
  ARRAY[total * 9 / 10 / 3 * 2 + total * 9 / 10 % 3, total * 9 / 10 / 3]
FROM (
  SELECT no, 100 * (no % 9000 + 20) AS total, date '2025-01-01' + (no % 730)::integer AS day,
         abs(hashint8(no)) % 24 AS provider, abs(hashint8(no * 3)) % 6 AS kind,
         abs(hashint8(no * 5)) % 10 AS who
  FROM generate_series($2::bigint, $3::bigint) AS no
) AS visit
"""


async def store(database: "asyncpg.Connection[Any]", first: int, last: int) -> None:
    """Store settlements of these numbers, with charges and payers, in one transaction."""
    async with database.transaction():
        await database.execute("SET LOCAL session_replication_role = replica")
        await database.execute(_SETTLEMENTS, COUNTY_CODE, first, last)
    await database.execute("VACUUM ANALYZE settlements")


async def measure(system: LocalSystem, settlements: int = SETTLEMENTS) -> list[str]:
    """Lines of the performance page."""
    database = await asyncpg.connect(f"{system.config.admin_dsn.rsplit('/', 1)[0]}/claims", timeout=60)
    engine = create_engine(system.config.dsn("claims", "worker"), pool_size=1, application_name="bench")
    try:
        await store(database, 1, settlements)
        began = time.perf_counter()
        await fold(create_sessions(engine), SystemClock())
        folding = time.perf_counter() - began
        await database.execute("VACUUM ANALYZE report_sums")
        asked = {format_: await _report(system, format_) for format_ in FORMATS}
        rows = await _report(system, "rows")
        await store(database, settlements + 1, settlements + TAIL)
        tail = await _report(system, "json")
    finally:
        await engine.dispose()
        await database.close()
    return [
        f"Month report of a county with {settlements:,} settlements stored (month, year to date, the year"
        f" before; `python -m tests.bench.reports`), median of {ROUNDS}: "
        + ", ".join(f"{name.upper()} {1000 * seconds:.0f} ms" for name, seconds in asked.items())
        + f"; with {TAIL:,} settlements that are in no sum yet {1000 * tail:.0f} ms. A page of {LIMIT}"
        f" settlements behind a figure of the year: {1000 * rows:.0f} ms."
        f" Folding all of them into the sums once: {folding:.0f} s.",
    ]


LIMIT = 100


async def _report(system: LocalSystem, format_: str, rounds: int = ROUNDS) -> float:
    """Median seconds of a request, the first one not counted."""
    tokens = system.config.summary(system.pids())["tokens"]
    query: dict[str, str | int] = {"county": COUNTY_CODE, "month": MONTH}
    path = "/v1/reports/ncms"
    if format_ == "rows":
        path += "/rows"
        query |= {"line": "inpatient", "figure": "average_cost", "period": "year_to_date", "limit": LIMIT}
    else:
        query["format"] = format_
    taken = []
    async with httpx.AsyncClient(base_url=system.config.url("claims-api"), timeout=60) as client:
        for _ in range(rounds + 1):
            began = time.perf_counter()
            reply = await client.get(
                path, params=query, headers={"Authorization": f"Bearer {tokens['agency']}"}
            )
            taken.append(time.perf_counter() - began)
            reply.raise_for_status()
    return statistics.median(taken[1:])


def run(settlements: int = SETTLEMENTS) -> list[str]:
    """Measure in a system of its own; lines of the performance page."""
    parts = ("database", "broker", "claims-api")
    with tempfile.TemporaryDirectory() as directory, start(directory, parts=parts, ports=ANY_PORTS) as system:
        return asyncio.run(measure(system, settlements))


def main(
    settlements: Annotated[int, typer.Option(help="So many settlements of one county")] = SETTLEMENTS,
) -> None:
    """Print what was measured."""
    for line in run(settlements):
        typer.echo(line)


if __name__ == "__main__":
    typer.run(main)
