"""The day close (日结) and the provider statements (医疗机构对账单) that come of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.claims.closing import service
from services.claims.closing.schemas import CloseReply, CloseRequest, CloseSummary, StatementReply
from services.claims.office import agency_only
from services.claims.providers.schemas import FacilityCode
from shared.fields import CountyCode
from shared.http import CallerDep, NowDep, SessionDep, needs, new_router, note
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor

router: APIRouter = new_router("/v1/day-closes", "day closes")
statements_router: APIRouter = new_router("/v1/provider-statements", "day closes", "claims:read")

CountyQuery = Annotated[CountyCode | None, Query(description="县级区划代码；省略则为辖区内全部")]
FacilityPath = Annotated[FacilityCode, Path(description="定点医疗机构编码，12 位")]
FacilityQuery = Annotated[FacilityCode, Query(description="定点医疗机构编码，12 位")]


@router.post("", status_code=201, response_model=CloseReply, dependencies=[needs("funds:prepare")])
async def close_day(
    body: CloseRequest,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    once: OnceDep,
) -> Response:
    """日结：收进一县尚未日结的全部记账，逐笔核对费用明细 = 台账 = 结算单，生成医疗机构对账单，接入哈希链。

    有一笔不符即不能日结，逐笔指出，不保存任何数据。返回的 hash 为链头，应另行留存（打印、报送上级）。
    """
    agency_only(caller)

    async def work() -> CloseReply:
        done = await service.close(session, caller, now, body.county, body.business_date)
        note(request, county=done.county, no=done.no, transfers=done.transfers, hash=done.hash)
        return done

    return await once.reply(work)


@router.get("", dependencies=[needs("claims:read")])
async def list_closes(
    session: SessionDep,
    caller: CallerDep,
    county: CountyQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[CloseSummary]:
    """历次日结，最近的在前；医疗机构请查对账单。"""
    agency_only(caller)
    before = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.page(session, county, before, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{close_id:uuid}", dependencies=[needs("claims:read")])
async def get_close(close_id: UUID, session: SessionDep, caller: CallerDep) -> CloseReply:
    """一次日结：笔数、金额、三方核对、链头，以及各医疗机构对账单。"""
    agency_only(caller)
    return await service.get(session, close_id)


@router.get("/{close_id}/providers/{facility_code}", dependencies=[needs("claims:read")])
async def get_statement(close_id: UUID, facility_code: FacilityPath, session: SessionDep) -> StatementReply:
    """一次日结中某医疗机构的对账单；医疗机构只能看到本机构的。"""
    return await service.statement(session, close_id, facility_code)


@statements_router.get("")
async def list_statements(
    facility: FacilityQuery, session: SessionDep, limit: LimitQuery = 50, cursor: CursorQuery = None
) -> Page[StatementReply]:
    """某医疗机构历次日结的对账单，最近的在前；医疗机构只能看到本机构的。"""
    before = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.statements_of(session, facility, before, limit + 1)
    more = encode_cursor(found[limit - 1].close_id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)
