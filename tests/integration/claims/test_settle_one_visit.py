"""Settling one visit over HTTP, and reading it back."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.claims.conftest import World
from tests.support import claims as build

pytestmark = pytest.mark.integration


def fen(amount: str) -> int:
    return int(Decimal(amount) * 100)


def paid_by_all(settled: dict[str, Any]) -> int:
    return sum(fen(payer["amount"]) for payer in settled["payers"]) + fen(settled["person_pays"])


async def test_a_poor_patient_pays_five_percent_in_the_county_hospital(world: World) -> None:
    number = await world.insure(categories=["registered_poor"])
    settled = await world.settle(build.visit(number, "ZY2026000123"))
    assert (settled["total"], settled["personal_share"]) == ("8766.00", "0.0500")
    assert settled["policy"] == {"pack": "sample-county", "version": "2026-01-01"}
    assert settled["patient"] == f"{number[:3]}{'*' * 11}{number[-4:]}"
    assert (settled["place"], settled["referral"]) == ("in_county", "not_needed")
    assert paid_by_all(settled) == fen("8766.00")


async def test_eligible_is_the_total_less_what_the_patient_bears_alone(world: World) -> None:
    number = await world.insure()
    charges = [
        build.charge("1000.00"),
        build.charge("500.00", "B", self_pay_rate="0.10"),
        build.charge("80.00", "C"),
        build.charge("200.00", price_limit="150.00"),
    ]
    message = build.visit(number, "ZY1", charges=charges, total="1780.00")
    settled = await world.settle(message)
    parts = [settled[name] for name in ("non_covered", "over_limit", "upfront_copay", "eligible")]
    assert parts == ["80.00", "50.00", "50.00", "1600.00"]
    assert paid_by_all(settled) == fen("1780.00")


@pytest.mark.parametrize(
    ("facility", "referral_no", "place", "referral"),
    [
        (build.TOWNSHIP_HOSPITAL, None, "in_county", "not_needed"),
        (build.COUNTY_HOSPITAL, "ZZ1", "in_county", "not_needed"),
        (build.CITY_HOSPITAL, "ZZ1", "in_city", "compliant"),
        (build.CITY_HOSPITAL, None, "in_city", "none"),
        (build.PROVINCIAL_HOSPITAL, "ZZ1", "out_of_city", "compliant"),
    ],
)
async def test_place_and_referral_follow_from_provider_and_filed_referral(
    world: World, facility: str, referral_no: str | None, place: str, referral: str
) -> None:
    number = await world.insure(categories=["registered_poor"])
    if referral_no:
        await world.refer(number, referral_no, facility)
    message = build.visit(number, "ZY1", facility_code=facility, referral_no=referral_no)
    settled = await world.settle(message)
    assert (settled["place"], settled["referral"]) == (place, referral)


async def test_leaving_the_county_without_a_referral_loses_the_ceiling(world: World) -> None:
    number = await world.insure(categories=["registered_poor"])
    away = {"facility_code": build.CITY_HOSPITAL}
    await world.refer(number, "ZZ1")
    referred = await world.settle(build.visit(number, "ZY1", referral_no="ZZ1", **away))
    unreferred = await world.settle(build.visit(number, "ZY2", **away))
    assert referred["personal_share"] == "0.0500"
    assert Decimal(unreferred["personal_share"]) > Decimal("0.0500")


async def test_categories_count_on_the_day_of_discharge_only(world: World) -> None:
    number = build.id_number(1)
    recorded = build.person(world.index, number, categories=["dibao"]).model_dump(mode="json")
    recorded["categories"][0] |= {"valid_from": "2026-02-01", "valid_to": "2026-03-09"}
    await world.record(type(build.person(world.index, number)).model_validate(recorded))
    last_day = {"admitted_on": "2026-03-08", "discharged_on": "2026-03-08"}
    assert (await world.settle(build.visit(number, "ZY1", **last_day)))["categories"] == ["dibao"]
    assert (await world.settle(build.visit(number, "ZY2")))["categories"] == []


async def test_a_settled_visit_reads_back_as_it_was_answered(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    reply = await world.client.get(f"/v1/settlements/{settled['id']}", headers=world.as_hospital())
    assert reply.json() == settled


async def test_a_retry_with_the_same_key_gets_the_same_reply(world: World) -> None:
    number = await world.insure()
    headers = world.as_hospital()
    first = await world.client.post("/v1/settlements", json=build.visit(number, "ZY1"), headers=headers)
    before = await world.counts()
    again = await world.client.post("/v1/settlements", json=build.visit(number, "ZY1"), headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Hit"] == "true"
    assert await world.changed_since(before) <= {"audit_log"}


async def test_the_same_visit_under_another_key_is_the_same_settlement(world: World) -> None:
    number = await world.insure()
    message = build.visit(number, "ZY1")
    first = await world.settle(message)
    before = await world.counts()
    written_otherwise = {**message, "total": "8766", "patient": {"id_number": f" {number}"}}
    assert await world.settle(written_otherwise) == first
    assert await world.changed_since(before) <= {"idempotency_keys", "audit_log"}


async def test_the_same_visit_number_with_other_content_is_refused(world: World) -> None:
    number = await world.insure()
    await world.settle(build.visit(number, "ZY1"))
    before = await world.counts()
    reply = await world.client.post(
        "/v1/settlements", json=build.visit(number, "ZY1", "8767.00"), headers=world.as_hospital()
    )
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.visit_conflict")
    assert await world.counts() == before


async def test_the_same_visit_number_at_another_hospital_is_another_visit(world: World) -> None:
    number = await world.insure()
    first = await world.settle(build.visit(number, "ZY1"))
    second = await world.settle(build.visit(number, "ZY1", facility_code=build.TOWNSHIP_HOSPITAL))
    assert first["id"] != second["id"]


async def test_a_preview_says_what_settling_would_give_and_writes_nothing(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    message = build.visit(number, "ZY1", "52000.00")
    before = await world.counts()
    reply = await world.client.post("/v1/settlements:preview", json=message, headers=world.as_hospital())
    assert await world.changed_since(before) <= {"audit_log"}
    preview, settled = reply.json(), await world.settle(message)
    unsettled = {"id": None, "settled_at": None, "explanation": None}
    assert preview == {**settled, **unsettled}


async def test_a_preview_of_a_settled_visit_shows_that_settlement(world: World) -> None:
    number = await world.insure()
    message = build.visit(number, "ZY1")
    settled = await world.settle(message)
    reply = await world.client.post("/v1/settlements:preview", json=message, headers=world.as_hospital())
    assert reply.json() == settled


async def test_the_explanation_adds_up_to_the_settlement(world: World) -> None:
    number = await world.insure(categories=["registered_poor"])
    settled = await world.settle(build.visit(number, "ZY1", "60000.00"))
    reply = await world.client.get(settled["explanation"], headers=world.as_hospital())
    explained = reply.json()
    by_payer = {step["payer"]: step["amount"] for step in explained["steps"] if step["amount"] != "0.00"}
    del by_payer[None]
    assert by_payer == {payer["payer"]: payer["amount"] for payer in settled["payers"]}
    assert all(step["detail"]["source_title"] and step["detail"]["clause"] for step in explained["steps"])
    moves = [move for step in explained["steps"] for move in step["detail"]["accumulators"]]
    assert any(move["after"] > move["before"] == 0 for move in moves)
    assert explained["sentences"][-1].startswith(f"个人负担{settled['person_pays']}元，占总费用的")


async def test_the_second_visit_of_the_year_starts_where_the_first_ended(world: World) -> None:
    number = await world.insure()
    first = await world.settle(build.visit(number, "ZY1", "30000.00"))
    second = await world.settle(build.visit(number, "ZY2", "30000.00"))
    assert "critical_illness" not in [payer["payer"] for payer in first["payers"]]
    assert "critical_illness" in [payer["payer"] for payer in second["payers"]]


async def test_each_settlement_is_announced_once_with_amounts_and_without_identity(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    [(type_, key, division, data)] = await world.rows(
        "SELECT type, partition_key, division_code, data::text FROM event_log"
    )
    person = build.person(world.index, number)
    announced = json.loads(data)
    assert (type_, key) == ("claims.claim_settled.v1", str(person.household_id))
    assert division == build.VILLAGE
    assert (announced["settlement_id"], announced["total_fen"]) == (settled["id"], 876600)
    assert number not in data


async def test_settlements_are_listed_page_by_page_in_posting_order(world: World) -> None:
    number = await world.insure()
    ids = [(await world.settle(build.visit(number, f"ZY{no}")))["id"] for no in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while len(seen) < 5:
        query = {"limit": "2", "from": "2026-11-02", "to": "2026-11-02"} | (
            {"cursor": cursor} if cursor else {}
        )
        reply = (await world.client.get("/v1/settlements", params=query, headers=world.as_hospital())).json()
        seen += [item["id"] for item in reply["items"]]
        cursor = reply["next_cursor"]
    assert (seen, cursor) == (ids, None)
    other_day = {"from": "2026-11-03"}
    reply = (await world.client.get("/v1/settlements", params=other_day, headers=world.as_hospital())).json()
    assert reply["items"] == []


async def test_a_message_gets_the_same_answer_on_the_quick_way_and_on_the_usual_one(world: World) -> None:
    number = await world.insure(categories=["registered_poor"])
    message = json.dumps(build.visit(number, "ZY1")).encode()
    headers = {**world.as_hospital(), "Content-Type": "application/json"}
    unusual = {**headers, "Content-Type": "application/json; charset=utf-8"}

    async def send(body: bytes, headers: dict[str, str], query: str = "") -> tuple[int, Any, str | None]:
        reply = await world.client.post(f"/v1/settlements{query}", content=body, headers=headers)
        return reply.status_code, reply.json(), reply.headers.get("Idempotency-Hit")

    status, settled, hit = await send(message, headers)
    assert (status, hit) == (201, None)
    assert await send(message, unusual) == (201, settled, "true")
    assert await send(message, headers) == (201, settled, "true")
    for refused, query in (
        ({**headers, "Authorization": "Bearer x"}, ""),
        ({**headers, **world.headers("finance")}, ""),
        ({**headers, "Idempotency-Key": "short"}, ""),
        ({**headers, "Content-Type": "text/plain"}, ""),
        (headers, "?dry_run=true"),
    ):
        answer = await send(message, refused, query)
        assert 400 <= answer[0] < 500, answer
    other = await send(message.replace(b"ZY1", b"ZY2"), headers)
    assert (other[0], other[1]["code"]) == (422, "idempotency.key_reused")
