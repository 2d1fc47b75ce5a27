"""The end of an open visit: pre-settlement and settlement of the bill that was uploaded."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.facts import Charge
from services.claims.settlements.record import Settlement
from services.claims.settlements.schemas import ChargeLine, Diagnosis, Patient, SettlementRequest
from services.claims.settlements.settle import (
    Desk,
    Done,
    Explained,
    Submission,
    preview_explained,
    preview_many,
    settle_many,
)
from services.claims.visits import charges as uploads
from services.claims.visits import problems, repository, service
from services.claims.visits.repository import Admission, VisitKey
from services.claims.visits.schemas import DischargeRequest, PreviewRequest
from shared.auth import Caller
from shared.clock import business_date
from shared.db import raw
from shared.money import Fen
from shared.problems import Problem


async def preview(
    session: AsyncSession, desk: Desk, now: datetime, caller: Caller, key: VisitKey, request: PreviewRequest
) -> Done:
    """What settling the charges so far would give; keeps nothing."""
    bill = await _bill_so_far(session, now, caller, key, request)
    [outcome] = await preview_many(session, desk, now, [Submission(caller, bill)])
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


async def preview_with_steps(
    session: AsyncSession, desk: Desk, now: datetime, caller: Caller, key: VisitKey, request: PreviewRequest
) -> Explained:
    """The same with the complete steps behind the amounts."""
    bill = await _bill_so_far(session, now, caller, key, request)
    return await preview_explained(session, desk, now, Submission(caller, bill))


async def settle(
    session: AsyncSession,
    desk: Desk,
    now: datetime,
    caller: Caller,
    key: VisitKey,
    request: DischargeRequest,
    *,
    anew: bool = False,
) -> Settlement:
    """Settle a visit with the charges that were uploaded, and release its holds in the same transaction.

    The admission is locked first, so the bill cannot change any more. Sent again with equal content it gives
    the settlement that exists, also a reversed one; ``anew`` settles the same content again after a reversal,
    for callers who recognise a message that came twice by themselves.
    """
    connection = await raw(session)
    admission = await service.locked(connection, caller, key)
    if admission.state == "cancelled":
        raise service.not_open(admission)
    charges = await _charges(session, admission)
    bill = _bill(
        admission, charges, request.patient, request.discharged_on, request.diagnoses, request.total
    ).model_copy(
        update={
            "referral_no": request.referral_no or admission.referral_no,
            "invoice_no": request.invoice_no,
            "replaces": await repository.reversed_settlement(connection, key) if anew else None,
        }
    )
    [outcome] = await settle_many(session, desk, now, [Submission(caller, bill)])
    if isinstance(outcome, Problem):
        raise outcome
    return outcome.settlement


async def _bill_so_far(
    session: AsyncSession, now: datetime, caller: Caller, key: VisitKey, request: PreviewRequest
) -> SettlementRequest:
    admission = await service.locked(await raw(session), caller, key)
    charges = await _charges(session, admission)
    return _bill(
        admission,
        charges,
        request.patient,
        request.discharged_on or business_date(now),
        request.diagnoses or _diagnoses(admission),
        sum(charge.amount_fen for charge in charges),
    )


async def _charges(session: AsyncSession, admission: Admission) -> list[Charge]:
    """What is left of the uploaded lines once refunds are taken off."""
    bill = await uploads.bill(session, admission.key)
    if not bill.lines:
        raise Problem(problems.NO_CHARGES, visit_no=admission.visit_no)
    return [charge for _, charge in bill.lines]


def _bill(
    admission: Admission,
    charges: Sequence[Charge],
    patient: Patient,
    discharged_on: date,
    diagnoses: Sequence[Diagnosis],
    total: Fen,
) -> SettlementRequest:
    """The message that a hospital would have sent for the whole visit; its parts were checked on arrival."""
    values: dict[str, Any] = dict(
        facility_code=admission.facility_code,
        visit_no=admission.visit_no,
        visit_type=admission.visit_type,
        patient=patient,
        admitted_on=admission.admitted_on,
        discharged_on=discharged_on,
        referral_no=admission.referral_no,
        chronic_code=admission.chronic_code,
        diagnoses=list(diagnoses),
        charges=[_line(charge) for charge in charges],
        total=total,
        invoice_no=None,
        replaces=None,
    )
    return SettlementRequest.model_construct(**values)


def _line(charge: Charge) -> ChargeLine:
    values: dict[str, Any] = dict(
        item_code=charge.item_code,
        name=charge.name,
        category=charge.category,
        item_class=charge.item_class,
        self_pay_rate=charge.self_pay_rate_bp,
        quantity=charge.quantity_milli,
        unit_price=charge.unit_price_e4,
        amount=charge.amount_fen,
        price_limit=charge.price_limit_e4,
    )
    return ChargeLine.model_construct(**values)


def _diagnoses(admission: Admission) -> list[Diagnosis]:
    return [Diagnosis(code=code, main=main) for code, main in json.loads(admission.diagnoses)]
