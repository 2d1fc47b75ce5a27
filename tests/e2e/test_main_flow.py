"""The main job over eight processes: a county is imported, hospitals settle, vouchers are redeemed."""

import asyncio
import json
import os
import sys
from typing import Any

import pytest

from deploy.demo.columns import PEOPLE, people_rows
from deploy.demo.enrolment import RESIDENT
from deploy.demo.model import COUNTY_CODE, YEAR, Person, age_of
from deploy.demo.places import township_hospital
from deploy.demo.steps import coverage
from deploy.demo.visits import Visit
from deploy.local.layout import ROOT, SERVICES
from shared.money import parse_yuan
from tests.e2e.conftest import Offices, Sample

pytestmark = pytest.mark.e2e
PROGRAMME = "/v1/programmes/farmer_checkup"
ITEMS = ["physical", "blood_urine", "ultrasound", "ecg"]


async def settle(offices: Offices, visit: Visit) -> dict[str, Any]:
    """One visit settled by its hospital, under a key that is the same every time."""
    role, key = f"hospital:{visit.facility_code}", f"{visit.facility_code}.{visit.visit_no}"
    found: dict[str, Any] = await offices.write(
        "POST", "claims", "/v1/settlements", role, key=key, json=visit.request
    )
    return found


def inpatient(sample: Sample, number: int) -> Visit:
    """One of the sample's hospital stays."""
    return [visit for visit in sample.visits if visit.visit_type == "inpatient"][number]


def entitled(sample: Sample) -> tuple[int, Person]:
    """Somebody who may have the vouchers of both years, and the order of the township."""
    for household in sample.county.households:
        order = [township.code for township in sample.county.townships].index(household.village.township_code)
        for person in household.people:
            if all(person.enrolled(year, RESIDENT) for year in (YEAR - 1, YEAR)) and age_of(person.born) > 20:
                return order, person
    raise AssertionError("nobody in the sample may have vouchers")


async def test_an_import_takes_every_row_and_the_same_file_again_changes_nothing(
    offices: Offices, sample: Sample
) -> None:
    assert (sample.people["accepted"], sample.people["rejected"]) == (sample.county.people_count, 0)
    assert sample.enrolments["rejected"] == 0
    rows = list(people_rows(sample.county.households, {}))
    again = await offices.import_rows("people", PEOPLE, rows)
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, len(rows))


async def test_a_visit_is_settled_once_explained_and_announced(offices: Offices, sample: Sample) -> None:
    visit = inpatient(sample, 0)
    settled = await settle(offices, visit)
    shares = [parse_yuan(share["amount"]) for share in settled["payers"]]
    assert settled["total"] == visit.request["total"]
    assert sum(shares) + parse_yuan(settled["person_pays"]) == parse_yuan(settled["total"])
    assert await settle(offices, visit) == settled
    role = f"hospital:{visit.facility_code}"
    assert await offices.get("claims", f"/v1/settlements/{settled['id']}", role) == settled
    explained = await offices.get("claims", settled["explanation"], role)
    assert explained["person_pays"] == settled["person_pays"]
    assert any("元" in sentence for sentence in explained["sentences"])
    await offices.caught_up()
    announced = await offices.events("claims", "claims.claim_settled.v1")
    assert [each["settlement_id"] for each in announced].count(settled["id"]) == 1


async def test_a_certificate_of_the_registry_decides_on_a_chronic_visit(
    offices: Offices, sample: Sample
) -> None:
    for certified, reason in ((True, None), (False, "no_certificate")):
        bill = coverage.prescription(sample.county, coverage.somebody(sample.county, certified=certified))
        role = f"hospital:{bill['facility_code']}"
        previewed = await offices.write("POST", "claims", "/v1/settlements:preview", role, json=bill)
        found = previewed["chronic_reason"]
        assert (found and found["code"]) == reason


