"""The HTTP edge: routes that refuse what they do not know, the caller, the transaction, the idempotency key.

An endpoint's transaction begins with the caller's row-level-security context and is committed before the
response leaves (``scope="function"``). Nothing behind the edge commits.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response, Security
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.convertors import Convertor, register_url_convertor

from shared import audit, failpoints, problems, strict_json
from shared.auth import BadToken, Caller
from shared.clock import Clock
from shared.db import DirectTransaction, Transaction
from shared.problems import Problem

_WRITES = {"POST", "PUT", "PATCH", "DELETE"}
_bearer = HTTPBearer(auto_error=False, description="访问令牌（JWT，RS256 或 EdDSA）")
_ENTER = (
    "SELECT set_config('app.jurisdiction', :jurisdiction, true), set_config('app.facility', :facility, true)"
)
# A plan made while a table is small would read the whole table for as long as the connection keeps the plan.
_ENTER_BY_KEY = (
    f"{_ENTER}, set_config('plan_cache_mode', 'force_generic_plan', true),"
    " set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),"
    " set_config('enable_mergejoin', 'off', true), set_config('enable_bitmapscan', 'off', true)"
)
# Made once: the statements by session, and with the driver's own placeholders.
_BY_SESSION = {False: text(_ENTER), True: text(_ENTER_BY_KEY)}
_DIRECTLY = {
    by_key: statement.replace(":jurisdiction", "$1").replace(":facility", "$2")
    for by_key, statement in ((False, _ENTER), (True, _ENTER_BY_KEY))
}


class _Plain(Convertor[str]):
    """``{no:plain}``: a text without a colon, so that ``/{no:plain}`` is not the address of ``/{no}:cancel``.

    For ids ``{id:uuid}`` does the same.
    """

    regex = "[^/:]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("plain", _Plain())


class RefusedBody(HTTPException):
    """A body that could not be read; FastAPI lets this kind of exception through."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.spec.status)
        self.problem = problem


class StrictRequest(Request):
    """A request whose JSON body is read without surprises."""

    async def json(self) -> Any:
        """The parsed body, or a refusal."""
        try:
            return strict_json.loads(await self.body())
        except strict_json.BadJson as error:
            refusal = Problem(problems.MALFORMED_JSON, reason_zh=error.zh, reason_en=error.en)
            raise RefusedBody(refusal) from error


class StrictRoute(APIRoute):
    """A route that refuses unknown and repeated query parameters."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler with the checks that it does not make."""
        handler = super().get_route_handler()
        known = sorted(
            field.alias
            for field in get_flat_params(self.dependant)
            if getattr(field.field_info, "in_", None) and field.field_info.in_.value == "query"  # type: ignore[attr-defined]  # params.Param
        )

        async def strict(request: Request) -> Response:
            _check_address(request, known)
            strict_request = isinstance(request, StrictRequest)
            return await handler(request if strict_request else StrictRequest(request.scope, request.receive))

        return strict


def _check_address(request: Request, known: list[str]) -> None:
    if b"%00" in request.scope.get("raw_path", b"") or b"%00" in request.scope["query_string"]:
        raise Problem(problems.BAD_TEXT)
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in known:
            raise Problem(
                problems.UNKNOWN_PARAMETER, pointer="/query", name=name[:64], known="、".join(known) or "-"
            )
        if name in seen:
            raise Problem(problems.REPEATED_PARAMETER, pointer=f"/query/{name}", name=name)
        seen.add(name)


async def authenticate(
    request: Request,
    wanted: SecurityScopes,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """The caller, whose token carries every scope that the route asks for."""
    if credentials is None:
        raise _unauthenticated("没有 Authorization: Bearer 请求头", "no Authorization: Bearer header")
    try:
        caller: Caller = await request.app.state.authenticator.authenticate(credentials.credentials)
    except BadToken as error:
        raise _unauthenticated(error.zh, error.en) from error
    for scope in wanted.scopes:
        if not caller.may(scope):
            raise Problem(problems.FORBIDDEN, scope=scope)
    request.state.caller = caller
    return caller


async def recognised(request: Request, token: str, scope: str) -> Caller | None:
    """The caller behind a token that is good and carries the scope; ``None`` otherwise."""
    try:
        caller: Caller = await request.app.state.authenticator.authenticate(token)
    except BadToken:
        return None
    if not caller.may(scope):
        return None
    request.state.caller = caller
    return caller


def _unauthenticated(zh: str, en: str) -> Problem:
    headers = {"WWW-Authenticate": "Bearer"}
    return Problem(problems.UNAUTHENTICATED, headers=headers, reason_zh=zh, reason_en=en)


# Dependencies are async: FastAPI sends plain functions through a thread pool, at many times their cost.
async def _request_caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


async def _request_session(request: Request) -> AsyncIterator[AsyncSession]:
    caller: Caller = request.state.caller
    async with request.app.state.sessions.begin() as session:
        await enter(session, caller)
        yield session
        if request.method in _WRITES:
            await _record_write(session, request, caller)
    if request.method in _WRITES:
        failpoints.reach("request.after_commit")


async def enter(transaction: Transaction, caller: Caller, *others: Caller, by_key: bool = False) -> None:
    """Let the transaction see what the caller may see, and nothing else.

    With ``by_key`` statements keep one plan that finds rows through indexes, whatever their parameters and
    the tables' statistics are: for hot paths that touch few rows of large tables by arrays of keys.

    Several callers may share a transaction when their jurisdictions are equal and either all or none of them
    are providers: it then sees what belongs to any of these providers.
    """
    facilities = {each.facility for each in (caller, *others) if each.facility is not None}
    values = {"jurisdiction": _array(caller.jurisdiction), "facility": _array(sorted(facilities))}
    if isinstance(transaction, DirectTransaction):
        await transaction.driver.execute(_DIRECTLY[by_key], *values.values())
    else:
        await transaction.execute(_BY_SESSION[by_key], values)


def _array(texts: Sequence[str]) -> str:
    quoted = ('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return f"{{{','.join(quoted)}}}" if texts else ""


async def _record_write(session: AsyncSession, request: Request, caller: Caller) -> None:
    route = request.scope["route"].path_format
    target = ",".join(str(value) for value in request.path_params.values())
    await audit.record(session, caller, f"{request.method} {route}", target or "-", request.state.audit)


async def _request_now(request: Request) -> datetime:
    clock: Clock = request.app.state.clock
    return clock.now()


CallerDep = Annotated[Caller, Depends(_request_caller)]
SessionDep = Annotated[AsyncSession, Depends(_request_session, scope="function")]
NowDep = Annotated[datetime, Depends(_request_now)]


def note(request: Request, **details: Any) -> None:
    """Add ids or counts to the audit entry of this write."""
    request.state.audit.update(details)


def needs(*scopes: str) -> Any:
    """A route's or router's requirement of scopes: ``dependencies=[needs("claims:read")]``."""
    return Security(authenticate, scopes=list(scopes))


def new_router(prefix: str, tag: str, *scopes: str) -> APIRouter:
    """A router of strict routes that all ask for the given scopes."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=StrictRoute, dependencies=[needs(*scopes)])
