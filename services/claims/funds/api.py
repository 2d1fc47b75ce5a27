"""Funds of a county: receipts and other operations by two people, position, whose money was spent."""

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.claims.funds import (
    decisions,
    lineage_reading,
    position,
    receipt_import,
    receipt_rows,
    rules,
    service,
)
from services.claims.funds.lineage_schemas import DepositReply, EarmarksReply, SettlementSources, UseReply
from services.claims.funds.movements import FundKey
from services.claims.funds.receipt_import import Order
from services.claims.funds.receipt_rows import Format, ReceiptFile
from services.claims.funds.repository import Wanted
from services.claims.funds.schemas import (
    AdvanceRequest,
    ApproveReceiptsRequest,
    ApproveRequest,
    ClawbackRequest,
    FundReply,
    FundsReply,
    Kind,
    OperationReply,
    OperationsReply,
    Payer,
    ReceiptFileReply,
    ReceiptRequest,
    ReceiptsRequest,
    ReserveUseRequest,
    ReverseRequest,
    RiskFundReply,
    Source,
    State,
)
from services.claims.funds.service import Bureau
from services.claims.office import AgencyDep
from services.claims.settlements.desk import DeskDep
from shared.fields import CountyCode, Reply, Yuan
from shared.http import NowDep, SessionDep, needs, new_router
from shared.idempotency import Once, OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor
from shared.problems import NOT_FOUND, TOO_LARGE, Problem

router: APIRouter = new_router("/v1", "funds")
_READS, _PREPARES, _APPROVES = [needs("claims:read")], [needs("funds:prepare")], [needs("funds:approve")]

CountyQuery = Annotated[CountyCode, Query(description="县级区划代码")]
AnyCounty = Annotated[CountyCode | None, Query(description="县级区划代码；省略则为辖区内全部")]
YearQuery = Annotated[int, Query(ge=2000, le=2099, description="年度")]
AnyYear = Annotated[int | None, Query(ge=2000, le=2099, description="年度；省略则为全部")]
StateQuery = Annotated[State | None, Query(description="只列处于此状态的")]
KindQuery = Annotated[Kind | None, Query(description="只列此种业务")]
AnyPayer = Annotated[Payer | None, Query(description="只列此基金")]
EarmarkQuery = Annotated[Source | None, Query(description="只列此来源")]
PayerPath = Annotated[Payer, Path(description="基金（支付方）")]
DepositNo = Annotated[int, Path(ge=1, le=2**63 - 1)]


async def _bureau(session: SessionDep, desk: DeskDep, caller: AgencyDep, now: NowDep) -> Bureau:
    return Bureau(session, desk.policies, caller, now)


async def _receipt_file(request: Request, form: Annotated[Format, Query(alias="format")]) -> ReceiptFile:
    body = await request.body()
    if len(body) > MAX_FILE_BYTES:
        raise Problem(TOO_LARGE, limit=MAX_FILE_BYTES)
    # Other requests go on while a long file is read.
    return await asyncio.to_thread(receipt_rows.read, BytesIO(body), form)


