"""A client that never guesses: it records what it knows of every call, and asks again under the same key."""

import asyncio
import time
from random import Random
from typing import Any, Self

import httpx

from deploy import tokens
from deploy.local.configuration import Configuration
from deploy.local.layout import SERVICES
from tests.faults.history import Attempt, Operation, Outcome

SECONDS = 8.0
_IMPATIENT_SECONDS = (0.005, 0.06)
_LONGEST_PAUSE_SECONDS = 1.5
_BUSY = {429, 408}
NATIONAL = "/nhsa"
"""The national interface: its message ids are its keys, and it refuses within HTTP 200."""
HIS, HIS_SCOPES = "his", ("claims:settle", "claims:read")
"""A role ``his:<facility>`` is a hospital that connects by the national interface."""
_STILL_RUNNING = b"nhsa.still_running"


class Client:
    """Talks to the three APIs with role tokens. ``impatient``: part of the calls given up at once."""

    def __init__(self, config: Configuration, rng: Random, impatient: float = 0.0) -> None:
        self._config = config
        self._rng = rng
        self._impatient = impatient
        self._tokens: dict[str, str] = {}
        self._http = {
            service: httpx.AsyncClient(
                base_url=config.url(f"{service}-api"),
                trust_env=False,
                timeout=SECONDS,
                limits=httpx.Limits(max_connections=20),
            )
            for service in SERVICES
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for http in self._http.values():
            await http.aclose()

    def header(self, role: str) -> dict[str, str]:
        """The header with a role's token."""
        if role not in self._tokens:
            self._tokens[role] = self._minted(role)
        return {"Authorization": f"Bearer {self._tokens[role]}"}

    def _minted(self, role: str) -> str:
        kind, _, facility = role.partition(":")
        if kind == HIS:
            return tokens.mint(self._config.issuer_key, role, HIS_SCOPES, tokens.SAMPLE_COUNTY, facility)
        return tokens.mint_role(self._config.issuer_key, role)

    async def attempt(self, operation: Operation, seconds: float | None = None) -> Attempt:
        """One call. Anything but a clear yes or no is ``info``."""
        started = time.monotonic()
        headers = {
            **self.header(operation.role),
            "Idempotency-Key": operation.key,
            "Content-Type": operation.media_type,
        }
        try:
            reply = await self._http[operation.service].post(
                operation.path,
                params=operation.query,
                content=operation.body,
                headers=headers,
                timeout=seconds or self._patience(),
            )
        except httpx.TransportError as error:
            attempt = Attempt(Outcome.INFO, 0, b"", False, type(error).__name__, time.monotonic() - started)
        else:
            judge = _judge_message if operation.path == NATIONAL else _judge
            attempt = judge(operation, reply, time.monotonic() - started)
        operation.attempts.append(attempt)
        return attempt

    async def ask_until_known(self, operation: Operation, seconds: float) -> Attempt:
        """Repeat the call, with growing pauses, until it is answered; fails after ``seconds``."""
        deadline = time.monotonic() + seconds
        for number in range(1, 1_000):
            attempt = await self.attempt(operation, SECONDS)
            if attempt.outcome != Outcome.INFO:
                return attempt
            if time.monotonic() > deadline:
                break
            ceiling = min(_LONGEST_PAUSE_SECONDS, 0.1 * 2 ** min(number, 8))
            await asyncio.sleep(self._rng.uniform(0.05, ceiling))
        raise AssertionError(f"{operation.kind} {operation.key} not answered: {operation.attempts[-1]}")

    async def get(self, service: str, path: str, role: str, **query: str) -> httpx.Response:
        """A read; transport errors are the caller's."""
        return await self._http[service].get(path, params=query, headers=self.header(role))

    async def post(self, service: str, path: str, role: str, body: Any) -> httpx.Response:
        """A write that its own number makes idempotent."""
        return await self._http[service].post(path, json=body, headers=self.header(role))

    async def put(self, service: str, path: str, role: str, body: Any, **headers: str) -> httpx.Response:
        """An idempotent write of one resource."""
        return await self._http[service].put(path, json=body, headers={**self.header(role), **headers})

    def _patience(self) -> float:
        if self._rng.random() < self._impatient:
            return self._rng.uniform(*_IMPATIENT_SECONDS)
        return SECONDS


def _judge(_: Operation, reply: httpx.Response, seconds: float) -> Attempt:
    hit = reply.headers.get("Idempotency-Hit") == "true"
    status, body = reply.status_code, reply.content
    # Something of ours is still going on there, also after its client has given up.
    running = status == 409 and "Retry-After" in reply.headers
    if reply.is_success:
        return Attempt(Outcome.OK, status, body, hit, "", seconds)
    if status >= 500 or status in _BUSY or running:
        reason = "still running" if running else str(status)
        return Attempt(Outcome.INFO, status, body, hit, reason, seconds)
    return Attempt(Outcome.FAIL, status, body, hit, "", seconds)


def _judge_message(operation: Operation, reply: httpx.Response, seconds: float) -> Attempt:
    """An answer of the national interface; nothing in it tells an old outcome from a new one."""
    status, body = reply.status_code, reply.content
    running = _STILL_RUNNING in body
    if running or not reply.is_success:
        reason = "still running" if running else str(status)
        return Attempt(Outcome.INFO, status, body, False, reason, seconds)
    again = any(each.outcome == Outcome.OK for each in operation.attempts)
    outcome = Outcome.OK if str(reply.json()["infcode"]) == "0" else Outcome.FAIL
    return Attempt(outcome, status, body, again, "", seconds)
