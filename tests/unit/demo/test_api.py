"""The demonstration's client repeats what is safe to repeat, and a signal ends its work in order."""

import asyncio
import os
import signal
from collections.abc import Callable

import httpx
import pytest

from deploy.demo import api as client
from deploy.demo import loops
from deploy.demo.api import Answer, Api, DemoError
from deploy.local.interrupts import Interrupted

LOCAL = {
    "services": {"claims": {"api": "http://claims", "worker": "http://worker"}},
    "tokens": {"agency": "t"},
}
Reply = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_FIRST_PAUSE_SECONDS", 0.0)


def post(*replies: httpx.Response | Exception) -> tuple[Answer, list[httpx.Request]]:
    waiting, seen = list(replies), []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        reply = waiting.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def send() -> Answer:
        async with Api(LOCAL, httpx.MockTransport(answer)) as api:
            return await api.post("claims", "/v1/x", "agency", json={"a": 1}, key="key-0001")

    return asyncio.run(send()), seen


def test_a_lost_reply_is_asked_for_again_under_the_same_key() -> None:
    answer, seen = post(
        httpx.ReadError("gone"),
        httpx.Response(503),
        httpx.Response(409, json={"code": "idempotency.still_running"}),
        httpx.Response(201, json={"id": 1}, headers={"Idempotency-Hit": "true"}),
    )
    assert answer == Answer(201, {"id": 1}, True)
    assert {request.headers["Idempotency-Key"] for request in seen} == {"key-0001"}


def test_a_refusal_is_told_in_chinese() -> None:
    refusal = {"code": "claims.x", "title": "拒绝", "errors": [{"detail": "总额不符"}]}
    with pytest.raises(DemoError, match=r"被拒绝：422 claims\.x 总额不符"):
        post(httpx.Response(422, json=refusal))


def test_a_service_that_never_answers_ends_the_demonstration() -> None:
    with pytest.raises(DemoError, match="已重试"):
        post(*[httpx.Response(503)] * 8)


def test_a_signal_cancels_the_work_and_leaves_the_handlers_as_they_were() -> None:
    before = signal.getsignal(signal.SIGTERM)
    cleaned = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(30)
        finally:
            cleaned.append(True)

    with pytest.raises(Interrupted) as stopped:
        loops.complete(work())
    assert (stopped.value.exit_code, cleaned) == (128 + signal.SIGTERM, [True])
    assert signal.getsignal(signal.SIGTERM) == before
