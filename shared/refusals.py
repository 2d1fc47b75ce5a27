"""Every error leaves as problem+json, in the caller's language, without repeating what was sent."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.requests import ClientDisconnect

from shared import logs, problems, trace
from shared.http import RefusedBody
from shared.messaging.failures import (
    DRIVER_FAILURES,
    WRAPPERS,
    describe,
    driver_error,
    is_transient,
    own_places,
)
from shared.problems import FieldError, Problem, ProblemSpec

MEDIA_TYPE = "application/problem+json"
_MAX_ERRORS = 100
_log = logs.get(__name__)

_BY_STATUS = {404: problems.NOT_FOUND, 405: problems.METHOD_NOT_ALLOWED, 413: problems.TOO_LARGE}
_LENGTHS = ("too_short", "too_long")
_FAULTS: dict[str, tuple[str, str]] = {
    "missing": ("缺少必填项", "required"),
    "extra_forbidden": ("不认识的字段", "unknown field"),
    "string_type": ("应为文本", "must be a text"),
    "string_too_short": ("文本太短，至少 {min_length} 个字符", "at least {min_length} characters"),
    "string_too_long": ("文本太长，最多 {max_length} 个字符", "at most {max_length} characters"),
    "string_pattern_mismatch": (
        "格式不符合要求，应为 {pattern}",
        "does not have the required form {pattern}",
    ),
    "int_type": ("应为整数", "must be an integer"),
    "int_parsing": ("应为整数", "must be an integer"),
    "int_from_float": ("应为整数", "must be an integer"),
    "bool_type": ("应为 true 或 false", "must be true or false"),
    "bool_parsing": ("应为 true 或 false", "must be true or false"),
    "greater_than_equal": ("不能小于 {ge}", "must be at least {ge}"),
    "greater_than": ("必须大于 {gt}", "must be greater than {gt}"),
    "less_than_equal": ("不能大于 {le}", "must be at most {le}"),
    "less_than": ("必须小于 {lt}", "must be less than {lt}"),
    "enum": ("只能是 {expected} 之一", "must be one of {expected}"),
    "literal_error": ("只能是 {expected} 之一", "must be one of {expected}"),
    "too_long": ("条数太多，最多 {max_length} 条", "at most {max_length} items"),
    "too_short": ("条数太少，至少 {min_length} 条", "at least {min_length} items"),
    "date_from_datetime_parsing": ("日期应写作 2026-03-01", "must be a date such as 2026-03-01"),
    "date_parsing": ("日期应写作 2026-03-01", "must be a date such as 2026-03-01"),
    "date_type": ("日期应写作 2026-03-01", "must be a date such as 2026-03-01"),
    "date_from_datetime_inexact": ("应为日期，不带时间", "must be a date without a time"),
    "datetime_parsing": ("时间格式不正确", "not a valid instant"),
    "uuid_parsing": ("编号格式不正确", "not a valid id"),
    "uuid_type": ("编号格式不正确", "not a valid id"),
    "list_type": ("应为数组", "must be a list"),
    "dict_type": ("应为对象", "must be an object"),
    "model_type": ("应为对象", "must be an object"),
    "model_attributes_type": ("应为对象", "must be an object"),
    "value_error": (
        "值不正确：金额、比例应为字符串，金额最多两位小数",
        "invalid: amounts and rates are strings",
    ),
}


def install(app: FastAPI) -> None:
    """Render refusals, validation faults, database faults and bugs in one place."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(404, _http)
    app.add_exception_handler(405, _http)
    database = (*WRAPPERS, asyncpg.PostgresError, *DRIVER_FAILURES, PoolTimeoutError)
    for kind in (*database, OSError, httpx.HTTPError):
        app.add_exception_handler(kind, _failed)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _bug)


