"""``python -m tests.bench``: measure the platform beside pgbench and write docs/performance.md.

Starts a system of its own; takes some five minutes; nothing else should run on the machine meanwhile. A
million settlements (``--stored 1000000``) take ten minutes more, most of them for storing.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from deploy.demo import county, exports, referrals, visits
from deploy.demo.api import Api
from deploy.demo.model import County
from deploy.demo.steps import catching_up, financing, imports, providers
from deploy.local.system import ANY_PORTS, LocalSystem, start
from tests.bench import adjudication, apis, curve, lag, pgbench, reports, settlements
from tests.bench.report import Figure, write

HOUSEHOLDS = 12_000
VISITS = 20_000
"""So that everything that is measured comes to some four visits a patient, as a county's year does."""
PGBENCH_SECONDS = 15
PGBENCH_BETWEEN_SECONDS = 8
SINGLES, BATCHED = 4_000, 64_000
BATCH_ROUNDS = 8
MANY_CLIENTS = 32
STEADY_SECONDS = 10


def main(
    stored: Annotated[int, typer.Option(help="Fill the database up to so many settlements")] = 100_000,
) -> None:
    """Run all measurements one after another."""
    with tempfile.TemporaryDirectory() as directory, start(directory, ports=ANY_PORTS) as system:
        before = pgbench.measure(system, PGBENCH_SECONDS)
        adjudications = adjudication.measure()
        urls = apis.of_claims(system)
        figures, latencies, requests = asyncio.run(_measure(system, urls, Path(directory)))
        after = pgbench.measure(system, PGBENCH_SECONDS)
        points, worked = asyncio.run(curve.measure(system, urls, _token(system), requests, stored))
    latencies = [*latencies, worked.line] if worked else latencies
    first = Figure("adjudications, pure", adjudications, "four layers, five charge lines, one core")
    latencies += reports.run(stored)
    typer.echo(write([before, after], [first, *figures], latencies, points))


def _token(system: LocalSystem) -> str:
    token: str = system.config.summary(system.pids())["tokens"]["admin"]
    return token


async def _measure(
    system: LocalSystem, urls: Sequence[str], folder: Path
) -> tuple[list[Figure], list[str], list[dict[str, Any]]]:
    sample = county.generate(households=HOUSEHOLDS)
    local = system.config.summary(system.pids())
    async with Api(local) as api:
        await providers.register(api, sample.providers)
        await financing.plan(api, financing.enrolled(sample))
        loading = await _load(api, sample, folder)
        treated = visits.generate(sample, VISITS)
        for referral in referrals.of(treated):
            await api.post("claims", "/v1/referrals", f"hospital:{referrals.REFERRING}", json=referral)
        requests: list[dict[str, Any]] = [dict(each.request) for each in treated]
        settling, latencies = await _settle(system, urls, _token(system), requests)
        arrivals = await lag.measure(system, api, sample)
    p50, p99 = statistics.median(arrivals), sorted(arrivals)[-1]
    event = (
        f"Event from the registry's reply to its effect in claims, idle: median {1000 * p50:.0f} ms,"
        f" slowest of {lag.ROUNDS} {1000 * p99:.0f} ms."
    )
    return [*loading, *settling], [*latencies, event], requests


async def _load(api: Api, sample: County, folder: Path) -> list[Figure]:
    """Import the county, and wait until claims and screening know everybody."""
    out = Console(quiet=True)
    files = exports.write_people(sample, folder)
    began = time.perf_counter()
    done = await imports.run(api, files, out)
    imported = time.perf_counter()
    await catching_up.wait(api, out)
    applied = time.perf_counter()
    rows, csv = sum(each.file.rows for each in done), [each for each in done if each.file.format == "csv"]
    return [
        Figure(
            "import rows", rows / (imported - began), "XLSX and CSV over HTTP, with encryption and events"
        ),
        Figure(
            "import rows, CSV",
            sum(each.file.rows for each in csv) / sum(each.seconds for each in csv),
            "the CSV files alone",
        ),
        Figure(
            "person events, import to effect in two services",
            rows / (applied - began),
            "from the first byte of the files until both consumers have applied the last event",
        ),
    ]


async def _settle(
    system: LocalSystem, urls: Sequence[str], token: str, requests: list[dict[str, Any]]
) -> tuple[list[Figure], list[str]]:
    one = urls[:1]
    await settlements.single(urls, token, settlements.fresh(requests, 500))
    before = pgbench.measure(system, PGBENCH_BETWEEN_SECONDS).tps
    few = await settlements.single(one, token, settlements.fresh(requests, SINGLES))
    many = await settlements.single(one, token, settlements.fresh(requests, SINGLES), MANY_CLIENTS)
    half = many.rate / 2
    steady_visits = settlements.fresh(requests, int(half * STEADY_SECONDS))
    steady = await settlements.at_rate(one, token, steady_visits, half)
    spread = await settlements.single(urls, token, settlements.fresh(requests, SINGLES), MANY_CLIENTS)
    batch_rate, around = await _batches(system, urls, token, requests)
    beside = statistics.mean([before, around[0]])
    what = "authentication, row-level security, idempotency, explanation, ledger, event"
    figures = [
        Figure(
            "single HTTP settlements",
            many.rate,
            f"{MANY_CLIENTS} clients; {what}",
            beside,
        ),
        Figure(
            f"single HTTP settlements, {apis.COUNT} API processes",
            spread.rate,
            f"{MANY_CLIENTS} clients; the same",
            beside,
        ),
        Figure(
            "single HTTP settlements, few clients",
            few.rate,
            f"{settlements.CLIENTS} clients; the same",
            beside,
        ),
        Figure(
            "settlements in batches",
            batch_rate,
            f"NDJSON, {settlements.BATCH_LINES} lines a request, {apis.COUNT} clients and API processes;"
            f" {BATCH_ROUNDS} rounds between pgbench's",
            statistics.mean(around),
        ),
    ]
    latencies = [
        f"Single settlement at full load, {MANY_CLIENTS} clients: median {many.percentile_ms(50):.1f} ms, p99"
        f" {many.percentile_ms(99):.1f} ms; {settlements.CLIENTS} clients: median"
        f" {few.percentile_ms(50):.1f} ms, p99 {few.percentile_ms(99):.1f} ms.",
        f"Single settlement at half that load ({half:,.0f}/s): median {steady.percentile_ms(50):.1f} ms, p99"
        f" {steady.percentile_ms(99):.1f} ms.",
    ]
    return figures, latencies


async def _batches(
    system: LocalSystem, urls: Sequence[str], token: str, requests: list[dict[str, Any]]
) -> tuple[float, list[float]]:
    """Settlements a second in batches, and pgbench before, between and after their rounds.

    A machine that others share is now faster and now slower; what is compared is measured side by side.
    """
    seconds, around = 0.0, [pgbench.measure(system, PGBENCH_BETWEEN_SECONDS).tps]
    for _ in range(BATCH_ROUNDS):
        visits = settlements.fresh(requests, BATCHED // BATCH_ROUNDS)
        _, outcome = await settlements.batched(urls, token, visits)
        seconds += outcome.seconds
        around.append(pgbench.measure(system, PGBENCH_BETWEEN_SECONDS).tps)
    return BATCHED / seconds, around


if __name__ == "__main__":
    typer.run(main)
