"""A client of the three services as a county office would write it: one token per role, bounded retries."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx

from deploy.local.layout import LocalSystemError

_ATTEMPTS = 8
_FIRST_PAUSE_SECONDS = 0.1
_TIMEOUT_SECONDS = 120.0
_TRANSIENT = {429, 502, 503, 504}
_STILL_RUNNING = "idempotency.still_running"


class DemoError(LocalSystemError):
    """The demonstration cannot go on; the message says why, in Chinese."""


class Answer(NamedTuple):
    """A reply: its body as parsed JSON, or as text if it is none."""

    status: int
    body: Any
    replayed: bool

    @property
    def code(self) -> str:
        """The problem's code; empty if the answer is no problem."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


class Api:
    """Talks to registry, claims and screening with the tokens of ``local.json``."""

    def __init__(self, local: Mapping[str, Any], transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._bases: dict[str, str] = {name: urls["api"] for name, urls in local["services"].items()}
        self.workers: dict[str, str] = {name: urls["worker"] for name, urls in local["services"].items()}
        self._tokens: Mapping[str, str] = local["tokens"]
        self.http = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def get(self, service: str, path: str, role: str, **query: str | int) -> Answer:
        """Read; a refusal ends the demonstration."""
        return _accepted(path, await self.try_("GET", service, path, role, query=query))

    async def post(
        self,
        service: str,
        path: str,
        role: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        query: Mapping[str, str | int] | None = None,
        key: str | None = None,
    ) -> Answer:
        """Write under an idempotency key; a refusal ends the demonstration."""
        answer = await self.try_(
            "POST", service, path, role, json=json, content=content, query=query, key=key
        )
        return _accepted(path, answer)

    async def put(self, service: str, path: str, role: str, json: Any) -> Answer:
        """State something; a refusal ends the demonstration."""
        return _accepted(path, await self.try_("PUT", service, path, role, json=json))

    async def try_(
        self,
        method: str,
        service: str,
        path: str,
        role: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        query: Mapping[str, str | int] | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send until there is a final answer, a refusal included. Repeating is safe: PUT, or the same key."""
        sent = {
            "Authorization": f"Bearer {self._tokens[role]}",
            "Accept-Language": "zh-CN",
            **({"Idempotency-Key": key} if key else {}),
            **({"Content-Type": "application/octet-stream"} if content is not None else {}),
            **(headers or {}),
        }
        url = self._bases[service] + path
        problem = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_FIRST_PAUSE_SECONDS * 2**attempt)
            try:
                response = await self.http.request(
                    method, url, json=json, content=content, params=query, headers=sent
                )
            except httpx.TransportError as error:
                problem = type(error).__name__
                continue
            answer = _answer(response)
            if answer.status not in _TRANSIENT and answer.code != _STILL_RUNNING:
                return answer
            problem = f"{answer.status} {answer.code}"
        raise DemoError(f"{service} {path} 没有答复（{problem}），已重试 {_ATTEMPTS} 次")


def problem_text(answer: Answer) -> str:
    """Status, code and Chinese text of a refusal."""
    body = answer.body if isinstance(answer.body, dict) else {}
    errors = body.get("errors") or [{}]
    detail = errors[0].get("detail") or body.get("detail") or body.get("title") or ""
    return f"{answer.status} {answer.code} {detail}".strip()


def _accepted(path: str, answer: Answer) -> Answer:
    if answer.status >= 400:
        raise DemoError(f"{path} 被拒绝：{problem_text(answer)}")
    return answer


def _answer(response: httpx.Response) -> Answer:
    try:
        body: Any = response.json()
    except ValueError:
        body = response.text
    return Answer(response.status_code, body, response.headers.get("Idempotency-Hit") == "true")
