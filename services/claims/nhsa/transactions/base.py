"""What every transaction works with: the message at the window, the visit and the patient that it names."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage import service as coverage
from services.claims.coverage.insured import Insured
from services.claims.nhsa import problems, repository
from services.claims.nhsa.catalogue import Catalogue
from services.claims.nhsa.codes import Codes
from services.claims.nhsa.envelope import Envelope
from services.claims.nhsa.ids import long, made_at, msgid_fault, short
from services.claims.nhsa.inputs import Shown
from services.claims.nhsa.repository import Connection, VisitRow
from services.claims.nhsa.settings import NhsaSettings
from services.claims.nhsa.vault import Known, Vault
from services.claims.nhsa.vouchers import id_number
from services.claims.settlements.settle import Desk
from shared import identity
from shared.auth import Caller
from shared.db import raw
from shared.problems import Problem

INPATIENT, OUTPATIENT = "inpatient", "outpatient"
REGISTERED, CANCELLED = "registered", "cancelled"
_CARE = {INPATIENT: ("住院", "inpatient"), OUTPATIENT: ("门诊", "outpatient")}


@dataclass(frozen=True, slots=True)
class Window:
    """What a process needs for the interface, ready before it serves."""

    settings: NhsaSettings
    secrets: dict[str, bytes] = field(repr=False)
    vault: Vault
    codes: Codes
    catalogue: Catalogue


@dataclass(frozen=True, slots=True)
class At:
    """One message at the window, in the transaction that answers it."""

    session: AsyncSession
    connection: Connection
    desk: Desk
    now: datetime
    caller: Caller
    envelope: Envelope
    provider: Row[Any]
    window: Window
    vault: Vault

    @property
    def facility(self) -> str:
        """The institution whose message it is."""
        return self.envelope.fixmedins_code


class Done(NamedTuple):
    """A transaction's output, and what it did: for 2601 and for later questions."""

    output: dict[str, Any]
    mdtrt_id: UUID | None = None
    person_id: UUID | None = None
    settlement_id: UUID | None = None
    part_no: int | None = None


def check_msgid(at: At, msgid: str, pointer: str) -> None:
    """Raises the Problem of a message id that is wrong, or so old that it is no longer kept."""
    fault = msgid_fault(msgid, at.facility)
    if fault:
        raise Problem(problems.BAD_MSGID, pointer=pointer, reason_zh=fault[0], reason_en=fault[1])
    days = at.window.settings.keep_days
    if made_at(msgid) < at.now - timedelta(days=days):
        raise Problem(problems.MSGID_EXPIRED, pointer=pointer, days=days)


async def visit_named(at: At, mdtrt_id: str, psn_no: str | None, pointer: str, care: str = "") -> VisitRow:
    """The institution's visit, locked; a Problem for one that is unknown, cancelled or somebody else's."""
    id_ = long(mdtrt_id)
    row = await repository.visit(at.connection, id_, at.facility, lock=True) if id_ else None
    if row is None:
        raise Problem(problems.UNKNOWN_VISIT, pointer=f"{pointer}/mdtrt_id", mdtrt_id=mdtrt_id)
    if psn_no is not None and long(psn_no) != row.person_id:
        raise Problem(problems.OTHER_PERSON, pointer=f"{pointer}/psn_no")
    if care and row.care != care:
        zh, en = _CARE[row.care]
        raise Problem(problems.WRONG_CARE, mdtrt_id=mdtrt_id, care_zh=zh, care_en=en)
    if row.state == CANCELLED:
        raise Problem(problems.VISIT_CANCELLED, mdtrt_id=mdtrt_id)
    return row


def opened(row: VisitRow) -> str:
    """The number of the open visit behind a visit; a Problem while there is none."""
    if row.visit_no is None:
        raise Problem(problems.NO_VISIT_INFORMATION, mdtrt_id=short(row.mdtrt_id))
    return row.visit_no


async def known_of(at: At, person_id: UUID) -> Known:
    """What the institution told about a patient; the empty one where it told nothing."""
    sealed = await repository.known(at.connection, at.facility, person_id)
    return at.vault.known(sealed, _row_name(at.facility, person_id)) if sealed else Known("")


async def identified(
    at: At, certno: str, name: str | None, pointer: str, psn_no: str | None = None
) -> Insured:
    """The insured person with this ID number; what the institution tells is kept, encrypted, for itself."""
    try:
        patient = await coverage.patient(at.session, at.desk.blind_index, certno)
    except Problem as problem:
        raise Problem(problem.spec, pointer=pointer) from problem
    insured = patient.insured
    if psn_no is not None and long(psn_no) != insured.person_id:
        raise Problem(problems.OTHER_PERSON, pointer=f"{pointer.rpartition('/')[0]}/psn_no")
    before = await known_of(at, insured.person_id)
    told = Known(identity.normalise(certno), name or before.name, before.naty)
    if told != before:
        sealed = at.vault.seal_known(told, _row_name(at.facility, insured.person_id))
        await repository.know(
            at.connection, at.facility, insured.person_id, insured.division_code, sealed, at.now
        )
    return insured


async def patient_of(at: At, psn_no: str, shown: Shown, pointer: str) -> Insured:
    """Who is meant by a voucher: by the ID number that came with it, else by what 1101 told."""
    found = id_number(shown.voucher, at.window.codes.voucher_types, pointer)
    if found is not None:
        return await identified(at, found.number, shown.psn_name, f"{pointer}/{found.field}", psn_no)
    person_id = long(psn_no)
    known = await known_of(at, person_id) if person_id else Known("")
    if not known.certno:
        raise Problem(problems.CERTIFICATE, pointer=f"{pointer}/certno")
    return await identified(at, known.certno, shown.psn_name, f"{pointer}/mdtrt_cert_no", psn_no)


async def connection_of(session: AsyncSession) -> Connection:
    """The driver's connection in the message's own transaction."""
    return await raw(session)


def _row_name(facility_code: str, person_id: UUID) -> str:
    return f"nhsa_patients/sealed/{facility_code}/{person_id}"
