"""Vouchers move along the custody chain by signed serial ranges, and none is ever in two hands."""

import asyncio

import pytest
from sqlalchemy import text

from tests.support.platform import Client, Platform, bearer
from tests.support.races import all_at_once
from tests.support.vouchers import (
    COUNTY,
    OTHER_TOWNSHIP,
    OTHER_VILLAGE,
    PROGRAMME,
    TOWNSHIP,
    VILLAGE,
    balance,
    handover,
    holder_lock,
    post,
    print_batch,
    to_village,
)

pytestmark = pytest.mark.integration


async def holdings(client: Client, holder: str) -> list[tuple[int, int]]:
    reply = await client.get(f"{PROGRAMME}/holdings", params={"holder": holder})
    return [(each["first_serial"], each["last_serial"]) for each in reply.json()["items"]]


async def test_printed_vouchers_are_in_the_hand_of_the_office(client: Client) -> None:
    reply = await post(client, "/voucher-batches", {"county_code": COUNTY, "year": 2026, "quantity": 1000})
    assert reply.status_code == 201
    batch = reply.json()
    assert (batch["first_serial"], batch["last_serial"]) == (990101260000001, 990101260001000)
    assert (batch["face_value"], batch["quantity"], batch["holder"]) == ("10.00", 1000, COUNTY)
    assert (await balance(client, COUNTY))["in_hand"] == 1000


async def test_a_second_print_run_of_the_year_continues_the_serials(client: Client) -> None:
    first, second = await print_batch(client, 2026, 10), await print_batch(client, 2026, 5)
    assert second[0] == first[-1] + 1
    assert await print_batch(client, 2025, 5) == range(990101250000001, 990101250000006)


async def test_serials_are_never_printed_twice(client: Client) -> None:
    order = {"county_code": COUNTY, "year": 2026, "quantity": 10, "first_serial": 500}
    assert (await post(client, "/voucher-batches", order)).status_code == 201
    again = await post(client, "/voucher-batches", {**order, "year": 2025, "first_serial": 509})
    assert (again.status_code, again.json()["code"]) == (409, "screening.serials_already_printed")
    assert (await post(client, "/voucher-batches", {**order, "first_serial": 510})).status_code == 201


async def test_vouchers_go_from_office_to_township_to_village_with_every_receipt_archived(
    client: Client,
) -> None:
    serials = await print_batch(client, 2026)
    await to_village(client, serials[10:30])
    assert await balance(client, COUNTY) == {
        "printed": 100, "received": 0, "handed_over": 20, "issued": 0, "in_hand": 80,
    }  # fmt: skip
    assert await balance(client, TOWNSHIP) == {
        "printed": 0, "received": 20, "handed_over": 20, "issued": 0, "in_hand": 0,
    }  # fmt: skip
    assert (await balance(client, VILLAGE))["in_hand"] == 20
    assert await holdings(client, COUNTY) == [(serials[0], serials[9]), (serials[30], serials[99])]

    found = (await client.get(f"{PROGRAMME}/serials/{serials[15]}")).json()
    assert (found["status"], found["holder"]) == ("held", VILLAGE)
    assert [(step["from_holder"], step["to_holder"]) for step in found["custody"]] == [
        (COUNTY, TOWNSHIP),
        (TOWNSHIP, VILLAGE),
    ]
    archive = (await client.get(f"{PROGRAMME}/handovers", params={"holder": TOWNSHIP})).json()["items"]
    assert [each["signed_by"] for each in archive] == ["张三", "张三"]


async def test_unused_vouchers_go_back_up_the_chain_and_join_the_rest(client: Client) -> None:
    serials = await print_batch(client, 2026)
    await to_village(client, serials[40:60])
    for giver, receiver in ((VILLAGE, TOWNSHIP), (TOWNSHIP, COUNTY)):
        assert (
            await post(client, "/handovers", handover(giver, receiver, serials[40:60]))
        ).status_code == 201
    assert await holdings(client, COUNTY) == [(serials[0], serials[-1])]


