"""One office's manners: a key for each thing, the same request again after a lost reply, sometimes twice."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import httpx

from deploy.demo.model import COUNTY_CODE, YEAR
from tests.faults.client import Client
from tests.faults.history import History, Operation, Outcome
from tests.faults.preparation import PATIENCE_SECONDS

CLERK, CHIEF, AGENCY, AGENCY_CHIEF = "finance", "finance_approver", "agency", "agency_approver"
COUNTY: Mapping[str, Any] = {"county": COUNTY_CODE}
COUNTY_YEAR: Mapping[str, Any] = {**COUNTY, "year": YEAR}
_REPEATED, _TWICE_AT_ONCE, _PRESSED_AGAIN = 0.1, 0.06, 0.2
_PAUSE_SECONDS = (0.0, 0.25)
_PAGE = "200"

Reply = dict[str, Any]


@dataclass
class Desk:
    """A client that does one thing after another. ``name`` begins its keys and is nobody else's."""

    name: str
    client: Client
    history: History
    rng: Random
    wrong: list[str] = field(default_factory=list)
    """What was answered that should never be, where only this office can know."""
    _made: int = 0

    def order(
        self, kind: str, path: str, role: str, body: Mapping[str, Any] | None = None, **more: Any
    ) -> Operation:
        """A request with a key of its own; ``more`` are further fields of ``Operation``."""
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        return Operation(kind, "claims", path, role, self._key(), content, **more)

    async def do(self, order: Operation) -> Reply | None:
        """Ask until it is known what came of it; the answer, or none when it was rightly refused."""
        self.history.add(order)
        await self._first(order)
        if order.outcome == Outcome.INFO:
            await self.client.ask_until_known(order, PATIENCE_SECONDS)
        if self.rng.random() < _REPEATED:
            await self.client.attempt(order)
        answer = order.answer
        if answer is None or answer.outcome != Outcome.OK:
            return None
        found: Reply = json.loads(answer.body)
        return found

    async def must(self, order: Operation) -> Reply:
        """Do what nobody may refuse."""
        answer = await self.do(order)
        assert answer is not None, f"{order.kind} {order.key}: {order.answer and order.answer.body.decode()}"
        return answer

    async def press_again(self, order: Operation) -> None:
        """Now and then somebody does once more what is done, as a new request: it must be refused."""
        if self.rng.random() < _PRESSED_AGAIN:
            again = replace(order, kind=f"{order.kind} again", key=self._key(), must_fail=True, attempts=[])
            await self.do(again)

    async def read(self, path: str, role: str = CLERK, **query: str) -> httpx.Response:
        """Look something up, however long the service is away."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                reply = await self.client.get("claims", path, role, **query)
            except httpx.TransportError:
                reply = None
            if reply is not None and reply.is_success:
                return reply
            assert time.monotonic() < deadline, f"{path} cannot be read: {reply and reply.text}"
            await asyncio.sleep(0.2)

    async def listed(self, path: str, role: str = CLERK, **query: str) -> list[Reply]:
        """Everything of a list."""
        found: list[Reply] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await self.read(path, role, limit=_PAGE, **query, **cursor)).json()
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    async def pause(self) -> None:
        """People take a moment."""
        await asyncio.sleep(self.rng.uniform(*_PAUSE_SECONDS))

    def chance(self, probability: float) -> bool:
        """Drawn from the seed."""
        return self.rng.random() < probability

    def _key(self) -> str:
        self._made += 1
        return f"{self.name}.{self._made:05d}"

    async def _first(self, order: Operation) -> None:
        attempts = 2 if self.rng.random() < _TWICE_AT_ONCE else 1
        await asyncio.gather(*(self.client.attempt(order) for _ in range(attempts)))
