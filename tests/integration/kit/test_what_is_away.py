"""What is needed and away, not ready or lost in the middle asks the caller to come again: 503, never 500."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from shared.app import create_app
from tests.integration.kit import probe
from tests.support.platform import Client, Platform, serve

pytestmark = pytest.mark.integration
WAYS = ["/v1/probe/loses-the-session", "/v1/probe/loses-the-driver"]
_SSL_REQUEST = (80877103).to_bytes(4, "big")


@asynccontextmanager
async def server_that_says(answer: bytes) -> AsyncIterator[int]:
    """The port of a PostgreSQL that greets every connection with this and closes it."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readexactly(8)
        if asked.endswith(_SSL_REQUEST):
            writer.write(b"N")
            asked = await reader.readexactly(8)
        await reader.readexactly(int.from_bytes(asked[:4], "big") - len(asked))
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def refusal(state: str, message: str) -> bytes:
    """PostgreSQL's ErrorResponse."""
    fields = {"S": "FATAL", "V": "FATAL", "C": state, "M": message}
    body = b"".join(f"{name}{value}".encode() + b"\0" for name, value in fields.items()) + b"\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


async def check_asks_for_a_retry(client: Client, path: str, when: str = "") -> None:
    reply = await client.post(path, params={"when": when} if when else {})
    assert (reply.status_code, reply.json()["code"]) == (503, "service.busy")
    assert reply.headers["Retry-After"] == "1"


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.parametrize("when", probe.LOSSES)
async def test_a_connection_that_the_database_ends_asks_for_a_retry(
    platform: Platform, path: str, when: str
) -> None:
    await platform.empty("claims", "event_log")
    app = create_app("claims", platform.administrators_settings("claims"), [probe.router], title="probe")
    async with serve(app, platform) as client:
        await check_asks_for_a_retry(client, path, when)
        assert (await client.post(path)).status_code == 201
    async with platform.worker_session("claims") as session:
        written = await session.scalar(text("SELECT count(*) FROM event_log"))
    assert written == 1


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.parametrize(
    "answer",
    [
        refusal("57P03", "the database system is starting up"),
        refusal("57P03", "the database system is not yet accepting connections"),
        refusal("57P01", "terminating connection due to administrator command"),
        refusal("53300", "sorry, too many clients already"),
        b"",
    ],
    ids=["starting", "recovering", "shutting down", "full", "gone"],
)
async def test_a_database_that_takes_no_connection_asks_for_a_retry(
    platform: Platform, path: str, answer: bytes
) -> None:
    async with server_that_says(answer) as port:
        settings = platform.settings("claims").model_copy(
            update={"database_url": f"postgresql://claims_api:secret@127.0.0.1:{port}/claims"}
        )
        app = create_app("claims", settings, [probe.router], title="probe")
        async with serve(app, platform) as client:
            await check_asks_for_a_retry(client, path)


@pytest.mark.parametrize("path", WAYS)
async def test_a_database_that_is_away_asks_for_a_retry(
    platform: Platform, path: str, unused_tcp_port: int
) -> None:
    settings = platform.settings("claims").model_copy(
        update={"database_url": f"postgresql://claims_api:secret@127.0.0.1:{unused_tcp_port}/claims"}
    )
    app = create_app("claims", settings, [probe.router], title="probe")
    async with serve(app, platform) as client:
        await check_asks_for_a_retry(client, path)
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.headers["Retry-After"]) == (503, "1")


async def test_an_issuer_whose_keys_cannot_be_read_asks_for_a_retry(
    platform: Platform, unused_tcp_port: int
) -> None:
    settings = platform.settings("claims").model_copy(
        update={"jwks": f"http://127.0.0.1:{unused_tcp_port}/jwks.json"}
    )
    app = create_app("claims", settings, [probe.router], title="probe")
    async with serve(app, platform) as client:
        await check_asks_for_a_retry(client, WAYS[0])
