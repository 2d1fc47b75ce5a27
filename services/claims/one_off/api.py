"""One-off aid (一次性救助): preview, batches prepared and approved by two people, their lines."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.claims.decisions import DecisionRequest, RejectionRequest
from services.claims.office import OfficeDep
from services.claims.one_off import reading, service
from services.claims.one_off.schemas import (
    MAX_LINES,
    BatchHead,
    BatchPreview,
    BatchReply,
    BatchRequest,
    LineReply,
    State,
)
from shared.fields import CountyCode
from shared.http import needs, new_router, note
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor

CountyQuery = Annotated[CountyCode | None, Query(description="县级区划代码；省略则为辖区内全部")]
YearQuery = Annotated[int | None, Query(ge=2000, le=2099, description="资金年度")]
StateQuery = Annotated[State | None, Query(description="只列处于此状态的")]
AcceptedQuery = Annotated[bool | None, Query(description="true 只列核定的，false 只列未通过的")]

router: APIRouter = new_router("/v1/one-off-batches", "one-off aid")
_READS = [needs("claims:read")]
_PREPARES, _APPROVES = [needs("funds:prepare")], [needs("funds:approve")]


@router.post(":preview", dependencies=_PREPARES)
async def preview(body: BatchRequest, office: OfficeDep) -> BatchPreview:
    """一次性救助试算：逐人给出救助档次、金额、条款，或不予救助的原因；最多 5000 人，不保存任何数据。"""
    return await service.preview(office, body)


@router.post("", status_code=201, response_model=BatchReply, dependencies=_PREPARES)
async def prepare(body: BatchRequest, request: Request, office: OfficeDep, once: OnceDep) -> Response:
    """编制一次性救助批次：按确诊日的政策逐人核定；同一人同一标准只救助一次，待审批的也算。"""

    async def work() -> BatchReply:
        batch = await service.prepare(office, body)
        note(request, batch=str(batch.id), accepted=batch.accepted, refused=batch.refused)
        return batch

    return await once.reply(work)


@router.get("", dependencies=_READS)
async def list_batches(
    office: OfficeDep,
    county: CountyQuery = None,
    year: YearQuery = None,
    state: StateQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[BatchHead]:
    """一次性救助批次列表，按编制先后。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await reading.page(office.session, county, year, state, after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{batch_id:uuid}", dependencies=_READS)
async def get_batch(batch_id: UUID, office: OfficeDep) -> BatchReply:
    """一个批次：核定人数和金额、各档合计、不予救助的原因合计、与申报数的比较。"""
    return await reading.get(office.session, batch_id)


@router.get("/{batch_id}/lines", dependencies=_READS)
async def list_lines(
    batch_id: UUID,
    office: OfficeDep,
    accepted: AcceptedQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[LineReply]:
    """批次的逐行结果，按提交顺序；限制查阅的病种仅对有 restricted:read 权限者显示。"""
    after = min(decode_cursor(cursor, int)[0], MAX_LINES) if cursor else 0
    found = await reading.lines(office.session, office.caller, batch_id, after, accepted, limit + 1)
    more = encode_cursor(found[limit - 1].line) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.post("/{batch_id}:approve", response_model=BatchReply, dependencies=_APPROVES)
async def approve(batch_id: UUID, body: DecisionRequest, office: OfficeDep, once: OnceDep) -> Response:
    """审批：由编制人之外的人办理，逐人记账（救助资金 → 一卡通应付），一个批次只记一次。"""

    async def work() -> BatchReply:
        return await service.approve(office, batch_id, body.note)

    return await once.reply(work, status=200)


@router.post("/{batch_id}:reject", response_model=BatchReply, dependencies=_APPROVES)
async def reject(batch_id: UUID, body: RejectionRequest, office: OfficeDep, once: OnceDep) -> Response:
    """退回：不记账，批次中的人员可以重新申请。"""

    async def work() -> BatchReply:
        return await service.reject(office, batch_id, body.reason)

    return await once.reply(work, status=200)
