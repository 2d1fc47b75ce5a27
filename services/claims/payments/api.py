"""Payment batches: prepared, approved by another person, exported, confirmed by the bank."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.claims.office import AgencyDep
from services.claims.payments import actions, bank_files, exporting, prepare, results, returns, service
from services.claims.payments.accounts import Keys
from services.claims.payments.bank_files import Format
from services.claims.payments.results import Upload
from services.claims.payments.schemas import (
    AdvanceRequest,
    BankReturnsRequest,
    BatchKind,
    BatchReply,
    BatchState,
    BatchSummary,
    ChooseRequest,
    ExportReply,
    HeldReply,
    ItemReply,
    ItemState,
    NoteRequest,
    PaymentApproval,
    PrepareRequest,
    ResultReply,
)
from services.claims.payments.service import Office
from shared.fields import CountyCode, Reply
from shared.http import NowDep, SessionDep, needs, new_router
from shared.idempotency import Once, OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor


async def _office(session: SessionDep, caller: AgencyDep, now: NowDep) -> Office:
    return Office(session, caller, now)


async def _keys(request: Request) -> Keys:
    state = request.app.state
    return Keys(state.cipher, state.blind_index)


async def _upload(request: Request, form: Annotated[Format, Query(alias="format")]) -> Upload:
    body = await request.body()
    # Other requests go on while a long file is read.
    file = await asyncio.to_thread(bank_files.read, body, form)
    return Upload(hashlib.sha256(body).digest(), form, file)


OfficeDep = Annotated[Office, Depends(_office)]
KeysDep = Annotated[Keys, Depends(_keys)]
UploadDep = Annotated[Upload, Depends(_upload)]
CountyQuery = Annotated[CountyCode | None, Query(description="县级区划代码；省略则为辖区内全部")]
KindQuery = Annotated[BatchKind | None, Query(description="只列此类批次")]
StateQuery = Annotated[BatchState | None, Query(description="只列处于此状态的")]
ItemStateQuery = Annotated[ItemState | None, Query(description="只列处于此状态的明细")]
ItemQuery = Annotated[UUID | None, Query(description="只列此明细：支付文件和银行回执中的付款明细号")]
PartialQuery = Annotated[bool, Query(description="明知只是部分回执：未提及的明细保持未决")]
ItemNo = Annotated[int, Path(ge=1, le=10**6)]

router: APIRouter = new_router("/v1/payment-batches", "payments")
advances_router: APIRouter = new_router("/v1/provider-advances", "payments")
_READS, _EXPORTS = [needs("claims:read")], [needs("funds:export")]
_PREPARES, _APPROVES = [needs("funds:prepare")], [needs("funds:approve")]
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("", status_code=201, response_model=BatchReply, dependencies=_PREPARES)
async def prepare_batch(body: PrepareRequest, office: OfficeDep, once: OnceDep) -> Response:
    """编制支付批次：截至某日已记账、尚未列入任何批次的应付款。

    医疗机构：结算 − 撤销 ± 调整 − 扣减 − 抵扣预拨。净额为负的结转下批，
    没有收款账户的列为不可付，均不影响其他。
    """
    return await once.reply(lambda: prepare.prepare(office, body))


@advances_router.post("", status_code=201, response_model=BatchReply, dependencies=_PREPARES)
async def prepare_advances(body: AdvanceRequest, office: OfficeDep, once: OnceDep) -> Response:
    """编制预拨（垫付）批次：银行付出后，按所给方式从以后的拨付中抵扣。"""
    return await once.reply(lambda: prepare.advance(office, body))


@router.get("", dependencies=_READS)
async def list_batches(
    office: OfficeDep,
    county: CountyQuery = None,
    kind: KindQuery = None,
    state: StateQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[BatchSummary]:
    """支付批次列表，按编制先后。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await service.page(office.session, county, kind, state, after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{batch_id:uuid}", dependencies=_READS)
async def get_batch(batch_id: UUID, office: OfficeDep) -> BatchReply:
    """一个支付批次：各状态的笔数和金额、总额大写、办理过程。"""
    return await service.get(office.session, batch_id)


@router.get("/{batch_id}/items", dependencies=_READS)
async def list_items(
    batch_id: UUID,
    office: OfficeDep,
    state: ItemStateQuery = None,
    item: ItemQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[ItemReply]:
    """批次明细：每个收款方的构成、抵扣、净额和状态；账号已隐去。"""
    after = decode_cursor(cursor, int)[0] if cursor else 0
    found = await service.items(office.session, batch_id, state, after, limit + 1, item)
    more = encode_cursor(found[limit - 1].no) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.get("/{batch_id}/items/{no}/transfers", dependencies=_READS)
async def list_transfers(
    batch_id: UUID, no: ItemNo, office: OfficeDep, limit: LimitQuery = 50, cursor: CursorQuery = None
) -> Page[HeldReply]:
    """一条明细由哪些记账构成。"""
    after = decode_cursor(cursor, int)[0] if cursor else 0
    found = await service.held(office.session, batch_id, no, after, limit + 1)
    more = encode_cursor(found[limit - 1].no) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)


@router.post("/{batch_id}:approve", response_model=BatchReply, dependencies=_APPROVES)
async def approve(batch_id: UUID, body: PaymentApproval, office: OfficeDep, once: OnceDep) -> Response:
    """审批：由编制人之外的人办理；记入台账（应付 → 支付在途）。

    批次总额超过专户可用资金（账面余额减已批在途）的不予审批，除非注明理由并声明 despite_shortfall。
    """
    return await _act(once, lambda: actions.approve(office, batch_id, body))


@router.post("/{batch_id}:cancel", response_model=BatchReply, dependencies=_PREPARES)
async def cancel(batch_id: UUID, body: NoteRequest, office: OfficeDep, once: OnceDep) -> Response:
    """撤销未审批的批次：其中款项留待下一批次。"""
    return await _act(once, lambda: actions.cancel(office, batch_id, body))


@router.post("/{batch_id}:export", response_model=ExportReply, dependencies=_EXPORTS)
async def export(batch_id: UUID, office: OfficeDep, keys: KeysDep, once: OnceDep) -> Response:
    """导出支付文件（ISO 20022 pain.001 与 XLSX 明细表）：固定付款账户和文件摘要，再次导出内容不变。"""
    return await _act(once, lambda: exporting.export(office, keys, batch_id))


@router.get("/{batch_id}/files/{name}", dependencies=_EXPORTS)
async def get_file(
    batch_id: UUID, name: Literal["pain.001.xml", "payments.xlsx"], office: OfficeDep, keys: KeysDep
) -> Response:
    """下载已导出批次的文件。含完整账号：需要单独的权限，每次下载留有审计记录。"""
    body = await exporting.file(office, keys, batch_id, name)
    headers = {
        "Content-Disposition": f'attachment; filename="{batch_id}-{name}"',
        "Cache-Control": "no-store",
    }
    return Response(body, media_type=exporting.MEDIA_TYPES[name], headers=headers)


# The order of the parameters is the order of the work: the file is read before the transaction begins.
@router.post("/{batch_id}/results", response_model=ResultReply, dependencies=_PREPARES, openapi_extra=_FILE)
async def import_results(
    batch_id: UUID, upload: UploadDep, office: OfficeDep, once: OnceDep, partial: PartialQuery = False
) -> Response:
    """导入银行回执（CSV 或 pain.002）：成功的记为已付，失败的冲回应付，此前已付又退汇的冲回账户；

    文件不平、不属于本批次，或退汇与已付不符，则全部拒绝。
    """
    return await _act(once, lambda: results.take_over(office, batch_id, upload, partial=partial))


@router.post("/{batch_id}:bank-returns", response_model=BatchReply, dependencies=_PREPARES)
async def book_returns(
    batch_id: UUID, body: BankReturnsRequest, office: OfficeDep, once: OnceDep
) -> Response:
    """登记退汇：银行报告付款成功之后又退回的款项；金额须与已付相同，一笔付款只能退汇一次。"""
    return await _act(once, lambda: returns.book(office, batch_id, body))


@router.post("/{batch_id}:retry", status_code=201, response_model=BatchReply, dependencies=_PREPARES)
async def retry(batch_id: UUID, body: ChooseRequest, office: OfficeDep, once: OnceDep) -> Response:
    """重发失败或退汇的明细：以现行收款账户编制新批次，仍须另一人审批。"""
    return await once.reply(lambda: actions.retry(office, batch_id, body))


@router.post("/{batch_id}:return", response_model=BatchReply, dependencies=_PREPARES)
async def give_back(batch_id: UUID, body: ChooseRequest, office: OfficeDep, once: OnceDep) -> Response:
    """失败或退汇的明细不再重发：款项回到应付，由下一批次重新列入。"""
    return await _act(once, lambda: actions.give_back(office, batch_id, body))


async def _act(once: Once, work: Callable[[], Awaitable[Reply]]) -> Response:
    return await once.reply(work, status=200)
