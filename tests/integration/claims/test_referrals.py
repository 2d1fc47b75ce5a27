"""Referrals from filing to settlement: what keeps ceiling and points, and what the reply says if not."""

from typing import Any

import httpx
import pytest

from tests.integration.claims.conftest import World
from tests.support import claims as build

pytestmark = pytest.mark.integration
AWAY = {"facility_code": build.CITY_HOSPITAL, "referral_no": "ZZ1"}


async def filed(world: World, body: dict[str, Any], facility: str = build.COUNTY_HOSPITAL) -> httpx.Response:
    return await world.client.post("/v1/referrals", json=body, headers=world.as_hospital(facility))


async def settled_away(world: World, number: str, **changes: Any) -> tuple[str, str | None, str]:
    reply = await world.settle(build.visit(number, "ZY1", **{**AWAY, **changes}))
    reason = reply["referral_reason"]
    return reply["referral"], reason and reason["code"], reply["personal_share"]


async def test_a_referral_of_the_county_hospital_keeps_the_ceiling(world: World) -> None:
    number = await world.insure(categories=["registered_poor"])
    referral = await world.refer(number)
    assert (referral["standing"], referral["state"]) == ("compliant", "filed")
    assert referral["patient"] == f"{number[:3]}{'*' * 11}{number[-4:]}"
    assert await settled_away(world, number) == ("compliant", None, "0.0500")


async def test_a_referral_of_a_township_counts_as_filed_only_and_the_reply_says_so(world: World) -> None:
    number = await world.insure(categories=["registered_poor"])
    referral = await world.refer(number, from_facility_code=build.TOWNSHIP_HOSPITAL)
    assert referral["standing"] == "filed"
    word, reason, share = await settled_away(world, number)
    assert (word, reason) == ("filed", "not_compliant")
    assert share > "0.0500"


async def test_a_number_that_nobody_filed_is_refused_and_nothing_is_written(world: World) -> None:
    number = await world.insure()
    before = await world.counts()
    for facility in (build.CITY_HOSPITAL, build.COUNTY_HOSPITAL):
        message = build.visit(number, "ZY1", **{**AWAY, "facility_code": facility})
        reply = await world.client.post("/v1/settlements", json=message, headers=world.as_hospital(facility))
        assert (reply.status_code, reply.json()["code"]) == (404, "claims.unknown_referral")
        assert reply.json()["errors"][0]["pointer"] == "/referral_no"
    assert await world.counts() == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"valid_until": "2026-03-01"}, None),
        ({"valid_until": "2026-02-28"}, "expired"),
        ({"filed_on": "2026-03-04"}, None),
        ({"filed_on": "2026-03-05"}, "not_yet_filed"),
        ({"to_facility_code": build.PROVINCIAL_HOSPITAL}, "other_facility"),
        ({"to_facility_code": None, "to_level": 3}, None),
        ({"to_facility_code": None, "to_level": 2}, "other_facility"),
        ({"to_facility_code": None, "to_place": "in_city"}, None),
        ({"to_facility_code": None, "to_place": "out_of_city", "to_level": 3}, "other_facility"),
    ],
)
async def test_a_referral_counts_for_its_goal_and_its_days_only(
    world: World, change: dict[str, Any], reason: str | None
) -> None:
    number = await world.insure(categories=["registered_poor"])
    await world.refer(number, **change)
    word = "none" if reason else "compliant"
    assert (await settled_away(world, number))[:2] == (word, reason)


async def test_a_referral_of_somebody_else_is_none(world: World) -> None:
    number, other = await world.insure(1), await world.insure(2)
    await world.refer(other)
    assert (await settled_away(world, number))[:2] == ("none", "other_person")


async def test_a_withdrawn_referral_counts_no_more_and_what_was_settled_stays(world: World) -> None:
    number = await world.insure(categories=["registered_poor"])
    await world.refer(number)
    before = await world.settle(build.visit(number, "ZY1", **AWAY))
    path, headers = "/v1/referrals/ZZ1:withdraw", world.as_hospital()
    withdrawn = (await world.client.post(path, headers=headers)).json()
    assert withdrawn["state"] == "withdrawn"
    assert (await world.client.post(path, headers=world.as_hospital())).json() == withdrawn
    after = await world.settle(build.visit(number, "ZY2", **AWAY))
    assert (after["referral"], after["referral_reason"]["code"]) == ("none", "withdrawn")
    city = world.as_hospital(build.CITY_HOSPITAL)
    assert (await world.client.get(f"/v1/settlements/{before['id']}", headers=city)).json() == before
    assert (await world.client.get(f"/v1/settlements/{after['id']}", headers=city)).json() == after


