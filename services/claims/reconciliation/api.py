"""Reconciling by our own interface; the national interface's 3201 and 3202 come to the same comparison."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.claims.providers.schemas import FacilityCode
from services.claims.reconciliation import documents
from services.claims.reconciliation.repository import Chosen
from services.claims.reconciliation.schemas import (
    ReconciliationReply,
    ReconciliationRequest,
    ReconciliationSummary,
    State,
)
from shared.http import CallerDep, NowDep, SessionDep, needs, new_router, note
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor

router: APIRouter = new_router("/v1/reconciliations", "reconciliations")

FacilityQuery = Annotated[FacilityCode | None, Query(description="只列出此医疗机构")]
MsgidQuery = Annotated[
    str | None, Query(max_length=30, pattern="^[A-Z0-9]*$", description="只列出由国家接口此报文发起的")
]
StateQuery = Annotated[State | None, Query(description="只列出此状态")]


@router.post("", status_code=201, response_model=ReconciliationReply, dependencies=[needs("claims:settle")])
async def reconcile(
    body: ReconciliationRequest,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    once: OnceDep,
) -> Response:
    """对账：医疗机构给出本机构某期间（结算日期，北京时间）的汇总和明细，与中心记录比对，结果留存备查。

    期间内每一天都须已日结。差异逐笔给出处理办法；更正后再次对账相符的，原来有差异的对账标为 repaired。
    """

    async def work() -> ReconciliationReply:
        done = await documents.run(session, caller, now, body)
        note(request, facility=done.facility_code, state=done.state, differences=done.differences)
        return done

    return await once.reply(work)


@router.get("", dependencies=[needs("claims:read")])
async def list_reconciliations(
    session: SessionDep,
    facility: FacilityQuery = None,
    state: StateQuery = None,
    msgid: MsgidQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[ReconciliationSummary]:
    """对账记录，按先后；医疗机构只能看到本机构的。国家接口 3201、3202 的每次对账也在其中。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await documents.page(session, Chosen(facility, state, msgid), after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{reconciliation_id:uuid}", dependencies=[needs("claims:read")])
async def get_reconciliation(reconciliation_id: UUID, session: SessionDep) -> ReconciliationReply:
    """一次对账：双方汇总、差异及处理办法。"""
    return await documents.get(session, reconciliation_id)
