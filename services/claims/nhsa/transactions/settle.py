"""2206/2303 pre-settlement, 2207/2304 settlement, 2208/2305 its cancellation, 5203 and 5204."""

from datetime import date
from typing import Any
from uuid import UUID

from services.claims.benefits.charges import Split, split_charges
from services.claims.nhsa import problems, repository
from services.claims.nhsa.ids import long, short
from services.claims.nhsa.inputs import SettlementInput, SettlementNamed, Settling, SettlingInput
from services.claims.nhsa.repository import VisitRow
from services.claims.nhsa.telling import negated, steps_of, stored, told
from services.claims.nhsa.transactions.base import (
    INPATIENT,
    OUTPATIENT,
    At,
    Done,
    identified,
    known_of,
    opened,
    visit_named,
)
from services.claims.nhsa.transactions.fees import line_output
from services.claims.nhsa.transactions.visits import diagnoses_of
from services.claims.nhsa.vouchers import Voucher, id_number
from services.claims.settlements import service
from services.claims.settlements.record import Settlement
from services.claims.settlements.reverse import reverse_settlement
from services.claims.settlements.schemas import Patient
from services.claims.visits import charges, discharge
from services.claims.visits import service as visits
from services.claims.visits.problems import NO_CHARGES
from services.claims.visits.repository import VisitKey
from services.claims.visits.schemas import DischargeRequest, PreviewRequest
from shared.clock import business_date
from shared.money import Fen, format_yuan
from shared.problems import NOT_FOUND, Problem

_DATA = "/input/data"


async def preview_outpatient(at: At, asked: SettlingInput) -> Done:
    """2206."""
    return await _preview(at, asked.data, OUTPATIENT)


async def preview_inpatient(at: At, asked: SettlingInput) -> Done:
    """2303."""
    return await _preview(at, asked.data, INPATIENT)


async def settle_outpatient(at: At, asked: SettlingInput) -> Done:
    """2207."""
    return await _settle(at, asked.data, OUTPATIENT)


async def settle_inpatient(at: At, asked: SettlingInput) -> Done:
    """2304."""
    return await _settle(at, asked.data, INPATIENT)


async def cancel_settlement(at: At, asked: SettlementInput) -> Done:
    """2208, 2305: everything is taken back; the visit is open again with its charges."""
    settlement, row = await _named(at, asked.data)
    before = await stored(at, settlement, row)
    await take_back(at, settlement.id, "撤销结算" if row is None else f"{at.envelope.transaction} 撤销结算")
    return Done(
        negated(before, at), row.mdtrt_id if row else None, settlement.person_id, settlement_id=settlement.id
    )


async def take_back(at: At, settlement_id: UUID, reason: str) -> Settlement:
    """Reverse a settlement; a Problem when it is reversed already."""
    return await reverse_settlement(
        at.session, at.desk.policies, at.caller, at.now, settlement_id, f"{reason}（{at.envelope.msgid}）"
    )


async def settlement(at: At, asked: SettlementInput) -> Done:
    """5203: a settlement as it now stands; a reversed one has zero everywhere."""
    found, row = await _named(at, asked.data)
    output = await stored(at, found, row)
    return Done(output, row.mdtrt_id if row else None, found.person_id)


async def charge_lines(at: At, asked: SettlementInput) -> Done:
    """5204: the lines of a settlement, each divided as it was."""
    found, row = await _named(at, asked.data)
    lines = await _lines(at, found, row)
    known = {
        "mdtrt_id": short(row.mdtrt_id) if row else "",
        "setl_id": short(found.id),
        "psn_no": short(found.person_id),
    }
    output = [
        {**known, "med_list_codg": charge.item_code, "medins_list_name": charge.name}
        | line_output(line_id, charge, at.window.codes)
        for line_id, charge in lines
    ]
    return Done({"feedetail": output}, row.mdtrt_id if row else None, found.person_id)


async def _lines(at: At, found: Settlement, row: VisitRow | None) -> list[tuple[str, Any]]:
    """With the hospital's numbers of the lines, unless the bill has changed since or came in one message."""
    settled = await service.charges(at.session, found.id)
    key = VisitKey(at.facility, found.visit_no)
    uploaded = (await charges.bill(at.session, key)).lines if row else []
    if [charge for _, charge in uploaded] == settled:
        return uploaded
    return [(str(no), charge) for no, charge in enumerate(settled, 1)]


