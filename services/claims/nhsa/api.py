"""``POST /nhsa``: the one address of the HIS interface."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.claims.nhsa import service
from services.claims.nhsa.document import REQUEST_BODY, RESPONSES
from services.claims.nhsa.envelope import heard, refusal
from services.claims.nhsa.transactions.base import At, Window, connection_of
from services.claims.providers import service as providers
from services.claims.settlements.desk import DeskDep
from shared import strict_json
from shared.http import CallerDep, NowDep, SessionDep, needs, new_router, note
from shared.problems import MALFORMED_JSON, Problem

router: APIRouter = new_router("/nhsa", "nhsa", "claims:settle")
_MEDIA_TYPE = "application/json"


async def _window(request: Request) -> Window:
    window: Window = request.app.state.nhsa
    return window


WindowDep = Annotated[Window, Depends(_window)]


@router.post(
    "",
    status_code=200,
    response_class=Response,
    responses=RESPONSES,
    openapi_extra={"requestBody": REQUEST_BODY},
    dependencies=[needs("claims:settle")],
)
async def exchange(
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    now: NowDep,
    desk: DeskDep,
    window: WindowDep,
) -> Response:
    """医保信息平台 HIS 接口：报文封装见请求示例，交易由 infno 指定。

    业务上的拒绝一律为 HTTP 200、infcode -1，原因在 err_msg（中文，方括号内为稳定代码，其后为英文）；
    令牌问题返回 401/403；系统繁忙返回 503，结果未知，请用原 msgid 再发。
    msgid 是幂等键：同一编号同一内容再次发送返回完全相同的应答，不会重复办理。
    """
    raw = await request.body()
    unheard = heard("", now, 0)
    try:
        body = strict_json.loads(raw, exact=True)
    except strict_json.BadJson as error:
        broken = Problem(MALFORMED_JSON, reason_zh=error.zh, reason_en=error.en)
        return _sent(refusal(unheard, broken))
    service.check_institution(caller, body)
    try:
        envelope = service.read_envelope(body)
        provider = await providers.known(session, envelope.fixmedins_code, "/fixmedins_code")
    except Problem as problem:
        return _sent(refusal(unheard, problem))
    connection = await connection_of(session)
    at = At(session, connection, desk, now, caller, envelope, provider, window, window.vault)
    answer = await service.answer(at, raw)
    note(request, **_noted(at, answer))
    return _sent(answer.reply)


def _noted(at: At, answer: service.Answer) -> dict[str, Any]:
    """What the audit trail keeps: numbers and codes, nothing of the content."""
    envelope = at.envelope
    return {
        "infno": envelope.infno,
        "msgid": envelope.msgid,
        "outcome": answer.code,
        **({"again": True} if answer.again else {}),
    }


def _sent(reply: bytes) -> Response:
    return Response(reply, media_type=_MEDIA_TYPE)