async def test_a_batch_answers_line_by_line(offices: Offices, sample: Sample) -> None:
    first = inpatient(sample, 1)
    lines = [visit for visit in sample.visits if visit.facility_code == first.facility_code]
    body = b"".join(json.dumps(visit.request).encode() + b"\n" for visit in lines)
    reply = await offices.ask(
        "POST", "claims", "/v1/settlements:batch", f"hospital:{first.facility_code}", content=body
    )
    answers = [json.loads(line) for line in reply.text.splitlines()]
    assert [answer["status"] // 100 for answer in answers] == [2] * len(lines)
    assert [answer["settlement"]["visit_no"] for answer in answers] == [visit.visit_no for visit in lines]


async def test_the_books_balance_with_the_years_money_and_the_settlements_in_them(
    offices: Offices, sample: Sample
) -> None:
    before = await offices.get("claims", "/v1/ledger/trial-balance", "agency", year=YEAR)
    settled = await settle(offices, inpatient(sample, 2))
    after = await offices.get("claims", "/v1/ledger/trial-balance", "agency", year=YEAR)
    assert after["debits"] == after["credits"]
    moved = parse_yuan(after["debits"]) - parse_yuan(before["debits"])
    assert moved in (0, parse_yuan(settled["total"]))  # 0: another test has settled this visit already
    due = [each for each in after["accounts"] if each["account"].startswith("financing_due:")]
    people = sample.people["rows"]
    assert sum(parse_yuan(each["debits"]) for each in due) == people * 9_000
    booked = await offices.get("claims", "/v1/ledger/transfers", "agency", settlement_id=settled["id"])
    assert booked["total"] == settled["total"]


async def test_the_month_table_counts_what_was_settled(offices: Offices, sample: Sample) -> None:
    visit = inpatient(sample, 3)
    await settle(offices, visit)
    month = str(visit.discharged_on)[:7]
    table = await offices.get("claims", "/v1/reports/month", "agency", county=COUNTY_CODE, month=month)
    assert json.dumps(table, ensure_ascii=False).count("inpatient") >= 1


async def test_vouchers_pass_from_hand_to_hand_and_pay_for_one_check_up(
    offices: Offices, sample: Sample
) -> None:
    order, person = entitled(sample)
    household = next(each for each in sample.county.households if person in each.people)
    village, facility = household.village.code, township_hospital(order)
    place = {"places": [{"facility_code": facility, "kind": "own"}]}
    await offices.write("PUT", "screening", f"{PROGRAMME}/places/{village[:9]}", "township", json=place)
    serials = [await _bring_to_village(offices, village, year) for year in (YEAR - 1, YEAR)]
    lines = [
        {"id_number": person.id_number, "serial": serial, "receipt_no": f"R{serial}"} for serial in serials
    ]
    issued = await offices.write(
        "POST", "screening", f"{PROGRAMME}/issues", "township", json={"lines": lines}
    )
    assert (issued["issued"], issued["refused"]) == (2, 0), issued
    today = (await offices.events("screening", "screening.vouchers_handed_over.v1"))[0]["handed_over_on"]
    checkup = {"facility_code": facility, "examined_on": today, "serials": serials, "items": ITEMS}
    redeemed = await offices.write("POST", "screening", f"{PROGRAMME}/redemptions", "township", json=checkup)
    assert redeemed["amount"] == "20.00"
    again = await offices.ask("POST", "screening", f"{PROGRAMME}/redemptions", "township", json=checkup)
    assert again.status_code == 409
    await offices.caught_up()
    events = await offices.events("screening", "screening.voucher_redeemed.v1")
    assert sorted(event["serial"] for event in events) == serials


async def _bring_to_village(offices: Offices, village: str, year: int) -> int:
    order = {"county_code": COUNTY_CODE, "year": year, "quantity": 10}
    printed = await offices.write("POST", "screening", f"{PROGRAMME}/voucher-batches", "township", json=order)
    serial: int = printed["first_serial"]
    for giver, receiver in ((COUNTY_CODE, village[:9]), (village[:9], village)):
        handover = {
            "from_holder": giver,
            "to_holder": receiver,
            "first_serial": serial,
            "last_serial": serial,
            "receipt_no": f"{year}-{receiver}",
            "signed_by": "李干部",
        }
        await offices.write("POST", "screening", f"{PROGRAMME}/handovers", "township", json=handover)
    return serial


async def test_everybody_sees_only_their_part(offices: Offices, sample: Sample) -> None:
    settled = await settle(offices, inpatient(sample, 4))
    stranger = next(
        provider.facility_code
        for provider in sample.county.providers
        if provider.facility_code != settled["facility_code"]
    )
    path = f"/v1/settlements/{settled['id']}"
    assert (await offices.ask("GET", "claims", path, f"hospital:{stranger}")).status_code == 404
    assert (await offices.ask("GET", "claims", path, "township")).status_code == 403
    assert (await offices.ask("GET", "claims", path, "province")).status_code == 200


async def test_in_the_end_nothing_is_behind_put_aside_or_changed_unseen(
    offices: Offices, sample: Sample
) -> None:
    workers = await offices.caught_up()
    assert {name: worker.dead_letters for name, worker in workers.items()} == dict.fromkeys(SERVICES, 0)
    assert workers["claims"].consumed["registry"] >= sample.county.people_count
    everything = ("verify", "--from", "2026-01-01", "--to", "2099-12-31")
    for command in (("verify-audit",), ("verify-ledger",), everything):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.claims", *command,
            cwd=ROOT,
            env={**os.environ, **offices.system.config.environment("claims")},
        )  # fmt: skip
        assert await process.wait() == 0
