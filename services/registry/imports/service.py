"""Imports: one file, one transaction, one county at a time."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry import problems
from services.registry.imports import repository
from services.registry.imports.certificate_import import import_certificates
from services.registry.imports.enrolment_import import import_enrolments
from services.registry.imports.order import Order
from services.registry.imports.parse import ParsedFile
from services.registry.imports.people_import import import_people
from services.registry.imports.row_problems import RowFault, fault_text
from services.registry.imports.schemas import ImportReply, RowProblem
from services.registry.imports.upload import Upload
from shared.auth import Caller
from shared.crypto import FieldCipher
from shared.ids import new_id
from shared.problems import Problem

_SHOWN = 100
_TICK = timedelta(microseconds=1)


async def run_import(
    session: AsyncSession,
    order: Order,
    upload: Upload,
    caller: Caller,
    cipher: FieldCipher,
    now: datetime,
) -> ImportReply:
    """Import the rows without a fault and keep a list of the others; refused while another import runs.

    On a dry run the same numbers come back and nothing is written.
    """
    if not await repository.lock_county(session, order.county):
        raise Problem(problems.IMPORT_RUNNING, headers={"Retry-After": "2"}, county=order.county)
    # The request may have begun before the import that ran until now: beliefs change in the order of imports.
    last = await repository.last_import(session, order.county)
    now = max(now, last + _TICK) if last else now
    counts, more = await _apply(session, order, upload.parsed, cipher, now)
    faults = sorted([*upload.parsed.faults, *more], key=lambda fault: fault.row)
    row = {
        "id": new_id(),
        "division_code": order.county,
        "kind": order.kind,
        "format": order.format,
        "year": order.year,
        "as_of": order.as_of,
        "file_sha256": upload.sha256,
        "file_bytes": upload.size,
        **asdict(counts),
        "rejected": counts.rows - counts.accepted,
        "warnings": sum(fault.severity == "warning" for fault in faults),
        "ignored_columns": upload.parsed.ignored_columns,
        "imported_by": caller.subject,
        "imported_at": now,
    }
    if not order.dry_run:
        await repository.add_import(session, row)
        await repository.add_faults(session, row["id"], order.county, faults)
    return _reply(row, faults[:_SHOWN], dry_run=order.dry_run)


async def _apply(
    session: AsyncSession, order: Order, parsed: ParsedFile, cipher: FieldCipher, now: datetime
) -> Any:
    if order.kind == "people":
        return await import_people(session, order, parsed, cipher, now)
    if order.kind == "certificates":
        return await import_certificates(session, order, parsed, now)
    return await import_enrolments(session, order, parsed, now)


async def get_import(session: AsyncSession, import_id: UUID) -> ImportReply:
    """The report of an earlier import."""
    row = await repository.find_import(session, import_id)
    if row is None:
        raise Problem(problems.IMPORT_NOT_FOUND)
    return _reply(dict(row), await repository.faults(session, import_id, _SHOWN), dry_run=False)


async def get_faults(session: AsyncSession, import_id: UUID) -> list[RowFault]:
    """All listed faults of an earlier import."""
    if await repository.find_import(session, import_id) is None:
        raise Problem(problems.IMPORT_NOT_FOUND)
    return await repository.faults(session, import_id)


def _reply(row: dict[str, Any], faults: list[RowFault], *, dry_run: bool) -> ImportReply:
    url = f"/v1/imports/{row['id']}/errors.csv" if faults and not dry_run else None
    return ImportReply(
        import_id=None if dry_run else row["id"],
        county=row["division_code"],
        dry_run=dry_run,
        problems=[row_problem(fault) for fault in faults],
        errors_url=url,
        **{name: row[name] for name in ImportReply.model_fields.keys() & row.keys()},
    )


def row_problem(fault: RowFault) -> RowProblem:
    """A fault as it is told, in Chinese."""
    return RowProblem(
        row=fault.row,
        column=fault.column,
        severity="warning" if fault.severity == "warning" else "error",
        code=fault.code,
        detail=fault_text(fault.code, fault.params),
    )
