"""One hospital's connection to the claims service: retries that can never settle a visit twice."""

import asyncio
import time
from collections import Counter
from random import Random
from typing import Any, NamedTuple

import httpx

from deploy.demo.his_messages import Message

_ATTEMPTS = 12
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0
_STILL_RUNNING = "idempotency.still_running"
_TRANSIENT = {429, 502, 503, 504}


class Outcome(NamedTuple):
    """The last reply to a message after ``attempts`` tries; status 0: none got a usable reply."""

    message: Message
    status: int
    reply: dict[str, Any]
    raw: bytes
    replayed: bool
    attempts: int
    seconds: float

    @property
    def code(self) -> str:
        return str(self.reply.get("code", ""))

    @property
    def detail(self) -> str:
        """What the service says is wrong, in Chinese: the first field fault if there is one."""
        errors = self.reply.get("errors") or [{}]
        return str(errors[0].get("detail") or self.reply.get("detail") or self.reply.get("title") or "")


class Hospital:
    """Sends messages with the hospital's own token; every attempt of a message carries the same key."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        in_flight: asyncio.Semaphore,
        rng: Random,
        *,
        longest_pause_seconds: float = _LONGEST_PAUSE_SECONDS,
    ) -> None:
        self._http = http
        self._in_flight = in_flight
        self._rng = rng
        self._longest_pause_seconds = longest_pause_seconds
        self.retries: Counter[str] = Counter()

    async def settle(self, message: Message) -> Outcome:
        """Send a visit until there is a final answer."""
        return await self.send("/v1/settlements", message)

    async def send(self, path: str, message: Message) -> Outcome:
        """Send until there is a final answer. A lost reply is asked for again, never assumed."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._pause(attempt))
            async with self._in_flight:
                started = time.perf_counter()
                response = await self._attempt(path, message)
                seconds = time.perf_counter() - started
            if response is not None:
                return _outcome(message, response, attempt + 1, seconds)
        return Outcome(message, 0, {}, b"", replayed=False, attempts=_ATTEMPTS, seconds=0.0)

    async def _attempt(self, path: str, message: Message) -> httpx.Response | None:
        """One try; None when it must be tried again, counted by the reason."""
        headers = {"Idempotency-Key": message.key}
        try:
            response = await self._http.post(path, content=message.body, headers=headers)
        except httpx.TransportError as error:
            self.retries[type(error).__name__] += 1
            return None
        if response.status_code in _TRANSIENT or _is_still_running(response):
            self.retries[str(response.status_code)] += 1
            return None
        return response

    def _pause(self, attempt: int) -> float:
        """Full jitter: anything up to a bound that doubles, so that clients do not return in step."""
        bound: float = min(self._longest_pause_seconds, _FIRST_PAUSE_SECONDS * 2.0**attempt)
        return self._rng.uniform(0, bound)


def _is_still_running(response: httpx.Response) -> bool:
    return response.status_code == 409 and _json(response).get("code") == _STILL_RUNNING


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        parsed = response.json()
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _outcome(message: Message, response: httpx.Response, attempts: int, seconds: float) -> Outcome:
    replayed = response.headers.get("Idempotency-Hit") == "true"
    return Outcome(
        message, response.status_code, _json(response), response.content, replayed, attempts, seconds
    )
