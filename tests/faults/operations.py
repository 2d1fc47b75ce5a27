"""The operations of the load: who asks for what, about whom, under which key."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from deploy.demo import mistakes
from deploy.demo.model import Household, Person
from deploy.demo.visits import Visit
from tests.faults.history import Operation
from tests.faults.sample import enrolments_csv, people_csv
from tests.support.platform import ndjson

PROGRAMME = "/v1/programmes/farmer_checkup"
ITEMS = ("physical", "blood_urine", "ultrasound", "ecg")
SINGLE, BATCH, BAD = "settlement", "settlement batch", "bad settlement"
PRINT, HANDOVER, ISSUE, REDEMPTION, IMPORT = "print run", "hand-over", "issue", "redemption", "import"


def visit_name(visit: Visit) -> str:
    """A visit's natural key as one text."""
    return f"{visit.facility_code}/{visit.visit_no}"


def settlement(visit: Visit) -> Operation:
    """One visit, from its hospital."""
    return Operation(
        SINGLE,
        "claims",
        "/v1/settlements",
        f"hospital:{visit.facility_code}",
        f"settle.{visit_name(visit)}",
        json.dumps(visit.request, ensure_ascii=False).encode(),
        subjects=(visit_name(visit),),
    )


def bad_settlement(visit: Visit, serial: int) -> Operation:
    """A bill that does not add up: it must leave no trace."""
    visit_no = f"CW{serial:06d}"
    request = mistakes.spoiled(visit.request, mistakes.total_off_by_a_fen, visit_no)
    return Operation(
        BAD,
        "claims",
        "/v1/settlements",
        f"hospital:{visit.facility_code}",
        f"bad.{visit.facility_code}/{visit_no}",
        json.dumps(request, ensure_ascii=False).encode(),
        subjects=(f"{visit.facility_code}/{visit_no}",),
        must_fail=True,
    )


def settlement_batch(visits: Sequence[Visit]) -> Operation:
    """Visits of one hospital at once."""
    return Operation(
        BATCH,
        "claims",
        "/v1/settlements:batch",
        f"hospital:{visits[0].facility_code}",
        f"batch.{visit_name(visits[0])}",
        ndjson([dict(visit.request) for visit in visits]),
        media_type="application/x-ndjson",
        subjects=tuple(map(visit_name, visits)),
    )


def people_import(households: Sequence[Household], key: str, as_of: date) -> Operation:
    """A file of whole households, true on a day."""
    return Operation(
        IMPORT,
        "registry",
        "/v1/imports",
        "registry_officer",
        key,
        people_csv(households),
        media_type="text/csv",
        query={
            "format": "csv",
            "kind": "people",
            "county": "990101",
            "year": "2026",
            "as_of": as_of.isoformat(),
        },
        subjects=tuple(person.person_no for household in households for person in household.people),
    )


def enrolment_import(households: Sequence[Household], key: str) -> Operation:
    """The membership history of whole households."""
    return Operation(
        IMPORT,
        "registry",
        "/v1/imports",
        "registry_officer",
        key,
        enrolments_csv(households),
        media_type="text/csv",
        query={"format": "csv", "kind": "enrolments", "county": "990101", "year": "2026"},
    )


def _screening(kind: str, path: str, key: str, body: dict[str, Any], subjects: Sequence[str]) -> Operation:
    return Operation(
        kind,
        "screening",
        f"{PROGRAMME}{path}",
        "township",
        key,
        json.dumps(body).encode(),
        subjects=tuple(subjects),
    )


def print_run(year: int, quantity: int) -> Operation:
    """A year's vouchers, with the next free serials."""
    body = {"county_code": "990101", "year": year, "quantity": quantity}
    return _screening(PRINT, "/voucher-batches", f"print.{year}", body, [])


def handover(giver: str, receiver: str, first: int, last: int) -> Operation:
    """A serial range one step down the chain."""
    key = f"handover.{giver}.{receiver}.{first}"
    body = {
        "from_holder": giver,
        "to_holder": receiver,
        "first_serial": first,
        "last_serial": last,
        "receipt_no": key,
        "signed_by": "李干部",
    }
    return _screening(HANDOVER, "/handovers", key, body, [key])


def issue(village: str, lines: Sequence[tuple[Person, int]]) -> Operation:
    """Vouchers handed out in one village."""
    body = {
        "lines": [
            {"id_number": person.id_number, "serial": serial, "receipt_no": f"R{serial}"}
            for person, serial in lines
        ]
    }
    return _screening(
        ISSUE, "/issues", f"issue.{village}.{lines[0][1]}", body, [str(serial) for _, serial in lines]
    )


def redemption(facility_code: str, examined_on: str, serials: Sequence[int]) -> Operation:
    """A check-up paid for with two vouchers of one person."""
    body = {
        "facility_code": facility_code,
        "examined_on": examined_on,
        "serials": list(serials),
        "items": list(ITEMS),
    }
    return _screening(REDEMPTION, "/redemptions", f"redeem.{serials[0]}", body, list(map(str, serials)))
