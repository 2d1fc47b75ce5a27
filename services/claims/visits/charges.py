"""The bill of an open visit, uploaded in parts."""

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.settlements.checks import check_lines
from services.claims.settlements.fields import MAX_CHARGES
from services.claims.settlements.message import charge_of
from services.claims.visits import problems, repository, service
from services.claims.visits.refunds import Fault, Net, RefundFault, Uploaded, is_refund, net, turned
from services.claims.visits.repository import Admission, Connection, PartRow, VisitKey
from services.claims.visits.schemas import ChargesRequest, VisitReply
from shared.auth import Caller
from shared.db import raw
from shared.money import format_yuan
from shared.problems import NOT_FOUND, FieldError, Problem

_MAX_ERRORS = 100


async def upload(
    session: AsyncSession, caller: Caller, key: VisitKey, request: ChargesRequest, now: datetime
) -> VisitReply:
    """Add a part of the bill. The same part again changes nothing, also once the visit is closed.

    A line whose id the visit has already, in this part or another, is refused; so is a part of the same
    number with other content, and a negative quantity. Nothing of a refused part is kept.
    """
    lines = [Uploaded(request.part_no, line.line_id, None, charge_of(line)) for line in request.charges]
    return await upload_lines(session, caller, key, lines, now)


async def upload_lines(
    session: AsyncSession,
    caller: Caller,
    key: VisitKey,
    lines: Sequence[Uploaded],
    now: datetime,
    *,
    refunds: bool = False,
) -> VisitReply:
    """As ``upload``; with ``refunds`` lines of negative quantity may take back what was charged before."""
    connection = await raw(session)
    admission = await service.locked(connection, caller, key)
    part_no = lines[0].part_no
    digest = _digest(lines)
    parts = (await repository.parts(connection, [key]))[key]
    known = next((part for part in parts if part.part_no == part_no), None)
    if known is not None and known.content_digest == digest:
        return await service.get(session, key)
    if admission.state != "open":
        raise service.not_open(admission)
    if known is not None:
        raise Problem(problems.PART_CONFLICT, pointer="/part_no", part_no=part_no)
    _check_count(parts, len(lines))
    back = [refunds and is_refund(line.charge) for line in lines]
    check_lines(
        [turned(line.charge) if is_back else line.charge for line, is_back in zip(lines, back, strict=True)]
    )
    await _check_ids(connection, admission, lines)
    amount = sum(line.charge.amount_fen for line in lines)
    part = PartRow(part_no, digest, len(lines), amount, now)
    await repository.upload(connection, admission, part, caller.subject, lines)
    if any(back) or any(part.part_no > part_no for part in parts):
        await _check_refunds(connection, key, lines)
    return await service.get(session, key)


async def withdraw(session: AsyncSession, caller: Caller, key: VisitKey, part_no: int) -> VisitReply:
    """Take a part out again while the visit is open; its number and its lines may then be sent anew."""
    if not await withdraw_parts(session, caller, key, [part_no]):
        raise Problem(NOT_FOUND)
    return await service.get(session, key)


async def withdraw_parts(
    session: AsyncSession, caller: Caller, key: VisitKey, part_nos: Collection[int]
) -> list[int]:
    """Take parts out again, those that are there; a Problem when that leaves refunds of nothing."""
    connection = await raw(session)
    admission = await service.locked(connection, caller, key)
    if admission.state != "open":
        raise service.not_open(admission)
    parts = (await repository.parts(connection, [key]))[key]
    present = [part.part_no for part in parts if part.part_no in part_nos]
    for part_no in present:
        await repository.withdraw(connection, key, part_no)
    await _check_refunds(connection, key)
    return present


async def bill(session: AsyncSession, key: VisitKey) -> Net:
    """The bill of a visit without what was refunded, as far as the caller may see it."""
    return net(await repository.lines(await raw(session), key))


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
    await _check_refunds(connection, key)
    return Withdrawn(missing, empty)


def _digest(lines: Sequence[Uploaded]) -> bytes:
    content = [(line.line_id, line.charge, *([line.refund_of] if line.refund_of else [])) for line in lines]
    return hashlib.sha256(json.dumps(content).encode()).digest()


def _check_count(parts: Sequence[PartRow], added: int) -> None:
    present = sum(part.lines for part in parts)
    if present + added > MAX_CHARGES:
        raise Problem(problems.TOO_MANY_CHARGES, pointer="/charges", limit=MAX_CHARGES, present=present)


async def _check_ids(connection: Connection, admission: Admission, lines: Sequence[Uploaded]) -> None:
    seen = await repository.known_lines(connection, admission.key, [line.line_id for line in lines])
    errors = []
    for no, line in enumerate(lines):
        if line.line_id in seen:
            params = {"line_id": line.line_id}
            errors.append(FieldError(f"/charges/{no}/line_id", problems.LINE_TWICE, params))
        seen.add(line.line_id)
    if errors:
        raise Problem(problems.LINE_TWICE, errors=errors[:_MAX_ERRORS], **errors[0].params)


async def _check_refunds(connection: Connection, key: VisitKey, added: Sequence[Uploaded] = ()) -> None:
    """Raises the Problem of an added refund that cannot stand, or of an earlier one that no longer can."""
    if not await repository.has_refunds(connection, key):
        return
    try:
        net(await repository.lines(connection, key))
    except RefundFault as fault:
        places = {line.line_id: no for no, line in enumerate(added)}
        raise _refused(fault, added, places.get(fault.line_id)) from fault


def _refused(fault: RefundFault, added: Sequence[Uploaded], no: int | None) -> Problem:
    if no is None:
        return Problem(problems.REFUND_LEFT_OVER, line_id=fault.line_id)
    if fault.fault is Fault.NOT_CHARGED:
        named = added[no].refund_of is not None
        pointer = f"/charges/{no}/{'refund_of' if named else 'item_code'}"
        return Problem(problems.REFUND_NOT_CHARGED, pointer=pointer, line_id=fault.line_id)
    if fault.fault is Fault.EXCEEDS:
        left = f"{Decimal(fault.expected).scaleb(-3).normalize():f}"
        pointer = f"/charges/{no}/quantity"
        return Problem(problems.REFUND_EXCEEDS, pointer=pointer, line_id=fault.line_id, left=left)
    return Problem(
        problems.REFUND_AMOUNT,
        pointer=f"/charges/{no}/amount",
        line_id=fault.line_id,
        expected=format_yuan(fault.expected),
        found=format_yuan(added[no].charge.amount_fen),
    )
