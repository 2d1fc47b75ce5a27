"""Batches of sponsored premiums (资助参保): preview, prepared and approved by two people, their people."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.claims.decisions import DecisionRequest, RejectionRequest
from services.claims.office import OfficeDep
from services.claims.sponsorship import service
from services.claims.sponsorship.schemas import (
    BatchPreview,
    BatchReply,
    BatchRequest,
    LineReply,
)
from shared.fields import CountyCode
from shared.http import needs, new_router, note
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor

CountyQuery = Annotated[CountyCode | None, Query(description="县级区划代码；省略则为辖区内全部")]
YearQuery = Annotated[int | None, Query(ge=2000, le=2099, description="参保年度")]

router: APIRouter = new_router("/v1/sponsorship-batches", "enrolment")
_READS = [needs("claims:read")]
_PREPARES, _APPROVES = [needs("funds:prepare")], [needs("funds:approve")]


@router.post(":preview", dependencies=_PREPARES)
async def preview(body: BatchRequest, office: OfficeDep) -> BatchPreview:
    """资助参保试算：全县该年度已参保、尚未资助的应资助人员，按身份合计；不保存数据。"""
    return await service.preview(office, body)


@router.post("", status_code=201, response_model=BatchReply, dependencies=_PREPARES)
async def prepare(body: BatchRequest, request: Request, office: OfficeDep, once: OnceDep) -> Response:
    """编制资助参保批次：逐人保存身份、金额和依据；同一人一年只资助一次，新增人员可再编制一批。"""

    async def work() -> BatchReply:
        batch = await service.prepare(office, body)
        note(request, batch=str(batch.id), people=batch.people)
        return batch

    return await once.reply(work)


@router.get("", dependencies=_READS)
async def list_batches(
    office: OfficeDep,
    county: CountyQuery = None,
    year: YearQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[BatchReply]:
    """资助参保批次列表，按编制先后。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.page(office.session, county, year, after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{batch_id:uuid}", dependencies=_READS)
async def get_batch(batch_id: UUID, office: OfficeDep) -> BatchReply:
    """一个批次：人数、金额、按身份合计和审批情况。"""
    return await service.get(office.session, batch_id)


@router.get("/{batch_id}/people", dependencies=_READS)
async def list_people(
    batch_id: UUID, office: OfficeDep, limit: LimitQuery = 50, cursor: CursorQuery = None
) -> Page[LineReply]:
    """批次中的人员：身份、资助金额、个人缴费和依据。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.lines(office.session, batch_id, after, limit + 1)
    more = encode_cursor(found[limit - 1].person_id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.post("/{batch_id}:approve", response_model=BatchReply, dependencies=_APPROVES)
async def approve(batch_id: UUID, body: DecisionRequest, office: OfficeDep, once: OnceDep) -> Response:
    """审批：由编制人之外的人办理；记账（救助资金 → 应收个人缴费），一个批次只记一次。"""

    async def work() -> BatchReply:
        return await service.approve(office, batch_id, body.note)

    return await once.reply(work, status=200)


@router.post("/{batch_id}:reject", response_model=BatchReply, dependencies=_APPROVES)
async def reject(batch_id: UUID, body: RejectionRequest, office: OfficeDep, once: OnceDep) -> Response:
    """退回：不记账，批次中的人员可以重新编制。"""

    async def work() -> BatchReply:
        return await service.reject(office, batch_id, body.reason)

    return await once.reply(work, status=200)
