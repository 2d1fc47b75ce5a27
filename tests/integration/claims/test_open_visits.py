"""Visits from admission to discharge: entitlements, holds, charges in parts, one settlement."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support import stays
from tests.support.platform import ndjson

pytestmark = pytest.mark.integration
HERE = f"/v1/visits/{build.COUNTY_HOSPITAL}"


async def send(
    world: World, path: str, body: dict[str, Any] | None = None, facility: str = build.COUNTY_HOSPITAL
) -> httpx.Response:
    return await world.client.post(path, json=body, headers=world.as_hospital(facility))


async def accepted(world: World, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    reply = await send(world, path, body)
    assert reply.is_success, reply.text
    parsed: dict[str, Any] = reply.json()
    return parsed


async def admit(world: World, number: str, visit_no: str = "ZY1", **changes: Any) -> dict[str, Any]:
    return await accepted(world, "/v1/visits", stays.admission(number, visit_no, **changes))


async def shown(world: World, visit_no: str = "ZY1") -> dict[str, Any]:
    reply = await world.client.get(f"{HERE}/{visit_no}", headers=world.as_hospital())
    assert reply.status_code == 200, reply.text
    parsed: dict[str, Any] = reply.json()
    return parsed


def refused(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


async def test_who_is_entitled_is_admitted_without_a_deposit(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    visit = await admit(world, number)
    entitled = visit["entitlements"]
    assert (visit["state"], visit["patient"]) == ("open", f"{number[:3]}{'*' * 11}{number[-4:]}")
    assert (entitled["enrolled"], entitled["categories"]) == (True, ["dibao"])
    assert (entitled["deposit_waived"], entitled["waiver"]["id"]) == (True, "deposit.assisted")
    payers = [payer["payer"] for payer in entitled["payers"]]
    assert {"basic_insurance", "critical_illness", "medical_assistance", "poverty_relief_fund"} <= {*payers}
    assert len(payers) == len(set(payers))


async def test_others_pay_a_deposit_and_hear_which_payers_rules_apply(world: World) -> None:
    number = await world.insure()
    entitled = (await admit(world, number))["entitlements"]
    assert (entitled["deposit_waived"], entitled["waiver"]) == (False, None)
    payers = {payer["payer"] for payer in entitled["payers"]}
    assert "basic_insurance" in payers
    assert "medical_assistance" not in payers


async def test_who_is_not_enrolled_is_admitted_with_a_deposit_and_nothing_is_held(world: World) -> None:
    number = await world.insure(enrolled=None, categories=["dibao"])
    visit = await admit(world, number)
    assert (visit["entitlements"]["enrolled"], visit["entitlements"]["deposit_waived"]) == (False, False)
    assert visit["holds"] == []


async def test_the_hold_is_what_settling_the_estimate_would_cost_each_payer(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    visit = await admit(world, number)
    day = {"admitted_on": "2026-03-01", "discharged_on": "2026-03-01"}
    preview = await accepted(world, "/v1/settlements:preview", build.visit(number, "OTHER", **day))
    assert visit["holds"] == sorted(preview["payers"], key=lambda payer: payer["payer"])
    held = await world.rows("SELECT county_code, year, sum(amount_fen) FROM holds GROUP BY 1, 2")
    expected = sum(int(payer["amount"].replace(".", "")) for payer in preview["payers"])
    assert [tuple(row) for row in held] == [("990101", 2026, expected)]


async def test_without_an_estimate_nothing_is_held(world: World) -> None:
    visit = await admit(world, await world.insure(categories=["dibao"]), estimated_total=None)
    assert (visit["estimated_total"], visit["holds"]) == (None, [])


async def test_the_same_admission_again_is_the_same_visit_and_another_one_is_refused(world: World) -> None:
    number = await world.insure()
    first = await admit(world, number)
    before = await world.counts()
    assert await admit(world, number) == first
    assert await world.changed_since(before) <= {"audit_log", "idempotency_keys"}
    reply = await send(world, "/v1/visits", stays.admission(number, estimated_total="1.00"))
    assert refused(reply) == (409, "claims.admission_conflict")


async def test_a_visit_that_is_settled_already_cannot_be_opened(world: World) -> None:
    number = await world.insure()
    await world.settle(build.visit(number, "ZY1"))
    assert refused(await send(world, "/v1/visits", stays.admission(number))) == (409, "claims.visit_conflict")


async def test_charges_in_parts_give_the_settlement_of_the_whole_bill(world: World) -> None:
    number, other = await world.insure(1, ["dibao"]), await world.insure(2, ["dibao"])
    await admit(world, number)
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "5000.00", "100.00"))
    visit = await accepted(world, f"{HERE}/ZY1/charges", stays.part(2, "3666.00", first_line=3))
    assert (visit["running_total"], [each["lines"] for each in visit["parts"]]) == ("8766.00", [2, 1])
    expected = {"patient": {"id_number": number}, "discharged_on": "2026-03-09"}
    previewed = await accepted(world, f"{HERE}/ZY1:preview", expected)
    settled = await accepted(world, f"{HERE}/ZY1:settle", stays.discharge(number, "8766.00"))
    whole = await world.settle(stays.bill(other, "ZY2", ["5000.00", "100.00", "3666.00"], "8766.00"))
    same = ("total", "payers", "person_pays", "eligible", "categories", "policy", "personal_share")
    assert all(settled[name] == whole[name] == previewed[name] for name in same)
    assert (previewed["id"], settled["discharged_on"]) == (None, "2026-03-09")
    visit = await shown(world)
    assert (visit["state"], visit["settlement_id"]) == ("settled", settled["id"])


async def test_settling_releases_the_holds_and_a_second_time_gives_the_same_settlement(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    await admit(world, number)
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "8766.00"))
    settled = await accepted(world, f"{HERE}/ZY1:settle", stays.discharge(number, "8766.00"))
    assert await world.counts(["holds", "settlements"]) == {"holds": 0, "settlements": 1}
    assert await accepted(world, f"{HERE}/ZY1:settle", stays.discharge(number, "8766.00")) == settled
    reply = await send(
        world, f"{HERE}/ZY1:settle", stays.discharge(number, "8766.00", discharged_on="2026-03-08")
    )
    assert refused(reply) == (409, "claims.visit_conflict")


async def test_a_settlement_in_one_message_closes_the_open_visit_and_releases_its_holds(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    await admit(world, number)
    settled = await world.settle(build.visit(number, "ZY1"))
    visit = await shown(world)
    assert (visit["state"], visit["settlement_id"], visit["holds"]) == ("settled", settled["id"], [])
    assert await world.counts(["holds"]) == {"holds": 0}


async def test_a_batch_closes_open_visits_as_well(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    await admit(world, number)
    reply = await world.client.post(
        "/v1/settlements:batch",
        content=ndjson([build.visit(number, "ZY1")]),
        headers=world.as_hospital(),
    )
    assert '"status":201' in reply.text
    assert (await shown(world))["state"] == "settled"


async def test_a_visit_opened_for_one_patient_is_not_settled_for_another(world: World) -> None:
    number, other = await world.insure(1), await world.insure(2)
    await admit(world, number)
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "8766.00"))
    before = await world.counts()
    for path, body in (
        ("/v1/settlements", build.visit(other, "ZY1")),
        (f"{HERE}/ZY1:settle", stays.discharge(other, "8766.00")),
    ):
        assert refused(await send(world, path, body)) == (409, "claims.admitted_other")
    assert await world.counts() == before


async def test_cancelling_releases_the_holds_and_ends_the_visit(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    await admit(world, number)
    cancelled = await accepted(world, f"{HERE}/ZY1:cancel")
    assert (cancelled["state"], cancelled["holds"]) == ("cancelled", [])
    assert await accepted(world, f"{HERE}/ZY1:cancel") == cancelled
    assert await world.counts(["holds"]) == {"holds": 0}
    for path, body in (
        (f"{HERE}/ZY1/charges", stays.part(1, "1.00")),
        (f"{HERE}/ZY1:settle", stays.discharge(number, "1.00")),
    ):
        assert refused(await send(world, path, body)) == (409, "claims.visit_not_open")


async def test_a_settled_visit_cannot_be_cancelled_nor_its_bill_changed(world: World) -> None:
    number = await world.insure()
    await admit(world, number)
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "100.00"))
    await accepted(world, f"{HERE}/ZY1:settle", stays.discharge(number, "100.00"))
    before = await world.counts()
    for path, body in (
        (f"{HERE}/ZY1:cancel", None),
        (f"{HERE}/ZY1/charges", stays.part(2, "1.00", first_line=9)),
        (f"{HERE}/ZY1/charges/1:withdraw", None),
    ):
        assert refused(await send(world, path, body)) == (409, "claims.visit_not_open")
    assert await world.counts() == before


async def test_a_reversed_visit_is_open_again_and_settles_with_its_bill_put_right(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    await admit(world, number)
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "100.00"))
    wrong = await accepted(world, f"{HERE}/ZY1:settle", stays.discharge(number, "100.00"))
    await accepted(world, f"/v1/settlements/{wrong['id']}:reverse", {"reason": "费用录入有误"})
    visit = await shown(world)
    assert (visit["state"], visit["holds"], visit["running_total"]) == ("open", [], "100.00")
    await accepted(world, f"{HERE}/ZY1/charges/1:withdraw")
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "90.00"))
    right = await accepted(world, f"{HERE}/ZY1:settle", stays.discharge(number, "90.00"))
    assert (right["total"], right["id"] != wrong["id"]) == ("90.00", True)
    assert (await shown(world))["settlement_id"] == right["id"]


async def test_a_part_sent_again_counts_once_and_a_changed_one_is_refused(world: World) -> None:
    number = await world.insure()
    await admit(world, number)
    first = await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "10.00", "20.00"))
    assert await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "10.00", "20.00")) == first
    reply = await send(world, f"{HERE}/ZY1/charges", stays.part(1, "10.00", "21.00"))
    assert refused(reply) == (409, "claims.part_conflict")


async def test_a_line_is_taken_once_and_the_rest_of_its_part_not_at_all(world: World) -> None:
    number = await world.insure()
    await admit(world, number)
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "10.00", "20.00"))
    before = await world.counts()
    reply = await send(world, f"{HERE}/ZY1/charges", stays.part(2, "5.00", "6.00", first_line=2))
    assert refused(reply) == (409, "claims.line_twice")
    assert [error["pointer"] for error in reply.json()["errors"]] == ["/charges/0/line_id"]
    twice = stays.part(2, "5.00", "6.00", first_line=8)
    twice["charges"][1]["line_id"] = "L0008"
    reply = await send(world, f"{HERE}/ZY1/charges", twice)
    assert [error["pointer"] for error in reply.json()["errors"]] == ["/charges/1/line_id"]
    assert await world.counts() == before


async def test_a_withdrawn_part_is_as_if_never_sent(world: World) -> None:
    number = await world.insure()
    await admit(world, number)
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "10.00"))
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(2, "20.00", first_line=2))
    visit = await accepted(world, f"{HERE}/ZY1/charges/1:withdraw")
    assert (visit["running_total"], [each["part_no"] for each in visit["parts"]]) == ("20.00", [2])
    assert (await send(world, f"{HERE}/ZY1/charges/1:withdraw")).status_code == 404
    visit = await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "11.00"))
    assert visit["running_total"] == "31.00"


async def test_the_parts_of_a_visit_hold_as_many_lines_as_one_bill(world: World) -> None:
    number = await world.insure()
    await admit(world, number)
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, *["1.00"] * 1_999))
    reply = await send(world, f"{HERE}/ZY1/charges", stays.part(2, "1.00", "1.00", first_line=5_000))
    assert refused(reply) == (409, "claims.too_many_charges")
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(2, "1.00", first_line=5_000))
    settled = await accepted(world, f"{HERE}/ZY1:settle", stays.discharge(number, "2000.00"))
    assert settled["total"] == "2000.00"


async def test_the_total_at_discharge_must_be_that_of_the_parts(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    await admit(world, number)
    await accepted(world, f"{HERE}/ZY1/charges", stays.part(1, "100.00"))
    before = await world.counts()
    reply = await send(world, f"{HERE}/ZY1:settle", stays.discharge(number, "100.01"))
    assert refused(reply) == (422, "claims.total_mismatch")
    assert await world.counts() == before
    assert (await shown(world))["state"] == "open"


async def test_nothing_is_settled_before_there_are_charges(world: World) -> None:
    number = await world.insure()
    await admit(world, number)
    reply = await send(world, f"{HERE}/ZY1:settle", stays.discharge(number, "0.00"))
    assert refused(reply) == (409, "claims.no_charges")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"admitted_on": "2026-11-03"}, "claims.admitted_in_future"),
        ({"facility_code": build.TOWNSHIP_HOSPITAL}, "claims.foreign_facility"),
        ({"patient": {"id_number": build.id_number(999)}}, "claims.patient_not_found"),
        ({"diagnoses": [{"code": "I63.900", "main": False}]}, "claims.main_diagnosis"),
        ({"chronic_code": "M03900"}, "claims.chronic_code"),
        ({"estimated_total": "-1.00"}, "request.invalid"),
        ({"visit_no": "a/b"}, "request.invalid"),
        ({"referral_no": "ZZ404"}, "claims.unknown_referral"),
    ],
)
async def test_an_admission_that_cannot_be_right_is_refused_and_leaves_nothing(
    world: World, change: dict[str, Any], code: str
) -> None:
    number = await world.insure()
    before = await world.counts()
    reply = await send(world, "/v1/visits", stays.admission(number, **change))
    assert reply.json()["code"] == code
    assert await world.counts() == before


async def test_agencies_see_what_open_visits_hold_and_hospitals_only_their_own_visits(world: World) -> None:
    for order in (1, 2):
        await admit(world, await world.insure(order, ["dibao"]), f"ZY{order}")
    agency, township = world.headers("agency"), world.as_hospital(build.TOWNSHIP_HOSPITAL)
    held = (await world.client.get("/v1/holds?county=990101&year=2026", headers=agency)).json()["items"]
    assert {(each["payer"], each["visits"]) for each in held} >= {("basic_insurance", 2)}
    assert refused(await world.client.get("/v1/holds", headers=township)) == (403, "claims.agency_only")
    assert (await world.client.get(f"{HERE}/ZY1", headers=township)).status_code == 404
    assert (await world.client.get("/v1/visits", headers=township)).json()["items"] == []


async def test_open_visits_are_listed_in_pages_until_they_end(world: World) -> None:
    for order in (1, 2, 3):
        day = {"admitted_on": f"2026-03-0{order}"}
        await admit(world, await world.insure(order), f"ZY{order}", **day)
    await accepted(world, f"{HERE}/ZY2:cancel")
    agency = world.headers("agency")
    page = (await world.client.get("/v1/visits?limit=1", headers=agency)).json()
    following = await world.client.get(f"/v1/visits?limit=1&cursor={page['next_cursor']}", headers=agency)
    assert [page["items"][0]["visit_no"], following.json()["items"][0]["visit_no"]] == ["ZY1", "ZY3"]
    assert following.json()["next_cursor"] is None
    early = await world.client.get("/v1/visits?admitted_until=2026-03-02", headers=agency)
    assert [each["visit_no"] for each in early.json()["items"]] == ["ZY1"]


async def test_of_two_discharges_at_once_one_settles_and_both_hear_of_it(world: World) -> None:
    for order in range(8):
        number, visit_no = await world.insure(order, ["dibao"]), f"ZY{order}"
        await admit(world, number, visit_no)
        await accepted(world, f"{HERE}/{visit_no}/charges", stays.part(1, "8766.00"))
        body = stays.discharge(number, "8766.00")
        whole = build.visit(number, visit_no, admitted_on="2026-03-01", discharged_on="2026-03-09")
        replies = await asyncio.gather(
            *(
                client.post(path, json=sent, headers=world.as_hospital())
                for client in (world.client, world.other)
                for path, sent in ((f"{HERE}/{visit_no}:settle", body), ("/v1/settlements", whole))
            )
        )
        assert {reply.status_code for reply in replies} == {201}, [reply.text for reply in replies]
        assert len({reply.json()["id"] for reply in replies}) == 1
    assert await world.counts(["settlements", "holds"]) == {"settlements": 8, "holds": 0}


async def test_no_hold_outlives_an_admission_and_a_settlement_at_the_same_moment(world: World) -> None:
    for order in range(12):
        number, visit_no = await world.insure(order, ["dibao"]), f"ZY{order}"
        opened, settled = await asyncio.gather(
            world.other.post(
                "/v1/visits", json=stays.admission(number, visit_no), headers=world.as_hospital()
            ),
            world.client.post(
                "/v1/settlements", json=build.visit(number, visit_no), headers=world.as_hospital()
            ),
        )
        assert (settled.status_code, opened.status_code) in {(201, 201), (201, 409)}, opened.text
    assert await world.counts(["settlements", "holds"]) == {"settlements": 12, "holds": 0}
    assert await world.rows("SELECT 1 FROM admissions WHERE state = 'open'") == []


async def test_of_a_discharge_and_a_cancelling_at_once_one_wins_and_no_hold_is_left(world: World) -> None:
    for order in range(8):
        number, visit_no = await world.insure(order, ["dibao"]), f"ZY{order}"
        await admit(world, number, visit_no)
        await accepted(world, f"{HERE}/{visit_no}/charges", stays.part(1, "8766.00"))
        settled, cancelled = await asyncio.gather(
            world.client.post(
                f"{HERE}/{visit_no}:settle",
                json=stays.discharge(number, "8766.00"),
                headers=world.as_hospital(),
            ),
            world.other.post(f"{HERE}/{visit_no}:cancel", headers=world.as_hospital()),
        )
        assert (settled.status_code, cancelled.status_code) in {(201, 409), (409, 200)}
    assert await world.counts(["holds"]) == {"holds": 0}


async def test_parts_sent_at_once_are_all_counted_and_each_once(world: World) -> None:
    number = await world.insure()
    await admit(world, number)
    bodies = [stays.part(no, "1.00", "2.00", first_line=10 * no) for no in range(1, 9)] * 2
    replies = await asyncio.gather(
        *(
            (world.client, world.other)[no % 2].post(
                f"{HERE}/ZY1/charges", json=body, headers=world.as_hospital()
            )
            for no, body in enumerate(bodies)
        )
    )
    assert {reply.status_code for reply in replies} == {201}
    assert (await shown(world))["running_total"] == "24.00"
