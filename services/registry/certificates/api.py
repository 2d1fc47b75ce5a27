"""Endpoints on certificates of chronic diseases."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from services.registry.certificates import service
from services.registry.certificates.schemas import (
    CHRONIC_PATTERN,
    CertificateBody,
    CertificatesReply,
    EndBody,
)
from shared.fields import Day, Instant
from shared.http import CallerDep, NowDep, SessionDep, new_router

reading = new_router("/v1/persons", "门诊慢特病认定", "registry:read")
writing = new_router("/v1/persons", "门诊慢特病认定", "registry:write")

CodePath = Annotated[str, Path(pattern=CHRONIC_PATTERN, description="病种编码，M 加五位数字")]


@writing.post("/{person_id}/certificates")
async def record_certificate(
    person_id: UUID, body: CertificateBody, session: SessionDep, caller: CallerDep, now: NowDep
) -> CertificatesReply:
    """登记一人的门诊慢特病认定，返回此人现有的认定。内容相同再次登记不产生变化；与同病种原认定期间重叠的拒绝。

    限制查阅类病种（艾滋病、精神障碍等）须另有权限范围 `restricted:read`。
    """
    return await service.record(session, caller, person_id, body, now)


@writing.post("/{person_id}/certificates/{chronic_code}:end")
async def end_certificate(
    person_id: UUID,
    chronic_code: CodePath,
    body: EndBody,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
) -> CertificatesReply:
    """自某日起终止一人某病种的认定（到期前取消、死亡、误登等），返回此人现有的认定。重复提交不产生变化。

    原有记录不删除，可用 `as_known_at` 查询当时所知。
    """
    return await service.end(session, caller, person_id, chronic_code, body.ended_on, now)


@reading.get("/{person_id}/certificates")
async def list_certificates(
    person_id: UUID,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    on: Annotated[Day | None, Query(description="只列出该日有效的认定；省略为全部")] = None,
    as_known_at: Annotated[Instant | None, Query(description="以哪一时刻所知为准，默认为现在")] = None,
) -> CertificatesReply:
    """一人的门诊慢特病认定。没有权限范围 `restricted:read` 时，限制查阅类病种不列出，也不提示有遗漏。"""
    return await service.listed(session, caller, person_id, on, as_known_at, now)
