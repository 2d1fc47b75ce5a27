"""The pool of the relapse insurance (防贫保资金池): group policies by two people, and what is left."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.claims.decisions import DecisionRequest, RejectionRequest
from services.claims.office import OfficeDep
from services.claims.relapse.api import CountyQuery, YearQuery
from services.claims.relapse_pool import service
from services.claims.relapse_pool.schemas import (
    PolicyReply,
    PolicyRequest,
    PoolReply,
)
from shared.fields import CountyCode
from shared.http import needs, new_router
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor

router: APIRouter = new_router("/v1/relapse-insurance", "relapse")
_READS = [needs("claims:read")]
_PREPARES, _APPROVES = [needs("funds:prepare")], [needs("funds:approve")]
PoolCounty = Annotated[CountyCode, Query(description="县级区划代码")]
PoolYear = Annotated[int, Query(ge=2000, le=2099, description="待遇年度")]


@router.post("/policies", status_code=201, response_model=PolicyReply, dependencies=_PREPARES)
async def prepare(body: PolicyRequest, office: OfficeDep, once: OnceDep) -> Response:
    """编制防贫保保单：投保人数 = 农村人口 × 投保比例，保费 = 人数 × 每人保费，均按政策包；一县一年一份。"""

    async def work() -> PolicyReply:
        return await service.prepare(office, body)

    return await once.reply(work)


@router.get("/policies", dependencies=_READS)
async def list_policies(
    office: OfficeDep,
    county: CountyQuery = None,
    year: YearQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[PolicyReply]:
    """防贫保保单列表，按编制先后。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.page(office.session, county, year, after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/policies/{policy_id:uuid}", dependencies=_READS)
async def get_policy(policy_id: UUID, office: OfficeDep) -> PolicyReply:
    """一份保单：人数、保费、依据和审批情况。"""
    return await service.get(office.session, policy_id)


@router.post("/policies/{policy_id}:approve", response_model=PolicyReply, dependencies=_APPROVES)
async def approve(policy_id: UUID, body: DecisionRequest, office: OfficeDep, once: OnceDep) -> Response:
    """审批保单：由编制人之外的人办理；保费记账（应缴 → 防贫保资金池），一份保单只记一次。"""

    async def work() -> PolicyReply:
        return await service.approve(office, policy_id, body.note)

    return await once.reply(work, status=200)


@router.post("/policies/{policy_id}:reject", response_model=PolicyReply, dependencies=_APPROVES)
async def reject(policy_id: UUID, body: RejectionRequest, office: OfficeDep, once: OnceDep) -> Response:
    """退回保单：不记账，可以重新编制。"""

    async def work() -> PolicyReply:
        return await service.reject(office, policy_id, body.reason)

    return await once.reply(work, status=200)


@router.get("/pool", dependencies=_READS)
async def get_pool(county: PoolCounty, year: PoolYear, office: OfficeDep) -> PoolReply:
    """防贫保资金池：进入、赔付、余额，已审批待支付的赔付，超出资金池的金额，当年保单。"""
    return await service.pool(office, county, year)
