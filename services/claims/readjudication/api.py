"""Working out years anew: proposing, looking at the differences, approving by a second person."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.claims.readjudication import reading, service
from services.claims.readjudication.schemas import (
    DueReply,
    DueRequest,
    ProposeReply,
    ProposeRequest,
    ReadjudicationHead,
    ReadjudicationReply,
    RejectionRequest,
    State,
)
from services.claims.settlements.desk import NewestDeskDep
from services.claims.settlements.schemas import ExplanationReply
from shared.http import CallerDep, NowDep, SessionDep, new_router, note
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor
from shared.refusals import problem_response

router: APIRouter = new_router("/v1/readjudications", "readjudications", "claims:review")

StateQuery = Annotated[State | None, Query(description="只列出此状态")]


@router.post(":due", status_code=200, response_model=DueReply)
async def make_due(
    body: DueRequest, request: Request, session: SessionDep, now: NowDep, once: OnceDep
) -> Response:
    """把一县一年有结算的人全部列入待核算；已在名单上的不重复计数。"""

    async def work() -> DueReply:
        done = await service.make_due(session, now, body)
        note(request, county=body.county, year=body.year, due=done.due)
        return done

    return await once.reply(work, status=200)


@router.post(":propose", status_code=200, response_model=ProposeReply)
async def propose(
    body: ProposeRequest,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    desk: NewestDeskDep,
    once: OnceDep,
) -> Response:
    """重新核算到期的人年：差额在限额内的自动记账，其余待另一人复核；可反复调用直至 examined 为 0。

    给出筛选条件时只试算（dry_run），不保存任何数据。
    """
    limit_fen = request.app.state.readjudication.automatic_limit

    async def work() -> ProposeReply:
        done = await service.propose(session, desk, now, caller, body, limit_fen)
        note(request, examined=done.examined, proposed=done.proposed, posted=done.posted)
        return done

    return await once.reply(work, status=200)


@router.get("")
async def list_readjudications(
    session: SessionDep, state: StateQuery = None, limit: LimitQuery = 50, cursor: CursorQuery = None
) -> Page[ReadjudicationHead]:
    """重新核算列表，按提出先后。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await reading.page(session, state, after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{readjudication_id:uuid}")
async def get_readjudication(readjudication_id: UUID, session: SessionDep) -> ReadjudicationReply:
    """一个人年的重新核算：每笔结算各方调整前、调整后和差额。"""
    return await reading.get(session, readjudication_id)


@router.get("/{readjudication_id}/lines/{settlement_id}/explanation")
async def explain_line(readjudication_id: UUID, settlement_id: UUID, session: SessionDep) -> ExplanationReply:
    """拟调整金额的逐项说明。"""
    return await reading.explanation(session, readjudication_id, settlement_id)


@router.post("/{readjudication_id}:approve", status_code=200, response_model=ReadjudicationReply)
async def approve(
    readjudication_id: UUID,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    desk: NewestDeskDep,
    once: OnceDep,
) -> Response:
    """复核通过并记账：须与提出人不同；提出后有任何变化的返回 409，该人年重新列入待核算。"""

    async def work() -> ReadjudicationReply:
        return await service.approve(session, desk, now, caller, readjudication_id, None)

    try:
        return await once.reply(work, status=200)
    except service.StaleProposal as stale:
        # Refused, and yet something is kept: that the proposal is outdated and the year due again.
        return problem_response(request, stale.problem)


@router.post("/{readjudication_id}:reject", status_code=200, response_model=ReadjudicationReply)
async def reject(
    readjudication_id: UUID,
    body: RejectionRequest,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    once: OnceDep,
) -> Response:
    """不予调整，写明理由；结算保持不变。"""

    async def work() -> ReadjudicationReply:
        return await service.reject(session, now, caller, readjudication_id, body.reason)

    return await once.reply(work, status=200)
