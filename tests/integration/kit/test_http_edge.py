"""The promises of the HTTP edge, on a real database."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text

from shared import logs
from shared.app import create_app
from tests.integration.kit import probe
from tests.support.platform import Client, Platform, serve

pytestmark = pytest.mark.integration
GOOD: dict[str, object] = {"name": "a", "amount": "12.30"}


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[Client]:
    await platform.empty("claims", "event_log", "idempotency_keys")
    app = create_app("claims", platform.settings("claims"), [probe.router], title="probe")
    async with serve(app, platform) as client:
        yield client


async def rows(platform: Platform, table: str = "event_log") -> int:
    async with platform.worker_session("claims") as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def test_a_write_is_committed_before_the_reply_and_audited(client: Client, platform: Platform) -> None:
    before = await rows(platform, "audit_log")
    reply = await client.post("/v1/probe/entries", json=GOOD)
    assert (reply.status_code, reply.json()["amount"]) == (201, "12.30")
    assert await rows(platform) == 1
    assert await rows(platform, "audit_log") == before + 1


async def test_a_failing_commit_is_never_answered_with_success(platform: Platform) -> None:
    app = create_app("claims", platform.administrators_settings("claims"), [probe.router], title="probe")
    async with serve(app, platform) as client:
        reply = await client.post("/v1/probe/fails-at-commit")
    assert reply.status_code == 500
    assert reply.json()["code"] == "service.internal"


async def test_a_connection_lost_before_the_commit_asks_for_a_retry(
    client: Client, platform: Platform
) -> None:
    reply = await client.post("/v1/probe/loses-its-connection")
    assert (reply.status_code, reply.json()["code"]) == (503, "service.busy")
    assert await rows(platform) == 0


async def test_a_refusal_names_code_and_place_and_writes_nothing(client: Client, platform: Platform) -> None:
    audited = await rows(platform, "audit_log")
    reply = await client.post("/v1/probe/entries", json={**GOOD, "name": "refuse"})
    assert reply.status_code == 409
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["errors"] == [{"pointer": "/name", "code": "probe.refused", "detail": "不行：test"}]
    english = await client.post(
        "/v1/probe/entries", json={**GOOD, "name": "refuse"}, headers={"Accept-Language": "en-US"}
    )
    assert english.json()["title"] == "refused: test"
    assert await rows(platform) == 0
    assert await rows(platform, "audit_log") == audited


async def test_a_bug_answers_500_without_the_cause_in_reply_or_log(
    client: Client, platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("claims", "INFO")
    reply = await client.post("/v1/probe/entries", json={**GOOD, "name": "break"})
    logged = capsys.readouterr().out
    assert reply.status_code == 500
    assert '"event": "bug"' in logged
    assert "99010119800101001X" not in reply.text + logged
    assert await rows(platform) == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "a"}, "/amount"),
        ({"name": "a", "amount": 12.3}, "/amount"),
        ({"name": "a", "amount": 12}, "/amount"),
        ({"name": "a", "amount": "12.345"}, "/amount"),
        ({"name": "a", "amount": "-1.00"}, "/amount"),
        ({"name": "a", "amount": "1E+30000"}, "/amount"),
        ({"name": "a", "amount": True}, "/amount"),
        ({"name": "a", "amount": "1.00", "rate": "1.5"}, "/rate"),
        ({"name": "a", "amount": "1.00", "on": "2026-09-31"}, "/on"),
        ({"name": "", "amount": "1.00"}, "/name"),
        ({"name": "a", "amount": "1.00", "more": 1}, "/more"),
    ],
)
async def test_a_bad_field_is_pointed_at(client: Client, body: dict[str, object], pointer: str) -> None:
    reply = await client.post("/v1/probe/entries", json=body)
    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json()["errors"]] == [pointer]
    assert "12.345" not in reply.text


@pytest.mark.parametrize(
    "raw", [b'{"name":"a","name":"b"}', b'{"amount":NaN}', b'{"name":"\\u0000"}', b"[" * 9999, b"\xff", b"{"]
)
async def test_a_body_that_two_parsers_could_read_differently_is_refused(client: Client, raw: bytes) -> None:
    reply = await client.post("/v1/probe/entries", content=raw, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.json()["code"]) == (400, "request.malformed_json")


@pytest.mark.parametrize(
    "query", ["?limitt=1", "?limit=1&limit=2", "?limit=0", "?limit=11", "?limit=x", "?limit=%00"]
)
async def test_a_query_that_means_nothing_never_returns_everything(client: Client, query: str) -> None:
    reply = await client.get(f"/v1/probe/entries?{query}")
    assert reply.status_code in {400, 422}
    assert reply.headers["content-type"] == "application/problem+json"


async def test_unknown_addresses_and_methods_answer_with_problems(client: Client) -> None:
    assert (await client.get("/v1/nothing")).json()["code"] == "resource.not_found"
    assert (await client.delete("/v1/probe/entries")).json()["code"] == "request.method_not_allowed"


async def test_a_body_above_the_limit_is_refused(platform: Platform) -> None:
    settings = platform.settings("claims").model_copy(update={"max_body_bytes": 1000})
    app = create_app("claims", settings, [probe.router], title="probe")
    async with serve(app, platform) as client:
        reply = await client.post("/v1/probe/entries", json={**GOOD, "name": "a" * 2000})
        assert (reply.status_code, reply.json()["code"]) == (413, "request.too_large")

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"x" * 100

        headers = {"Content-Type": "application/json"}
        chunked = await client.post("/v1/probe/entries", content=endless(), headers=headers)
        assert (chunked.status_code, chunked.json()["code"]) == (413, "request.too_large")


async def test_without_a_token_or_scope_nothing_is_served(client: Client, platform: Platform) -> None:
    bare = {"Authorization": ""}
    assert (await client.get("/v1/probe/entries", headers=bare)).status_code == 401
    broken = {"Authorization": "Bearer " + platform.token("agency")[:-3] + "abc"}
    assert (await client.get("/v1/probe/entries", headers=broken)).json()["code"] == "auth.unauthenticated"
    other = {"Authorization": "Bearer " + platform.token("township")}
    refused = await client.get("/v1/probe/entries", headers=other)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.forbidden")


async def test_a_caller_sees_only_its_jurisdiction(client: Client, platform: Platform) -> None:
    await client.post("/v1/probe/entries", json={**GOOD, "name": "here", "division": "990101100200"})
    await client.post("/v1/probe/entries", json={**GOOD, "name": "elsewhere", "division": "990102100200"})
    assert (await client.get("/v1/probe/entries")).json() == ["here"]
    everywhere = {"Authorization": "Bearer " + platform.token("admin")}
    assert len((await client.get("/v1/probe/entries", headers=everywhere)).json()) == 2
    nowhere = {"Authorization": "Bearer " + platform.mint("nobody", ["claims:read"], [])}
    assert (await client.get("/v1/probe/entries", headers=nowhere)).json() == []


async def once(client: Client, key: str, body: dict[str, object]) -> httpx.Response:
    return await client.post("/v1/probe/once", json=body, headers={"Idempotency-Key": key})


async def test_the_same_key_and_body_give_the_same_reply_once(client: Client, platform: Platform) -> None:
    first, second = await once(client, "key-00001", GOOD), await once(client, "key-00001", GOOD)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert "Idempotency-Hit" not in first.headers
    assert second.headers["Idempotency-Hit"] == "true"
    assert await rows(platform) == 1


async def test_the_same_key_with_another_body_is_refused(client: Client, platform: Platform) -> None:
    await once(client, "key-00002", GOOD)
    reply = await once(client, "key-00002", {**GOOD, "name": "b"})
    assert (reply.status_code, reply.json()["code"]) == (422, "idempotency.key_reused")
    assert await rows(platform) == 1


async def test_a_key_still_in_use_is_refused_and_a_missing_or_bad_one_too(client: Client) -> None:
    slow = {**GOOD, "name": "slow"}
    running = asyncio.create_task(once(client, "key-00003", slow))
    await asyncio.sleep(0.2)
    reply = await once(client, "key-00003", slow)
    assert (reply.status_code, reply.json()["code"]) == (409, "idempotency.still_running")
    assert (await running).status_code == 201
    assert (await client.post("/v1/probe/once", json=GOOD)).json()["code"] == "idempotency.key_missing"
    assert (await once(client, "short", GOOD)).status_code == 422


async def test_a_refused_request_leaves_its_key_free(client: Client, platform: Platform) -> None:
    assert (await once(client, "key-00004", {**GOOD, "name": "refuse"})).status_code == 409
    assert (await once(client, "key-00004", GOOD)).status_code == 201
    assert await rows(platform) == 1


async def test_two_callers_may_use_the_same_key(client: Client, platform: Platform) -> None:
    await once(client, "key-00005", GOOD)
    other = platform.mint("another", ["claims:read"], ["990101"])
    reply = await client.post(
        "/v1/probe/once",
        json=GOOD,
        headers={"Idempotency-Key": "key-00005", "Authorization": f"Bearer {other}"},
    )
    assert reply.status_code == 201
    assert await rows(platform) == 2


async def test_a_hundred_simultaneous_repeats_have_one_effect(client: Client, platform: Platform) -> None:
    replies = await asyncio.gather(*(once(client, "key-00006", GOOD) for _ in range(100)))
    statuses = {reply.status_code for reply in replies}
    assert statuses <= {201, 409, 503}
    assert 201 in statuses
    assert await rows(platform) == 1


async def test_docs_health_and_metrics_need_no_token_and_no_internet(client: Client) -> None:
    bare = {"Authorization": ""}
    page = await client.get("/docs", headers=bare)
    assert "/static/swagger-ui-bundle.js" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert (await client.get("/static/swagger-ui-bundle.js", headers=bare)).status_code == 200
    assert (await client.get("/healthz", headers=bare)).json() == {"status": "ok"}
    assert (await client.get("/readyz", headers=bare)).json() == {"status": "ready"}
    assert "kangfu_http_requests_total" in (await client.get("/metrics", headers=bare)).text
