"""Open visits: admission, charges in parts, pre-settlement, settlement, cancelling; and the holds."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from services.claims.providers.schemas import FacilityCode
from services.claims.settlements.desk import DeskDep
from services.claims.settlements.record import reply_of
from services.claims.settlements.schemas import SettlementReply
from services.claims.visits import charges, discharge, service
from services.claims.visits.repository import VisitKey
from services.claims.visits.schemas import (
    AdmissionRequest,
    ChargesRequest,
    DischargeRequest,
    HeldFundsReply,
    PreviewRequest,
    VisitNo,
    VisitReply,
)
from shared.fields import CountyCode, Day
from shared.http import CallerDep, NowDep, SessionDep, needs, new_router, note
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor
from shared.problems import BAD_CURSOR, Problem

router: APIRouter = new_router("/v1/visits", "visits")
holds_router: APIRouter = new_router("/v1/holds", "visits")
_SETTLES = [needs("claims:settle")]
_READS = [needs("claims:read")]

FacilityPath = Annotated[FacilityCode, Path(description="定点医疗机构编码，12 位")]
VisitNoPath = Annotated[VisitNo, Path(description="就诊号")]
PartPath = Annotated[int, Path(ge=1, le=9_999, description="费用部分号")]
FacilityQuery = Annotated[FacilityCode | None, Query(description="只列出此医疗机构")]
UntilQuery = Annotated[Day | None, Query(description="入院日期不晚于此日（含），用于查找长期未结的就诊")]
CountyQuery = Annotated[CountyCode | None, Query(description="只列出此县")]
YearQuery = Annotated[int | None, Query(ge=2000, le=2099, description="只列出此年度")]


@router.post("", status_code=201, response_model=VisitReply, dependencies=_SETTLES)
async def open_visit(
    body: AdmissionRequest,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    desk: DeskDep,
    once: OnceDep,
) -> Response:
    """入院登记：返回身份、当日待遇、是否免押金及依据；给出预计总费用时为各支付方预留额度。

    预留额度在结算或取消时释放，不自动到期；长期未结的就诊见列表。
    同号同内容再次提交返回原就诊，内容不同返回 409。
    """

    async def work() -> VisitReply:
        return await service.open_visit(session, desk, now, caller, body)

    return await once.reply(work)


@router.get("", dependencies=_READS)
async def list_open_visits(
    session: SessionDep,
    facility: FacilityQuery = None,
    admitted_until: UntilQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[VisitReply]:
    """在院（未结算、未取消）的就诊，按机构和入院日期。"""
    after = _position(cursor) if cursor else None
    found = await service.page(session, facility, admitted_until, after, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    more = encode_cursor(last.facility_code, last.admitted_on, last.visit_no) if last else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{facility_code}/{visit_no:plain}", dependencies=_READS)
async def get_visit(facility_code: FacilityPath, visit_no: VisitNoPath, session: SessionDep) -> VisitReply:
    """一次就诊：状态、已上传的费用部分、累计金额、预留额度。"""
    return await service.get(session, VisitKey(facility_code, visit_no))


@router.post("/{facility_code}/{visit_no}/charges", status_code=201, dependencies=_SETTLES)
async def upload_charges(
    facility_code: FacilityPath,
    visit_no: VisitNoPath,
    body: ChargesRequest,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
) -> VisitReply:
    """上传一部分费用明细，最多 2000 行（一次就诊合计也是 2000 行）。

    同一部分号同内容再次提交不重复计入，内容不同返回 409；同一明细流水号不能上传两次。
    """
    note(request, part_no=body.part_no, lines=len(body.charges))
    return await charges.upload(session, caller, VisitKey(facility_code, visit_no), body, now)


@router.post("/{facility_code}/{visit_no}/charges/{part_no}:withdraw", dependencies=_SETTLES)
async def withdraw_charges(
    facility_code: FacilityPath,
    visit_no: VisitNoPath,
    part_no: PartPath,
    session: SessionDep,
    caller: CallerDep,
) -> VisitReply:
    """撤回一部分费用明细；就诊结算或取消后不能撤回。"""
    return await charges.withdraw(session, caller, VisitKey(facility_code, visit_no), part_no)


@router.post("/{facility_code}/{visit_no}:preview", dependencies=_SETTLES)
async def preview_visit(
    facility_code: FacilityPath,
    visit_no: VisitNoPath,
    body: PreviewRequest,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    desk: DeskDep,
) -> SettlementReply:
    """按已上传的费用预结算，不保存任何数据；已结算的就诊返回原结算的金额。"""
    key = VisitKey(facility_code, visit_no)
    outcome = await discharge.preview(session, desk, now, caller, key, body)
    return reply_of(outcome.settlement, preview=outcome.created)


@router.post(
    "/{facility_code}/{visit_no}:settle",
    status_code=201,
    response_model=SettlementReply,
    dependencies=_SETTLES,
)
async def settle_visit(
    facility_code: FacilityPath,
    visit_no: VisitNoPath,
    body: DischargeRequest,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    desk: DeskDep,
    once: OnceDep,
) -> Response:
    """出院结算：按已上传的费用一站式结算，同时释放预留额度；总额须等于各部分之和。"""

    async def work() -> SettlementReply:
        key = VisitKey(facility_code, visit_no)
        return reply_of(await discharge.settle(session, desk, now, caller, key, body))

    return await once.reply(work)


@router.post("/{facility_code}/{visit_no}:cancel", dependencies=_SETTLES)
async def cancel_visit(
    facility_code: FacilityPath, visit_no: VisitNoPath, session: SessionDep, caller: CallerDep, now: NowDep
) -> VisitReply:
    """取消入院并释放预留额度；已结算的就诊不能取消。再次取消返回同样内容。"""
    return await service.cancel(session, caller, VisitKey(facility_code, visit_no), now)


@holds_router.get("", dependencies=_READS)
async def list_holds(
    session: SessionDep, caller: CallerDep, county: CountyQuery = None, year: YearQuery = None
) -> HeldFundsReply:
    """在院就诊为各支付方预留的额度合计，按县、年度、支付方；只向经办和监管部门开放。"""
    return await service.held_funds(session, caller, county, year)


def _position(cursor: str) -> tuple[str, date, str]:
    facility_code, admitted_on, visit_no = decode_cursor(cursor, str, str, str)
    try:
        return facility_code, date.fromisoformat(admitted_on), visit_no
    except ValueError as error:
        raise Problem(BAD_CURSOR, pointer="/query/cursor") from error
