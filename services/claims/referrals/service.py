"""Filing and withdrawing referrals."""

import hashlib
import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage import service as coverage
from services.claims.providers import service as providers
from services.claims.referrals import problems, repository
from services.claims.referrals.data import referral_rules
from services.claims.referrals.rules import is_compliant, months_after
from services.claims.referrals.schemas import ReferralReply, ReferralRequest
from services.claims.settlements.visit import place_of
from shared.auth import Caller
from shared.clock import business_date
from shared.crypto import BlindIndex
from shared.problems import NOT_FOUND, Problem


async def file(
    session: AsyncSession, caller: Caller, request: ReferralRequest, index: BlindIndex, now: datetime
) -> ReferralReply:
    """File a referral of the caller's provider; the same number with equal content is the same referral."""
    today = business_date(now)
    _check(caller, request, today)
    patient = await coverage.patient(session, index, request.patient.id_number)
    sender = await providers.known(session, request.from_facility_code, "/from_facility_code")
    if request.to_facility_code:
        await providers.known(session, request.to_facility_code, "/to_facility_code")
    place = place_of(sender.division_code, patient.insured.county_code)
    rules = referral_rules()
    digest = hashlib.sha256(patient.id_index + json.dumps(_content(request)).encode()).digest()
    values = request.model_dump(exclude={"patient"}) | {
        "valid_until": request.valid_until or months_after(request.filed_on, rules.months),
        "division_code": patient.insured.division_code,
        "person_id": patient.insured.person_id,
        "id_number_masked": patient.masked,
        "compliant": is_compliant(sender.level, place, rules),
        "rule": rules.compliant_rule,
        "content_digest": digest,
        "filed_at": now,
        "filed_by": caller.subject,
    }
    await repository.add(session, values)
    stored = await repository.get(session, request.referral_no)
    if stored is None or bytes(stored.content_digest) != digest:
        raise Problem(problems.REFERRAL_CONFLICT, pointer="/referral_no", referral_no=request.referral_no)
    return _reply(stored, today)


async def get(session: AsyncSession, referral_no: str, now: datetime) -> ReferralReply:
    """A referral that the caller filed, may receive, or supervises."""
    stored = await repository.get(session, referral_no)
    if stored is None:
        raise Problem(NOT_FOUND)
    return _reply(stored, business_date(now))


async def leading_to(session: AsyncSession, person_id: UUID, facility_code: str, day: date) -> str | None:
    """The number of a person's referral to a provider that holds on the day of admission, if there is one."""
    filed_until = day + timedelta(days=referral_rules().late_days)
    return await repository.leading_to(session, person_id, facility_code, day, filed_until)


async def withdraw(session: AsyncSession, caller: Caller, referral_no: str, now: datetime) -> ReferralReply:
    """Withdraw a referral of the caller's provider: visits settled from now on are not referred by it."""
    found = await get(session, referral_no, now)
    _own(caller, found.from_facility_code)
    await repository.withdraw(session, referral_no, caller.subject, now)
    return await get(session, referral_no, now)


def _check(caller: Caller, request: ReferralRequest, today: date) -> None:
    _own(caller, request.from_facility_code)
    if request.to_facility_code is None and request.to_level is None and request.to_place is None:
        raise Problem(problems.REFERRAL_WITHOUT_GOAL, pointer="/to_facility_code")
    if request.filed_on > today:
        raise Problem(
            problems.FILED_IN_FUTURE,
            pointer="/filed_on",
            filed_on=request.filed_on.isoformat(),
            today=today.isoformat(),
        )
    limit = referral_rules().limit_months
    until = request.valid_until or request.filed_on
    if not request.filed_on <= until <= months_after(request.filed_on, limit):
        raise Problem(
            problems.REFERRAL_PERIOD, pointer="/valid_until", valid_until=until.isoformat(), months=limit
        )


def _own(caller: Caller, facility_code: str) -> None:
    if caller.facility not in (None, facility_code):
        raise Problem(
            problems.FOREIGN_REFERRAL,
            pointer="/from_facility_code",
            own=caller.facility,
            facility_code=facility_code,
        )


def _content(request: ReferralRequest) -> dict[str, Any]:
    return request.model_dump(mode="json", exclude={"patient"})


def _reply(stored: Row[Any], today: date) -> ReferralReply:
    state = "expired" if stored.valid_until < today else "filed"
    values = stored._asdict() | {
        "patient": stored.id_number_masked,
        "state": "withdrawn" if stored.withdrawn_at else state,
        "standing": "compliant" if stored.compliant else "filed",
    }
    return ReferralReply.model_validate({name: values[name] for name in ReferralReply.model_fields})
