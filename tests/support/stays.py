"""Builders of what a hospital says about an open visit."""

from collections.abc import Sequence
from typing import Any

from tests.support import claims as build


def admission(number: str, visit_no: str = "ZY1", /, **changes: Any) -> dict[str, Any]:
    """A patient comes to stay in the county hospital on 1 March 2026, at an estimated 8,766.00 yuan."""
    message: dict[str, Any] = {
        "facility_code": build.COUNTY_HOSPITAL,
        "visit_no": visit_no,
        "visit_type": "inpatient",
        "patient": {"id_number": number},
        "admitted_on": "2026-03-01",
        "diagnoses": [{"code": "I63.900", "main": True}],
        "estimated_total": "8766.00",
    }
    return {**message, **changes}


def part(part_no: int, *amounts: str, first_line: int = 1) -> dict[str, Any]:
    """A part of the bill with a line per amount."""
    lines = [build.charge(amount, line_id=f"L{no:04d}") for no, amount in enumerate(amounts, first_line)]
    return {"part_no": part_no, "charges": lines}


def discharge(number: str, total: str, /, **changes: Any) -> dict[str, Any]:
    """The patient leaves on 9 March."""
    message: dict[str, Any] = {
        "patient": {"id_number": number},
        "discharged_on": "2026-03-09",
        "diagnoses": [{"code": "I63.900", "main": True}],
        "total": total,
    }
    return {**message, **changes}


def bill(number: str, visit_no: str, amounts: Sequence[str], total: str, /, **changes: Any) -> dict[str, Any]:
    """The same visit as one message."""
    charges = [build.charge(amount) for amount in amounts]
    days = {"admitted_on": "2026-03-01", "discharged_on": "2026-03-09"}
    return build.visit(number, visit_no, **{"charges": charges, "total": total, **days, **changes})
