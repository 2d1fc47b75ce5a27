"""HIS simulator: the hospitals of the sample county settle their visits over HTTP, each with its own token.

``python -m deploy.demo.his --base-url http://127.0.0.1:8102 --run-dir .run --visits 5000 --seed 990101``
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.demo import county, visits
from deploy.demo.his_client import Hospital
from deploy.demo.his_messages import Chain, Message, Plan, plan, referrals_of
from deploy.demo.his_report import Report
from deploy.demo.model import SEED
from deploy.demo.referrals import REFERRING

_WORKERS_PER_HOSPITAL = 4
_CHAINS_PER_WORKER = 100
_TIMEOUT_SECONDS = 15.0

Done = Callable[[], None]


class Simulator:
    """Runs all hospitals at once with a bound on the requests in flight."""

    def __init__(self, base_url: str, tokens: Mapping[str, str], seed: int, in_flight: int) -> None:
        self._base_url = base_url
        self._tokens = tokens
        self._seed = seed
        self._in_flight = asyncio.Semaphore(in_flight)
        self.report = Report(began=datetime.now(UTC))
        self.retries: Counter[str] = Counter()

    async def run(self, work: Plan, referrals: list[Message], progress: Progress) -> None:
        """File the referrals, then send everything that is planned."""
        await self._refer(referrals, progress)
        bar = progress.add_task("HIS 结算", total=sum(len(chains) for chains in work.values()))
        async with asyncio.TaskGroup() as group:
            for facility_code, chains in work.items():
                group.create_task(self._hospital(facility_code, chains, lambda: progress.advance(bar)))

    async def _refer(self, referrals: list[Message], progress: Progress) -> None:
        bar = progress.add_task("登记转诊", total=len(referrals))
        async with self._connection(REFERRING, 1) as http:
            hospital = Hospital(http, self._in_flight, Random(f"{self._seed}/referrals"))
            for message in referrals:
                outcome = await hospital.send("/v1/referrals", message)
                self.report.add_referral(outcome)
                progress.advance(bar)
            self.retries += hospital.retries

    def _connection(self, facility_code: str, workers: int) -> httpx.AsyncClient:
        headers = {
            "Authorization": f"Bearer {self._tokens[f'hospital:{facility_code}']}",
            "Content-Type": "application/json",
            "Accept-Language": "zh-CN",
        }
        return httpx.AsyncClient(
            base_url=self._base_url,
            headers=headers,
            limits=httpx.Limits(max_connections=2 * workers),
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
        )

    async def _hospital(self, facility_code: str, chains: list[Chain], done: Done) -> None:
        workers = min(_WORKERS_PER_HOSPITAL, 1 + len(chains) // _CHAINS_PER_WORKER)
        async with self._connection(facility_code, workers) as http:
            hospital = Hospital(http, self._in_flight, Random(f"{self._seed}/{facility_code}"))
            waiting = iter(chains)
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(self._worker(hospital, waiting, done))
            self.retries += hospital.retries

    async def _worker(self, hospital: Hospital, waiting: Iterator[Chain], done: Done) -> None:
        for chain in waiting:
            await self._send(hospital, chain)
            done()

    async def _send(self, hospital: Hospital, chain: Chain) -> None:
        """One visit: itself, its deliberate repetition (sometimes at the same moment), its bad messages."""
        if chain.together:
            both = await asyncio.gather(hospital.settle(chain.first), hospital.settle(chain.first))
            first, again = sorted(both, key=lambda outcome: outcome.replayed)
            self.report.add(first)
            self.report.add_repeat(first, again)
        else:
            first = await hospital.settle(chain.first)
            self.report.add(first)
            if chain.again:
                self.report.add_repeat(first, await hospital.settle(chain.first))
        for message in chain.after:
            self.report.add(await hospital.settle(message))


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def main(
    base_url: Annotated[str, typer.Option(help="Claims service; default: from the run directory")] = "",
    run_dir: Annotated[Path, typer.Option(help="Where local.json holds addresses and tokens")] = Path(".run"),
    count: Annotated[int, typer.Option("--visits", help="How many visits to settle")] = visits.VISITS,
    seed: Annotated[int, typer.Option(help="Same seed, same messages")] = SEED,
    in_flight: Annotated[int, typer.Option(help="Most requests under way at once")] = 16,
    summary: Annotated[Path | None, typer.Option(help="Where to write the summary as JSON")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print the summary")] = False,
) -> None:
    """Settle the visits of the sample county; exits with 1 if anything was answered wrongly."""
    console = Console()
    local = json.loads((run_dir / "local.json").read_text(encoding="utf-8"))
    sample = county.generate(seed)
    treated = visits.generate(sample, count)
    work = plan(sample, treated)
    simulator = Simulator(base_url or local["services"]["claims"]["api"], local["tokens"], seed, in_flight)
    started = time.perf_counter()
    with _progress(console) as progress:
        asyncio.run(simulator.run(work, referrals_of(treated), progress))
    result = simulator.report.summary(seed, time.perf_counter() - started, simulator.retries)
    text = json.dumps(result, ensure_ascii=False, indent=2)
    target = summary or run_dir / "his-summary.json"
    target.write_text(text + "\n", encoding="utf-8")
    if not quiet:
        console.print_json(text)
    raise typer.Exit(1 if result["wrong_count"] else 0)


if __name__ == "__main__":
    typer.run(main)
