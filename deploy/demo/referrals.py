"""The referrals that the sample visits name: filed by the county hospital before the patient leaves."""

from collections.abc import Iterable, Iterator
from typing import TypedDict

from deploy.demo.places import COUNTY_HOSPITAL
from deploy.demo.settlement_request import Patient
from deploy.demo.visits import Visit

REFERRING = COUNTY_HOSPITAL
"""Only a county-level provider refers by the rule (依规转诊, DOMAIN S-41)."""


class ReferralRequest(TypedDict):
    """The body of ``POST /v1/referrals``."""

    referral_no: str
    patient: Patient
    from_facility_code: str
    to_facility_code: str
    diagnosis: str
    filed_on: str


def of(visits: Iterable[Visit]) -> Iterator[ReferralRequest]:
    """One referral for each visit that names one, filed on the day of admission."""
    for visit in visits:
        request = visit.request
        if request["referral_no"]:
            yield {
                "referral_no": request["referral_no"],
                "patient": request["patient"],
                "from_facility_code": REFERRING,
                "to_facility_code": visit.facility_code,
                "diagnosis": request["diagnoses"][0]["code"],
                "filed_on": request["admitted_on"],
            }