BureauDep = Annotated[Bureau, Depends(_bureau)]
ReceiptFileDep = Annotated[ReceiptFile, Depends(_receipt_file)]
TotalQuery = Annotated[
    Yuan | None, Query(description="申报合计（元），如 1234.50；文件没有“合计”行时必须给出")
]
DryRunQuery = Annotated[bool, Query(description="true：只校验整个文件，不登记任何资金")]
MAX_FILE_BYTES = 16 * 1024 * 1024
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/fund-receipts", status_code=201, response_model=OperationReply, dependencies=_PREPARES)
async def prepare_receipt(body: ReceiptRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """登记到位资金（经办）：银行流水号不能重复；超过应到位、跨年补记等列为提示，由审批人逐项确认。"""
    return await once.reply(lambda: service.prepare_receipt(bureau, body))


@router.post("/fund-receipts:batch", status_code=201, response_model=OperationsReply, dependencies=_PREPARES)
async def prepare_receipts(body: ReceiptsRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """批量登记到位资金：申报合计必须等于各笔之和，全部登记或全部不登记。"""
    return await once.reply(lambda: service.prepare_receipts(bureau, body))


# The order of the parameters is the order of the work: the file is read before the transaction begins.
@router.post(
    "/fund-receipts:import",
    status_code=201,
    response_model=ReceiptFileReply,
    dependencies=_PREPARES,
    openapi_extra=_FILE,
)
async def import_receipts(
    file: ReceiptFileDep,
    bureau: BureauDep,
    once: OnceDep,
    county: CountyQuery,
    year: YearQuery,
    total: TotalQuery = None,
    dry_run: DryRunQuery = False,
) -> Response:
    """导入到位资金清单（XLSX，或 UTF-8、GB18030 的 CSV）；正文即文件本身。

    表头之上可有标题行，纵向合并的单元格按首格填充。逐行列出错误（行、列、代码、说明），有一处错误即全部不登记；
    各行之和须等于“合计”行和 total（至少给出一个），文件不全即被发现。
    同一文件再次导入不产生变化。登记之后与单笔一样，由另一人审批（可用 /v1/fund-receipts:approve 成批办理）。
    """
    order = Order(county, year, total, dry_run)
    if dry_run:
        checked = await receipt_import.prepare_file(bureau, order, file)
        return Response(checked.model_dump_json(), 200, media_type="application/json")
    return await once.reply(lambda: receipt_import.prepare_file(bureau, order, file))


@router.post("/fund-receipts:approve", response_model=OperationsReply, dependencies=_APPROVES)
async def approve_receipts(body: ApproveReceiptsRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """成批审批到位资金（如一份清单）：每笔按单笔规则由经办人之外的人办理，全部入账或全部不入账。"""
    return await _act(once, lambda: decisions.approve_receipts(bureau, body))


@router.get("/fund-receipts", dependencies=_READS)
async def list_receipts(
    bureau: BureauDep,
    county: AnyCounty = None,
    year: AnyYear = None,
    payer: AnyPayer = None,
    state: StateQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[OperationReply]:
    """到位资金列表，按登记先后。"""
    return await _page(bureau, Wanted(county, year, rules.RECEIPT, state, payer), limit, cursor)


@router.get("/fund-receipts/{id:uuid}", dependencies=_READS)
async def get_receipt(id: UUID, bureau: BureauDep) -> OperationReply:
    """一笔到位资金。"""
    return await service.get(bureau.session, id, rules.RECEIPT)


@router.post("/fund-receipts/{id}:approve", response_model=OperationReply, dependencies=_APPROVES)
async def approve_receipt(id: UUID, body: ApproveRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """审批到位资金并记入台账，由经办人之外的人办理；提示事项须在 accept 中逐项确认。"""
    return await _act(once, lambda: decisions.approve(bureau, id, body, rules.RECEIPT))


@router.post("/fund-receipts/{id}:reject", response_model=OperationReply, dependencies=_APPROVES)
async def reject_receipt(id: UUID, body: ReverseRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """退回到位资金登记，银行流水号可重新登记。"""
    return await _act(once, lambda: decisions.reject(bureau, id, body.reason, rules.RECEIPT))


@router.post("/fund-receipts/{id}:reverse", response_model=OperationReply, dependencies=_PREPARES)
async def reverse_receipt(id: UUID, body: ReverseRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """申请冲销已入账的到位资金（经办）；经另一人在 /v1/fund-operations/{id}:approve 审批后冲销。"""
    return await _act(once, lambda: service.prepare_reversal(bureau, id, body.reason))


@router.post("/risk-reserve-uses", status_code=201, response_model=OperationReply, dependencies=_PREPARES)
async def prepare_reserve_use(body: ReserveUseRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """申请动用风险基金弥补超支（经办）；审批时不得超过风险基金余额和超支额。"""
    return await once.reply(lambda: service.prepare_reserve_use(bureau, body))


@router.post("/risk-fund-advances", status_code=201, response_model=OperationReply, dependencies=_PREPARES)
async def prepare_advance(body: AdvanceRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """登记上级风险调剂金预拨（经办）：进入本年度基金，由下年度基金按扣回计划归还。"""
    return await once.reply(lambda: service.prepare_advance(bureau, body))


@router.post("/risk-fund-clawbacks", status_code=201, response_model=OperationReply, dependencies=_PREPARES)
async def prepare_clawback(body: ClawbackRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """登记上级扣回预拨的风险调剂金（经办）；审批时不得超过尚欠数。"""
    return await once.reply(lambda: service.prepare_clawback(bureau, body))


@router.get("/risk-fund", dependencies=_READS)
async def get_risk_fund(bureau: BureauDep, county: CountyQuery) -> RiskFundReply:
    """上级风险调剂金：预拨、已扣回、尚欠，以及扣回计划的执行情况。"""
    return await decisions.risk_fund(bureau, county)


@router.get("/fund-operations", dependencies=_READS)
async def list_operations(
    bureau: BureauDep,
    county: AnyCounty = None,
    year: AnyYear = None,
    kind: KindQuery = None,
    state: StateQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[OperationReply]:
    """基金业务单（到位、动用风险基金、预拨、扣回、冲销），按登记先后。"""
    return await _page(bureau, Wanted(county, year, kind, state, None), limit, cursor)


@router.get("/fund-operations/{id:uuid}", dependencies=_READS)
async def get_operation(id: UUID, bureau: BureauDep) -> OperationReply:
    """一张基金业务单。"""
    return await service.get(bureau.session, id)


@router.post("/fund-operations/{id}:approve", response_model=OperationReply, dependencies=_APPROVES)
async def approve_operation(id: UUID, body: ApproveRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """审批基金业务单并记入台账，由经办人之外的人办理。"""
    return await _act(once, lambda: decisions.approve(bureau, id, body))


@router.post("/fund-operations/{id}:reject", response_model=OperationReply, dependencies=_APPROVES)
async def reject_operation(id: UUID, body: ReverseRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """退回基金业务单。"""
    return await _act(once, lambda: decisions.reject(bureau, id, body.reason))


@router.post("/fund-operations/{id}:reverse", response_model=OperationReply, dependencies=_PREPARES)
async def reverse_operation(id: UUID, body: ReverseRequest, bureau: BureauDep, once: OnceDep) -> Response:
    """申请冲销已入账的基金业务单（经办），须经另一人审批。"""
    return await _act(once, lambda: service.prepare_reversal(bureau, id, body.reason))


@router.get("/funds", dependencies=_READS)
async def get_funds(bureau: BureauDep, county: CountyQuery, year: YearQuery) -> FundsReply:
    """一县一年度全部基金：应到位、到位、欠拨，风险基金，预占，支付，余额，使用率（分子分母齐全）。"""
    return await position.funds(bureau.session, county, year)


@router.get("/funds/{payer:plain}", dependencies=_READS)
async def get_fund(bureau: BureauDep, payer: PayerPath, county: CountyQuery, year: YearQuery) -> FundReply:
    """一个基金的情况。"""
    found = await position.funds(bureau.session, county, year)
    for fund in found.funds:
        if fund.payer == payer:
            return fund
    raise Problem(NOT_FOUND)


@router.get("/funds/{payer}/earmarks", dependencies=_READS)
async def get_earmarks(
    bureau: BureauDep, payer: PayerPath, county: CountyQuery, year: YearQuery
) -> EarmarksReply:
    """一个基金按资金来源：到位、用途、结余；支出先于到位的列为 unfunded。"""
    return await lineage_reading.earmarks(bureau.session, FundKey(county, year, payer))


@router.get("/funds/{payer}/deposits", dependencies=_READS)
async def list_deposits(
    bureau: BureauDep,
    payer: PayerPath,
    county: CountyQuery,
    year: YearQuery,
    earmark: EarmarkQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[DepositReply]:
    """一个基金的各笔到位资金及已用、结余。"""
    after = decode_cursor(cursor, int)[0] if cursor else 0
    key = FundKey(county, year, payer)
    found = await lineage_reading.deposits(bureau.session, key, earmark, after, limit + 1)
    more = encode_cursor(found[limit - 1].deposit_no) if len(found) > limit else None
    return Page(items=list(found[:limit]), next_cursor=more)


@router.get("/fund-deposits/{no}/uses", dependencies=_READS)
async def list_uses(
    bureau: BureauDep, no: DepositNo, limit: LimitQuery = 50, cursor: CursorQuery = None
) -> Page[UseReply]:
    """一笔到位（捐赠）资金用于哪些结算：只有结算编号、机构、类型、月份和金额，不含个人信息。"""
    after = decode_cursor(cursor, int)[0] if cursor else 0
    found = await lineage_reading.uses(bureau.session, no, after, limit + 1)
    more = encode_cursor(found[limit - 1].use_no) if len(found) > limit else None
    return Page(items=list(found[:limit]), next_cursor=more)


@router.get("/settlements/{settlement_id:uuid}/sources", dependencies=_READS)
async def settlement_sources(settlement_id: UUID, bureau: BureauDep) -> SettlementSources:
    """一次结算的资金溯源：各基金支付的每一分钱来自哪一笔到位资金。"""
    return await lineage_reading.sources(bureau.session, settlement_id)


async def _page(bureau: Bureau, wanted: Wanted, limit: int, cursor: str | None) -> Page[OperationReply]:
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.page(bureau.session, wanted, after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=list(found[:limit]), next_cursor=more)


async def _act(once: Once, work: Callable[[], Awaitable[Reply]]) -> Response:
    return await once.reply(work, status=200)
