"""Publishing and reading policy packs."""

import re
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from services.claims.packs import listing, service
from services.claims.packs.reading import MAX_BYTES
from services.claims.packs.repository import MAX_REVISIONS, Place
from services.claims.packs.schemas import (
    ApprovalReply,
    PackDetail,
    PackName,
    PackReply,
    Rejection,
    ShownState,
)
from services.claims.packs.shipped import ShippedPacks
from services.claims.packs.upload import JSON_TYPE, YAML_TYPES, UploadDep
from services.claims.policies.load import SCHEMA
from shared.http import CallerDep, NowDep, SessionDep, needs, new_router, note
from shared.idempotency import OnceDep
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor
from shared.problems import BAD_CURSOR, Problem

router: APIRouter = new_router("/v1/policy-packs", "policy packs")
_READS = [needs("claims:read")]
_SCHEMA_TYPE = "application/schema+json"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            YAML_TYPES[0]: {"schema": {"type": "string", "maxLength": MAX_BYTES}},
            JSON_TYPE: {"schema": {"type": "object", "description": "结构见 GET /v1/policy-packs/schema"}},
        },
    }
}
_SCHEMA_REPLY: dict[int | str, dict[str, Any]] = {
    200: {"content": {_SCHEMA_TYPE: {"schema": {"type": "object"}}}}
}


async def _shipped(request: Request) -> ShippedPacks:
    shipped: ShippedPacks = request.app.state.shipped
    return shipped


ShippedDep = Annotated[ShippedPacks, Depends(_shipped)]
PackQuery = Annotated[PackName | None, Query(description="只列出此政策包")]
StateQuery = Annotated[ShownState | None, Query(description="只列出此状态的版本")]


def _after(cursor: str) -> Place:
    pack, day, revision, id_ = decode_cursor(cursor, str, str, int, UUID)
    try:
        place = Place(pack, date.fromisoformat(day), revision, id_)
    except ValueError as error:
        raise Problem(BAD_CURSOR, pointer="/query/cursor") from error
    if not re.fullmatch(r"[a-z0-9-]+", pack) or not 0 < revision < MAX_REVISIONS:
        raise Problem(BAD_CURSOR, pointer="/query/cursor")
    return place


# The order of the parameters is the order of the work: the pack is compiled before the transaction begins.
@router.post(
    "",
    status_code=201,
    response_model=PackDetail,
    openapi_extra=_BODY,
    dependencies=[needs(service.PREPARE)],
)
async def prepare_pack(
    request: Request,
    parsed: UploadDep,
    caller: CallerDep,
    now: NowDep,
    shipped: ShippedDep,
    session: SessionDep,
    once: OnceDep,
) -> Response:
    """编制一个政策包版本：正文为 YAML（application/yaml）或同样结构的 JSON，UTF-8，最大 256 KiB。

    校验结构（见 `GET /v1/policy-packs/schema`）与全部例题，任何一处不符即拒绝、逐处指出，不保存任何数据。
    返回草稿编号、正文摘要（SHA-256），以及与所替代（同一生效日期）或所接续版本的逐项差异。
    生效日期可以在年度之中，也可以在过去；同一日期再次发布是更正，记为 `.r2`、`.r3`…。
    草稿须由另一人审批后才生效；草稿和已审批的版本都不能修改。
    """

    async def work() -> PackDetail:
        id_ = await service.prepare(session, shipped, caller, parsed, now)
        pack = await listing.get(session, shipped, caller, id_)
        note(request, pack=pack.pack, version=pack.version, digest=pack.digest, id=str(id_))
        return pack

    return await once.reply(work)


@router.get("", dependencies=_READS)
async def list_packs(
    session: SessionDep,
    caller: CallerDep,
    shipped: ShippedDep,
    pack: PackQuery = None,
    state: StateQuery = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> Page[PackReply]:
    """政策包各版本，按政策包、生效日期、修订号排列；含随软件发布的版本（shipped）。

    可见本辖区之内和之上的政策包；医疗机构只看到已审批的和随软件发布的。
    """
    after = _after(cursor) if cursor else None
    items = await listing.page(session, shipped, caller, (pack, state), after, limit + 1)
    more = encode_cursor(*listing.place_of(items[limit - 1])) if len(items) > limit else None
    return Page(items=items[:limit], next_cursor=more)


@router.get("/schema", dependencies=_READS, response_class=Response, responses=_SCHEMA_REPLY)
async def get_schema() -> Response:
    """政策包的 JSON Schema（2020-12）：编写和校验政策包的依据。"""
    return JSONResponse(SCHEMA, media_type=_SCHEMA_TYPE)


@router.get("/{pack_id:uuid}", dependencies=_READS)
async def get_pack(pack_id: UUID, session: SessionDep, caller: CallerDep, shipped: ShippedDep) -> PackDetail:
    """政策包的一个版本：正文、摘要、编制与审批人，以及与前一版本的逐项差异。"""
    return await listing.get(session, shipped, caller, pack_id)


@router.post("/{pack_id}:approve", response_model=ApprovalReply, dependencies=[needs(service.APPROVE)])
async def approve_pack(
    pack_id: UUID,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    shipped: ShippedDep,
    once: OnceDep,
) -> Response:
    """审批政策包的一个版本，编制人以外的人才能审批；约一秒之内所有进程按新版本结算，此后不能修改。

    生效日期在今天或以前的，已按旧规定结算的人年列入重新核算（见 `/v1/readjudications`）。
    """

    async def work() -> ApprovalReply:
        due = await service.approve(session, shipped, caller, pack_id, now)
        pack = await listing.get(session, shipped, caller, pack_id)
        note(request, pack=pack.pack, version=pack.version, digest=pack.digest, person_years_due=due)
        return ApprovalReply(**pack.model_dump(), person_years_due=due)

    return await once.reply(work, status=200)


@router.post("/{pack_id}:reject", response_model=PackDetail, dependencies=_READS)
async def reject_pack(
    pack_id: UUID,
    body: Rejection,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    shipped: ShippedDep,
    once: OnceDep,
) -> Response:
    """退回草稿并写明原因：有审批权限（policies:approve）的人，或编制人自己（policies:prepare）。"""

    async def work() -> PackDetail:
        await service.reject(session, caller, pack_id, body.reason, now)
        pack = await listing.get(session, shipped, caller, pack_id)
        note(request, pack=pack.pack, version=pack.version, digest=pack.digest)
        return pack

    return await once.reply(work, status=200)
