"""Taking a settlement back: everything is moved back, nothing is deleted, nothing is settled twice."""

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.claims.verification.explanations import verify_explanations
from services.claims.verification.records import Difference
from services.claims.verification.service import verify_ledger
from tests.integration.claims.conftest import WRITTEN_BY_SETTLEMENT, World
from tests.support import claims as build
from tests.support.platform import Client, bearer

pytestmark = pytest.mark.integration
REASON = {"reason": "重复收费，退费后重新结算"}


async def reverse(world: World, settled: dict[str, Any], role: str | None = None, **headers: str) -> Any:
    sent = world.headers(role or f"hospital:{settled['facility_code']}") | headers
    return await world.client.post(f"/v1/settlements/{settled['id']}:reverse", json=REASON, headers=sent)


async def reversed_(world: World, settled: dict[str, Any], role: str | None = None) -> dict[str, Any]:
    reply = await reverse(world, settled, role)
    assert reply.status_code == 200, reply.text
    shown: dict[str, Any] = reply.json()
    return shown


async def get(world: World, path: str, role: str = "agency") -> Any:
    reply = await world.client.get(path, headers=world.headers(role))
    assert reply.status_code == 200, reply.text
    return reply.json()


async def adds_up(world: World) -> None:
    """The books agree, and every posting follows from its explanation."""
    address = world.platform.worker_url("claims")
    report = await verify_ledger(address)
    assert report.failed is None, (report.failed, report.record)
    differences: list[Difference] = []
    await verify_explanations(address, date(2026, 1, 1), date(2027, 12, 31), differences.append)
    assert list(map(str, differences)) == []


async def test_the_database_itself_lets_no_transfer_be_reversed_twice(world: World) -> None:
    await reversed_(world, await world.settle(build.visit(await world.insure(), "ZY1")))
    again = """
    INSERT INTO transfers (booked_at, county_code, year, facility_code, kind, debit_account, credit_account,
                           amount_fen, settlement_id, reference, reverses)
    SELECT booked_at, county_code, year, facility_code, kind, debit_account, credit_account,
           amount_fen, settlement_id, reference, reverses
    FROM transfers WHERE reverses IS NOT NULL LIMIT 1
    """
    async with world.platform.worker_session("claims") as session:
        with pytest.raises(IntegrityError, match="uq_transfers_reverses"):
            await session.execute(text(again))


