"""Who gets a voucher: decided line by line from what the registry announced."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from shared.ids import new_id
from tests.support.platform import Client, Platform, bearer
from tests.support.races import all_at_once
from tests.support.vouchers import (
    COUNTY,
    OTHER_VILLAGE,
    PROGRAMME,
    TOWNSHIP,
    VILLAGE,
    announce,
    balance,
    handover,
    holder_lock,
    index_of,
    issue,
    issue_line,
    person,
    post,
    print_batch,
    to_village,
    village,
)

pytestmark = pytest.mark.integration
ID_NUMBER = "990101197005010017"


def codes(results: list[dict[str, Any]]) -> list[str]:
    return [each["problem"]["code"] if each["problem"] else each["status"] for each in results]


async def test_both_years_vouchers_reach_a_member_of_two_years(client: Client, platform: Platform) -> None:
    place = await village(client, platform, 2)
    listed = (await client.get(f"{PROGRAMME}/vouchers", params={"division": TOWNSHIP})).json()["items"]
    assert {(each["person_id"], each["year"]) for each in listed} == {
        (str(recorded.person_id), year) for recorded in place.people for year in (2025, 2026)
    }
    assert await balance(client, VILLAGE) == {
        "printed": 0, "received": 100, "handed_over": 0, "issued": 2, "in_hand": 98,
    }  # fmt: skip
    found = (await client.get(f"{PROGRAMME}/serials/{place.old[0]}")).json()
    assert (found["status"], found["holder"], len(found["custody"])) == ("issued", None, 2)


@pytest.mark.parametrize(
    ("years", "year", "outcome"),
    [
        ((2025, 2026), 2025, "issued"),
        ((2025, 2026), 2026, "issued"),
        ((2024, 2025), 2025, "issued"),
        ((2024, 2025), 2026, "screening.not_enrolled"),
        ((2026,), 2026, "screening.not_enrolled"),
        ((2024, 2026), 2026, "screening.not_enrolled"),
        ((), 2026, "screening.not_enrolled"),
    ],
)
async def test_the_right_comes_from_two_consecutive_years(
    client: Client, platform: Platform, years: tuple[int, ...], year: int, outcome: str
) -> None:
    member = person(years=years)
    await announce(platform, member)
    serials = await print_batch(client, year)
    await to_village(client, serials)
    assert codes(await issue(client, issue_line(member, serials[0]))) == [outcome]


async def test_every_refused_line_has_its_own_reason_and_the_others_are_written(
    client: Client, platform: Platform
) -> None:
    place = await village(client, platform, 1)
    good, moved = person(), person(OTHER_VILLAGE)
    dead, child, worker = person(alive=False), person(born=date(2024, 1, 1)), person(scheme="employee")
    await announce(platform, good, moved, dead, child, worker)
    free = place.new[10:]
    results = await issue(
        client,
        issue_line(good, free[0]),
        issue_line(good, free[0]),
        issue_line(good, free[1]),
        issue_line(place.people[0], free[2]),
        issue_line(moved, free[3]),
        issue_line(dead, free[4]),
        issue_line(child, free[5]),
        issue_line(worker, free[6]),
        issue_line(person(), free[7]),
        issue_line(good, place.new[0]),
        issue_line(good, 77),
        {"serial": free[8], "receipt_no": "QS-1"},
        {"serial": free[8], "receipt_no": "QS-1", "id_number": "990101197005010018"},
        issue_line(person(), free[9], pupil=True),
    )
    assert codes(results) == [
        "issued",
        "screening.repeated_in_batch",
        "screening.repeated_in_batch",
        "screening.year_already_issued",
        "screening.serial_not_in_village",
        "screening.person_deceased",
        "screening.served_elsewhere",
        "screening.not_enrolled",
        "screening.person_not_found",
        "screening.serial_already_issued",
        "screening.serial_not_in_village",
        "screening.person_unnamed",
        "screening.bad_id_number",
        "screening.person_not_found",
    ]
    assert [each["line"] for each in results] == list(range(1, 15))
    assert (await balance(client, VILLAGE))["issued"] == 2


async def test_pupils_are_sent_to_their_school(client: Client, platform: Platform) -> None:
    place = await village(client, platform, 1, issued=False)
    [result] = await issue(client, issue_line(place.people[0], place.new[0], pupil=True))
    assert result["problem"]["code"] == "screening.served_elsewhere"
    assert "学校" in result["problem"]["title"]


async def test_refusals_speak_english_when_asked(client: Client) -> None:
    line = issue_line(person(), 5)
    reply = await post(client, "/issues", {"lines": [line]}, **{"Accept-Language": "en"})
    assert reply.json()["results"][0]["problem"]["title"].startswith("The registry has no such person")


async def test_a_person_is_found_by_the_number_on_the_card_and_the_number_is_kept_nowhere(
    client: Client, platform: Platform
) -> None:
    member = person(id_index=index_of(platform, ID_NUMBER))
    await announce(platform, member)
    serials = await print_batch(client, 2026)
    await to_village(client, serials)
    line = {"id_number": ID_NUMBER, "serial": serials[0], "receipt_no": "QS-1"}
    [result] = await issue(client, line)
    assert (result["status"], result["person_id"]) == ("issued", str(member.person_id))
    async with platform.worker_session("screening") as session:
        for table in ("vouchers", "event_log", "audit_log"):
            rows = (await session.execute(text(f"SELECT CAST(t AS text) FROM {table} AS t"))).scalars()
            assert not any(ID_NUMBER in row for row in rows)


async def test_two_people_with_one_number_are_not_guessed_at(client: Client, platform: Platform) -> None:
    index = index_of(platform, ID_NUMBER)
    await announce(platform, person(id_index=index), person(id_index=index))
    [result] = await issue(client, {"id_number": ID_NUMBER, "serial": 1, "receipt_no": "QS-1"})
    assert result["problem"]["code"] == "screening.person_ambiguous"


async def test_one_voucher_at_the_same_moment_goes_to_one_person(client: Client, platform: Platform) -> None:
    place = await village(client, platform, 6, issued=False)
    requests = [issue(client, issue_line(recorded, place.new[0])) for recorded in place.people]
    results = await all_at_once(platform, "screening", holder_lock(VILLAGE), requests)
    found = sorted(codes(each)[0] for each in results)
    assert found == ["issued", *["screening.serial_already_issued"] * 5]
    assert (await balance(client, VILLAGE))["in_hand"] == 99


async def test_one_person_at_the_same_moment_gets_one_voucher_of_the_year(
    client: Client, platform: Platform
) -> None:
    place = await village(client, platform, 1, issued=False)
    requests = [issue(client, issue_line(place.people[0], serial)) for serial in place.new[:6]]
    results = await all_at_once(platform, "screening", holder_lock(VILLAGE), requests)
    found = sorted(codes(each)[0] for each in results)
    assert found == ["issued", *["screening.year_already_issued"] * 5]


async def test_a_serial_that_is_handed_over_at_the_same_moment_is_not_also_handed_out(
    client: Client, platform: Platform
) -> None:
    place = await village(client, platform, 1, issued=False)
    back = post(client, "/handovers", handover(VILLAGE, TOWNSHIP, place.new))
    out = post(client, "/issues", {"lines": [issue_line(place.people[0], place.new[0])]})
    handed, issued = await all_at_once(platform, "screening", holder_lock(VILLAGE), [back, out])
    assert (handed.status_code == 201) != (codes(issued.json()["results"]) == ["issued"])


async def test_a_serial_that_arrives_at_the_same_moment_is_not_handed_out_yet(
    client: Client, platform: Platform
) -> None:
    member, serials = person(), await print_batch(client, 2026)
    await announce(platform, member)
    assert (await post(client, "/handovers", handover(COUNTY, TOWNSHIP, serials))).status_code == 201
    down = post(client, "/handovers", handover(TOWNSHIP, VILLAGE, serials))
    out = post(client, "/issues", {"lines": [issue_line(member, serials[0])]})
    handed, issued = await all_at_once(platform, "screening", holder_lock(TOWNSHIP), [down, out])
    assert handed.status_code == 201
    assert codes(issued.json()["results"]) == ["screening.serial_not_in_village"]


async def test_a_thousand_lines_are_taken_and_one_more_is_not(client: Client, platform: Platform) -> None:
    members = [person() for _ in range(1000)]
    for start in range(0, 1000, 500):
        await announce(platform, *members[start : start + 500])
    serials = await print_batch(client, 2026, 1000)
    await to_village(client, serials)
    lines = [issue_line(member, serial) for member, serial in zip(members, serials, strict=True)]
    results = await issue(client, *lines)
    assert {each["status"] for each in results} == {"issued"}
    assert (await balance(client, VILLAGE))["in_hand"] == 0
    reply = await post(client, "/issues", {"lines": [*lines, lines[0]]})
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/lines")


async def test_a_retried_request_hands_out_once(client: Client, platform: Platform) -> None:
    place = await village(client, platform, 1, issued=False)
    body = {"lines": place.lines()}
    first = await post(client, "/issues", body, key="issue-0001")
    again = await post(client, "/issues", body, key="issue-0001")
    assert (first.json(), again.headers["Idempotency-Hit"]) == (again.json(), "true")
    assert (await balance(client, VILLAGE))["issued"] == 1


async def test_a_date_in_the_future_is_refused_as_a_whole(client: Client) -> None:
    reply = await post(client, "/issues", {"issued_on": "2099-01-01", "lines": [issue_line(person(), 5)]})
    assert (reply.status_code, reply.json()["code"]) == (422, "screening.date_in_future")
    early = await post(client, "/issues", {"issued_on": "2019-12-31", "lines": [issue_line(person(), 5)]})
    assert early.json()["code"] == "screening.programme_not_in_force"


async def test_another_township_can_neither_see_nor_serve_the_person(
    client: Client, platform: Platform
) -> None:
    place = await village(client, platform, 1, issued=False)
    other = bearer(platform.mint("other", ["screening:read", "screening:write"], [OTHER_VILLAGE[:9]]))
    line = issue_line(place.people[0], place.new[0])
    reply = await post(client, "/issues", {"lines": [line]}, **other)
    assert codes(reply.json()["results"]) == ["screening.person_not_found"]
    lookup = {"person_id": str(place.people[0].person_id), "year": 2026}
    hidden = await client.post(f"{PROGRAMME}/participants:lookup", json=lookup, headers=other)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "screening.person_not_found")


async def test_the_lookup_tells_whether_why_not_and_what_the_person_has(
    client: Client, platform: Platform
) -> None:
    member = person(years=(2024, 2025, 2026), id_index=index_of(platform, ID_NUMBER))
    await announce(platform, member)
    serials = await print_batch(client, 2026)
    await to_village(client, serials)
    await issue(client, issue_line(member, serials[0]))

    async def ask(**body: Any) -> dict[str, Any]:
        reply = await client.post(f"{PROGRAMME}/participants:lookup", json=body)
        found: dict[str, Any] = reply.json()
        return found

    yes = await ask(id_number=ID_NUMBER, year=2026)
    assert (yes["entitled"], yes["enrolled_years"]) == (True, [2024, 2025, 2026])
    assert yes["vouchers"] == [{"serial": serials[0], "year": 2026, "status": "issued"}]
    no = await ask(person_id=str(member.person_id), year=2027)
    assert (no["entitled"], no["reason"]["code"]) == (False, "screening.not_enrolled")
    assert ID_NUMBER not in str(yes) + str(no)
    assert (await ask(person_id=str(new_id()), year=2026))["code"] == "screening.person_not_found"


async def test_coverage_counts_eligible_people_and_vouchers(client: Client, platform: Platform) -> None:
    place = await village(client, platform, 2)
    await announce(
        platform,
        person(),
        person(years=(2026,)),
        person(alive=False),
        person(scheme="employee"),
        person(born=date(2019, 12, 31)),
        person(born=date(2020, 1, 1)),
        person("990102100200"),
    )
    await print_batch(client, 2026, 5)
    reply = await client.get(f"{PROGRAMME}/coverage", params={"county": COUNTY, "year": "2026"})
    assert reply.json() == {
        "programme": "farmer_checkup",
        "county_code": COUNTY,
        "year": 2026,
        "eligible": 4,
        "printed": 105,
        "issued": {"numerator": 2, "denominator": 4, "rate": "0.5000"},
        "redeemed": {"numerator": 0, "denominator": 2, "rate": "0.0000"},
    }
    assert len(place.people) == 2
