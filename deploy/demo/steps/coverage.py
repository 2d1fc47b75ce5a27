"""Two rules that look at more than the bill: the designated hospital, the certificate of a chronic disease.

Shown by pre-settlements, which keep nothing: the same bill where the rule holds and where it does not.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from deploy.demo.api import Api
from deploy.demo.enrolment import RESIDENT
from deploy.demo.handbooks import handbooks, ill
from deploy.demo.model import YEAR, County, Person, age_of
from deploy.demo.places import COUNTY_HOSPITAL, TRADITIONAL_HOSPITAL
from deploy.demo.replies import Settlement
from deploy.demo.settlement_request import SettlementRequest

PROGRAMME: Final = "major_diseases"
DESIGNATED_FROM: Final = f"{YEAR - 1}-01-01"
_STOMACH_CANCER, _HYPERTENSION = "C16.900", "I11.900"
_DEAR, _PRESCRIPTION = "200000.00", "300.00"
_ADULT = 18


class Tried(NamedTuple):
    """One bill as it would be settled, and what is different about it."""

    title: str
    settlement: Settlement


async def designate(api: Api) -> str:
    """Designate the county hospital for the treatment of major diseases; repeating it changes nothing."""
    stated = {"programmes": [{"programme": PROGRAMME, "valid_from": DESIGNATED_FROM}]}
    answer = await api.put("claims", f"/v1/providers/{COUNTY_HOSPITAL}/programmes", "agency", stated)
    [designation] = answer.body["programmes"]
    return f"{designation['title']}，自 {designation['valid_from']}"


async def run(api: Api, county: County) -> list[Tried]:
    """The same stay in two hospitals, the same prescription of two people."""
    poor = somebody(county, certified=None)
    stay = {"visit_type": "inpatient", "admitted_on": f"{YEAR}-09-01", "discharged_on": f"{YEAR}-09-15"}
    visits = [
        ("县人民医院（定点），胃癌住院", _bill(COUNTY_HOSPITAL, poor, _STOMACH_CANCER, _DEAR, **stay)),
        ("县中医院（非定点），胃癌住院", _bill(TRADITIONAL_HOSPITAL, poor, _STOMACH_CANCER, _DEAR, **stay)),
    ]
    for title, certified in (("有慢特病认定，门诊取药", True), ("无慢特病认定，门诊取药", False)):
        person = somebody(county, certified=certified)
        visits.append((title, prescription(county, person)))
    return [Tried(title, await _preview(api, bill)) for title, bill in visits]


async def _preview(api: Api, bill: SettlementRequest) -> Settlement:
    role = f"hospital:{bill['facility_code']}"
    answer = await api.post("claims", "/v1/settlements:preview", role, json=bill)
    # A pre-settlement has neither id nor time.
    return Settlement.model_validate({**answer.body, "id": "", "settled_at": f"{YEAR}-11-01T00:00:00Z"})


def somebody(county: County, *, certified: bool | None) -> Person:
    """A grown-up on dibao; or one who is ill for long, with a handbook that lasts or with none."""
    books = handbooks(county) if certified is not None else {}
    return next(
        person
        for household in county.households
        for person in household.people
        if person.enrolled(YEAR, RESIDENT)
        and age_of(person.born) >= _ADULT
        and _fits(person, books.get(person.id_number), certified)
    )


def _fits(person: Person, book: Any, certified: bool | None) -> bool:
    if certified is None:
        return "dibao" in person.categories
    lasts = book is not None and book.last_day is None
    return ill(person) and not person.categories and (lasts if certified else book is None)


def prescription(county: County, person: Person) -> SettlementRequest:
    """A visit for the drugs of a chronic disease in September: the recognised one, else hypertension."""
    book = handbooks(county).get(person.id_number)
    day = {
        "visit_type": "chronic_outpatient",
        "admitted_on": f"{YEAR}-09-16",
        "discharged_on": f"{YEAR}-09-16",
    }
    diagnosis, code = (
        (book.disease.diagnosis, book.disease.chronic_code) if book else (_HYPERTENSION, "M03900")
    )
    bill = _bill(COUNTY_HOSPITAL, person, diagnosis, _PRESCRIPTION, **day)
    bill["chronic_code"] = code
    return bill


def _bill(facility: str, person: Person, diagnosis: str, amount: str, **visit: str) -> SettlementRequest:
    return {
        "facility_code": facility,
        "visit_no": "DEMO-PREVIEW",
        "visit_type": visit["visit_type"],
        "patient": {"id_number": person.id_number},
        "admitted_on": visit["admitted_on"],
        "discharged_on": visit["discharged_on"],
        "referral_no": None,
        "diagnoses": [{"code": diagnosis, "main": True}],
        "charges": [
            {
                "item_code": "XA01AB",
                "name": "药品",
                "category": "western_medicine",
                "class": "A",
                "self_pay_rate": "0",
                "quantity": "1",
                "unit_price": amount,
                "amount": amount,
            }
        ],
        "total": amount,
    }


def faults(tried: Sequence[Tried]) -> list[str]:
    """What is not as it must be: assistance is higher at the designated hospital, one reason is given."""
    there, elsewhere, certified, other = (each.settlement for each in tried)
    found = []
    if paid(there, "medical_assistance") <= paid(elsewhere, "medical_assistance"):
        found.append("定点医院的医疗救助没有高于非定点医院")
    if certified.chronic_reason is not None or other.chronic_reason is None:
        found.append("慢特病认定没有按预期生效")
    return found


def paid(settlement: Settlement, payer: str) -> int:
    """What a payer pays of a bill, in fen."""
    return sum(each.amount for each in settlement.payers if each.payer == payer)
