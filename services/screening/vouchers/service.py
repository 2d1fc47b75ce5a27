"""Print runs and hand-overs: vouchers move by serial range until they reach a person."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.dates import not_in_future
from services.screening.problems import (
    BAD_CHAIN,
    BAD_RANGE,
    MIXED_YEARS,
    NOT_HELD,
    OUTSIDE_JURISDICTION,
    RECEIPT_USED,
    SERIALS_EXHAUSTED,
    SERIALS_PRINTED,
)
from services.screening.programmes.book import Versions
from services.screening.vouchers import holders, ranges, repository
from services.screening.vouchers.ranges import Holding, SerialRange
from services.screening.vouchers.schemas import (
    MAX_SERIAL,
    BatchOrder,
    BatchReply,
    HandoverOrder,
    HandoverReply,
)
from shared.auth import Caller
from shared.divisions import county_of
from shared.events.screening import VouchersHandedOver
from shared.ids import new_id
from shared.messaging import event_log
from shared.messaging.event_log import NewEvent
from shared.problems import Problem

COUNTY_QUOTA = 10_000_000
"""Automatic serials are county (6 digits), year (2) and a running number below this."""


async def print_batch(
    session: AsyncSession, versions: Versions, order: BatchOrder, caller: Caller, now: datetime
) -> BatchReply:
    """Register a print run of the county's office; the office then holds all of it."""
    _govern(caller, order.county_code)
    printed_on = not_in_future(order.printed_on, now, pointer="/printed_on")
    programme = versions.on(date(order.year, 12, 31))
    await repository.lock_county_serials(session, order.county_code, order.year)
    serials = await _serials_for(session, order)
    batch: dict[str, Any] = {
        "id": new_id(),
        "programme": versions.code,
        "division_code": order.county_code,
        "year": order.year,
        "first_serial": serials.first,
        "last_serial": serials.last,
        "face_fen": programme.vouchers.face_fen,
        "printed_on": printed_on,
        "recorded_at": now,
        "recorded_by": caller.subject,
    }
    if not await repository.insert_batch(session, batch):
        raise Problem(SERIALS_PRINTED, pointer="/first_serial", first=serials.first, last=serials.last)
    held = Holding(serials, batch["id"], order.year)
    await repository.lock_holders(session, versions.code, [order.county_code])
    await repository.replace_holdings(session, versions.code, order.county_code, [], [held])
    return BatchReply(
        id=batch["id"],
        programme=versions.code,
        county_code=order.county_code,
        year=order.year,
        first_serial=serials.first,
        last_serial=serials.last,
        quantity=serials.size,
        face_value=programme.vouchers.face_fen,
        holder=order.county_code,
        printed_on=printed_on,
    )


async def _serials_for(session: AsyncSession, order: BatchOrder) -> SerialRange:
    if order.first_serial is not None:
        wanted = SerialRange(order.first_serial, order.first_serial + order.quantity - 1)
        if wanted.last > MAX_SERIAL:
            raise Problem(BAD_RANGE, pointer="/first_serial")
        return wanted
    first = holders.first_automatic_serial(order.county_code, order.year, COUNTY_QUOTA)
    block = SerialRange(first, first + COUNTY_QUOTA - 2)
    last = await repository.last_serial_within(session, block)
    wanted = SerialRange(first if last is None else last + 1, (last or first - 1) + order.quantity)
    if wanted.last > block.last:
        raise Problem(SERIALS_EXHAUSTED, pointer="/quantity", limit=block.size)
    return wanted


async def hand_over(
    session: AsyncSession, versions: Versions, order: HandoverOrder, caller: Caller, now: datetime
) -> HandoverReply:
    """Move a serial range one step along the chain, against the receiver's signature.

    The giver must hold every serial of it; of two overlapping hand-overs at once exactly one succeeds.
    """
    if order.first_serial > order.last_serial:
        raise Problem(BAD_RANGE, pointer="/last_serial")
    if not holders.may_hand_over(order.from_holder, order.to_holder):
        raise Problem(BAD_CHAIN, pointer="/to_holder", giver=order.from_holder, receiver=order.to_holder)
    _govern(caller, order.from_holder)
    _govern(caller, order.to_holder)
    handed_over_on = not_in_future(order.handed_over_on, now, pointer="/handed_over_on")
    year = await _move(session, versions.code, order)
    reply = HandoverReply(
        id=new_id(),
        programme=versions.code,
        year=year,
        **order.model_dump(exclude={"handed_over_on"}),
        quantity=order.last_serial - order.first_serial + 1,
        handed_over_on=handed_over_on,
        recorded_at=now,
    )
    await _archive(session, reply, caller)
    await event_log.append(session, [_event(reply)], now)
    return reply


async def _move(session: AsyncSession, programme: str, order: HandoverOrder) -> int:
    giver, receiver = order.from_holder, order.to_holder
    wanted = SerialRange(order.first_serial, order.last_serial)
    await repository.lock_holders(session, programme, [giver, receiver])
    held = await repository.holdings(session, programme, giver, wanted)
    parts = ranges.split(held, [wanted])
    missing = wanted.size - ranges.quantity(parts.taken)
    if missing:
        raise Problem(
            NOT_HELD,
            pointer="/first_serial",
            giver=giver,
            first=wanted.first,
            last=wanted.last,
            missing=missing,
        )
    if len({part.year for part in parts.taken}) > 1:
        raise Problem(MIXED_YEARS, pointer="/last_serial", first=wanted.first, last=wanted.last)
    touching = SerialRange(wanted.first - 1, wanted.last + 1)
    neighbours = await repository.holdings(session, programme, receiver, touching)
    await repository.replace_holdings(session, programme, giver, held, parts.left)
    stock = ranges.joined([*neighbours, *parts.taken])
    await repository.replace_holdings(session, programme, receiver, neighbours, stock)
    return parts.taken[0].year


async def _archive(session: AsyncSession, reply: HandoverReply, caller: Caller) -> None:
    row = {
        **reply.model_dump(exclude={"quantity"}),
        "division_code": max(reply.from_holder, reply.to_holder, key=len),
        "recorded_by": caller.subject,
    }
    if not await repository.insert_handover(session, row):
        raise Problem(
            RECEIPT_USED, pointer="/receipt_no", giver=reply.from_holder, receipt_no=reply.receipt_no
        )


def _event(reply: HandoverReply) -> NewEvent:
    data = VouchersHandedOver(
        handover_id=reply.id, **reply.model_dump(exclude={"id", "signed_by", "recorded_at"})
    )
    # One key for a county: a serial's way down the chain stays in order.
    return NewEvent(data, county_of(reply.from_holder), max(reply.from_holder, reply.to_holder, key=len))


def _govern(caller: Caller, division: str) -> None:
    if not caller.governs(division):
        raise Problem(OUTSIDE_JURISDICTION, division=division)