async def _named(at: At, named: SettlementNamed) -> tuple[Settlement, VisitRow | None]:
    id_ = long(named.setl_id)
    unknown = Problem(problems.NOT_SETTLED, pointer=f"{_DATA}/setl_id", setl_id=named.setl_id)
    if id_ is None:
        raise unknown
    try:
        found = await service.get(at.session, id_)
    except Problem as problem:
        raise (unknown if problem.spec is NOT_FOUND else problem) from problem
    if found.facility_code != at.facility:
        raise unknown
    row = await repository.visit_by_visit_no(at.connection, at.facility, found.visit_no)
    if named.mdtrt_id is not None and (row is None or long(named.mdtrt_id) != row.mdtrt_id):
        raise unknown
    if named.psn_no is not None and long(named.psn_no) != found.person_id:
        raise Problem(problems.OTHER_PERSON, pointer=f"{_DATA}/psn_no")
    return found, row


async def _preview(at: At, asked: Settling, care: str) -> Done:
    row = await _ready(at, asked, care)
    request = PreviewRequest(
        patient=await _patient(at, row),
        discharged_on=_last_day(at, row, asked),
        diagnoses=diagnoses_of(row) or None,
    )
    key = VisitKey(at.facility, opened(row))
    found = await discharge.preview_with_steps(at.session, at.desk, at.now, at.caller, key, request)
    output = await told(at, found.settlement, row, found.steps, msgid=at.envelope.msgid, preview=True)
    return Done(output, row.mdtrt_id, row.person_id)


async def _settle(at: At, asked: Settling, care: str) -> Done:
    row = await _ready(at, asked, care)
    request = DischargeRequest(
        patient=await _patient(at, row),
        discharged_on=_last_day(at, row, asked),
        diagnoses=diagnoses_of(row),
        total=format_yuan(asked.medfee_sumamt),
        invoice_no=asked.invono,
    )
    key = VisitKey(at.facility, opened(row))
    found = await discharge.settle(at.session, at.desk, at.now, at.caller, key, request, anew=True)
    # Nothing is refused from here on: what was posted has to stay.
    output = await told(at, found, row, await steps_of(at, found), msgid=at.envelope.msgid)
    return Done(output, row.mdtrt_id, row.person_id, settlement_id=found.id)


async def _ready(at: At, asked: Settling, care: str) -> VisitRow:
    """The visit, if it can be settled: not settled yet, its sums those of the lines."""
    row = await visit_named(at, asked.mdtrt_id, asked.psn_no, _DATA, care)
    if asked.mid_setl_flag == "1":
        raise Problem(problems.MID_SETTLEMENT, pointer=f"{_DATA}/mid_setl_flag")
    await _check_voucher(at, asked)
    key = VisitKey(at.facility, opened(row))
    visit = await visits.get(at.session, key)
    if visit.settlement_id is not None:
        setl_id = short(visit.settlement_id)
        raise Problem(problems.SETTLED_ALREADY, mdtrt_id=asked.mdtrt_id, setl_id=setl_id)
    if not visit.parts:
        raise Problem(NO_CHARGES, visit_no=visit.visit_no)
    lines = [charge for _, charge in (await charges.bill(at.session, key)).lines]
    _check_sums(asked, visit.running_total, split_charges(lines))
    return row


async def _check_voucher(at: At, asked: Settling) -> None:
    """Whose ID number comes with a settlement has to be the patient's; a voucher without one names nobody."""
    if asked.mdtrt_cert_type is None:
        return
    voucher = Voucher(asked.mdtrt_cert_type, asked.mdtrt_cert_no, asked.psn_cert_type, asked.certno)
    found = id_number(voucher, at.window.codes.voucher_types, _DATA)
    if found is not None:
        await identified(at, found.number, None, f"{_DATA}/{found.field}", asked.psn_no)


def _check_sums(asked: Settling, total: Fen, split: Split) -> None:
    stated = {
        "medfee_sumamt": (asked.medfee_sumamt, total),
        "fulamt_ownpay_amt": (asked.fulamt_ownpay_amt, split.non_covered_fen),
        "overlmt_selfpay": (asked.overlmt_selfpay, split.over_limit_fen),
        "preselfpay_amt": (asked.preselfpay_amt, split.upfront_copay_fen),
        "inscp_scp_amt": (asked.inscp_scp_amt, split.eligible_fen),
    }
    for name, (found, expected) in stated.items():
        if found is not None and found != expected:
            raise Problem(
                problems.TOTAL,
                pointer=f"{_DATA}/{name}",
                field=name,
                found=format_yuan(found),
                expected=format_yuan(expected),
            )


async def _patient(at: At, row: VisitRow) -> Patient:
    return Patient(id_number=(await known_of(at, row.person_id)).certno)


def _last_day(at: At, row: VisitRow, asked: Settling) -> date:
    """Outpatients are treated on the day of the visit; inpatients leave as told, else today."""
    if row.care == OUTPATIENT:
        return business_date(row.began_at)
    return business_date(row.ended_at or asked.dscg_time or at.now)