@pytest.mark.parametrize(
    ("giver", "receiver"),
    [
        (COUNTY, VILLAGE),
        (COUNTY, COUNTY),
        (TOWNSHIP, OTHER_TOWNSHIP),
        (TOWNSHIP, OTHER_VILLAGE),
        (COUNTY, "990102100"),
    ],
)
async def test_vouchers_do_not_leave_the_chain(client: Client, giver: str, receiver: str) -> None:
    serials = await print_batch(client, 2026)
    reply = await post(client, "/handovers", handover(giver, receiver, serials))
    assert (reply.status_code, reply.json()["code"]) == (422, "screening.not_in_custody_chain")


async def test_serials_that_the_giver_does_not_hold_are_refused_and_nothing_moves(client: Client) -> None:
    serials = await print_batch(client, 2026)
    await to_village(client, serials[:10])
    for wanted in (serials[5:15], serials[:10], range(serials[95], serials[95] + 10)):
        reply = await post(client, "/handovers", handover(COUNTY, TOWNSHIP, wanted))
        assert (reply.status_code, reply.json()["code"]) == (409, "screening.serials_not_held")
    assert (await balance(client, COUNTY))["in_hand"] == 90
    assert (await balance(client, TOWNSHIP))["in_hand"] == 0


async def test_one_receipt_number_archives_one_handover(client: Client) -> None:
    serials = await print_batch(client, 2026)
    first = await post(client, "/handovers", handover(COUNTY, TOWNSHIP, serials[:10], "JJ-7"))
    again = await post(client, "/handovers", handover(COUNTY, TOWNSHIP, serials[10:20], "JJ-7"))
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["code"] == "screening.receipt_already_used"
    assert (await balance(client, COUNTY))["in_hand"] == 90


async def test_each_year_has_its_own_handover(client: Client) -> None:
    for year, first in ((2025, 1), (2026, 11)):
        order = {"county_code": COUNTY, "year": year, "quantity": 10, "first_serial": first}
        assert (await post(client, "/voucher-batches", order)).status_code == 201
    reply = await post(client, "/handovers", handover(COUNTY, TOWNSHIP, range(8, 14)))
    assert (reply.status_code, reply.json()["code"]) == (409, "screening.serials_of_different_years")
    assert (await balance(client, COUNTY))["in_hand"] == 10


async def test_of_overlapping_handovers_at_the_same_moment_exactly_one_succeeds(
    client: Client, platform: Platform
) -> None:
    serials = await print_batch(client, 2026)
    wanted = [(TOWNSHIP, serials[0:60]), (OTHER_TOWNSHIP, serials[40:100])] * 2
    requests = [post(client, "/handovers", handover(COUNTY, receiver, part)) for receiver, part in wanted]
    replies = await all_at_once(platform, "screening", holder_lock(COUNTY), requests)
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409]
    assert (await balance(client, COUNTY))["in_hand"] == 40


async def test_disjoint_handovers_at_the_same_moment_all_succeed(client: Client) -> None:
    serials = await print_batch(client, 2026)
    parts = [serials[start : start + 10] for start in range(0, 100, 10)]
    replies = await asyncio.gather(
        *(
            post(client, "/handovers", handover(COUNTY, (TOWNSHIP, OTHER_TOWNSHIP)[number % 2], part))
            for number, part in enumerate(parts)
        )
    )
    assert {reply.status_code for reply in replies} == {201}
    assert await holdings(client, COUNTY) == []


async def test_print_runs_at_the_same_moment_get_serials_of_their_own(client: Client) -> None:
    runs = await asyncio.gather(*(print_batch(client, 2026, 10) for _ in range(6)))
    assert len({serial for run in runs for serial in run}) == 60


async def test_a_retried_handover_is_made_once(client: Client) -> None:
    serials = await print_batch(client, 2026)
    body = handover(COUNTY, TOWNSHIP, serials[:10])
    first = await post(client, "/handovers", body, key="handover-1")
    again = await post(client, "/handovers", body, key="handover-1")
    assert again.json() == first.json()
    assert again.headers["Idempotency-Hit"] == "true"
    other = await post(client, "/handovers", {**body, "last_serial": serials[10]}, key="handover-1")
    assert other.json()["code"] == "idempotency.key_reused"
    unkeyed = await client.post(f"{PROGRAMME}/handovers", json=body)
    assert unkeyed.json()["code"] == "idempotency.key_missing"
    assert (await balance(client, TOWNSHIP))["in_hand"] == 10


