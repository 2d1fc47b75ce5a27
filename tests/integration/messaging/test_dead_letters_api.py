"""Looking at what could not be applied, and asking for another try."""

from collections.abc import AsyncIterator

import pytest

from shared.app import create_app
from shared.clock import SystemClock
from shared.ids import new_id
from shared.messaging import dead_letters
from shared.messaging.delivery import deliver, retry_asked
from tests.support.platform import Client, serve
from tests.support.wire import CONSUMER, Wire, in_order_per_key

pytestmark = pytest.mark.integration


@pytest.fixture
async def client(wire: Wire) -> AsyncIterator[Client]:
    """The consumer's API, with one poisoned event and four parked behind it."""
    await wire.write(*[("household-1", number) for number in range(1, 7)], poison=[2])
    await wire.sequence()
    await deliver(wire.sessions, wire.source, await wire.envelopes(), wire.handlers, SystemClock())
    app = create_app(CONSUMER, wire.platform.settings(CONSUMER), [dead_letters.router], title="x")
    async with serve(app, wire.platform, "admin") as client:
        yield client


async def test_open_letters_are_listed_page_by_page(client: Client) -> None:
    page = (await client.get("/v1/dead-letters?limit=2")).json()
    items = page["items"]
    while page["next_cursor"]:
        page = (await client.get(f"/v1/dead-letters?limit=2&cursor={page['next_cursor']}")).json()
        items += page["items"]
    assert [(item["envelope"]["data"]["n"], item["state"]) for item in items] == [
        (2, "poisoned"),
        *[(number, "parked") for number in range(3, 7)],
    ]
    assert items[0]["error"].startswith("ValueError in ")
    assert (items[0]["attempts"], items[0]["partition_key"]) == (5, "household-1")
    assert len((await client.get("/v1/dead-letters?state=poisoned")).json()["items"]) == 1
    assert (await client.get("/v1/dead-letters?state=resolved")).json()["items"] == []


async def test_a_retry_is_asked_for_and_done_by_the_worker(client: Client, wire: Wire) -> None:
    [poisoned] = (await client.get("/v1/dead-letters?state=poisoned")).json()["items"]
    for _ in range(2):
        reply = await client.post(f"/v1/dead-letters/{poisoned['id']}:retry")
        assert (reply.status_code, reply.json()["state"]) == (202, "retrying")
    wire.broken = False
    assert await retry_asked(wire.sessions, wire.handlers, SystemClock()) == 5
    after = (await client.get(f"/v1/dead-letters/{poisoned['id']}")).json()
    assert (after["state"], after["attempts"]) == ("resolved", 6)
    assert after["resolved_at"] is not None
    assert in_order_per_key(await wire.effects())
    again = await client.post(f"/v1/dead-letters/{poisoned['id']}:retry")
    assert (again.status_code, again.json()["code"]) == (409, "dead_letters.already_resolved")
    assert (await client.get("/v1/dead-letters")).json()["items"] == []


async def test_what_is_parked_cannot_jump_the_queue(client: Client) -> None:
    parked = (await client.get("/v1/dead-letters?state=parked")).json()["items"][0]
    reply = await client.post(f"/v1/dead-letters/{parked['id']}:retry")
    assert (reply.status_code, reply.json()["code"]) == (409, "dead_letters.not_first")


async def test_an_unknown_letter_is_not_found(client: Client) -> None:
    for reply in (
        await client.get(f"/v1/dead-letters/{new_id()}"),
        await client.post(f"/v1/dead-letters/{new_id()}:retry"),
    ):
        assert (reply.status_code, reply.json()["code"]) == (404, "resource.not_found")


async def test_only_administrators_see_them(client: Client, wire: Wire) -> None:
    client.headers["Authorization"] = f"Bearer {wire.platform.token('province')}"
    assert (await client.get("/v1/dead-letters")).status_code == 403
