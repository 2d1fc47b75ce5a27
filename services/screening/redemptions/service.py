"""Redeem vouchers: one check-up or a batch, decided and written by the same set-based path."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.screening.dates import not_in_future
from services.screening.lines import line_problem
from services.screening.participants.service import index_of
from services.screening.places import service as places
from services.screening.problems import OTHER_FACILITY
from services.screening.programmes.book import Versions
from services.screening.redemptions import repository
from services.screening.redemptions.rules import Accepted, Checkup, decide
from services.screening.redemptions.schemas import (
    RedemptionBatchReply,
    RedemptionOrder,
    RedemptionReply,
    RedemptionResult,
)
from shared.auth import Caller
from shared.clock import business_date
from shared.crypto import BlindIndex
from shared.divisions import township_of
from shared.events.screening import VoucherRedeemed
from shared.ids import new_id
from shared.messaging import event_log
from shared.messaging.event_log import NewEvent
from shared.problems import Problem

Outcome = RedemptionReply | Problem


@dataclass(frozen=True, slots=True)
class Redeemer:
    """Who redeems vouchers of which programme, and when."""

    versions: Versions
    blind_index: BlindIndex
    caller: Caller
    now: datetime


async def redeem_one(session: AsyncSession, redeemer: Redeemer, order: RedemptionOrder) -> RedemptionReply:
    """Redeem the vouchers of one check-up, or refuse it with nothing written."""
    [outcome] = await _redeem(session, redeemer, [order])
    if isinstance(outcome, Problem):
        raise outcome
    return outcome


async def redeem_batch(
    session: AsyncSession, redeemer: Redeemer, orders: Sequence[RedemptionOrder], language: str
) -> RedemptionBatchReply:
    """Redeem what can be redeemed; every other line is refused for its own reason."""
    outcomes = await _redeem(session, redeemer, orders)
    results = [_result(number, outcome, language) for number, outcome in enumerate(outcomes, start=1)]
    done = [outcome for outcome in outcomes if isinstance(outcome, RedemptionReply)]
    return RedemptionBatchReply(
        redeemed=len(done),
        refused=len(outcomes) - len(done),
        amount=sum(reply.amount for reply in done),
        results=results,
    )


async def _redeem(
    session: AsyncSession, redeemer: Redeemer, orders: Sequence[RedemptionOrder]
) -> list[Outcome]:
    code, scheme = redeemer.versions.code, redeemer.versions.newest.eligibility.scheme
    serials = sorted({serial for order in orders for serial in order.serials})
    vouchers = await repository.lock_vouchers(session, code, scheme, serials)
    townships = sorted({township_of(voucher.division_code) for voucher in vouchers.values()})
    allowed = await places.of_townships(session, code, townships)
    outcomes: list[Outcome] = []
    redeemed: list[tuple[RedemptionReply, Accepted]] = []
    used: set[int] = set()
    for order in orders:
        try:
            checkup = _checkup(redeemer, order)
            programme = redeemer.versions.on(order.examined_on)
            accepted = decide(programme, checkup, vouchers, allowed, used)
        except Problem as problem:
            outcomes.append(problem)
            continue
        used.update(checkup.serials)
        amount_fen = programme.vouchers.face_fen * len(checkup.serials)
        reply = _reply(redeemer, accepted, programme.valid_from, amount_fen)
        outcomes.append(reply)
        redeemed.append((reply, accepted))
    await _write(session, redeemer, redeemed)
    return outcomes


def _checkup(redeemer: Redeemer, order: RedemptionOrder) -> Checkup:
    if redeemer.caller.facility not in {None, order.facility_code}:
        raise Problem(OTHER_FACILITY, pointer="/facility_code")
    not_in_future(order.examined_on, redeemer.now, pointer="/examined_on")
    index = None if order.id_number is None else index_of(redeemer.blind_index, order.id_number)
    return Checkup(
        order.facility_code, order.examined_on, tuple(order.serials), tuple(dict.fromkeys(order.items)), index
    )


def _reply(redeemer: Redeemer, accepted: Accepted, version: date, amount_fen: int) -> RedemptionReply:
    return RedemptionReply(
        id=new_id(),
        programme=redeemer.versions.code,
        programme_version=version,
        person_id=accepted.vouchers[0].person_id,
        facility_code=accepted.checkup.facility_code,
        place=accepted.place_kind,
        examined_on=accepted.checkup.examined_on,
        redeemed_on=business_date(redeemer.now),
        serials=[voucher.serial for voucher in accepted.vouchers],
        items=list(accepted.checkup.items),
        amount=amount_fen,
        recorded_at=redeemer.now,
    )


async def _write(
    session: AsyncSession, redeemer: Redeemer, redeemed: Sequence[tuple[RedemptionReply, Accepted]]
) -> None:
    if redeemed:
        await repository.insert(session, redeemed, redeemer.caller.subject)
        events = [event for reply, accepted in redeemed for event in _events(reply, accepted)]
        await event_log.append(session, events, redeemer.now)


def _events(reply: RedemptionReply, accepted: Accepted) -> list[NewEvent]:
    return [
        NewEvent(
            VoucherRedeemed(
                redemption_id=reply.id,
                serial=voucher.serial,
                year=voucher.year,
                programme=reply.programme,
                person_id=reply.person_id,
                household_id=voucher.household_id,
                facility_code=reply.facility_code,
                examined_on=reply.examined_on,
                redeemed_on=reply.redeemed_on,
                amount_fen=reply.amount // len(reply.serials),
            ),
            voucher.household_id,
            voucher.division_code,
        )
        for voucher in accepted.vouchers
    ]


def _result(number: int, outcome: Outcome, language: str) -> RedemptionResult:
    if isinstance(outcome, Problem):
        return RedemptionResult(line=number, status="refused", problem=line_problem(outcome, language))
    return RedemptionResult(line=number, status="redeemed", redemption_id=outcome.id, amount=outcome.amount)