async def test_a_handover_is_announced_with_its_serials(client: Client, platform: Platform) -> None:
    serials = await print_batch(client, 2026)
    await post(client, "/handovers", handover(COUNTY, TOWNSHIP, serials[:10]))
    async with platform.worker_session("screening") as session:
        rows = (
            await session.execute(text("SELECT type, partition_key, division_code, data FROM event_log"))
        ).all()
    assert [(row.type, row.partition_key, row.division_code) for row in rows] == [
        ("screening.vouchers_handed_over.v1", COUNTY, TOWNSHIP)
    ]
    assert (rows[0].data["first_serial"], rows[0].data["quantity"]) == (serials[0], 10)
    assert "张三" not in str(rows[0].data)


async def test_a_township_sees_and_moves_its_own_vouchers_only(client: Client, platform: Platform) -> None:
    serials = await print_batch(client, 2026)
    await post(client, "/handovers", handover(COUNTY, TOWNSHIP, serials[:10]))
    scopes = ["screening:read", "screening:write"]
    own = bearer(platform.mint("own", scopes, [TOWNSHIP]))
    other = bearer(platform.mint("other", scopes, [OTHER_TOWNSHIP]))

    def seen(headers: dict[str, str], holder: str) -> object:
        return client.get(f"{PROGRAMME}/balances", params={"holder": holder}, headers=headers)

    assert (await seen(dict(own), TOWNSHIP)).json()["in_hand"] == 10  # type: ignore[misc]  # a coroutine of httpx
    assert (await seen(dict(other), TOWNSHIP)).json()["in_hand"] == 0  # type: ignore[misc]  # as above
    trace = f"{PROGRAMME}/serials/{serials[0]}"
    assert (await client.get(trace, headers=own)).status_code == 200
    assert (await client.get(trace, headers=other)).status_code == 404

    down = handover(TOWNSHIP, VILLAGE, serials[:5])
    refused = await post(client, "/handovers", down, **other)
    assert (refused.status_code, refused.json()["code"]) == (403, "screening.outside_jurisdiction")
    assert (await post(client, "/handovers", down, **own)).status_code == 201
    up = await post(client, "/handovers", handover(TOWNSHIP, COUNTY, serials[5:10]), **own)
    assert up.json()["code"] == "screening.outside_jurisdiction"


async def test_a_reader_without_the_right_to_write_moves_nothing(client: Client, platform: Platform) -> None:
    reader = bearer(platform.mint("reader", ["screening:read"], [COUNTY]))
    reply = await post(
        client, "/voucher-batches", {"county_code": COUNTY, "year": 2026, "quantity": 1}, **reader
    )
    assert (reply.status_code, reply.json()["code"]) == (403, "auth.forbidden")


async def test_the_archive_cannot_be_changed(client: Client, platform: Platform) -> None:
    serials = await print_batch(client, 2026)
    await post(client, "/handovers", handover(COUNTY, TOWNSHIP, serials[:10]))
    for statement in ("UPDATE handovers SET signed_by = 'x'", "DELETE FROM handovers"):
        with pytest.raises(Exception, match="permission denied"):
            await platform.as_role("screening", "api", statement)
    with pytest.raises(Exception, match="append-only"):
        await platform.as_role("screening", "owner", "TRUNCATE handovers")


async def test_lists_are_read_page_by_page(client: Client) -> None:
    serials = await print_batch(client, 2026)
    for start in range(0, 50, 10):
        await post(client, "/handovers", handover(COUNTY, TOWNSHIP, serials[start : start + 5]))
    for path in ("handovers", "holdings"):
        seen, cursor = [], None
        for _ in range(3):
            params = {"holder": TOWNSHIP, "limit": "2", **({"cursor": cursor} if cursor else {})}
            page = (await client.get(f"{PROGRAMME}/{path}", params=params)).json()
            seen += [each["first_serial"] for each in page["items"]]
            cursor = page["next_cursor"]
        assert (seen, cursor) == ([serials[start] for start in range(0, 50, 10)], None)
