"""Reading the ledger."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.claims.ledger import service
from services.claims.ledger.schemas import Transfers, TrialBalance
from services.claims.office import agency_only
from shared.fields import CountyCode
from shared.http import CallerDep, SessionDep, new_router

router: APIRouter = new_router("/v1/ledger", "ledger", "claims:read")

CountyQuery = Annotated[CountyCode | None, Query(description="县级区划代码；省略则为辖区内全部")]
YearQuery = Annotated[int | None, Query(ge=2000, le=2099, description="待遇年度；省略则为全部年度")]


@router.get("/trial-balance")
async def trial_balance(
    session: SessionDep, caller: CallerDep, county: CountyQuery = None, year: YearQuery = None
) -> TrialBalance:
    """试算平衡表：各账户借方、贷方、余额；借方合计等于贷方合计。医疗机构令牌不能查询。"""
    agency_only(caller)
    return await service.trial_balance(session, county, year)


@router.get("/transfers")
async def transfers(settlement_id: UUID, session: SessionDep) -> Transfers:
    """一次结算的全部记账（含调整和冲正），医疗机构净得合计等于结算总额，已撤销的为零。"""
    return await service.transfers_of(session, settlement_id)
