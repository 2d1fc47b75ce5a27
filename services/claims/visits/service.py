"""Opening, showing and cancelling visits."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage import service as coverage
from services.claims.office import agency_only
from services.claims.problems import VISIT_CONFLICT
from services.claims.settlements.checks import check_codes, check_facility
from services.claims.settlements.settle import Desk
from services.claims.visits import problems, repository
from services.claims.visits.entitlement import Entitled, entitled
from services.claims.visits.repository import Admission, Connection, VisitKey
from services.claims.visits.schemas import (
    AdmissionRequest,
    Entitlements,
    HeldFunds,
    HeldFundsReply,
    Hold,
    Part,
    VisitReply,
)
from shared.auth import Caller
from shared.clock import business_date
from shared.db import raw
from shared.ids import new_id
from shared.problems import NOT_FOUND, Problem


async def open_visit(
    session: AsyncSession, desk: Desk, now: datetime, caller: Caller, request: AdmissionRequest
) -> VisitReply:
    """Open a visit: what the patient is entitled to, whether a deposit is asked for, what is held.

    The same number with equal content gives the visit that exists, with other content
    ``claims.admission_conflict``; a settled number ``claims.visit_conflict``.
    """
    _check(caller, request, business_date(now))
    connection = await raw(session)
    key = VisitKey(request.facility_code, request.visit_no)
    patient = await coverage.patient(session, desk.blind_index, request.patient.id_number)
    digest = _digest(request, patient.id_index)
    free = await repository.reserve(connection, key, patient.insured.division_code, new_id())
    known = await repository.get(connection, key)
    if known is not None:
        if known.content_digest != digest:
            raise Problem(problems.ADMISSION_CONFLICT, pointer="/visit_no", visit_no=request.visit_no)
        return await _shown(connection, known)
    if not free:
        raise Problem(VISIT_CONFLICT, pointer="/visit_no", visit_no=request.visit_no)
    found = await entitled(session, desk, now, caller, request, patient.insured)
    admission = _admission(caller, request, patient, digest, found, now)
    await repository.add(connection, admission, found.holds)
    return await _shown(connection, admission)


async def get(session: AsyncSession, key: VisitKey) -> VisitReply:
    """A visit that was opened, as it stands; a problem when there is none that the caller may see."""
    connection = await raw(session)
    return await _shown(connection, _present(await repository.get(connection, key)))


async def cancel(session: AsyncSession, caller: Caller, key: VisitKey, now: datetime) -> VisitReply:
    """Close a visit without settling it and release its holds; a second time changes nothing."""
    connection = await raw(session)
    admission = await locked(connection, caller, key)
    if admission.state == "settled":
        raise not_open(admission)
    await repository.cancel(connection, key, now)
    return await get(session, key)


async def page(
    session: AsyncSession,
    facility_code: str | None,
    admitted_until: date | None,
    after: tuple[str, date, str] | None,
    limit: int,
) -> list[VisitReply]:
    """Open visits by provider and day of admission: those open for long show first at each provider."""
    connection = await raw(session)
    found = await repository.open_page(connection, facility_code, admitted_until, after, limit)
    return await _all_shown(connection, found)


async def held_funds(
    session: AsyncSession, caller: Caller, county_code: str | None, year: int | None
) -> HeldFundsReply:
    """What open visits will probably cost each payer, by county and year. For agencies only."""
    agency_only(caller)
    rows = await repository.held(await raw(session), county_code, year)
    return HeldFundsReply(
        items=[
            HeldFunds(county_code=county, year=in_year, payer=payer, visits=visits, amount=amount)
            for county, in_year, payer, visits, amount in rows
        ]
    )


async def locked(connection: Connection, caller: Caller, key: VisitKey) -> Admission:
    """The admission that the caller is about to change, locked."""
    check_facility(caller, key.facility_code)
    return _present(await repository.lock(connection, key))


def not_open(admission: Admission) -> Problem:
    """The refusal of a change that comes too late."""
    return Problem(problems.VISIT_NOT_OPEN, visit_no=admission.visit_no, state=admission.state)


def _present(admission: Admission | None) -> Admission:
    if admission is None:
        raise Problem(NOT_FOUND)
    return admission


def _check(caller: Caller, request: AdmissionRequest, today: date) -> None:
    check_facility(caller, request.facility_code)
    check_codes(request.visit_type, request.chronic_code, request.diagnoses)
    if request.admitted_on > today:
        raise Problem(
            problems.ADMITTED_IN_FUTURE,
            pointer="/admitted_on",
            admitted_on=request.admitted_on.isoformat(),
            today=today.isoformat(),
        )


def _digest(request: AdmissionRequest, id_index: bytes) -> bytes:
    content = request.model_dump(mode="json", exclude={"patient"})
    return hashlib.sha256(id_index + json.dumps(content, sort_keys=True).encode()).digest()


def _admission(
    caller: Caller,
    request: AdmissionRequest,
    patient: coverage.Patient,
    digest: bytes,
    found: Entitled,
    now: datetime,
) -> Admission:
    return Admission(
        facility_code=request.facility_code,
        visit_no=request.visit_no,
        division_code=patient.insured.division_code,
        person_id=patient.insured.person_id,
        id_index=patient.id_index,
        id_number_masked=patient.masked,
        visit_type=request.visit_type,
        admitted_on=request.admitted_on,
        diagnoses=json.dumps([[diagnosis.code, diagnosis.main] for diagnosis in request.diagnoses]),
        referral_no=request.referral_no,
        chronic_code=request.chronic_code,
        estimated_total_fen=request.estimated_total,
        content_digest=digest,
        entitlements=found.entitlements.model_dump_json(),
        opened_at=now,
        opened_by=caller.subject,
    )


async def _shown(connection: Connection, admission: Admission) -> VisitReply:
    [reply] = await _all_shown(connection, [admission])
    return reply


async def _all_shown(connection: Connection, admissions: Sequence[Admission]) -> list[VisitReply]:
    keys = [each.key for each in admissions]
    holds = await repository.holds(connection, keys)
    parts = await repository.parts(connection, keys)
    return [_reply(each, holds[each.key], parts[each.key]) for each in admissions]


def _reply(
    admission: Admission, holds: Sequence[tuple[str, int]], parts: Sequence[repository.PartRow]
) -> VisitReply:
    values: dict[str, Any] = {
        name: getattr(admission, name)
        for name in ("facility_code", "visit_no", "visit_type", "admitted_on", "state", "opened_at")
    }
    return VisitReply(
        **values,
        patient=admission.id_number_masked,
        entitlements=Entitlements.model_validate_json(admission.entitlements),
        estimated_total=admission.estimated_total_fen,
        holds=[Hold(payer=payer, amount=amount) for payer, amount in holds],
        parts=[
            Part(part_no=part.part_no, lines=part.lines, amount=part.amount_fen, uploaded_at=part.uploaded_at)
            for part in parts
        ],
        running_total=sum(part.amount_fen for part in parts),
        closed_at=admission.closed_at,
        settlement_id=admission.settlement_id,
    )
