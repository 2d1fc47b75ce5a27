"""The body of ``POST /v1/settlements`` as a hospital builds it: strings for amounts, rates and quantities."""

from typing import NotRequired, TypedDict

Charge = TypedDict(
    "Charge",
    {
        "item_code": str,
        "name": str,
        "category": str,
        "class": str,
        "self_pay_rate": str,
        "quantity": str,
        "unit_price": str,
        "amount": str,
    },
)


class Patient(TypedDict):
    id_number: str


class Diagnosis(TypedDict):
    code: str
    main: bool


class SettlementRequest(TypedDict):
    facility_code: str
    visit_no: str
    visit_type: str
    patient: Patient
    admitted_on: str
    discharged_on: str
    referral_no: str | None
    diagnoses: list[Diagnosis]
    chronic_code: NotRequired[str]
    charges: list[Charge]
    total: str
