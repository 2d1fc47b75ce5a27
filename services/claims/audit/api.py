"""The audit of providers (医疗机构稽核): runs, findings, notice, defence, hearing, decision."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.claims.audit import actions, service
from services.claims.audit.actions import Office
from services.claims.audit.case_repository import Wanted
from services.claims.audit.schemas import (
    DecisionRequest,
    FindingReply,
    FindingSummary,
    HearingRequest,
    MonthText,
    NotifyRequest,
    RuleReply,
    RunReply,
    RunRequest,
    State,
    StatementRequest,
)
from services.claims.office import agency_only
from services.claims.providers.schemas import FacilityCode
from shared.fields import CountyCode, Day
from shared.http import CallerDep, NowDep, SessionDep, needs, new_router, note
from shared.idempotency import Once, OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor

rules_router: APIRouter = new_router("/v1/audit-rules", "audit", "claims:read")
runs_router: APIRouter = new_router("/v1/audit-runs", "audit")
router: APIRouter = new_router("/v1/audit-findings", "audit")
_READS, _REVIEWS, _SETTLES = [needs("claims:read")], [needs("claims:review")], [needs("claims:settle")]


async def _office(session: SessionDep, caller: CallerDep, now: NowDep) -> Office:
    return Office(session, caller, now)


async def _agency(office: Annotated[Office, Depends(_office)]) -> Office:
    agency_only(office.caller)
    return office


OfficeDep = Annotated[Office, Depends(_office)]
AgencyDep = Annotated[Office, Depends(_agency)]
CountyQuery = Annotated[CountyCode | None, Query(description="县级区划代码；省略则为辖区内全部")]
FacilityQuery = Annotated[FacilityCode | None, Query(description="只列出此医疗机构")]
RuleQuery = Annotated[str | None, Query(max_length=64, description="只列出此规则")]
StateQuery = Annotated[State | None, Query(description="只列出此状态")]
MonthQuery = Annotated[MonthText | None, Query(description="只列出此出院月份")]
OnQuery = Annotated[Day, Query(description="适用于这一天所在月份的规则")]


@rules_router.get("")
async def list_rules(on: OnQuery) -> list[RuleReply]:
    """稽核规则：名称、来源、条款、是否已与原文核对、有效期。"""
    return service.rules_in_force(on)


@runs_router.post("", status_code=201, response_model=RunReply, dependencies=_REVIEWS)
async def run(body: RunRequest, request: Request, office: AgencyDep, once: OnceDep) -> Response:
    """按规则稽核一县一月（出院月份）的全部结算；此前已发现的疑点不重复登记。"""

    async def work() -> RunReply:
        done = await service.run(office.session, office.caller, office.now, body.county, body.month)
        note(request, county=done.county, month=done.month, found=done.found, added=done.added)
        return done

    return await once.reply(work)


@runs_router.get("", dependencies=_READS)
async def list_runs(
    office: AgencyDep, county: CountyQuery = None, limit: LimitQuery = 50, cursor: CursorQuery = None
) -> Page[RunReply]:
    """历次稽核，最近的在前。"""
    before = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.runs(office.session, county, before, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("", dependencies=_READS)
async def list_findings(
    office: OfficeDep,
    county: CountyQuery = None,
    facility: FacilityQuery = None,
    rule: RuleQuery = None,
    state: StateQuery = None,
    month: MonthQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[FindingSummary]:
    """稽核疑点，按发现先后；医疗机构只能看到已告知本机构的。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    first = date.fromisoformat(f"{month}-01") if month else None
    wanted = Wanted(county, facility, rule, state, first, office.caller.facility is not None)
    found = await service.page(office.session, wanted, after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{finding_id:uuid}", dependencies=_READS)
async def get_finding(finding_id: UUID, office: OfficeDep) -> FindingReply:
    """一条疑点：规则、条款、结算、费用行、涉及金额及算式，以及告知、申辩、听证、决定的经过。"""
    return await service.get(office.session, office.caller, finding_id)


@router.post("/{finding_id}:notify", response_model=FindingReply, dependencies=_REVIEWS)
async def notify(finding_id: UUID, body: NotifyRequest, office: AgencyDep, once: OnceDep) -> Response:
    """告知医疗机构，申辩期由规则规定；告知后医疗机构可见。"""
    return await _act(once, lambda: actions.notify(office, finding_id, body))


@router.post("/{finding_id}:state", response_model=FindingReply, dependencies=_SETTLES)
async def state(finding_id: UUID, body: StatementRequest, office: OfficeDep, once: OnceDep) -> Response:
    """医疗机构申辩：在期限内用本机构令牌提交一次，可要求听证。"""
    return await _act(once, lambda: actions.state(office, finding_id, body))


@router.post("/{finding_id}:hear", response_model=FindingReply, dependencies=_REVIEWS)
async def hear(finding_id: UUID, body: HearingRequest, office: AgencyDep, once: OnceDep) -> Response:
    """登记听证情况。"""
    return await _act(once, lambda: actions.hear(office, finding_id, body))


@router.post("/{finding_id}:decide", response_model=FindingReply, dependencies=_REVIEWS)
async def decide(finding_id: UUID, body: DecisionRequest, office: AgencyDep, once: OnceDep) -> Response:
    """作出决定（告知之外的另一人）：不予扣减，或从应付该机构的款项中扣减并退回各支付基金，患者不受影响。

    扣减不得超过基金对该笔的支付；结算以后撤销的，扣减同时冲回。
    """
    return await _act(once, lambda: actions.decide(office, finding_id, body))


async def _act(once: Once, work: Callable[[], Awaitable[FindingReply]]) -> Response:
    return await once.reply(work, status=200)