async def test_a_reversed_settlement_shows_zero_and_its_history_shows_everything(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    settled = await world.settle(build.visit(number, "ZY1", "30000.00"))
    shown = await reversed_(world, settled)
    assert (shown["status"], shown["revision"], shown["total"], shown["payers"]) == (
        "reversed",
        1,
        "0.00",
        [],
    )
    assert await get(world, f"/v1/settlements/{settled['id']}") == shown
    assert (await get(world, "/v1/settlements"))["items"] == [shown]
    first, second = (await get(world, f"/v1/settlements/{settled['id']}/revisions"))["items"]
    assert (first["kind"], first["payers"], first["total"]) == ("settlement", settled["payers"], "30000.00")
    assert (second["kind"], second["reason"], second["total"]) == ("reversal", REASON["reason"], "0.00")
    assert second["person_difference"] == "-" + settled["person_pays"]
    original = await get(world, first["explanation"])
    assert original["steps"]
    now = await get(world, settled["explanation"])
    assert (now["revision"], now["steps"], now["total"]) == (1, [], "0.00")
    assert now["sentences"][0].startswith("本次结算已撤销")


async def test_a_reversal_mirrors_every_transfer_and_empties_the_accumulators(world: World) -> None:
    number = await world.insure(categories=["registered_poor"])
    settled = await world.settle(build.visit(number, "ZY1", "68000.00"))
    before = (await get(world, f"/v1/ledger/transfers?settlement_id={settled['id']}"))["items"]
    await reversed_(world, settled)
    booked = await get(world, f"/v1/ledger/transfers?settlement_id={settled['id']}")
    mirrors = booked["items"][len(before) :]
    assert booked["total"] == "0.00"
    assert [(each["debit_account"], each["credit_account"], each["amount"]) for each in mirrors] == [
        (each["credit_account"], each["debit_account"], each["amount"]) for each in before
    ]
    assert [each["reverses"] for each in mirrors] == [each["no"] for each in before]
    assert {each["reference"] for each in mirrors} == {f"reversal/{settled['id']}"}
    assert await world.rows("SELECT DISTINCT used_fen FROM accumulators") == [(0,)]
    balance = await get(world, "/v1/ledger/trial-balance?county=990101")
    assert {account["balance"] for account in balance["accounts"]} == {"0.00"}
    await adds_up(world)


async def test_a_reversal_is_announced_with_what_is_taken_back(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    await reversed_(world, settled)
    [(type_, data)] = await world.rows(
        "SELECT type, data FROM event_log WHERE type <> 'claims.claim_settled.v1'"
    )
    assert (type_, data["settlement_id"], data["revision"]) == ("claims.claim_reversed.v1", settled["id"], 1)
    assert (data["total_fen"], data["person_pays_fen"]) == (876_600, 264_150)
    assert REASON["reason"] not in str(data)


async def test_a_second_reversal_is_refused_and_the_same_request_again_is_answered_again(
    world: World,
) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    headers = world.as_hospital()
    first = await reverse(world, settled, **headers)
    before = await world.counts()
    again = await reverse(world, settled, **headers)
    assert (again.status_code, again.json(), again.headers["Idempotency-Hit"]) == (200, first.json(), "true")
    other = await reverse(world, settled)
    assert (other.status_code, other.json()["code"]) == (409, "claims.already_reversed")
    assert await world.changed_since(before) <= {"audit_log"}


async def test_many_reversals_at_once_reverse_once(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    clients: list[Client] = [world.client, world.other]
    replies = await asyncio.gather(
        *(
            clients[no % 2].post(
                f"/v1/settlements/{settled['id']}:reverse", json=REASON, headers=world.as_hospital()
            )
            for no in range(12)
        )
    )
    assert sorted(reply.status_code for reply in replies) == [200] + [409] * 11
    await adds_up(world)


async def test_the_same_content_again_gives_the_reversed_settlement_and_settles_nothing(world: World) -> None:
    number = await world.insure()
    message = build.visit(number, "ZY1")
    shown = await reversed_(world, await world.settle(message))
    before = await world.counts(WRITTEN_BY_SETTLEMENT[:7])
    assert await world.settle(message) == shown
    reply = await world.client.post("/v1/settlements:preview", json=message, headers=world.as_hospital())
    assert reply.json() == shown
    assert await world.counts(list(before)) == before


async def test_other_content_under_the_number_of_a_reversed_visit_is_settled_anew(world: World) -> None:
    number = await world.insure()
    first, mended = build.visit(number, "ZY1"), build.visit(number, "ZY1", "8000.00")
    old = await reversed_(world, await world.settle(first))
    new = await world.settle(mended)
    assert (new["total"], new["status"], new["revision"]) == ("8000.00", "settled", 0)
    assert new["id"] != old["id"]
    assert await world.settle(first) == old
    assert await world.settle(mended) == new
    third = await world.client.post(
        "/v1/settlements", json=build.visit(number, "ZY1", "1.00"), headers=world.as_hospital()
    )
    assert (third.status_code, third.json()["code"]) == (409, "claims.visit_conflict")
    await reversed_(world, new)
    last = await world.settle(build.visit(number, "ZY1", "1.00"))
    assert last["total"] == "1.00"
    assert (await world.settle(first))["id"] == old["id"]
    await adds_up(world)


async def test_a_freed_number_sent_with_many_contents_at_once_is_settled_with_one(world: World) -> None:
    number = await world.insure()
    await reversed_(world, await world.settle(build.visit(number, "ZY1")))
    replies = await asyncio.gather(
        *(
            (world.client, world.other)[no % 2].post(
                "/v1/settlements",
                json=build.visit(number, "ZY1", f"{no + 1}.00"),
                headers=world.as_hospital(),
            )
            for no in range(8)
        )
    )
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    await adds_up(world)


async def test_only_the_hospital_that_settled_and_the_agency_may_reverse(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    other = await reverse(world, settled, f"hospital:{build.TOWNSHIP_HOSPITAL}")
    reader = await reverse(world, settled, "province")
    finance = await reverse(world, settled, "finance")
    assert [reply.status_code for reply in (other, reader, finance)] == [404, 403, 403]
    assert {reply.json()["code"] for reply in (reader, finance)} == {"auth.forbidden"}
    assert (await reversed_(world, settled, "agency"))["status"] == "reversed"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 501}, {"reason": "ok", "more": 1}])
async def test_a_reversal_without_a_proper_reason_is_refused(world: World, body: dict[str, Any]) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    before = await world.counts()
    reply = await world.client.post(
        f"/v1/settlements/{settled['id']}:reverse", json=body, headers=world.as_hospital()
    )
    assert reply.status_code == 422
    assert await world.changed_since(before) <= {"audit_log"}


async def test_a_person_who_moved_away_is_left_to_the_agency_above(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    await world.record(build.person(world.index, number, village="990102200203", version=2))
    refused = await reverse(world, settled, "agency")
    assert (refused.status_code, refused.json()["code"]) == (409, "claims.person_elsewhere")
    city = bearer(world.platform.mint("city", ["claims:read", "claims:review"], ["9901"]))
    done = await reverse(world, settled, "agency", **city)
    assert done.status_code == 200
    await adds_up(world)


async def test_an_office_of_a_part_of_the_county_reverses_nothing(world: World) -> None:
    settled = await world.settle(build.visit(await world.insure(), "ZY1"))
    before = await world.counts()
    township = bearer(world.platform.mint("office", ["claims:read", "claims:review"], [build.VILLAGE[:9]]))
    refused = await reverse(world, settled, "agency", **township)
    assert (refused.status_code, refused.json()["code"]) == (409, "claims.person_elsewhere")
    assert await world.changed_since(before) <= {"audit_log"}


async def test_a_reversed_visit_is_not_in_the_months_report(world: World) -> None:
    number = await world.insure()
    await reversed_(world, await world.settle(build.visit(number, "ZY1")))
    await world.settle(build.visit(number, "ZY2", "8000.00"))
    table = await get(world, "/v1/reports/month?county=990101&month=2026-03")
    assert (table["total"]["person_times"], table["total"]["total"]) == (1, "8000.00")


async def test_what_was_used_is_free_again_for_the_next_visit(world: World) -> None:
    number = await world.insure()
    first = await world.settle(build.visit(number, "ZY1", "60000.00"))
    await reversed_(world, first)
    second = await world.settle(build.visit(number, "ZY2", "60000.00"))
    assert second["payers"] == first["payers"]


async def test_the_same_bill_is_settled_anew_only_by_who_names_the_reversed_settlement(world: World) -> None:
    number = await world.insure()
    message = build.visit(number, "ZY1")
    first = await world.settle(message)
    await reversed_(world, first)
    late = await world.settle(message)
    assert (late["id"], late["status"]) == (first["id"], "reversed")
    anew = await world.settle({**message, "replaces": first["id"]})
    assert anew["id"] != first["id"]
    assert (anew["status"], anew["payers"]) == ("settled", first["payers"])
    assert await world.settle({**message, "replaces": first["id"]}) == anew
    await adds_up(world)
