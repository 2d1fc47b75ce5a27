"""Designations of providers for disease programmes."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.claims.designations import service
from services.claims.designations.schemas import DesignationsBody, DesignationsReply
from services.claims.providers.schemas import FacilityCode
from services.claims.settlements.desk import DeskDep, NewestDeskDep
from shared import versions
from shared.http import CallerDep, NowDep, SessionDep, needs, new_router
from shared.versions import VersionRead

router: APIRouter = new_router("/v1/providers", "providers")

CodePath = Annotated[FacilityCode, Path(description="定点医疗机构编码，12 位")]


@router.put("/{facility_code}/programmes", dependencies=[needs("claims:write")])
async def put_programmes(
    facility_code: CodePath,
    body: DesignationsBody,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    desk: NewestDeskDep,
    now: NowDep,
    read: VersionRead,
) -> DesignationsReply:
    """医疗机构的病种定点（大病专项救治等），整份提交；修改须带 If-Match，只能改本辖区的机构。

    目录编号须是所报期间内某一政策包的 `programmes` 之一。
    可以补登过去的期间，已按旧定点结算的就诊将列入重新核算。
    """
    reply = await service.put(session, desk.policies, caller, facility_code, body.programmes, read, now)
    versions.show(response, reply.version)
    return reply


@router.get("/{facility_code}/programmes", dependencies=[needs("claims:read")])
async def get_programmes(
    facility_code: CodePath, response: Response, session: SessionDep, desk: DeskDep
) -> DesignationsReply:
    """一家医疗机构现行的病种定点；从未登记时版本为 0，没有 ETag。"""
    reply = await service.get(session, desk.policies, facility_code)
    if reply.version:
        versions.show(response, reply.version)
    return reply