def language_of(request: Request) -> str:
    """Chinese unless the caller prefers English."""
    accepted = request.headers.get("accept-language", "")
    first = accepted.split(",")[0].strip().lower()
    return "en" if first.startswith("en") else "zh"


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    """The reply for a refusal."""
    language = language_of(request)
    headers = {**problem.headers, "Content-Language": "en" if language == "en" else "zh-CN"}
    body = problems.render(problem, language)
    return JSONResponse(body, status_code=problem.spec.status, media_type=MEDIA_TYPE, headers=headers)


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return problem_response(request, error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException) or hasattr(error, "status_code")
    if isinstance(error, RefusedBody):
        return problem_response(request, error.problem)
    status: int = error.status_code
    if status == 413:
        return problem_response(request, Problem(problems.TOO_LARGE, limit=request.app.state.max_body_bytes))
    spec = _BY_STATUS.get(status)
    if spec is None:
        unreadable = Problem(problems.MALFORMED_JSON, reason_zh="无法读取", reason_en="unreadable")
        return problem_response(request, unreadable)
    headers = {"Allow": _allowed(request)} if status == 405 else {}
    return problem_response(request, Problem(spec, headers=headers))


def _allowed(request: Request) -> str:
    """All methods of the address; the router names only those of the first route that matched."""
    path = getattr(request.scope.get("route"), "path_format", request.scope["path"])
    return ", ".join(sorted(method.upper() for method in request.app.openapi()["paths"].get(path, ["get"])))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return problem_response(request, invalid(error.errors()))


def invalid(faults: Sequence[Any]) -> Problem:
    """Pydantic's faults as one refusal with pointers; the offending values are never repeated."""
    # Two dependencies of one endpoint that read the same parameter find the same fault twice.
    found = list(dict.fromkeys((_pointer(fault["loc"]), _spec(fault)) for fault in faults))
    errors = [FieldError(pointer, spec) for pointer, spec in found[:_MAX_ERRORS]]
    return Problem(problems.INVALID_REQUEST, errors=errors, count=len(found))


def _spec(fault: dict[str, Any]) -> ProblemSpec:
    kind = _kind(fault)
    zh, en = _FAULTS.get(kind, ("格式不正确", "invalid"))
    context = {name: str(value) for name, value in (fault.get("ctx") or {}).items()}
    if "zh" in context and "en" in context:
        zh, en = "{zh}", "{en}"
    try:
        chinese = {**context, "expected": context.get("expected", "").replace(" or ", ", ")}
        zh, en = zh.format(**chinese), en.format(**context)
    except KeyError:
        zh, en = "格式不正确", "invalid"
    escaped = [text.replace("{", "{{").replace("}", "}}") for text in (zh, en)]
    return ProblemSpec(f"field.{kind}", 422, zh=escaped[0], en=escaped[1])


def _kind(fault: dict[str, Any]) -> str:
    """Pydantic counts the items of a text like those of a list where a validator stands before the limit."""
    kind = str(fault["type"])
    return f"string_{kind}" if kind in _LENGTHS and isinstance(fault.get("input"), str) else kind


def _pointer(location: Sequence[Any]) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1")[:64] for part in location]
    if parts and parts[0] == "body":
        parts = parts[1:]
    return "".join(f"/{part}" for part in parts)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    # A statement that ran out of time may be quick when less goes on; an event that does is put aside.
    cancelled = isinstance(driver_error(error), asyncpg.QueryCanceledError)
    if not (cancelled or is_transient(error)):
        return await _bug(request, error)
    _log.warning("busy", error=describe(error))
    return problem_response(request, busy())


def busy() -> Problem:
    """The refusal while the database, or the issuer of tokens, is away or overloaded."""
    return Problem(problems.BUSY, headers={"Retry-After": "1"})


async def _gone(request: Request, error: Exception) -> JSONResponse:
    # Nobody reads this; the transaction was rolled back, and a retry under the same key begins anew.
    _log.info("client went away", path=request.scope["path"])
    return problem_response(request, busy())


async def _bug(request: Request, error: Exception) -> JSONResponse:
    # Its message may quote a row, so only the place and the kind of the error are logged.
    cause = driver_error(error)
    kind = describe(cause) if isinstance(cause, asyncpg.PostgresError) else type(cause).__name__
    _log.error("bug", kind=kind, path=request.scope["path"], where=_where(error))
    return problem_response(request, Problem(problems.INTERNAL, trace_id=trace.trace_id() or "-"))


def _where(error: BaseException) -> list[str]:
    """The last places in our own code: below them are a dozen of the libraries'."""
    return [f"{each.filename}:{each.lineno}" for each in own_places(error)][-8:]
