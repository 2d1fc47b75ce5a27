"""Payee accounts: proposed, approved by another person, listed masked."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.claims.payments import accounts
from services.claims.payments.accounts_schemas import (
    AccountReply,
    AccountsRequest,
    AccountState,
    ChangeReply,
    PayeeText,
)
from services.claims.payments.api import CountyQuery, KeysDep, OfficeDep
from shared.http import needs, new_router
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor

router: APIRouter = new_router("/v1/payee-accounts", "payments")
PayeeQuery = Annotated[PayeeText | None, Query(description="只列此收款方")]
StateQuery = Annotated[AccountState | None, Query(description="只列处于此状态的")]


@router.post("", status_code=201, response_model=ChangeReply, dependencies=[needs("funds:prepare")])
async def propose(body: AccountsRequest, office: OfficeDep, keys: KeysDep, once: OnceDep) -> Response:
    """登记或变更收款账户（也用于县的付款专户）：加密保存，另一人审批后生效，不影响已审批的批次。"""
    return await once.reply(lambda: accounts.propose(office, keys, body))


@router.post(
    "/changes/{change_id}:approve", response_model=ChangeReply, dependencies=[needs("funds:approve")]
)
async def approve(change_id: UUID, office: OfficeDep, once: OnceDep) -> Response:
    """审批账户变更：由提交人之外的人办理。"""
    return await once.reply(lambda: accounts.approve(office, change_id), status=200)


@router.post("/changes/{change_id}:reject", response_model=ChangeReply, dependencies=[needs("funds:approve")])
async def reject(change_id: UUID, office: OfficeDep, once: OnceDep) -> Response:
    """驳回账户变更：原账户不变。"""
    return await once.reply(lambda: accounts.reject(office, change_id), status=200)


@router.get("", dependencies=[needs("claims:read")])
async def list_accounts(
    office: OfficeDep,
    keys: KeysDep,
    county: CountyQuery = None,
    payee: PayeeQuery = None,
    state: StateQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[AccountReply]:
    """收款账户，账号只显示末四位，个人户名只显示姓。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    found = await accounts.page(office.session, keys, county, payee, state, after, limit + 1)
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Page(items=found[:limit], next_cursor=more)
