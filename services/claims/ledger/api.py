"""Reading the ledger."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.claims.ledger import service
from services.claims.ledger.problems import ONE_OF_TWO
from services.claims.ledger.schemas import Transfers, TrialBalance
from services.claims.office import agency_only
from shared.fields import CountyCode
from shared.http import CallerDep, SessionDep, new_router
from shared.problems import Problem

router: APIRouter = new_router("/v1/ledger", "ledger", "claims:read")

CountyQuery = Annotated[CountyCode | None, Query(description="县级区划代码；省略则为辖区内全部")]
YearQuery = Annotated[int | None, Query(ge=2000, le=2099, description="待遇年度；省略则为全部年度")]

SettlementQuery = Annotated[UUID | None, Query(description="结算编号；与 reference 二选一")]
ReferenceQuery = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Za-z0-9_.:/-]{1,128}$",
        description="台账凭证号，如 fund_operation/<业务单>、payment_item/<支付明细>",
    ),
]


@router.get("/trial-balance")
async def trial_balance(
    session: SessionDep, caller: CallerDep, county: CountyQuery = None, year: YearQuery = None
) -> TrialBalance:
    """试算平衡表：各账户借方、贷方、余额；借方合计等于贷方合计。医疗机构令牌不能查询。"""
    agency_only(caller)
    return await service.trial_balance(session, county, year)


@router.get("/transfers")
async def transfers(
    session: SessionDep, settlement_id: SettlementQuery = None, reference: ReferenceQuery = None
) -> Transfers:
    """一次结算或一个凭证号的全部记账（含调整和冲正）。

    按结算查询时，医疗机构净得合计等于结算总额，已撤销的为零。医疗机构只能看到本机构的记账。
    """
    if settlement_id is not None and reference is None:
        return await service.transfers_of(session, settlement_id)
    if reference is not None and settlement_id is None:
        return await service.transfers_under(session, reference)
    raise Problem(ONE_OF_TWO, pointer="/query")
