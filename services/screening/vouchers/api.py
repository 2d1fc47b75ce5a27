"""Endpoints of print runs, hand-overs, balances and archives."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from services.screening.programmes.dependencies import VersionsDep
from services.screening.vouchers import queries, service
from services.screening.vouchers.holders import HOLDER_PATTERN
from services.screening.vouchers.schemas import (
    MAX_SERIAL,
    BalanceReply,
    BatchOrder,
    BatchReply,
    HandoverOrder,
    HandoverReply,
    HoldingReply,
    SerialReply,
    VoucherReply,
)
from shared.http import CallerDep, NowDep, SessionDep, new_router, note
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page

HolderQuery = Annotated[
    str,
    Query(
        pattern=HOLDER_PATTERN,
        description="持有单位的区划代码：6 位合作医疗办、9 位乡镇政府、12 位驻村干部",
        examples=["990101100"],
    ),
]
SerialPath = Annotated[int, Path(ge=1, le=MAX_SERIAL)]

reads = new_router("/v1/programmes/{code}", "vouchers", "screening:read")
writes = new_router("/v1/programmes/{code}", "vouchers", "screening:write")


@writes.post("/voucher-batches", status_code=201, response_model=BatchReply)
async def print_batch(
    body: BatchOrder,
    versions: VersionsDep,
    session: SessionDep,
    caller: CallerDep,
    once: OnceDep,
    now: NowDep,
) -> Response:
    """Register a print run of a county and year; serials that were printed before are refused."""
    return await once.reply(lambda: service.print_batch(session, versions, body, caller, now))


@writes.post("/handovers", status_code=201, response_model=HandoverReply)
async def hand_over(
    body: HandoverOrder,
    request: Request,
    versions: VersionsDep,
    session: SessionDep,
    caller: CallerDep,
    once: OnceDep,
    now: NowDep,
) -> Response:
    """Hand a serial range to the next holder, against a signed receipt; archived for good.

    Office → township government → village cadre, or back one step (DOMAIN S-62). Serials that the giver
    does not hold are refused.
    """
    note(request, giver=body.from_holder, receiver=body.to_holder)
    note(request, first_serial=body.first_serial, last_serial=body.last_serial)
    return await once.reply(lambda: service.hand_over(session, versions, body, caller, now))


@reads.get("/balances")
async def get_balance(holder: HolderQuery, versions: VersionsDep, session: SessionDep) -> BalanceReply:
    """What a holder got, gave and still has: printed + received − handed over − issued = in hand."""
    return await queries.balance(session, versions.code, holder)


@reads.get("/holdings")
async def list_holdings(
    holder: HolderQuery,
    versions: VersionsDep,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[HoldingReply]:
    """The serial ranges in a holder's hand, by serial."""
    return await queries.list_holdings(session, versions.code, holder, cursor, limit)


@reads.get("/handovers")
async def list_handovers(
    holder: HolderQuery,
    versions: VersionsDep,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[HandoverReply]:
    """The archive: hand-overs to and from a holder, oldest first."""
    return await queries.list_handovers(session, versions.code, holder, cursor, limit)


@reads.get("/vouchers")
async def list_vouchers(
    division: HolderQuery,
    versions: VersionsDep,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> Page[VoucherReply]:
    """The vouchers that people of a county, township or village were given, by serial."""
    return await queries.list_vouchers(session, versions.code, division, cursor, limit)


@reads.get("/serials/{serial}")
async def trace_serial(serial: SerialPath, versions: VersionsDep, session: SessionDep) -> SerialReply:
    """Where one voucher is, and every signed hand-over it went through."""
    return await queries.trace(session, versions.code, serial)
