"""A hospital reconciles closed days: what differs is named, kept, and repaired by a later equal run."""

from typing import Any

import httpx
import pytest

from services.claims.reconciliation.rules import UNDONE
from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support import nhsa
from tests.support.closing import TODAY, close, fund

pytestmark = pytest.mark.integration


def totals(*settled: dict[str, Any]) -> dict[str, Any]:
    fen = sum(int(each["total"].replace(".", "")) for each in settled)
    funds = sum(int(fund(each).replace(".", "")) for each in settled)
    return {"count": len(settled), "total": yuan(fen), "fund": yuan(funds)}


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def line(settled: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"settlement_id": settled["id"], "total": settled["total"], "fund": fund(settled), **changes}


def asked(*settled: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "facility_code": build.COUNTY_HOSPITAL,
        "first_day": TODAY,
        "last_day": TODAY,
        "settlements": totals(*settled),
        "lines": [line(each) for each in settled],
        **changes,
    }


async def send(world: World, body: dict[str, Any], role: str | None = None) -> httpx.Response:
    headers = world.headers(role) if role else world.as_hospital()
    return await world.client.post("/v1/reconciliations", json=body, headers=headers)


async def run(world: World, body: dict[str, Any]) -> dict[str, Any]:
    reply = await send(world, body)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def settled_twice(world: World) -> list[dict[str, Any]]:
    number = await world.insure(categories=["dibao"])
    return [await world.settle(build.visit(number, f"ZY{no}", "30000.00")) for no in (1, 2)]


async def test_a_planted_difference_is_named_and_repaired_by_the_next_equal_run(world: World) -> None:
    first, second = await settled_twice(world)
    await close(world)
    wrong = await run(world, asked(first))
    assert (wrong["state"], wrong["equal"]) == ("open", False)
    assert wrong["result"]["by_kind"] == {"amount": 1, "count": 1, "missing_there": 1}
    named = wrong["result"]["differences"][-1]
    assert (named["settlement_id"], named["visit_no"]) == (second["id"], "ZY2")
    assert "中心有、医院无" in named["what_to_do"]
    only_totals = asked(first, second)
    del only_totals["lines"]
    await run(world, only_totals)
    path = f"/v1/reconciliations/{wrong['id']}"
    assert (await world.client.get(path, headers=world.headers("agency"))).json()["state"] == "open"
    right = await run(world, asked(first, second))
    assert (right["state"], right["differences"]) == ("equal", 0)
    shown = (await world.client.get(path, headers=world.headers("agency"))).json()
    assert (shown["state"], shown["repaired_by"]) == ("repaired", right["id"])
    assert (shown["result"], shown["run_by"]) == (wrong["result"], f"hospital:{build.COUNTY_HOSPITAL}")
    listed = await world.client.get("/v1/reconciliations?state=repaired", headers=world.headers("agency"))
    assert [item["id"] for item in listed.json()["items"]] == [wrong["id"]]
    other = world.as_hospital(build.TOWNSHIP_HOSPITAL)
    assert (await world.client.get(path, headers=other)).status_code == 404


async def test_a_reversal_counts_on_its_own_side(world: World) -> None:
    first, second = await settled_twice(world)
    reply = await world.client.post(
        f"/v1/settlements/{first['id']}:reverse", json={"reason": "重复"}, headers=world.as_hospital()
    )
    assert reply.status_code == 200
    await close(world)
    both = asked(first, second, refunds=totals(first))
    both["lines"].append(line(first, refund=True))
    assert (await run(world, both))["state"] == "equal"
    forgotten = await run(world, asked(first, second, refunds=totals()))
    assert forgotten["result"]["by_kind"] == {"amount": 1, "count": 1, "reversed_here": 1}


async def test_a_settlement_that_a_message_undid_counts_on_neither_side(his: nhsa.His) -> None:
    world = his.world
    stay = await nhsa.admitted(his)
    await his.done("2301", {"feedetail": [stay.fee("1", 3000)]})
    message = his.message("2304", stay.settling(3000))
    await his.send(message)
    [first] = (await world.client.get("/v1/settlements", headers=world.as_hospital())).json()["items"]
    second = await world.settle(build.visit(await world.insure(2), "ZY2", "30000.00"))
    await his.done("2601", {"data": {"omsgid": message["msgid"], "oinfno": "2304"}})
    await close(world)
    assert (await run(world, asked(second, refunds=totals())))["state"] == "equal"
    knows = await run(world, asked(first, second, refunds=totals()))
    assert knows["result"]["by_kind"] == {"amount": 1, "count": 1, "reversed_here": 1}


async def test_nobody_hides_a_reversal_from_the_reconciliation_by_its_reason(world: World) -> None:
    first, _ = await settled_twice(world)
    path, body = f"/v1/settlements/{first['id']}:reverse", {"reason": f" {UNDONE} 冲正"}
    reply = await world.client.post(path, json=body, headers=world.as_hospital())
    assert (reply.status_code, reply.json()["code"]) == (422, "claims.reason_reserved")


async def test_a_day_that_is_not_closed_is_refused(world: World) -> None:
    first, second = await settled_twice(world)
    reply = await send(world, asked(first, second))
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.day_not_closed")
    assert TODAY in reply.json()["title"]
    await close(world)
    number = await world.insure(2)
    third = await world.settle(build.visit(number, "ZY3"))
    again = await send(world, asked(first, second, third))
    assert again.json()["code"] == "claims.day_not_closed"
    await close(world)
    assert (await run(world, asked(first, second, third)))["state"] == "equal"
    tomorrow = await send(world, asked(last_day="2026-11-03"))
    assert tomorrow.json()["code"] == "claims.day_not_closed"


async def test_what_was_settled_on_another_day_is_not_taken_for_missing(world: World) -> None:
    [first, _] = await settled_twice(world)
    await close(world)
    world.clock.instant = build.NOW.replace(day=3)
    await close(world, "2026-11-03")
    found = await run(world, asked(first_day="2026-11-03", last_day="2026-11-03", lines=[line(first)]))
    [difference] = found["result"]["differences"]
    assert (difference["kind"], difference["day"]) == ("other_day", TODAY)


@pytest.mark.parametrize(
    ("changes", "role", "status", "code"),
    [
        ({}, "agency", 403, "auth.forbidden"),
        ({}, f"hospital:{build.TOWNSHIP_HOSPITAL}", 403, "claims.not_its_own"),
        ({}, "admin", 403, "claims.hospital_only"),
        ({"first_day": "2026-11-03"}, None, 422, "claims.period_invalid"),
        ({"first_day": "2026-01-01"}, None, 422, "claims.period_invalid"),
        ({"lines": [{"total": "1.00", "fund": "1.00"}]}, None, 422, "claims.line_without_name"),
    ],
)
async def test_what_cannot_be_reconciled_is_refused_and_nothing_is_kept(
    world: World, changes: dict[str, Any], role: str | None, status: int, code: str
) -> None:
    await close(world)
    reply = await send(world, asked(**changes), role)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert await world.counts(["reconciliations"]) == {"reconciliations": 0}
