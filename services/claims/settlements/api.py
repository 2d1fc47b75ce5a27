"""Settling visits and asking about settlements."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from services.claims.providers.schemas import FacilityCode
from services.claims.readjudication.problems import REASON_RESERVED
from services.claims.reconciliation.rules import UNDONE
from services.claims.settlements import batch, quick_route, service, statement_page
from services.claims.settlements.counter import Ask
from services.claims.settlements.desk import DeskDep
from services.claims.settlements.record import reply_of
from services.claims.settlements.reverse import reverse_settlement
from services.claims.settlements.schemas import (
    ExplanationReply,
    ReversalRequest,
    Revisions,
    SettlementReply,
    SettlementRequest,
)
from services.claims.settlements.settle import Submission, preview_many
from shared import trace
from shared.fields import Day
from shared.http import CallerDep, NowDep, SessionDep, needs, new_router
from shared.idempotency import KeyHeader, OnceDep, keyed_request
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor
from shared.problems import Problem

router: APIRouter = new_router("/v1/settlements", "settlements")
_SETTLES = [needs(quick_route.SCOPE)]
_READS = [needs("claims:read")]

FacilityQuery = Annotated[FacilityCode | None, Query(description="只列出此医疗机构")]
FromQuery = Annotated[Day | None, Query(alias="from", description="结算日期起（含，北京时间）")]
RevisionPath = Annotated[int, Path(ge=0, le=30_000, description="版本号，0 为原结算")]
ToQuery = Annotated[Day | None, Query(alias="to", description="结算日期止（含，北京时间）")]


async def settle(body: SettlementRequest, request: Request, key: KeyHeader = None) -> Response:
    """一站式结算一次就诊。同一机构、同一就诊号、内容相同再次提交，返回原结算；内容不同返回 409。"""
    submission = Submission(request.state.caller, body)
    keyed = await keyed_request(request, key)
    return await quick_route.settle(request, Ask(submission, keyed, trace.current()))


router.add_api_route(
    "",
    settle,
    methods=["POST"],
    status_code=201,
    response_model=SettlementReply,
    dependencies=_SETTLES,
    route_class_override=quick_route.QuickRoute,
)


@router.post(":preview", dependencies=_SETTLES)
async def preview(
    body: SettlementRequest, session: SessionDep, caller: CallerDep, now: NowDep, desk: DeskDep
) -> SettlementReply:
    """预结算：按当前累计额计算，不保存任何数据；已结算的就诊返回原结算的金额。"""
    [outcome] = await preview_many(session, desk, now, [Submission(caller, body)])
    if isinstance(outcome, Problem):
        raise outcome
    return reply_of(outcome.settlement, preview=outcome.created)


@router.post(
    ":batch",
    status_code=200,
    dependencies=_SETTLES,
    response_class=Response,
    responses={
        200: {"content": {"application/x-ndjson": {"schema": {"type": "array", "items": batch.LINE_SCHEMA}}}}
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
        }
    },
)
async def settle_batch(
    request: Request, session: SessionDep, caller: CallerDep, now: NowDep, desk: DeskDep, once: OnceDep
) -> Response:
    """批量结算：NDJSON，一行一次就诊，最多 2000 行，逐行返回结果；某行被拒绝不影响其他行。"""

    async def work() -> str:
        return await batch.settle_lines(request, session, desk, now, caller)

    return await once.reply(work, status=200)


@router.get("", dependencies=_READS)
async def list_settlements(
    session: SessionDep,
    facility: FacilityQuery = None,
    first_day: FromQuery = None,
    last_day: ToQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[SettlementReply]:
    """结算列表，按结算先后；医疗机构只能看到本机构的结算。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.page(session, facility, first_day, last_day, after, limit + 1)
    items = [reply_of(settlement) for settlement in found[:limit]]
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=items, next_cursor=more)


@router.get("/{settlement_id:uuid}", dependencies=_READS)
async def get_settlement(settlement_id: UUID, session: SessionDep) -> SettlementReply:
    """一次结算。"""
    return reply_of(await service.get(session, settlement_id))


@router.post("/{settlement_id}:reverse", response_model=SettlementReply, dependencies=_READS)
async def reverse(
    settlement_id: UUID,
    body: ReversalRequest,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    desk: DeskDep,
    once: OnceDep,
) -> Response:
    """撤销一次结算（冲正）：原医疗机构（claims:settle）或经办机构（claims:review）办理，个人已付部分由医疗机构退还。

    撤销后金额全部为零；同一内容再次提交返回已撤销的结算，更正后的内容可用同一就诊号重新结算。
    """

    async def work() -> SettlementReply:
        reason, policies = body.reason, desk.policies
        if reason.startswith(UNDONE):
            raise Problem(REASON_RESERVED, pointer="/reason", beginning=UNDONE.strip())
        return reply_of(await reverse_settlement(session, policies, caller, now, settlement_id, reason))

    return await once.reply(work, status=200)


@router.get("/{settlement_id}/revisions", dependencies=_READS)
async def list_revisions(settlement_id: UUID, session: SessionDep) -> Revisions:
    """一次结算的历次版本：原结算、调整、撤销，各带金额、原因和经办人，最后一版为现行。"""
    return await service.history(session, settlement_id)


@router.get("/{settlement_id}/revisions/{revision}/explanation", dependencies=_READS)
async def explain_revision(
    settlement_id: UUID, revision: RevisionPath, session: SessionDep, caller: CallerDep, desk: DeskDep
) -> ExplanationReply:
    """某一版本的逐项说明；0 为原结算。"""
    return await service.explanation(session, desk.policies, caller, settlement_id, revision)


@router.get("/{settlement_id}/explanation", dependencies=_READS)
async def explain_settlement(
    settlement_id: UUID, session: SessionDep, caller: CallerDep, desk: DeskDep
) -> ExplanationReply:
    """结算说明：每一笔金额的依据、条款、基数、算式、累计额前后值，以及未参与支付的支付方及原因；机器可读，也有中文。"""
    return await service.explanation(session, desk.policies, caller, settlement_id)


@router.get("/{settlement_id}/statement", response_class=HTMLResponse, dependencies=_READS)
async def print_statement(
    settlement_id: UUID, session: SessionDep, caller: CallerDep, desk: DeskDep
) -> HTMLResponse:
    """一站式结算单：可直接打印（A4）的网页，列出费用明细、各方支付及依据、个人负担、累计额，金额附大写。

    涉及限制查阅病种的结算单，仅供结算医院和有 restricted:read 权限者打印。
    """
    statement = await service.statement(session, desk.policies, caller, settlement_id)
    return HTMLResponse(statement_page.page(statement), headers=statement_page.HEADERS)
