"""The feed: every event that the caller may see, from any point, again and again, without Kafka."""

import asyncio
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from shared.messaging.event_log import NewEvent, append
from shared.messaging.feed_client import FeedClient, FeedUnavailable
from shared.messaging.positions import START
from tests.support.platform import Client, bearer
from tests.support.wire import PRODUCER, Wire, in_order_per_key

pytestmark = pytest.mark.integration
OTHER_COUNTY = "990202"


async def read_all(client: Client, limit: int, **query: str) -> list[dict[str, Any]]:
    """Follow the cursor to the end."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        reply = await client.get("/v1/events", params={"limit": str(limit), **cursor, **query})
        assert reply.status_code == 200, reply.text
        page = reply.json()
        assert len(page["items"]) <= limit
        items += page["items"]
        cursor = {"cursor": page["next_cursor"]}
        if page["caught_up"]:
            return items


def numbers(items: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(item["partitionkey"], item["data"]["n"]) for item in items]


async def fill(wire: Wire) -> None:
    for number in range(1, 11):
        await wire.write(*[(f"k{no}", number) for no in range(10)])
        await wire.write((f"other-{number}", 1), division=OTHER_COUNTY)
    await wire.sequence()


@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_following_the_cursor_gives_every_event_once_and_in_order(wire: Wire, limit: int) -> None:
    await fill(wire)
    async with wire.serve_feed() as client:
        items = await read_all(client, limit)
    assert len({item["id"] for item in items}) == len(items) == 110
    assert in_order_per_key(numbers(items))


async def test_the_same_cursor_gives_the_same_page(wire: Wire) -> None:
    await fill(wire)
    async with wire.serve_feed() as client:
        first = (await client.get("/v1/events", params={"limit": "20"})).json()
        pages = [
            (await client.get("/v1/events", params={"limit": "20", "cursor": first["next_cursor"]})).text
            for _ in range(2)
        ]
    assert pages[0] == pages[1]


async def test_an_event_is_a_cloudevent_with_its_place(wire: Wire) -> None:
    await wire.write(("户-1", 1))
    await wire.sequence()
    async with wire.serve_feed() as client:
        [item] = (await client.get("/v1/events")).json()["items"]
    assert (item["specversion"], item["type"]) == ("1.0", f"{wire.source}.noted.v1")
    assert (item["source"], item["partitionkey"], item["position"]) == (wire.source, "户-1", 1)
    assert item["datacontenttype"] == "application/json"
    assert item["data"] == {"n": 1, "poison": False}
    assert item["time"].endswith("Z")


async def test_what_has_no_position_yet_is_not_shown(wire: Wire) -> None:
    await wire.write(("k", 1))
    async with wire.serve_feed() as client:
        page = (await client.get("/v1/events")).json()
    assert (page["items"], page["caught_up"]) == ([], True)


async def test_a_caller_sees_only_its_jurisdiction_and_still_moves_on(wire: Wire) -> None:
    await fill(wire)
    county = bearer(wire.platform.mint("county", ["events:read"], [OTHER_COUNTY]))
    nowhere = bearer(wire.platform.mint("nowhere", ["events:read"], []))
    async with wire.serve_feed() as client:
        client.headers.update(county)
        items = await read_all(client, 3)
        client.headers.update(nowhere)
        none = await read_all(client, 3)
    assert {item["division"] for item in items} == {OTHER_COUNTY}
    assert (len(items), none) == (10, [])


async def test_only_the_wanted_types_are_given(wire: Wire) -> None:
    await fill(wire)
    async with wire.producer.begin() as session:
        await append(session, [NewEvent(wire.other(n=1), "k0", "990101")], wire.now())
    await wire.sequence()
    async with wire.serve_feed() as client:
        items = await read_all(client, 2, types=f"{wire.source}.other.v1,{wire.source}.third.v1")
    assert [item["type"] for item in items] == [f"{wire.source}.other.v1"]


async def test_a_long_poll_answers_as_soon_as_there_is_something(wire: Wire) -> None:
    async with wire.serve_feed() as client:
        started = time.monotonic()
        waiting = asyncio.create_task(client.get("/v1/events", params={"wait": "30"}))
        await asyncio.sleep(0.3)
        await wire.write(("k", 1))
        await wire.sequence()
        page = (await waiting).json()
        assert time.monotonic() - started < 20
        assert len(page["items"]) == 1
        again = await client.get("/v1/events", params={"wait": "1", "cursor": page["next_cursor"]})
    assert (again.json()["items"], again.json()["next_cursor"]) == ([], page["next_cursor"])


async def test_waiting_readers_hold_no_connection(wire: Wire) -> None:
    async with wire.serve_feed() as client:
        waiting = [asyncio.create_task(client.get("/v1/events", params={"wait": "5"})) for _ in range(50)]
        await asyncio.sleep(1)
        async with wire.producer() as session:
            busy = await session.scalar(
                text(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE application_name = 'registry-api' AND state <> 'idle'"
                )
            )
        # Fifty readers, a pool of eight: an ordinary request is answered while they wait.
        assert (await client.get("/v1/events")).status_code == 200
        assert not any(reader.done() for reader in waiting)
        assert {reply.status_code for reply in await asyncio.gather(*waiting)} == {200}
    assert busy <= 1


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("cursor=1.2.3", 422, "request.bad_cursor"),
        ("cursor=latest", 422, "request.bad_cursor"),
        ("limit=0", 422, "request.invalid"),
        ("limit=1001", 422, "request.invalid"),
        ("wait=31", 422, "request.invalid"),
        ("type=x", 422, "request.unknown_parameter"),
        ("types=DROP%20TABLE", 422, "request.invalid"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    wire: Wire, query: str, status: int, code: str
) -> None:
    async with wire.serve_feed() as client:
        reply = await client.get(f"/v1/events?{query}")
    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_the_feed_asks_for_its_own_scope(wire: Wire) -> None:
    async with wire.serve_feed(role="registry_officer") as client:
        assert (await client.get("/v1/events?wait=30")).status_code == 403
        client.headers.pop("Authorization")
        assert (await client.get("/v1/events?wait=30")).status_code == 401


async def test_a_page_searches_only_a_bounded_part_of_the_log(wire: Wire) -> None:
    for start in range(0, 12_000, 2_000):
        await wire.write(*[("one-key", number) for number in range(start, start + 2_000)])
    await wire.write(("one-key", 99_999), division=OTHER_COUNTY)
    await wire.sequence()
    county = bearer(wire.platform.mint("county", ["events:read"], [OTHER_COUNTY]))
    async with wire.serve_feed() as client:
        client.headers.update(county)
        first = (await client.get("/v1/events")).json()
        assert (first["items"], first["caught_up"]) == ([], False)
        assert max(map(int, first["next_cursor"].split("."))) == 5_000
        assert numbers(await read_all(client, 100)) == [("one-key", 99_999)]


async def test_the_client_reads_what_the_feed_says(wire: Wire, tmp_path: Path) -> None:
    await fill(wire)
    async with wire.serve_feed() as client:
        page = await wire.feed(client).fetch(wire.source, START, 1000)
        assert len(page.envelopes) == 110
        assert page.reached == page.heads
        with pytest.raises(FeedUnavailable):
            await wire.feed(client).fetch("unknown", START, 10)
        client.headers.pop("Authorization")
        with pytest.raises(FeedUnavailable, match="401"):
            await wire.feed(client).fetch(wire.source, START, 10)
        without_token = FeedClient({wire.source: "http://test"}, tmp_path / "missing", client)
        with pytest.raises(FeedUnavailable, match="FileNotFound"):
            await without_token.fetch(wire.source, START, 10)


async def test_the_worker_role_can_change_nothing_of_an_event_but_its_position(wire: Wire) -> None:
    await wire.write(("k", 1))
    for column in ("data = '{}'", "type = 'x'", "division_code = ''", "partition_key = 'x'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await worker_statement(wire, f"UPDATE event_log SET {column}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await worker_statement(wire, "DELETE FROM event_log")


async def worker_statement(wire: Wire, statement: str) -> None:
    connection = await asyncpg.connect(wire.platform.worker_url(PRODUCER))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
