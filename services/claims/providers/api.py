"""Designated providers."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.claims.providers import service
from services.claims.providers.schemas import FacilityCode, ProviderBody, ProviderReply
from shared import versions
from shared.clock import business_date
from shared.http import CallerDep, NowDep, SessionDep, needs, new_router
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor
from shared.versions import VersionRead

router: APIRouter = new_router("/v1/providers", "providers")

CodePath = Annotated[FacilityCode, Path(description="定点医疗机构编码，12 位")]
DivisionQuery = Annotated[str | None, Query(pattern=r"^[0-9]{2,12}$", description="区划代码前缀")]

ProgrammeQuery = Annotated[
    str | None, Query(pattern=r"^[a-z][A-Za-z0-9_.]{1,79}$", description="只列出今天为此病种目录定点的机构")
]


@router.put("/{facility_code}", dependencies=[needs("claims:write")])
async def put_provider(
    facility_code: CodePath,
    body: ProviderBody,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    read: VersionRead,
) -> ProviderReply:
    """登记或修改定点医疗机构；修改须带 If-Match，只能改本辖区的机构。"""
    stored = await service.put(session, caller, facility_code, body, read, now)
    versions.show(response, stored.version)
    return ProviderReply.model_validate(stored._asdict())


@router.get("/{facility_code}", dependencies=[needs("claims:read")])
async def get_provider(facility_code: CodePath, response: Response, session: SessionDep) -> ProviderReply:
    """一家定点医疗机构。"""
    stored = await service.get(session, facility_code)
    versions.show(response, stored.version)
    return ProviderReply.model_validate(stored._asdict())


@router.get("", dependencies=[needs("claims:read")])
async def list_providers(
    session: SessionDep,
    now: NowDep,
    division: DivisionQuery = None,
    designated_for: ProgrammeQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[ProviderReply]:
    """定点医疗机构，按编码排列；可只列出今天是某病种目录定点的机构，例如转诊时查找。"""
    after = decode_cursor(cursor, str)[0] if cursor else None
    found = await service.page(session, division, designated_for, business_date(now), after, limit + 1)
    items = [ProviderReply.model_validate(row._asdict()) for row in found[:limit]]
    more = encode_cursor(found[limit - 1].facility_code) if len(found) > limit else None
    return Page(items=items, next_cursor=more)
