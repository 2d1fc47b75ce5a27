"""Recording, ending and listing certificates of chronic diseases."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import problems
from services.registry.certificates import repository
from services.registry.certificates.problems import (
    CERTIFICATE_DATES,
    CERTIFICATE_OVERLAPS,
    NO_CERTIFICATE,
    RESTRICTED_DISEASE,
)
from services.registry.certificates.repository import Held
from services.registry.certificates.rules import Certificate, Change, ended, stated
from services.registry.certificates.schemas import CertificateBody, CertificateReply, CertificatesReply
from services.registry.people import service as people
from shared import audit
from shared.auth import Caller
from shared.divisions import county_of
from shared.problems import Problem
from shared.sensitivity import SCOPE, restricted_chronic, sees_restricted


async def record(
    session: AsyncSession, caller: Caller, person_id: UUID, body: CertificateBody, now: datetime
) -> CertificatesReply:
    """Record a certificate; one that overlaps another of the disease is refused, the same again is not."""
    if body.valid_to is not None and body.valid_to <= body.valid_from:
        raise Problem(
            CERTIFICATE_DATES,
            pointer="/valid_to",
            valid_from=body.valid_from.isoformat(),
            valid_to=body.valid_to.isoformat(),
        )
    certificate = Certificate(**body.model_dump())
    await _begin(session, caller, person_id, body.chronic_code)
    change = stated(await repository.believed(session, person_id, body.chronic_code), certificate)
    if change.superseded:
        believed = await repository.believed(session, person_id, body.chronic_code)
        other = next(each for each in believed if each.id == change.superseded[0])
        raise Problem(
            CERTIFICATE_OVERLAPS,
            pointer="/valid_from",
            valid_from=other.certificate.valid_from.isoformat(),
        )
    await _write(session, person_id, change, now)
    return await listed(session, caller, person_id, None, None, now)


async def end(
    session: AsyncSession, caller: Caller, person_id: UUID, chronic_code: str, ended_on: date, now: datetime
) -> CertificatesReply:
    """Let a disease be certified no longer from a day on; again changes nothing."""
    await _begin(session, caller, person_id, chronic_code)
    believed = await repository.believed(session, person_id, chronic_code)
    if not believed:
        raise Problem(NO_CERTIFICATE)
    await _write(session, person_id, ended(believed, ended_on), now)
    return await listed(session, caller, person_id, None, None, now)


async def listed(
    session: AsyncSession,
    caller: Caller,
    person_id: UUID,
    on: date | None,
    as_known_at: datetime | None,
    now: datetime,
) -> CertificatesReply:
    """A person's certificates; without the right to see them, those of restricted diseases are left out.

    Nothing tells that something was left out: a gap would say what it hides.
    """
    if await repository.division_of(session, person_id) is None:
        raise Problem(problems.PERSON_NOT_FOUND)
    found = await repository.held(session, person_id, on, as_known_at)
    restricted = [each for each in found if restricted_chronic(each.certificate.chronic_code)]
    if restricted and sees_restricted(caller):
        await audit.record(session, caller, "read restricted data", "people", {"people": [str(person_id)]})
    elif restricted:
        found = [each for each in found if each not in restricted]
    return CertificatesReply(
        person_id=person_id, as_known_at=as_known_at or now, items=[_reply(each) for each in found]
    )


async def _begin(session: AsyncSession, caller: Caller, person_id: UUID, chronic_code: str) -> None:
    if restricted_chronic(chronic_code) and not sees_restricted(caller):
        raise Problem(RESTRICTED_DISEASE, pointer="/chronic_code", scope=SCOPE)
    division_code = await repository.division_of(session, person_id)
    if division_code is None:
        raise Problem(problems.PERSON_NOT_FOUND)
    county = county_of(division_code)
    if not await repository.keep_imports_out(session, county):
        raise Problem(problems.IMPORT_RUNNING, headers={"Retry-After": "2"}, county=county)
    await repository.lock_person(session, person_id)


async def _write(session: AsyncSession, person_id: UUID, change: Change, now: datetime) -> None:
    if change.superseded or change.added:
        await repository.write(session, person_id, change.superseded, change.added, now)
        await people.announce(session, [person_id], now)


def _reply(held: Held) -> CertificateReply:
    return CertificateReply(**held.certificate._asdict(), recorded_at=held.recorded_at)
