"""The relapse insurance (防贫保): preview, and claims from alert to payout."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from services.claims.office import OfficeDep
from services.claims.relapse import actions, service
from services.claims.relapse.schemas import (
    AnswerRequest,
    ClaimReply,
    ClaimSummary,
    NoteRequest,
    NoticeReply,
    ObjectRequest,
    OpenRequest,
    PublishRequest,
    RejectRequest,
    RelapsePayout,
    RelapsePreviewRequest,
    State,
    VerifyRequest,
)
from shared.fields import CountyCode
from shared.http import needs, new_router
from shared.idempotency import Once, OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor

CountyQuery = Annotated[CountyCode | None, Query(description="县级区划代码；省略则为辖区内全部")]
YearQuery = Annotated[int | None, Query(ge=2000, le=2099, description="待遇年度")]
StateQuery = Annotated[State | None, Query(description="只列处于此状态的")]
ObjectionNo = Annotated[int, Path(ge=1, le=1_000)]

insurance_router: APIRouter = new_router("/v1/relapse-insurance", "relapse", "claims:read")
router: APIRouter = new_router("/v1/relapse-claims", "relapse")
_READS, _REVIEWS = [needs("claims:read")], [needs("claims:review")]
_PREPARES, _APPROVES = [needs("funds:prepare")], [needs("funds:approve")]


@insurance_router.post(":preview")
async def preview(body: RelapsePreviewRequest, office: OfficeDep) -> RelapsePayout:
    """防贫保试算：按家庭类别和本年累计个人负担计算赔付，给出起付线、分段、条款和说明，不保存任何数据。"""
    return service.preview(office.policies, office.caller, body)


@router.post("", status_code=201, response_model=ClaimReply, dependencies=_REVIEWS)
async def open_claim(body: OpenRequest, office: OfficeDep, once: OnceDep) -> Response:
    """登记防贫保申请：个人负担取自本年结算累计；同一家庭同一年度只能有一件未办结。"""

    async def work() -> ClaimReply:
        return await service.open_claim(office.session, office.policies, office.caller, office.now, body)

    return await once.reply(work)


@router.get("", dependencies=_READS)
async def list_claims(
    office: OfficeDep,
    county: CountyQuery = None,
    year: YearQuery = None,
    state: StateQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[ClaimSummary]:
    """防贫保申请列表，按登记先后。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.page(office.session, county, year, state, after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=list(found[:limit]), next_cursor=more)


@router.get("/{claim_id:uuid}", dependencies=_READS)
async def get_claim(claim_id: UUID, office: OfficeDep) -> ClaimReply:
    """一件申请：金额、依据、经办过程和异议。"""
    return await service.get(office.session, claim_id)


@router.get("/{claim_id}/notice", dependencies=_READS)
async def get_notice(claim_id: UUID, office: OfficeDep) -> NoticeReply:
    """公示内容：姓名已隐去，不含证件号码、电话、银行账号、健康状况和就诊信息。"""
    return await service.notice(office.session, office.policies, claim_id)


@router.post("/{claim_id}:verify", response_model=ClaimReply, dependencies=_REVIEWS)
async def verify(claim_id: UUID, body: VerifyRequest, office: OfficeDep, once: OnceDep) -> Response:
    """入户核实：核实的个人负担不能高于系统记录，赔付金额由此算出。公示期内可重新核实，公示须重来。"""
    return await _act(once, lambda: actions.verify(office, claim_id, body))


@router.post("/{claim_id}:publish", response_model=ClaimReply, dependencies=_REVIEWS)
async def publish(claim_id: UUID, body: PublishRequest, office: OfficeDep, once: OnceDep) -> Response:
    """张榜公示：期限由政策包规定，不少于 5 天。"""
    return await _act(once, lambda: actions.publish(office, claim_id, body))


@router.post("/{claim_id}:object", response_model=ClaimReply, dependencies=_REVIEWS)
async def object_(claim_id: UUID, body: ObjectRequest, office: OfficeDep, once: OnceDep) -> Response:
    """登记公示期内收到的异议；未答复前不能审批。"""
    return await _act(once, lambda: actions.object_(office, claim_id, body))


@router.post("/{claim_id}/objections/{no}:answer", response_model=ClaimReply, dependencies=_REVIEWS)
async def answer(
    claim_id: UUID, no: ObjectionNo, body: AnswerRequest, office: OfficeDep, once: OnceDep
) -> Response:
    """答复异议；成立的须重新入户核实或驳回申请。"""
    return await _act(once, lambda: actions.answer(office, claim_id, no, body))


@router.post("/{claim_id}:approve", response_model=ClaimReply, dependencies=_APPROVES)
async def approve(claim_id: UUID, body: NoteRequest, office: OfficeDep, once: OnceDep) -> Response:
    """审批：公示期满、异议已处理，且由登记和核实之外的人办理。"""
    return await _act(once, lambda: actions.approve(office, claim_id, body))


@router.post("/{claim_id}:pay", response_model=ClaimReply, dependencies=_PREPARES)
async def pay(claim_id: UUID, body: NoteRequest, office: OfficeDep, once: OnceDep) -> Response:
    """支付：记入基金台账（防贫保资金池 → 一卡通应付），由审批人之外的人办理；一件申请只支付一次。"""
    return await _act(once, lambda: actions.pay(office, claim_id, body))


@router.post("/{claim_id}:reject", response_model=ClaimReply, dependencies=_REVIEWS)
async def reject(claim_id: UUID, body: RejectRequest, office: OfficeDep, once: OnceDep) -> Response:
    """驳回申请，支付前任何时候都可以。"""
    return await _act(once, lambda: actions.reject(office, claim_id, body))


async def _act(once: Once, work: Callable[[], Awaitable[ClaimReply]]) -> Response:
    return await once.reply(work, status=200)
