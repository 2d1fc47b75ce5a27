"""Import endpoints."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from services.registry.imports import report, service
from services.registry.imports.schemas import ImportReply
from services.registry.imports.upload import OrderDep, UploadDep
from shared.crypto import FieldCipher
from shared.http import CallerDep, NowDep, SessionDep, new_router, note
from shared.idempotency import KeyHeader, Once
from shared.problems import KEY_MISSING, Problem
from shared.refusals import language_of

writing = new_router("/v1/imports", "导入", "registry:write")
reading = new_router("/v1/imports", "导入", "registry:read")

_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


async def _key(key: KeyHeader = None) -> str:
    if key is None:
        raise Problem(KEY_MISSING, pointer="/header/Idempotency-Key")
    return key


async def _cipher(request: Request) -> FieldCipher:
    cipher: FieldCipher = request.app.state.cipher
    return cipher


KeyDep = Annotated[str, Depends(_key)]
CipherDep = Annotated[FieldCipher, Depends(_cipher)]


# The order of the parameters is the order of the work: the file is read before the transaction begins.
@writing.post("", status_code=201, response_model=ImportReply, openapi_extra=_BODY)
async def import_file(
    request: Request,
    key: KeyDep,
    order: OrderDep,
    upload: UploadDep,
    caller: CallerDep,
    now: NowDep,
    cipher: CipherDep,
    session: SessionDep,
) -> Response | ImportReply:
    """导入一个县的人员、参保或门诊慢特病认定文件（XLSX、CSV、NDJSON）；正文即文件本身。

    有错误的行不导入并逐行列出，其余行照常导入；同一文件再次导入不产生任何变化。
    文件整体无法读取、缺少必需列时拒绝整个文件，不写入任何数据。
    `dry_run=true` 校验整个文件并返回同样的数字，但不写入。
    认定文件（`kind=certificates`）的“有效期至”当天仍有效；限制查阅类病种须另有权限范围 `restricted:read`。
    表头可在前 20 行之内，列名同省级系统导出格式；不认识的列忽略并在 `ignored_columns` 中列出。
    """

    async def work() -> BaseModel:
        reply = await service.run_import(session, order, upload, caller, cipher, now)
        note(request, import_id=str(reply.import_id), rows=reply.rows, county=order.county)
        return reply

    if order.dry_run:
        return await service.run_import(session, order, upload, caller, cipher, now)
    once = Once(session, caller.subject, key, request.url.path, upload.digest, now)
    return await once.reply(work)


@reading.get("/{import_id}")
async def get_import(import_id: UUID, session: SessionDep) -> ImportReply:
    """一次导入的结果与前 100 条错误、提示。"""
    return await service.get_import(session, import_id)


@reading.get(
    "/{import_id}/errors.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def get_errors(import_id: UUID, session: SessionDep, request: Request) -> Response:
    """一次导入的全部错误与提示：行号、列、级别、代码、说明（UTF-8 带 BOM，可直接用表格软件打开）。

    说明中不出现完整的证件号码。
    """
    faults = await service.get_faults(session, import_id)
    name = f"import-{import_id}-errors.csv"
    return Response(
        report.errors_csv(faults, language_of(request)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
