"""What is refused, with which code, and that nothing is written."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.integration.claims.conftest import World
from tests.support import claims as build

pytestmark = pytest.mark.integration
Message = dict[str, Any]
Change = Callable[[Message], Message]


def changed(**values: Any) -> Change:
    return lambda message: {**message, **values}


def with_charge(**values: Any) -> Change:
    return lambda message: {**message, "charges": [{**message["charges"][0], **values}]}


REFUSALS: dict[str, tuple[Change, int, str, str]] = {
    "a line whose quantity times price is another amount": (
        with_charge(quantity="2"), 422, "claims.charges_do_not_add_up", "/charges/0/amount",
    ),
    "a total that is not the sum of the lines": (
        changed(total="8766.01"), 422, "claims.total_mismatch", "/total",
    ),
    "a negative quantity": (
        with_charge(quantity="-1"), 422, "claims.charges_do_not_add_up", "/charges/0/quantity",
    ),
    "an amount with three decimals": (
        with_charge(amount="8766.001"), 422, "request.invalid", "/charges/0/amount",
    ),
    "a negative amount": (with_charge(amount="-8766.00"), 422, "request.invalid", "/charges/0/amount"),
    "an amount as a number": (changed(total=8766.0), 422, "request.invalid", "/total"),
    "more than 2,000 lines": (
        changed(charges=[build.charge("1.00")] * 2_001, total="2001.00"), 422, "request.invalid", "/charges",
    ),
    "20,000 lines": (
        changed(charges=[build.charge("1.00")] * 20_000, total="20000.00"), 422, "request.invalid",
        "/charges",
    ),
    "no line at all": (changed(charges=[], total="0.00"), 422, "request.invalid", "/charges"),
    "an unknown field": (changed(discount="1.00"), 422, "request.invalid", "/discount"),
    "an unknown provider": (
        changed(facility_code="H99010100009"), 404, "claims.unknown_provider", "/facility_code",
    ),
    "a patient who is not known": (
        changed(patient={"id_number": build.id_number(999)}), 404, "claims.patient_not_found",
        "/patient/id_number",
    ),
    "an ID number with a wrong check digit": (
        changed(patient={"id_number": "99010119700517001X"}), 422, "claims.bad_id_number",
        "/patient/id_number",
    ),
    "a day before the policy began": (
        changed(admitted_on="2001-01-02", discharged_on="2001-01-03"), 409, "claims.no_policy",
        "/discharged_on",
    ),
    "a discharge before the admission": (
        changed(discharged_on="2026-02-28"), 422, "claims.dates_out_of_order", "/discharged_on",
    ),
    "a discharge tomorrow": (
        changed(discharged_on="2026-11-03"), 422, "claims.discharge_in_future", "/discharged_on",
    ),
    "a day that does not exist": (
        changed(discharged_on="2026-09-31"), 422, "request.invalid", "/discharged_on",
    ),
    "two main diagnoses": (
        changed(diagnoses=[{"code": "I63.900", "main": True}] * 2), 422, "claims.main_diagnosis",
        "/diagnoses",
    ),
    "a chronic visit without the disease": (
        changed(visit_type="chronic_outpatient"), 422, "claims.chronic_code", "/chronic_code",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
async def test_refused_with_a_code_and_a_pointer_and_nothing_written(world: World, name: str) -> None:
    change, status, code, pointer = REFUSALS[name]
    number = await world.insure()
    before = await world.counts()
    # admin settles for any provider, so that an unknown one is not taken for a foreign one
    reply = await world.client.post(
        "/v1/settlements", json=change(build.visit(number, "ZY1")), headers=world.headers("admin")
    )
    refusal = reply.json()
    assert (reply.status_code, refusal["code"]) == (status, code), refusal
    assert pointer in [error["pointer"] for error in refusal["errors"]]
    assert await world.counts() == before


async def test_every_wrong_line_of_a_bill_is_named(world: World) -> None:
    number = await world.insure()
    charges = [build.charge("10.00", quantity="2"), build.charge("5.00"), build.charge("3.00", quantity="-1")]
    reply = await world.client.post(
        "/v1/settlements",
        json=build.visit(number, "ZY1", charges=charges, total="18.00"),
        headers={**world.as_hospital(), "Accept-Language": "en"},
    )
    errors = {error["pointer"]: error for error in reply.json()["errors"]}
    assert {"/charges/0/amount", "/charges/2/quantity"} <= set(errors)
    assert errors["/charges/0/amount"]["detail"] == (
        "Quantity times unit price, rounded half-up to the fen, is 20.00, the line says 10.00"
    )


@pytest.mark.parametrize(
    ("discharged_on", "status"),
    [("2026-02-28", 409), ("2026-03-01", 201), ("2026-03-31", 201), ("2026-04-01", 409)],
)
async def test_enrolment_counts_from_its_first_day_to_the_day_before_its_end(
    world: World, discharged_on: str, status: int
) -> None:
    number = await world.insure(enrolled=(date(2026, 3, 1), date(2026, 4, 1)))
    message = build.visit(number, "ZY1", admitted_on="2026-02-20", discharged_on=discharged_on)
    before = await world.counts()
    reply = await world.client.post("/v1/settlements", json=message, headers=world.as_hospital())
    assert reply.status_code == status
    if status == 409:
        assert reply.json()["code"] == "claims.not_enrolled"
        assert await world.counts() == before


async def test_a_hospital_cannot_settle_for_another_one(world: World) -> None:
    number = await world.insure()
    before = await world.counts()
    reply = await world.client.post(
        "/v1/settlements", json=build.visit(number, "ZY1"), headers=world.as_hospital(build.TOWNSHIP_HOSPITAL)
    )
    assert (reply.status_code, reply.json()["code"]) == (403, "claims.foreign_facility")
    assert await world.counts() == before


async def test_a_provider_outside_its_licence_is_refused(world: World) -> None:
    number = await world.insure()
    body = {"name": "县人民医院", "level": 2, "division_code": build.COUNTY, "visit_types": ["outpatient"]}
    headers = {**world.headers("agency"), "If-Match": '"1"'}
    await world.client.put(f"/v1/providers/{build.COUNTY_HOSPITAL}", json=body, headers=headers)
    before = await world.counts()
    reply = await world.client.post(
        "/v1/settlements", json=build.visit(number, "ZY1"), headers=world.as_hospital()
    )
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.visit_type_not_licensed")
    assert await world.counts() == before


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "status"),
    [
        ("2026-03-01", "2026-03-02", 201),
        ("2026-03-02", None, 409),
        (None, "2026-03-01", 409),
        ("2025-01-01", "2027-01-01", 201),
    ],
)
async def test_a_provider_settles_for_admissions_within_the_days_of_its_licence(
    world: World, valid_from: str | None, valid_to: str | None, status: int
) -> None:
    number = await world.insure()
    body = {
        "name": "县人民医院",
        "level": 2,
        "division_code": build.COUNTY,
        "visit_types": build.EVERY_VISIT_TYPE,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    headers = {**world.headers("agency"), "If-Match": '"1"'}
    stored = await world.client.put(f"/v1/providers/{build.COUNTY_HOSPITAL}", json=body, headers=headers)
    assert (stored.json()["valid_from"], stored.json()["valid_to"]) == (valid_from, valid_to)
    before = await world.counts()
    reply = await world.client.post(
        "/v1/settlements", json=build.visit(number, "ZY1"), headers=world.as_hospital()
    )
    assert reply.status_code == status, reply.text
    if status == 409:
        assert reply.json()["code"] == "claims.provider_not_designated"
        assert await world.counts() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"level": 0}, "claims.level_without_beds"),
        ({"valid_from": "2026-03-01", "valid_to": "2026-03-01"}, "claims.licence_dates"),
    ],
)
async def test_a_licence_that_cannot_be_right_is_not_registered(
    world: World, change: dict[str, Any], code: str
) -> None:
    body = {"name": "卫生室", "level": 1, "division_code": build.COUNTY, "visit_types": ["inpatient"]}
    reply = await world.client.put(
        "/v1/providers/H99010100209", json={**body, **change}, headers=world.headers("agency")
    )
    assert (reply.status_code, reply.json()["code"]) == (422, code)


async def test_a_settlement_needs_an_idempotency_key(world: World) -> None:
    number = await world.insure()
    headers = world.as_hospital()
    del headers["Idempotency-Key"]
    reply = await world.client.post("/v1/settlements", json=build.visit(number, "ZY1"), headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (400, "idempotency.key_missing")


async def test_a_refused_request_may_be_mended_under_the_same_key(world: World) -> None:
    number = await world.insure()
    headers = world.as_hospital()
    wrong = build.visit(number, "ZY1", total="1.00")
    assert (await world.client.post("/v1/settlements", json=wrong, headers=headers)).status_code == 422
    right = build.visit(number, "ZY1")
    assert (await world.client.post("/v1/settlements", json=right, headers=headers)).status_code == 201
