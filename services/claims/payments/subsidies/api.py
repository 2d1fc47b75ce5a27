"""Periodic subsidies to people: programmes, runs, their approval."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.claims.payments.api import CountyQuery, OfficeDep
from services.claims.payments.subsidies import service
from services.claims.payments.subsidies.schemas import PersonReply, Programmes, RunReply, RunRequest
from shared.fields import CodeText
from shared.http import needs, new_router
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor

programmes_router: APIRouter = new_router("/v1/subsidy-programmes", "subsidies", "claims:read")
router: APIRouter = new_router("/v1/subsidy-runs", "subsidies")
ProgrammeQuery = Annotated[CodeText | None, Query(description="只列此项目")]
_READS = [needs("claims:read")]


@programmes_router.get("")
async def list_programmes() -> Programmes:
    """定期补助项目：发放周期、各类别的月标准、依据（未核实的以 verified=false 标明）。"""
    return service.listed()


@router.post("", status_code=201, response_model=RunReply, dependencies=[needs("funds:prepare")])
async def prepare(body: RunRequest, office: OfficeDep, once: OnceDep) -> Response:
    """编制发放：按各月 1 日的类别和该月标准；已发过的周期只计算差额（提标补发、多发扣回）。"""
    return await once.reply(lambda: service.prepare(office, body))


@router.get("", dependencies=_READS)
async def list_runs(
    office: OfficeDep,
    county: CountyQuery = None,
    programme: ProgrammeQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[RunReply]:
    """发放记录，按编制先后。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.page(office.session, county, programme, after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{run_id:uuid}", dependencies=_READS)
async def get_run(run_id: UUID, office: OfficeDep) -> RunReply:
    """一次发放：人数、金额、办理。"""
    return await service.get(office.session, run_id)


@router.get("/{run_id}/people", dependencies=_READS)
async def list_people(
    run_id: UUID, office: OfficeDep, limit: LimitQuery = 50, cursor: CursorQuery = None
) -> Page[PersonReply]:
    """每人逐月应发、已发、本次金额和说明。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.people(office.session, run_id, after, limit + 1)
    more = encode_cursor(found[limit - 1].person_id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.post("/{run_id}:approve", response_model=RunReply, dependencies=[needs("funds:approve")])
async def approve(run_id: UUID, office: OfficeDep, once: OnceDep) -> Response:
    """审批：由编制人之外的人办理；记入台账（基金 → 应付个人），由下一个一卡通批次支付。"""
    return await once.reply(lambda: service.approve(office, run_id), status=200)


@router.post("/{run_id}:cancel", response_model=RunReply, dependencies=[needs("funds:prepare")])
async def cancel(run_id: UUID, office: OfficeDep, once: OnceDep) -> Response:
    """撤销未审批的发放。"""
    return await once.reply(lambda: service.cancel(office, run_id), status=200)
