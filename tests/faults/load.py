"""The load under which things are killed: settlements, vouchers, re-imports and the offices of the county."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

import httpx

from deploy.demo.model import County
from deploy.demo.visits import Visit
from shared.clock import SystemClock, business_date
from tests.faults import operations, plans, sample
from tests.faults.changes import Changes
from tests.faults.client import Client
from tests.faults.history import Attempt, History, Operation, Outcome
from tests.faults.money.offices import Work
from tests.faults.preparation import PATIENCE_SECONDS, Serials, facility_of, surely
from tests.faults.sample import Village

Item = TypeVar("Item")

LEFT_OPEN = 0.25
"""Share of the open calls that are asked about only after everything has healed."""
_REPEATED, _TWICE_AT_ONCE, _BAD = 0.08, 0.05, 0.04
_HOUSEHOLDS_PER_IMPORT = 8
_NEW_PLAN = 0.3


@dataclass
class Load:
    """Several clients at work until told to stop."""

    client: Client
    history: History
    county: County
    visits: Sequence[Visit]
    serials: Serials
    changes: Changes
    rng: Random
    offices: Sequence[Work] = ()

    def __post_init__(self) -> None:
        self.unbalanced: list[str] = []
        half = len(self.visits) * 2 // 3
        self._singles = iter(self.visits[:half])
        self._batches = sample.batches(self.visits[half:])
        self._villages = iter(sample.villages(self.county))
        self._bad = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``; what is in hand is finished."""
        workers: list[Work] = [
            *(self._settle for _ in range(3)),
            self._settle_batches,
            *(self._hand_out for _ in range(2)),
            self._import,
            self._read,
            *self.offices,
        ]
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(worker(stop))

    async def _settle(self, stop: asyncio.Event) -> None:
        for visit in _until(stop, self._singles):
            await self._do(operations.settlement(visit))
            if self.rng.random() < _BAD:
                self._bad += 1
                await self._do(operations.bad_settlement(visit, self._bad))
            await asyncio.sleep(self.rng.uniform(0.05, 0.35))

    async def _settle_batches(self, stop: asyncio.Event) -> None:
        for visits in _until(stop, self._batches):
            await self._do(operations.settlement_batch(visits))
            await asyncio.sleep(self.rng.uniform(0.5, 2.0))

    async def _hand_out(self, stop: asyncio.Event) -> None:
        for village in _until(stop, self._villages):
            for step in self.serials.village_steps(village):
                await self._surely(step)
            await self._surely(operations.issue(village.code, self.serials.lines(village)))
            await self._redeem(stop, village)

    async def _redeem(self, stop: asyncio.Event, village: Village) -> None:
        today = business_date(SystemClock().now()).isoformat()
        for serials in self.serials.pairs(village):
            if stop.is_set():
                return
            await self._do(operations.redemption(facility_of(self.county, village.code), today, serials))
            await asyncio.sleep(self.rng.uniform(0.05, 0.3))

    async def _import(self, stop: asyncio.Event) -> None:
        """Files of households whose aid identity has changed, and other plans, one after another."""
        while not stop.is_set():
            await self._surely(self.changes.next_file(_HOUSEHOLDS_PER_IMPORT))
            if self.rng.random() < _NEW_PLAN:
                await plans.state(self.client, self.rng.randrange(500, 50_000))
            await asyncio.sleep(self.rng.uniform(0.2, 1.2))

    async def _read(self, stop: asyncio.Event) -> None:
        """The trial balance must be right whenever it is read, not only in the end."""
        while not stop.is_set():
            try:
                reply = await self.client.get("claims", "/v1/ledger/trial-balance", "agency")
            except httpx.TransportError:
                reply = None
            if reply is not None and reply.is_success:
                balance = reply.json()
                if balance["debits"] != balance["credits"]:
                    self.unbalanced.append(f"debits {balance['debits']}, credits {balance['credits']}")
            await asyncio.sleep(1.0)

    async def _do(self, operation: Operation) -> None:
        """Once for most; some at the same moment twice, some again, some left open until the end."""
        self.history.add(operation)
        attempts = [await self._first(operation)]
        if operation.outcome == Outcome.INFO:
            if self.rng.random() < LEFT_OPEN:
                return
            attempts.append(await self.client.ask_until_known(operation, PATIENCE_SECONDS))
        if self.rng.random() < _REPEATED:
            await self.client.attempt(operation)

    async def _first(self, operation: Operation) -> Attempt:
        if self.rng.random() < _TWICE_AT_ONCE:
            one, _ = await asyncio.gather(self.client.attempt(operation), self.client.attempt(operation))
            return one
        return await self.client.attempt(operation)

    async def _surely(self, operation: Operation) -> None:
        await surely(self.client, self.history, operation)


def _until(stop: asyncio.Event, items: Iterator[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        if stop.is_set():
            return
