"""A hospital's message as settling reads it: checked field by field, its bill in the rules' own form."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.claims.benefits.facts import Charge
from services.claims.settlements.schemas import ChargeLine, SettlementRequest
from shared.money import Fen


class Diagnosed(NamedTuple):
    """An ICD-10 code, and whether it is the main one."""

    code: str
    main: bool


class Message(NamedTuple):
    """What ``SettlementRequest`` says. A plain tuple, because thousands are read at once."""

    facility_code: str
    visit_no: str
    visit_type: str
    id_number: str
    admitted_on: date
    discharged_on: date
    referral_no: str | None
    chronic_code: str | None
    diagnoses: Sequence[Diagnosed]
    charges: tuple[Charge, ...]
    total: Fen
    invoice_no: str | None
    replaces: UUID | None = None


def message_of(request: SettlementRequest) -> Message:
    """The message in a request that has been validated."""
    return Message(
        request.facility_code,
        request.visit_no,
        request.visit_type,
        request.patient.id_number,
        request.admitted_on,
        request.discharged_on,
        request.referral_no,
        request.chronic_code,
        [Diagnosed(diagnosis.code, diagnosis.main) for diagnosis in request.diagnoses],
        tuple(map(charge_of, request.charges)),
        request.total,
        request.invoice_no,
        request.replaces,
    )


def charge_of(line: ChargeLine) -> Charge:
    """A line of the message as the rules read it."""
    return Charge(
        line.item_code,
        line.name,
        line.category,
        line.item_class,
        line.self_pay_rate,
        line.quantity,
        line.unit_price,
        line.amount,
        line.price_limit,
    )
