"""Filing referrals and asking about them."""

from typing import Annotated

from fastapi import APIRouter, Path

from services.claims.referrals import service
from services.claims.referrals.schemas import ReferralNo, ReferralReply, ReferralRequest
from services.claims.settlements.desk import DeskDep
from shared.http import CallerDep, NowDep, SessionDep, needs, new_router

router: APIRouter = new_router("/v1/referrals", "referrals")

NoPath = Annotated[ReferralNo, Path(description="转诊单号")]


@router.post("", status_code=201, dependencies=[needs("claims:settle")])
async def file_referral(
    body: ReferralRequest, session: SessionDep, caller: CallerDep, now: NowDep, desk: DeskDep
) -> ReferralReply:
    """登记转诊：由转出机构办理，是否依规转诊按规则认定。同号同内容再次提交返回原单，内容不同返回 409。"""
    return await service.file(session, caller, body, desk.blind_index, now)


@router.get("/{referral_no:plain}", dependencies=[needs("claims:read")])
async def get_referral(referral_no: NoPath, session: SessionDep, now: NowDep) -> ReferralReply:
    """一张转诊单；转出机构、转入机构和经办机构可见。"""
    return await service.get(session, referral_no, now)


@router.post("/{referral_no}:withdraw", dependencies=[needs("claims:settle")])
async def withdraw_referral(
    referral_no: NoPath, session: SessionDep, caller: CallerDep, now: NowDep
) -> ReferralReply:
    """撤销转诊：此后结算的就诊不再按此单转诊，已结算的不变。再次撤销返回同样内容。"""
    return await service.withdraw(session, caller, referral_no, now)
