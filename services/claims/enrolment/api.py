"""Previews of enrolling late (待遇等待期) and of sponsored premiums (资助参保)."""

from fastapi import APIRouter

from services.claims.enrolment import service
from services.claims.enrolment.schemas import (
    EnrolmentPreviewRequest,
    SponsoredPremiumReply,
    SponsoredPremiumRequest,
    WaitingReply,
)
from services.claims.office import agency_only
from services.claims.settlements.desk import DeskDep
from shared.http import CallerDep, SessionDep, new_router

router: APIRouter = new_router("/v1/enrolment", "enrolment", "claims:read")
premiums_router: APIRouter = new_router("/v1/sponsored-premiums", "enrolment", "claims:read")


@router.post(":preview")
async def preview(
    body: EnrolmentPreviewRequest, session: SessionDep, caller: CallerDep, desk: DeskDep
) -> WaitingReply:
    """待遇等待期试算：按参保记录和拟参保日给出等待月数、待遇起始日、条款，以及补缴各年数后的结果；不保存数据。"""
    agency_only(caller)
    return await service.preview(session, desk, caller, body)


@premiums_router.post(":preview")
async def preview_premium(
    body: SponsoredPremiumRequest, session: SessionDep, caller: CallerDep, desk: DeskDep
) -> SponsoredPremiumReply:
    """资助参保试算：按身份给出救助资金和个人各付多少、依据条款；不保存数据。"""
    agency_only(caller)
    return await service.preview_premium(session, desk, caller, body)
