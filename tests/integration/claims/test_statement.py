"""The printable statement over HTTP: who may print it, what it is, and that printing is on record."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.platform import bearer

pytestmark = pytest.mark.integration


async def test_a_settlement_has_a_printable_statement(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    world.clock.instant = datetime(2026, 11, 2, 16, 5, tzinfo=UTC)
    lines = [build.charge("8000.00", name="床位<b>"), build.charge("766.00", "C")]
    settled = await world.settle(build.visit(number, "ZY1", "8766.00", charges=lines))
    reply = await world.client.get(
        f"/v1/settlements/{settled['id']}/statement", headers=world.headers("agency")
    )
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    page = reply.text
    assert f"结算编号：{settled['id']}" in page
    assert "县人民医院（H99010100001，二级）" in page
    assert settled["patient"] in page
    assert number not in page
    assert "床位&lt;b&gt;" in page
    assert "人民币（大写）捌仟柒佰陆拾陆元整" in page
    assert "2026年11月03日 00:05" in page


async def test_a_hospital_prints_its_own_statements_only(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    address = f"/v1/settlements/{settled['id']}/statement"
    own = await world.client.get(address, headers=world.as_hospital())
    other = await world.client.get(address, headers=world.as_hospital(build.CITY_HOSPITAL))
    assert (own.status_code, other.status_code) == (200, 404)
    nobody = await world.client.get(f"/v1/settlements/{uuid4()}/statement")
    assert nobody.status_code == 404
    assert nobody.headers["content-type"] == "application/problem+json"


async def test_printing_needs_the_scope_to_read_and_a_jurisdiction(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    address = f"/v1/settlements/{settled['id']}/statement"
    settles = bearer(world.platform.mint("x", ["claims:settle"], ["990101"]))
    elsewhere = bearer(world.platform.mint("x", ["claims:read"], ["990102"]))
    assert (await world.client.get(address, headers=settles)).status_code == 403
    assert (await world.client.get(address, headers=elsewhere)).status_code == 404


async def test_who_printed_a_statement_is_on_record(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(build.visit(number, "ZY1"))
    await world.client.get(f"/v1/settlements/{settled['id']}/statement", headers=world.headers("agency"))
    rows = await world.rows(
        "SELECT subject, object FROM audit_log WHERE action = 'read settlement statement'"
    )
    assert [tuple(row) for row in rows] == [("agency", settled["id"])]


async def test_the_description_of_the_api_says_that_a_statement_is_html(world: World) -> None:
    document = (await world.client.get("/openapi.json")).json()
    operation = document["paths"]["/v1/settlements/{settlement_id}/statement"]["get"]
    assert list(operation["responses"]["200"]["content"]) == ["text/html"]


async def test_explanation_and_statement_say_who_was_left_out_and_why(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    visit = build.visit(number, "ZY1", "50000.00", facility_code=build.CITY_HOSPITAL)
    settled = await world.settle(visit)
    address = f"/v1/settlements/{settled['id']}"
    explained = (await world.client.get(f"{address}/explanation", headers=world.headers("agency"))).json()
    payers = {step["payer"] for step in explained["steps"]}
    missing = {each["payer"]: each for each in explained["left_out"]}
    assert "poverty_relief_fund" in missing
    assert payers.isdisjoint(missing)
    reason = missing["poverty_relief_fund"]
    assert "转诊情况须为" in reason["sentence"]
    assert reason["gates"][0]["failed"][0].keys() == {"part", "required", "found"}
    page = (await world.client.get(f"{address}/statement", headers=world.headers("agency"))).text
    assert "未参与本次支付的支付方" in page
    assert "卫生扶贫救助基金未参与本次支付" in page


async def test_of_a_restricted_illness_only_its_hospital_and_who_may_see_it_print(world: World) -> None:
    number = await world.insure()
    illness = [{"code": "B20.000", "main": True}]
    settled = await world.settle(build.visit(number, "ZY1", diagnoses=illness))
    address = f"/v1/settlements/{settled['id']}"
    refused = await world.client.get(f"{address}/statement", headers=world.headers("agency"))
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.forbidden")
    explained = await world.client.get(f"{address}/explanation", headers=world.headers("agency"))
    assert "B20" not in explained.text
    assert explained.json()["left_out"] == []
    own = await world.client.get(f"{address}/statement", headers=world.as_hospital())
    scopes = ["claims:read", "restricted:read"]
    allowed = bearer(world.platform.mint("doctor", scopes, ["990101"]))
    may = await world.client.get(f"{address}/statement", headers=allowed)
    assert (own.status_code, may.status_code) == (200, 200)
    assert "B20.000" in may.text


async def test_the_statement_of_a_reversed_settlement_says_so(world: World) -> None:
    number = await world.insure(categories=["dibao"])
    settled = await world.settle(build.visit(number, "ZY1", "8766.00"))
    address = f"/v1/settlements/{settled['id']}"
    gone = await world.client.post(
        f"{address}:reverse", json={"reason": "重复结算"}, headers=world.headers("agency")
    )
    assert gone.status_code == 200
    page = (await world.client.get(f"{address}/statement", headers=world.headers("agency"))).text
    assert "本结算已撤销" in page
    assert "人民币（大写）零元整" in page
    assert "8,766.00" in page