async def test_in_the_own_county_no_referral_is_needed(world: World) -> None:
    number = await world.insure()
    await world.refer(number, to=build.COUNTY_HOSPITAL, from_facility_code=build.TOWNSHIP_HOSPITAL)
    settled = await world.settle(build.visit(number, "ZY1", referral_no="ZZ1"))
    assert (settled["referral"], settled["referral_reason"]) == ("not_needed", None)


async def test_the_same_referral_again_is_the_same_and_another_under_its_number_is_refused(
    world: World,
) -> None:
    number = await world.insure()
    first = await world.refer(number)
    before = await world.counts()
    assert await world.refer(number) == first
    assert await world.changed_since(before) <= {"audit_log"}
    for body, facility in (
        (build.referral(number, "ZZ1", diagnosis="C34.900"), build.COUNTY_HOSPITAL),
        (
            build.referral(number, "ZZ1", from_facility_code=build.TOWNSHIP_HOSPITAL),
            build.TOWNSHIP_HOSPITAL,
        ),
    ):
        reply = await filed(world, body, facility)
        assert (reply.status_code, reply.json()["code"]) == (409, "claims.referral_conflict")


async def test_both_ends_of_a_referral_and_the_agency_see_it_and_others_do_not(world: World) -> None:
    await world.refer(await world.insure())
    seen = {
        role: (await world.client.get("/v1/referrals/ZZ1", headers=world.headers(role))).status_code
        for role in (
            f"hospital:{build.COUNTY_HOSPITAL}",
            f"hospital:{build.CITY_HOSPITAL}",
            f"hospital:{build.TOWNSHIP_HOSPITAL}",
            "agency",
        )
    }
    assert list(seen.values()) == [200, 200, 404, 200]


async def test_only_the_provider_that_filed_may_withdraw(world: World) -> None:
    await world.refer(await world.insure())
    path = "/v1/referrals/ZZ1:withdraw"
    receiving = await world.client.post(path, headers=world.as_hospital(build.CITY_HOSPITAL))
    assert (receiving.status_code, receiving.json()["code"]) == (403, "claims.foreign_referral")
    stranger = await world.client.post(path, headers=world.as_hospital(build.TOWNSHIP_HOSPITAL))
    assert stranger.status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"from_facility_code": build.TOWNSHIP_HOSPITAL}, 403, "claims.foreign_referral"),
        ({"to_facility_code": None}, 422, "claims.referral_without_goal"),
        ({"to_facility_code": "H99010100009"}, 404, "claims.unknown_provider"),
        ({"filed_on": "2026-11-03", "valid_until": None}, 422, "claims.filed_in_future"),
        ({"valid_until": "2026-02-26"}, 422, "claims.referral_period"),
        ({"valid_until": "2027-02-28"}, 422, "claims.referral_period"),
        ({"patient": {"id_number": build.id_number(999)}}, 404, "claims.patient_not_found"),
        ({"patient": {"id_number": "99010119700517001X"}}, 422, "claims.bad_id_number"),
        ({"referral_no": "ZZ 1"}, 422, "request.invalid"),
    ],
)
async def test_a_referral_that_cannot_be_right_is_refused(
    world: World, change: dict[str, Any], status: int, code: str
) -> None:
    number = await world.insure()
    before = await world.counts()
    reply = await filed(world, build.referral(number, "ZZ1", **change))
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert await world.counts() == before


async def test_without_an_end_a_referral_holds_for_the_months_of_the_rules(world: World) -> None:
    referral = await world.refer(await world.insure(), valid_until=None)
    assert (referral["filed_on"], referral["valid_until"]) == ("2026-02-27", "2026-08-27")
    assert referral["state"] == "expired"
