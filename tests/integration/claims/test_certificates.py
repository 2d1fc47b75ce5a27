"""Certificates of chronic diseases: without a valid one a visit is an ordinary outpatient visit."""

from datetime import date
from typing import Any

import pytest

from services.claims.verification.explanations import verify_explanations
from shared.events.registry import CertificateSpell
from tests.integration.claims.conftest import World
from tests.integration.claims.test_readjudication import approve, due, propose, the_proposal
from tests.integration.claims.test_reversal import get
from tests.support import claims as build
from tests.support import stays

pytestmark = pytest.mark.integration
HYPERTENSION = "M03900"
DAY = "2026-08-03"
"""From July on the sample county asks for certificates."""


def chronic(number: str, visit_no: str = "MB1", day: str = DAY, **changes: Any) -> dict[str, Any]:
    terms = {"visit_type": "chronic_outpatient", "chronic_code": HYPERTENSION, "discharged_on": day}
    illness = [{"code": "I10.x00", "main": True}]
    return build.visit(
        number, visit_no, "300.00", **{**terms, "admitted_on": day, "diagnoses": illness, **changes}
    )


async def certify(
    world: World, number: str, first: str = "2026-01-01", end: str | None = None, version: int = 2
) -> None:
    """The registry tells of a certificate."""
    last = date.fromisoformat(end) if end else None
    spell = CertificateSpell(chronic_code=HYPERTENSION, valid_from=date.fromisoformat(first), valid_to=last)
    person = build.person(world.index, number, version=version)
    await world.record(person.model_copy(update={"certificates": [spell]}))


async def test_with_a_certificate_the_chronic_benefit_applies_and_without_the_ordinary_one(
    world: World,
) -> None:
    certified, other = await world.insure(1), await world.insure(2)
    await certify(world, certified)
    settled = await world.settle(chronic(certified))
    fallen_back = await world.settle(chronic(other, "MB2"))
    ordinary = await world.settle(
        chronic(await world.insure(3), "MB3", visit_type="outpatient", chronic_code=None)
    )
    assert settled["chronic_reason"] is None
    assert fallen_back["chronic_reason"]["code"] == "no_certificate"
    assert (fallen_back["visit_type"], ordinary["visit_type"]) == ("chronic_outpatient", "outpatient")
    assert fallen_back["payers"] == ordinary["payers"] != settled["payers"]
    explained = await get(world, fallen_back["explanation"])
    assert "没有该病种的门诊慢特病认定，按普通门诊结算" in explained["sentences"][0]
    counts = await verify_explanations(
        world.platform.worker_url("claims"), date(2026, 11, 2), date(2026, 11, 2), print
    )
    assert (counts.settlements, counts.differences) == (3, 0)


@pytest.mark.parametrize(
    ("first", "end", "reason"),
    [
        ("2026-08-03", None, None),
        ("2026-01-01", "2026-08-04", None),
        ("2026-08-04", None, "certificate_later"),
        ("2026-01-01", "2026-08-03", "certificate_ended"),
    ],
    ids=["first day", "last day", "day before", "day after"],
)
async def test_a_certificate_counts_from_its_first_to_its_last_day(
    world: World, first: str, end: str | None, reason: str | None
) -> None:
    number = await world.insure()
    await certify(world, number, first, end)
    settled = await world.settle(chronic(number))
    found = settled["chronic_reason"]
    assert (found and found["code"]) == reason


async def test_a_county_that_does_not_ask_for_certificates_takes_the_hospitals_word(world: World) -> None:
    settled = await world.settle(chronic(await world.insure(), day="2026-06-30"))
    assert settled["chronic_reason"] is None
    assert "basic_insurance" in {each["payer"] for each in settled["payers"]}


async def test_a_certificate_entered_late_makes_the_year_due_and_is_posted(world: World) -> None:
    number = await world.insure()
    settled = await world.settle(chronic(number))
    await certify(world, number)
    assert await due(world) == [(build.person(world.index, number).person_id, 2026, "facts")]
    await propose(world, automatic=False)
    assert (await approve(world, await the_proposal(world))).status_code == 200
    now = await get(world, f"/v1/settlements/{settled['id']}")
    assert (now["revision"], now["chronic_reason"]) == (1, None)
    other = await world.insure(2)
    await certify(world, other)
    assert (await world.settle(chronic(other, "MB2")))["payers"] == now["payers"]


async def test_a_certificate_of_other_days_makes_nobody_due(world: World) -> None:
    number = await world.insure()
    await world.settle(chronic(number))
    await certify(world, number, "2026-01-01", "2026-08-03")
    assert await due(world) == []


async def test_an_admission_says_that_the_disease_is_not_certified(world: World) -> None:
    number = await world.insure()
    await certify(world, number, "2026-01-01", "2026-08-01")
    admission = stays.admission(
        number, visit_type="chronic_outpatient", chronic_code=HYPERTENSION, admitted_on=DAY
    )
    sent = world.as_hospital(admission["facility_code"])
    reply = await world.client.post("/v1/visits", json=admission, headers=sent)
    assert reply.json()["entitlements"]["chronic_reason"]["code"] == "certificate_ended"


async def test_where_no_ordinary_visit_is_possible_the_uncertified_one_is_refused(world: World) -> None:
    await world.platform.as_administrator(
        "claims",
        "UPDATE providers SET visit_types = '{chronic_outpatient}'"
        f" WHERE facility_code = '{build.COUNTY_HOSPITAL}'",
    )
    number = await world.insure()
    sent = world.as_hospital()
    reply = await world.client.post("/v1/settlements", json=chronic(number), headers=sent)
    assert (reply.status_code, reply.json()["code"]) == (409, "claims.chronic_uncertified")
    assert await world.counts(["settlements"]) == {"settlements": 0}
    await certify(world, number)
    assert (await world.settle(chronic(number)))["chronic_reason"] is None
