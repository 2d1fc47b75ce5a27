"""2201/2202 registration, 2203 visit information, 2401/2402 admission and discharge, 2404/2405 taken back."""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.claims.coverage.insured import Insured
from services.claims.nhsa import problems, repository
from services.claims.nhsa.codes import MedType
from services.claims.nhsa.ids import short
from services.claims.nhsa.inputs import (
    AdmissionInput,
    Diagnosed,
    DischargeInput,
    OutpatientInput,
    RegistrationInput,
    VisitInput,
)
from services.claims.nhsa.repository import VisitRow
from services.claims.nhsa.transactions.base import (
    CANCELLED,
    INPATIENT,
    OUTPATIENT,
    REGISTERED,
    At,
    Done,
    known_of,
    opened,
    patient_of,
    visit_named,
)
from services.claims.problems import CHRONIC_CODE, DATES_OUT_OF_ORDER, DISCHARGE_IN_FUTURE, MAIN_DIAGNOSIS
from services.claims.referrals import service as referrals
from services.claims.settlements.schemas import Diagnosis, Patient
from services.claims.visits import service as visits
from services.claims.visits.repository import VisitKey
from services.claims.visits.schemas import AdmissionRequest, VisitReply
from shared.clock import business_date
from shared.ids import new_id
from shared.problems import NOT_FOUND, Problem

_DATA, _INFO = "/input/data", "/input/mdtrtinfo"
_NUMBERS_TRIED = 50
_CHRONIC = re.compile("M[0-9]{5}")


async def register(at: At, asked: RegistrationInput) -> Done:
    """An outpatient registers; what is treated comes with 2203."""
    data = asked.data
    insured = await patient_of(at, data.psn_no, data, _DATA)
    row = _new(at, insured, OUTPATIENT, data.ipt_otp_no, data.insutype, data.mdtrt_cert_type, data.begntime)
    await _add(at, row)
    output = {"mdtrt_id": short(row.mdtrt_id), "psn_no": data.psn_no, "ipt_otp_no": data.ipt_otp_no}
    return Done({"data": output}, row.mdtrt_id, row.person_id)


async def inform(at: At, asked: OutpatientInput) -> Done:
    """What an outpatient is treated for. Sent again it replaces what was told, until there are charges."""
    info = asked.mdtrtinfo
    row = await visit_named(at, info.mdtrt_id, info.psn_no, _INFO, OUTPATIENT)
    med_type = med_type_of(at, info.med_type, OUTPATIENT, f"{_INFO}/med_type")
    chronic = info.dise_codg if med_type.visit_type == "chronic_outpatient" else None
    if chronic is not None and not _CHRONIC.fullmatch(chronic):
        raise Problem(CHRONIC_CODE, pointer=f"{_INFO}/dise_codg")
    told = row._replace(
        med_type=med_type.code,
        chronic_code=chronic,
        diagnoses=_diagnoses(asked.diseinfo),
        began_at=info.begntime,
    )
    fixed = ("med_type", "chronic_code", "began_at")
    if row.visit_no is None or any(getattr(row, name) != getattr(told, name) for name in fixed):
        if row.visit_no is not None:
            await _close_without_charges(at, row)
        told = await _open(at, told, med_type.visit_type)
    await repository.change(at.connection, told)
    return Done({}, row.mdtrt_id, row.person_id)


async def admit(at: At, asked: AdmissionInput) -> Done:
    """An inpatient is admitted: the visit is open, its charges may come."""
    info = asked.mdtrtinfo
    med_type = med_type_of(at, info.med_type, INPATIENT, f"{_INFO}/med_type")
    insured = await patient_of(at, info.psn_no, info, _INFO)
    row = _new(at, insured, INPATIENT, info.ipt_no, info.insutype, info.mdtrt_cert_type, info.begntime)
    row = row._replace(med_type=med_type.code, diagnoses=_diagnoses(asked.diseinfo))
    await _add(at, row)
    await repository.change(at.connection, await _open(at, row, med_type.visit_type, info.refl_no))
    return Done({"result": {"mdtrt_id": short(row.mdtrt_id)}}, row.mdtrt_id, row.person_id)


async def discharge(at: At, asked: DischargeInput) -> Done:
    """An inpatient leaves; the settlement goes by this day and these diagnoses."""
    info = asked.dscginfo
    row = await visit_named(at, info.mdtrt_id, info.psn_no, "/input/dscginfo", INPATIENT)
    await _unsettled(at, row)
    _check_last_day(row, business_date(info.endtime), business_date(at.now))
    told = row._replace(ended_at=info.endtime, diagnoses=_diagnoses(asked.diseinfo))
    await repository.change(at.connection, told)
    return Done({}, row.mdtrt_id, row.person_id)


async def cancel_registration(at: At, asked: VisitInput) -> Done:
    """2202: an outpatient did not come after all."""
    return await _cancel(at, await visit_named(at, asked.data.mdtrt_id, asked.data.psn_no, _DATA, OUTPATIENT))


async def cancel_admission(at: At, asked: VisitInput) -> Done:
    """2404: an inpatient was not admitted after all."""
    return await _cancel(at, await visit_named(at, asked.data.mdtrt_id, asked.data.psn_no, _DATA, INPATIENT))


async def cancel_discharge(at: At, asked: VisitInput) -> Done:
    """2405: an inpatient stays."""
    row = await visit_named(at, asked.data.mdtrt_id, asked.data.psn_no, _DATA, INPATIENT)
    return await take_back_discharge(at, row)


async def take_back_discharge(at: At, row: VisitRow) -> Done:
    """The day of discharge no longer holds; not once the visit is settled."""
    if row.ended_at is None:
        raise Problem(problems.NOT_DISCHARGED, mdtrt_id=short(row.mdtrt_id))
    await _unsettled(at, row)
    await repository.change(at.connection, row._replace(ended_at=None))
    return Done({}, row.mdtrt_id, row.person_id)


