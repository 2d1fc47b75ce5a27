"""Endpoints on financing."""

from typing import Annotated

from fastapi import Path, Query, Response

from services.registry.financing import service
from services.registry.financing.schemas import FinancingReply, FinancingTerms, PlanReply
from shared import versions
from shared.divisions import COUNTY_PATTERN
from shared.fields import Instant
from shared.http import CallerDep, NowDep, SessionDep, new_router
from shared.versions import VersionRead

reading = new_router("/v1", "筹资", "registry:read")
writing = new_router("/v1", "筹资", "registry:write")

CountyPath = Annotated[str, Path(pattern=COUNTY_PATTERN, description="县级行政区划代码")]
YearPath = Annotated[int, Path(ge=2000, le=2099)]


@reading.post("/financing-plans:preview")
async def preview_plan(body: FinancingTerms) -> FinancingReply:
    """按参保人数与每人标准试算：各方应出资、总额、风险基金、可用基金、门诊账户、统筹基金；不保存。

    不足一分的部分保留到总额才四舍五入，各方应出资之和等于总额。
    """
    return service.preview(body.terms())


@writing.put("/financing-plans/{county_code}/{year}")
async def put_plan(
    county_code: CountyPath,
    year: YearPath,
    body: FinancingTerms,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    response: Response,
    read: VersionRead,
) -> PlanReply:
    """保存一县一年度的筹资方案；已有方案时须在 If-Match 中给出当前版本，每个版本均保留。内容相同则不变。"""
    plan = await service.put_plan(session, county_code, year, body.terms(), read=read, caller=caller, now=now)
    versions.show(response, plan.version)
    return plan


@reading.get("/financing-plans/{county_code}/{year}")
async def get_plan(
    county_code: CountyPath,
    year: YearPath,
    session: SessionDep,
    response: Response,
    as_known_at: Annotated[Instant | None, Query(description="以哪一时刻所知为准，默认为现在")] = None,
) -> PlanReply:
    """一县一年度的筹资方案，可查询某一时刻的版本；ETag 为版本。"""
    plan = await service.get_plan(session, county_code, year, as_known_at)
    versions.show(response, plan.version)
    return plan
