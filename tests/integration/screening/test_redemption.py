"""Two vouchers of consecutive years pay for one check-up, once, at the right place."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from shared.db import create_engine
from tests.support.platform import Client, Platform, bearer
from tests.support.races import all_at_once
from tests.support.vouchers import (
    COUNTY,
    HOSPITAL,
    OTHER_HOSPITAL,
    OTHER_VILLAGE,
    PROGRAMME,
    REQUIRED_ITEMS,
    TOWNSHIP,
    announce,
    assign_place,
    index_of,
    issue,
    issue_line,
    person,
    post,
    print_batch,
    redemption,
    to_village,
    today,
    village,
)

pytestmark = pytest.mark.integration
ID_NUMBER, OTHER_NUMBER = "990101197005010017", "990101198001010014"


async def count(platform: Platform, table: str) -> int:
    async with platform.worker_session("screening") as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def test_a_check_up_is_paid_with_two_vouchers(client: Client, platform: Platform) -> None:
    place = await village(client, platform)
    reply = await post(client, "/redemptions", redemption(place.pair(0)))
    assert reply.status_code == 201, reply.text
    made = reply.json()
    assert (made["amount"], made["serials"], made["place"]) == ("20.00", place.pair(0), "own")
    assert made["person_id"] == str(place.people[0].person_id)
    assert (await client.get(f"{PROGRAMME}/redemptions/{made['id']}")).json() == made
    found = (await client.get(f"{PROGRAMME}/serials/{place.new[0]}")).json()
    assert (found["status"], found["voucher"]["redemption_id"]) == ("redeemed", made["id"])


async def test_each_voucher_is_announced_once_under_its_household(client: Client, platform: Platform) -> None:
    place = await village(client, platform)
    await post(client, "/redemptions", redemption(place.pair(0)))
    async with platform.worker_session("screening") as session:
        rows = (
            await session.execute(
                text("SELECT partition_key, data FROM event_log WHERE type = 'screening.voucher_redeemed.v1'")
            )
        ).all()
    assert [row.data["serial"] for row in rows] == place.pair(0)
    assert {row.partition_key for row in rows} == {str(place.people[0].household_id)}
    assert {row.data["amount_fen"] for row in rows} == {1000}
    assert {row.data["facility_code"] for row in rows} == {HOSPITAL}


def refusals() -> list[Any]:
    tomorrow, yesterday = today() + timedelta(days=1), today() - timedelta(days=1)
    return [
        pytest.param("a", {}, 422, "wrong_voucher_count", id="one voucher"),
        pytest.param("a a", {}, 422, "wrong_voucher_count", id="the same voucher twice"),
        pytest.param("a c", {}, 409, "vouchers_of_different_people", id="two people"),
        pytest.param("a free", {}, 404, "voucher_not_issued", id="not handed out"),
        pytest.param("a b", {"facility_code": OTHER_HOSPITAL}, 409, "wrong_place", id="another hospital"),
        pytest.param("a b", {"examined_on": tomorrow.isoformat()}, 422, "date_in_future", id="tomorrow"),
        pytest.param(
            "a b", {"examined_on": yesterday.isoformat()}, 409, "examined_before_issue", id="before issue"
        ),
        pytest.param("a b", {"items": REQUIRED_ITEMS[:3]}, 422, "items_missing", id="an item missing"),
        pytest.param("a b", {"items": [*REQUIRED_ITEMS, "mri"]}, 422, "unknown_item", id="an unknown item"),
        pytest.param("a b", {"id_number": ID_NUMBER}, 409, "not_the_holder", id="another person's card"),
        pytest.param("a b", {"id_number": "990101197005010018"}, 422, "bad_id_number", id="a mistyped card"),
    ]


@pytest.mark.parametrize(("serials", "changes", "status", "code"), refusals())
async def test_what_is_wrong_is_refused_and_nothing_is_written(
    client: Client,
    platform: Platform,
    serials: str,
    changes: dict[str, Any],
    status: int,
    code: str,
) -> None:
    place = await village(client, platform, 2)
    vouchers = {"a": place.old[0], "b": place.new[0], "c": place.new[1], "free": place.new[50]}
    chosen = [vouchers[name] for name in serials.split()]
    events = await count(platform, "event_log")
    reply = await post(client, "/redemptions", redemption(chosen, **changes))
    assert (reply.status_code, reply.json()["code"]) == (status, f"screening.{code}")
    assert await count(platform, "redemptions") == 0
    assert await count(platform, "event_log") == events
    assert (await post(client, "/redemptions", redemption(place.pair(0)))).status_code == 201


async def test_vouchers_of_years_that_do_not_follow_each_other_are_refused(
    client: Client, platform: Platform
) -> None:
    member = person(years=(2023, 2024, 2025, 2026))
    await announce(platform, member)
    await assign_place(client)
    pair = []
    for year in (2023, 2025):
        serials = await print_batch(client, year)
        await to_village(client, serials)
        await issue(client, issue_line(member, serials[0]))
        pair.append(serials[0])
    reply = await post(client, "/redemptions", redemption(pair))
    assert reply.json()["code"] == "screening.years_not_consecutive"


async def test_a_voucher_is_used_once(client: Client, platform: Platform) -> None:
    place = await village(client, platform)
    first = await post(client, "/redemptions", redemption(place.pair(0)))
    again = await post(client, "/redemptions", redemption(place.pair(0)))
    assert (again.status_code, again.json()["code"]) == (409, "screening.already_redeemed")
    assert first.json()["id"] in again.json()["title"]
    assert await count(platform, "redemptions") == 1


async def test_of_redemptions_at_the_same_moment_exactly_one_succeeds(
    client: Client, platform: Platform
) -> None:
    place = await village(client, platform)
    requests = [post(client, "/redemptions", redemption(place.pair(0))) for _ in range(5)]
    replies = await all_at_once(
        platform, "screening", f"SELECT FROM vouchers WHERE serial = {place.old[0]} FOR UPDATE", requests
    )
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409, 409]
    assert await count(platform, "redemptions") == 1


async def test_batches_that_share_vouchers_in_opposite_order_do_not_block_each_other(
    client: Client, platform: Platform
) -> None:
    place = await village(client, platform, 20)
    lines = [redemption(place.pair(number)) for number in range(20)]
    replies = await asyncio.gather(
        *(post(client, "/redemptions:batch", {"lines": order}) for order in (lines, lines[::-1]) * 2)
    )
    assert sum(reply.json()["redeemed"] for reply in replies) == 20
    assert await count(platform, "redemptions") == 20


async def test_a_retried_redemption_is_made_once(client: Client, platform: Platform) -> None:
    place = await village(client, platform)
    body = redemption(place.pair(0))
    first = await post(client, "/redemptions", body, key="redeem-01")
    again = await post(client, "/redemptions", body, key="redeem-01")
    assert (first.json(), again.headers["Idempotency-Hit"]) == (again.json(), "true")
    unkeyed = await client.post(f"{PROGRAMME}/redemptions", json=body)
    assert unkeyed.json()["code"] == "idempotency.key_missing"


async def test_a_corrected_request_may_use_the_key_of_the_refused_one(
    client: Client, platform: Platform
) -> None:
    place = await village(client, platform)
    wrong = redemption(place.pair(0), OTHER_HOSPITAL)
    assert (await post(client, "/redemptions", wrong, key="redeem-02")).status_code == 409
    right = redemption(place.pair(0))
    assert (await post(client, "/redemptions", right, key="redeem-02")).status_code == 201


async def test_a_paired_institution_serves_a_township_without_a_hospital(
    client: Client, platform: Platform
) -> None:
    place = await village(client, platform)
    paired = {"places": [{"facility_code": OTHER_HOSPITAL, "kind": "paired"}]}
    path = f"{PROGRAMME}/places/{TOWNSHIP}"
    read = {"If-Match": (await client.get(path)).headers["ETag"]}
    assert (await client.put(path, json=paired, headers=read)).status_code == 200
    gone = await post(client, "/redemptions", redemption(place.pair(0)))
    assert gone.json()["code"] == "screening.wrong_place"
    assert OTHER_HOSPITAL in gone.json()["title"]
    made = await post(client, "/redemptions", redemption(place.pair(0), OTHER_HOSPITAL))
    assert made.json()["place"] == "paired"


async def test_a_township_without_any_place_is_told_to_assign_one(client: Client, platform: Platform) -> None:
    place = await village(client, platform)
    await platform.empty("screening", "places")
    reply = await post(client, "/redemptions", redemption(place.pair(0)))
    assert (reply.status_code, reply.json()["code"]) == (409, "screening.no_place_assigned")


async def test_vouchers_do_not_move_with_a_person_to_another_place(
    client: Client, platform: Platform
) -> None:
    place = await village(client, platform)
    await announce(platform, moved(place.people[0], OTHER_VILLAGE))
    await assign_place(client, OTHER_VILLAGE[:9], OTHER_HOSPITAL)
    old = await post(client, "/redemptions", redemption(place.pair(0)))
    assert old.json()["code"] == "screening.wrong_place"
    new = await post(client, "/redemptions", redemption(place.pair(0), OTHER_HOSPITAL))
    assert new.status_code == 201


def moved(recorded: Any, village_code: str) -> Any:
    return recorded.model_copy(update={"division_code": village_code, "version": 2})


async def test_a_withdrawn_enrolment_voids_the_vouchers(client: Client, platform: Platform) -> None:
    place = await village(client, platform)
    [member] = place.people
    kept = [each for each in member.enrolments if each.year == 2026]
    await announce(platform, member.model_copy(update={"enrolments": kept, "version": 2}))
    reply = await post(client, "/redemptions", redemption(place.pair(0)))
    assert (reply.status_code, reply.json()["code"]) == (409, "screening.enrolment_withdrawn")


async def test_the_card_may_prove_who_the_vouchers_belong_to(client: Client, platform: Platform) -> None:
    place = await village(client, platform)
    [member] = place.people
    known = member.model_copy(update={"id_index": index_of(platform, ID_NUMBER), "version": 2})
    await announce(platform, known)
    wrong = await post(client, "/redemptions", redemption(place.pair(0), id_number=OTHER_NUMBER))
    assert wrong.json()["code"] == "screening.not_the_holder"
    right = await post(client, "/redemptions", redemption(place.pair(0), id_number=ID_NUMBER))
    assert right.status_code == 201
    assert ID_NUMBER not in right.text


async def test_a_batch_redeems_what_it_can_and_explains_the_rest(client: Client, platform: Platform) -> None:
    place = await village(client, platform, 3)
    lines = [
        redemption(place.pair(0)),
        redemption(place.pair(0)),
        redemption(place.pair(1), OTHER_HOSPITAL),
        redemption(place.pair(2)),
    ]
    reply = (await post(client, "/redemptions:batch", {"lines": lines})).json()
    assert (reply["redeemed"], reply["refused"], reply["amount"]) == (2, 2, "40.00")
    assert [each["problem"] and each["problem"]["code"] for each in reply["results"]] == [
        None,
        "screening.repeated_in_batch",
        "screening.wrong_place",
        None,
    ]
    assert await count(platform, "redemptions") == 2


async def test_a_township_redeems_a_thousand_vouchers_in_one_quick_request(
    client: Client, platform: Platform
) -> None:
    old, new = await print_batch(client, 2025, 500), await print_batch(client, 2026, 500)
    members = [person() for _ in range(500)]
    await announce(platform, *members)
    await assign_place(client)
    for serials in (old, new):
        await to_village(client, serials)
        await issue(
            client, *(issue_line(member, serial) for member, serial in zip(members, serials, strict=True))
        )
    lines = [redemption(pair) for pair in zip(old, new, strict=True)]
    reply = (await post(client, "/redemptions:batch", {"lines": lines})).json()
    assert (reply["redeemed"], reply["amount"]) == (500, "10000.00")
    reply = await client.get(f"{PROGRAMME}/coverage", params={"county": COUNTY, "year": "2026"})
    assert reply.json()["redeemed"] == {"numerator": 500, "denominator": 500, "rate": "1.0000"}


async def test_a_facility_redeems_and_sees_its_own_check_ups_only(client: Client, platform: Platform) -> None:
    place = await village(client, platform, 2)
    scopes = ["screening:read", "screening:write"]
    own = bearer(platform.mint("own", scopes, [COUNTY], HOSPITAL))
    other = bearer(platform.mint("other", scopes, [COUNTY], OTHER_HOSPITAL))
    body = redemption(place.pair(0))
    refused = await post(client, "/redemptions", body, **other)
    assert (refused.status_code, refused.json()["code"]) == (403, "screening.other_facility")
    made = (await post(client, "/redemptions", body, **own)).json()
    address = f"{PROGRAMME}/redemptions/{made['id']}"
    assert (await client.get(address, headers=own)).status_code == 200
    assert (await client.get(address, headers=other)).status_code == 404
    listed = await client.get(f"{PROGRAMME}/redemptions", headers=other)
    assert listed.json()["items"] == []


async def test_redemptions_are_listed_by_facility_page_by_page(client: Client, platform: Platform) -> None:
    place = await village(client, platform, 3)
    await post(client, "/redemptions:batch", {"lines": [redemption(place.pair(n)) for n in range(3)]})
    seen, cursor = [], None
    for _ in range(2):
        params = {"facility_code": HOSPITAL, "limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await client.get(f"{PROGRAMME}/redemptions", params=params)).json()
        seen += [each["serials"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == ([place.pair(n) for n in range(3)], None)
    nobody = await client.get(f"{PROGRAMME}/redemptions", params={"facility_code": OTHER_HOSPITAL})
    assert nobody.json()["items"] == []


async def test_a_used_voucher_cannot_be_made_usable_again(client: Client, platform: Platform) -> None:
    place = await village(client, platform)
    await post(client, "/redemptions", redemption(place.pair(0)))
    with pytest.raises(Exception, match="changes once"):
        await as_api(platform, "UPDATE vouchers SET redemption_id = NULL")
    with pytest.raises(Exception, match="permission denied"):
        await as_api(platform, "UPDATE redemptions SET amount_fen = 1")


async def as_api(platform: Platform, statement: str) -> None:
    engine = create_engine(
        platform.system.config.dsn("screening", "api"), pool_size=1, application_name="test"
    )
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT set_config('app.jurisdiction', '{990101}', true)"))
            await connection.execute(text(statement))
    finally:
        await engine.dispose()