async def cancel(at: At, mdtrt_id: UUID) -> Done:
    """Cancel a registration or admission that a reversal names."""
    return await _cancel(at, await visit_named(at, short(mdtrt_id), None, _DATA))


def diagnoses_of(row: VisitRow) -> list[Diagnosis]:
    """The diagnoses as last told."""
    return [Diagnosis(code=code, main=main) for code, main in json.loads(row.diagnoses or "[]")]


def med_type_of(at: At, code: str, care: str, pointer: str) -> MedType:
    """The med_type, if it belongs to this care."""
    found = at.window.codes.med_types.get(code)
    if found is None or found.care != care:
        known = "、".join(each.code for each in at.window.codes.med_types.values() if each.care == care)
        raise Problem(problems.MED_TYPE, pointer=pointer, med_type=code, known=known)
    return found


def _check_last_day(row: VisitRow, last: date, today: date) -> None:
    first, pointer = business_date(row.began_at), "/input/dscginfo/endtime"
    if last < first:
        raise Problem(
            DATES_OUT_OF_ORDER,
            pointer=pointer,
            admitted_on=first.isoformat(),
            discharged_on=last.isoformat(),
        )
    if last > today:
        raise Problem(
            DISCHARGE_IN_FUTURE, pointer=pointer, discharged_on=last.isoformat(), today=today.isoformat()
        )


async def _cancel(at: At, row: VisitRow) -> Done:
    if row.visit_no is not None:
        await visits.cancel(at.session, at.caller, VisitKey(at.facility, row.visit_no), at.now)
    await repository.change(at.connection, row._replace(state=CANCELLED))
    return Done({}, row.mdtrt_id, row.person_id)


async def _unsettled(at: At, row: VisitRow) -> None:
    reply = await visits.get(at.session, VisitKey(at.facility, opened(row)))
    if reply.settlement_id is not None:
        setl_id = short(reply.settlement_id)
        raise Problem(problems.SETTLED_ALREADY, mdtrt_id=short(row.mdtrt_id), setl_id=setl_id)


async def _add(at: At, row: VisitRow) -> None:
    if await repository.register(at.connection, row):
        return
    taken = await repository.visit_by_number(at.connection, at.facility, row.care, row.ipt_otp_no)
    mdtrt_id = short(taken.mdtrt_id) if taken else ""
    raise Problem(problems.REGISTERED_ALREADY, number=row.ipt_otp_no, mdtrt_id=mdtrt_id)


async def _open(at: At, row: VisitRow, visit_type: str, referral_no: str | None = None) -> VisitRow:
    """Open the visit under the institution's number, with a suffix where that was used before."""
    known = await known_of(at, row.person_id)
    visit_no = await _free_number(at, row.ipt_otp_no)
    admitted_on = business_date(row.began_at)
    if referral_no is None:
        referral_no = await referrals.leading_to(at.session, row.person_id, at.facility, admitted_on)
    values: dict[str, Any] = {
        "facility_code": at.facility,
        "visit_no": visit_no,
        "visit_type": visit_type,
        "patient": Patient(id_number=known.certno),
        "admitted_on": admitted_on,
        "diagnoses": diagnoses_of(row),
        "referral_no": referral_no,
        "chronic_code": row.chronic_code,
        "estimated_total": None,
    }
    await visits.open_visit(
        at.session, at.desk, at.now, at.caller, AdmissionRequest.model_construct(**values)
    )
    return row._replace(visit_no=visit_no)


async def _free_number(at: At, number: str) -> str:
    for place in range(_NUMBERS_TRIED):
        candidate = f"{number}.{place}" if place else number
        if await _visit(at, candidate) is None:
            return candidate
    raise Problem(problems.REGISTERED_ALREADY, number=number, mdtrt_id="")


async def _visit(at: At, visit_no: str) -> VisitReply | None:
    try:
        return await visits.get(at.session, VisitKey(at.facility, visit_no))
    except Problem as problem:
        if problem.spec is not NOT_FOUND:
            raise
        return None


async def _close_without_charges(at: At, row: VisitRow) -> None:
    key = VisitKey(at.facility, opened(row))
    found = await visits.get(at.session, key)
    if found.parts or found.settlement_id is not None:
        raise Problem(problems.MED_TYPE_FIXED, mdtrt_id=short(row.mdtrt_id))
    await visits.cancel(at.session, at.caller, key, at.now)


def _new(
    at: At, insured: Insured, care: str, number: str, insutype: str, cert_type: str, began_at: datetime
) -> VisitRow:
    return VisitRow(
        mdtrt_id=new_id(),
        facility_code=at.facility,
        division_code=insured.division_code,
        person_id=insured.person_id,
        care=care,
        ipt_otp_no=number,
        insutype=insutype,
        cert_type=cert_type,
        med_type=None,
        chronic_code=None,
        diagnoses=None,
        began_at=began_at,
        ended_at=None,
        visit_no=None,
        state=REGISTERED,
        registered_at=at.now,
    )


def _diagnoses(told: Sequence[Diagnosed]) -> str:
    """Codes in the order of their numbers; the main one is that with the flag, else the first.

    A Problem where every one of them is marked as not valid.
    """
    valid = sorted((each for each in told if each.vali_flag != "0"), key=lambda each: each.diag_srt_no)
    if not valid:
        raise Problem(MAIN_DIAGNOSIS, pointer="/diagnoses")
    flagged = [each for each in valid if each.maindiag_flag == "1"] or valid[:1]
    return json.dumps([[each.diag_code, each is flagged[0]] for each in valid])
