"""The import of certificates: which chronic disease was recognised of whom, from when until when.

From its first day on a row takes the place of those certificates of the same person and disease that it
overlaps. What a file does not name stays as it is: ending a certificate is a decision of its own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates.rules import Believed, Certificate, stated
from services.registry.imports import certificate_repository as repository
from services.registry.imports import row_problems
from services.registry.imports.certificate_repository import CertificateWrite, KnownPerson
from services.registry.imports.codes import HEADINGS
from services.registry.imports.order import Counts, Order
from services.registry.imports.parse import ParsedFile, PreparedCertificate
from services.registry.imports.row_problems import RowFault
from services.registry.people import service as people
from shared.ids import new_id
from shared.problems import ProblemSpec


class CertificatePlan(NamedTuple):
    """Everything that the file changes; ``replaced``: rows that took the place of something."""

    writes: dict[UUID, CertificateWrite]
    superseded: list[UUID]
    written: list[int]
    replaced: list[int]
    unchanged: list[int]
    faults: list[RowFault]


async def import_certificates(
    session: AsyncSession, order: Order, parsed: ParsedFile, now: datetime
) -> tuple[Counts, list[RowFault]]:
    """Bring the certificates in line with the rows; nothing is written on a dry run. The county is locked."""
    await repository.stage(session, parsed.certificates)
    known = await repository.classify(session, order.county)
    named = {each.person_id for each in known.values() if each.person_id}
    believed = await repository.believed(session, sorted(named))
    plan = await asyncio.to_thread(plan_certificates, parsed.certificates, known, believed)
    if plan.writes and not order.dry_run:
        changed = list(dict.fromkeys(write.person_id for write in plan.writes.values()))
        await repository.write(session, plan.superseded, list(plan.writes.values()), changed, now)
        await people.announce(session, changed, now)
    counts = Counts(
        rows=parsed.rows,
        accepted=len(plan.written) + len(plan.unchanged),
        created=len(plan.written) - len(plan.replaced),
        changed=len(plan.replaced),
        unchanged=len(plan.unchanged),
    )
    return counts, plan.faults


def plan_certificates(
    rows: Sequence[PreparedCertificate],
    known: Mapping[int, KnownPerson],
    believed: Mapping[UUID, Sequence[Believed]],
) -> CertificatePlan:
    """Compare the rows with the registry. Pure."""
    plan = CertificatePlan({}, [], [], [], [], [])
    now_believed = {person_id: list(each) for person_id, each in believed.items()}
    seen: dict[UUID, list[Certificate]] = {}
    for row in rows:
        found, certificate = known[row.stated.row], row.stated.certificate
        fault = _fault(row, found, seen)
        if fault or found.person_id is None:
            plan.faults.append(RowFault(row.stated.row, _column(row), (fault or _NOBODY).code, {}))
            continue
        seen.setdefault(found.person_id, []).append(certificate)
        _state(row, found, now_believed.setdefault(found.person_id, []), plan)
    return plan


def _state(
    row: PreparedCertificate, found: KnownPerson, believed: list[Believed], plan: CertificatePlan
) -> None:
    """Add one row to the plan, and to what is believed of the person from then on."""
    change = stated(believed, row.stated.certificate)
    if not change.added:
        plan.unchanged.append(row.stated.row)
        return
    plan.written.append(row.stated.row)
    if change.superseded:
        plan.replaced.append(row.stated.row)
    # What the file itself has added before is simply not written.
    plan.superseded.extend(id_ for id_ in change.superseded if plan.writes.pop(id_, None) is None)
    believed[:] = [each for each in believed if each.id not in change.superseded]
    assert found.person_id
    for certificate in change.added:
        write = CertificateWrite(new_id(), found.person_id, found.division_code or "", certificate)
        plan.writes[write.id] = write
        believed.append(Believed(write.id, certificate))


_NOBODY = row_problems.UNKNOWN_PERSON


def _fault(
    row: PreparedCertificate, found: KnownPerson, seen: Mapping[UUID, Sequence[Certificate]]
) -> ProblemSpec | None:
    if row.stated.person_no and row.stated.id_number and found.by_no != found.by_index:
        return row_problems.PERSON_MISMATCH if found.person_id else _NOBODY
    if found.person_id is None:
        return _NOBODY
    if any(row.stated.certificate.overlaps(other) for other in seen.get(found.person_id, ())):
        return row_problems.DUPLICATE_CERTIFICATE
    return None


def _column(row: PreparedCertificate) -> str:
    field = "person_no" if row.stated.person_no else "id_number"
    column: str = HEADINGS["certificates"].standard[field]
    return column
