"""The bill of an open visit, uploaded in parts."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.facts import Charge
from services.claims.settlements.checks import check_lines
from services.claims.settlements.fields import MAX_CHARGES
from services.claims.settlements.message import charge_of
from services.claims.visits import problems, repository, service
from services.claims.visits.repository import Admission, Connection, PartRow, VisitKey
from services.claims.visits.schemas import ChargesRequest, UploadedLine, VisitReply
from shared.auth import Caller
from shared.db import raw
from shared.problems import NOT_FOUND, FieldError, Problem

_MAX_ERRORS = 100


async def upload(
    session: AsyncSession, caller: Caller, key: VisitKey, request: ChargesRequest, now: datetime
) -> VisitReply:
    """Add a part of the bill. The same part again changes nothing, also once the visit is closed.

    A line whose id the visit has already, in this part or another, is refused; so is a part of the same
    number with other content. Nothing of a refused part is kept.
    """
    connection = await raw(session)
    admission = await service.locked(connection, caller, key)
    lines = [(line.line_id, charge_of(line)) for line in request.charges]
    digest = hashlib.sha256(json.dumps(lines).encode()).digest()
    parts = (await repository.parts(connection, [key]))[key]
    known = next((part for part in parts if part.part_no == request.part_no), None)
    if known is not None and known.content_digest == digest:
        return await service.get(session, key)
    if admission.state != "open":
        raise service.not_open(admission)
    if known is not None:
        raise Problem(problems.PART_CONFLICT, pointer="/part_no", part_no=request.part_no)
    _check_count(parts, request)
    check_lines([charge for _, charge in lines])
    await _check_ids(connection, admission, request.charges)
    amount = sum(charge.amount_fen for _, charge in lines)
    part = PartRow(request.part_no, digest, len(lines), amount, now)
    await repository.upload(connection, admission, part, caller.subject, lines)
    return await service.get(session, key)


async def withdraw(session: AsyncSession, caller: Caller, key: VisitKey, part_no: int) -> VisitReply:
    """Take a part out again while the visit is open; its number and its lines may then be sent anew."""
    connection = await raw(session)
    admission = await service.locked(connection, caller, key)
    if admission.state != "open":
        raise service.not_open(admission)
    parts = (await repository.parts(connection, [key]))[key]
    if all(part.part_no != part_no for part in parts):
        raise Problem(NOT_FOUND)
    await repository.withdraw(connection, key, part_no)
    return await service.get(session, key)


async def lines(session: AsyncSession, key: VisitKey) -> list[tuple[str, Charge]]:
    """The bill of a visit with the hospital's ids of its lines, as far as the caller may see it."""
    return await repository.lines(await raw(session), key)


class Withdrawn(NamedTuple):
    """What came of taking lines out: ids that the visit does not have, parts of which nothing is left."""

    missing: list[str]
    empty_parts: list[int]


async def withdraw_lines(
    session: AsyncSession, caller: Caller, key: VisitKey, line_ids: Sequence[str]
) -> Withdrawn:
    """Take single lines out of the bill of an open visit; with an unknown one among them nothing is done."""
    connection = await raw(session)
    admission = await service.locked(connection, caller, key)
    if admission.state != "open":
        raise service.not_open(admission)
    known = await repository.known_lines(connection, key, line_ids)
    missing = [line_id for line_id in line_ids if line_id not in known]
    empty = [] if missing else await repository.withdraw_lines(connection, key, line_ids)
    return Withdrawn(missing, empty)


def _check_count(parts: Sequence[PartRow], request: ChargesRequest) -> None:
    present = sum(part.lines for part in parts)
    if present + len(request.charges) > MAX_CHARGES:
        raise Problem(problems.TOO_MANY_CHARGES, pointer="/charges", limit=MAX_CHARGES, present=present)


async def _check_ids(connection: Connection, admission: Admission, lines: Sequence[UploadedLine]) -> None:
    seen = await repository.known_lines(connection, admission.key, [line.line_id for line in lines])
    errors = []
    for no, line in enumerate(lines):
        if line.line_id in seen:
            params = {"line_id": line.line_id}
            errors.append(FieldError(f"/charges/{no}/line_id", problems.LINE_TWICE, params))
        seen.add(line.line_id)
    if errors:
        raise Problem(problems.LINE_TWICE, errors=errors[:_MAX_ERRORS], **errors[0].params)
