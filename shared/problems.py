"""Refusals, as RFC 9457 problem details with a stable code, in Chinese and English."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ProblemSpec:
    """One kind of refusal. The texts are format strings over the parameters of the refusal."""

    code: str
    status: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault inside a request: a JSON pointer and what is wrong there."""

    pointer: str
    spec: ProblemSpec
    params: dict[str, Any] = field(default_factory=dict)


class Problem(Exception):
    """An expected refusal. Raising it rolls the transaction back: nothing is written."""

    def __init__(
        self,
        spec: ProblemSpec,
        *,
        pointer: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(spec.code)
        self.spec = spec
        self.params = params
        self.headers = headers or {}
        self.errors = tuple(errors) or ((FieldError(pointer, spec, params),) if pointer is not None else ())


def render(problem: Problem, language: str) -> dict[str, Any]:
    """The body of the reply in one language ("zh" or "en")."""
    body: dict[str, Any] = {
        "type": f"urn:kangfu:problem:{problem.spec.code}",
        "title": _text(problem.spec, problem.params, language),
        "status": problem.spec.status,
        "code": problem.spec.code,
    }
    if problem.errors:
        body["errors"] = [
            {
                "pointer": error.pointer,
                "code": error.spec.code,
                "detail": _text(error.spec, error.params, language),
            }
            for error in problem.errors
        ]
    return body


def _text(spec: ProblemSpec, params: dict[str, Any], language: str) -> str:
    return (spec.en if language == "en" else spec.zh).format(**params)


INVALID_REQUEST = ProblemSpec(
    "request.invalid",
    422,
    zh="请求内容有误，共 {count} 处，未保存任何数据",
    en="The request has {count} fault(s); nothing was saved",
)
MALFORMED_JSON = ProblemSpec(
    "request.malformed_json",
    400,
    zh="请求正文不是有效的 JSON：{reason_zh}",
    en="The body is not valid JSON: {reason_en}",
)
BAD_TEXT = ProblemSpec(
    "request.bad_text",
    400,
    zh="地址中含有不允许的字符",
    en="The address holds a character that is not allowed",
)
UNKNOWN_PARAMETER = ProblemSpec(
    "request.unknown_parameter",
    422,
    zh="不认识的查询参数“{name}”，可用的有：{known}",
    en='Unknown query parameter "{name}"; known are: {known}',
)
REPEATED_PARAMETER = ProblemSpec(
    "request.repeated_parameter",
    422,
    zh="查询参数“{name}”出现了多次",
    en='The query parameter "{name}" is given more than once',
)
TOO_LARGE = ProblemSpec(
    "request.too_large",
    413,
    zh="请求正文超过上限 {limit} 字节，请分批提交",
    en="The body exceeds {limit} bytes; send it in parts",
)
UNSUPPORTED_MEDIA = ProblemSpec(
    "request.unsupported_media",
    415,
    zh="不支持的内容类型，需要 {expected}",
    en="Unsupported content type; expected {expected}",
)
UNAUTHENTICATED = ProblemSpec(
    "auth.unauthenticated",
    401,
    zh="缺少有效的访问令牌：{reason_zh}",
    en="A valid access token is missing: {reason_en}",
)
FORBIDDEN = ProblemSpec(
    "auth.forbidden",
    403,
    zh="访问令牌没有权限范围“{scope}”",
    en='The access token lacks the scope "{scope}"',
)
NOT_FOUND = ProblemSpec(
    "resource.not_found",
    404,
    zh="没有找到，或不在您的管辖范围内",
    en="Not found, or outside your jurisdiction",
)
METHOD_NOT_ALLOWED = ProblemSpec(
    "request.method_not_allowed",
    405,
    zh="该地址不支持此请求方法",
    en="This address does not support the method",
)
KEY_MISSING = ProblemSpec(
    "idempotency.key_missing",
    400,
    zh="请在请求头 Idempotency-Key 中给出本次操作的唯一编号，重试时使用同一编号",
    en="Send a unique Idempotency-Key header, and the same one when you retry",
)
KEY_REUSED = ProblemSpec(
    "idempotency.key_reused",
    422,
    zh="该 Idempotency-Key 已用于内容不同的请求，请换用新编号",
    en="This Idempotency-Key was used with another request; take a new one",
)
KEY_RUNNING = ProblemSpec(
    "idempotency.still_running",
    409,
    zh="同一 Idempotency-Key 的请求正在处理，请稍后用同一编号重试",
    en="A request with this Idempotency-Key is still running; retry later with the same key",
)
BAD_CURSOR = ProblemSpec(
    "request.bad_cursor",
    422,
    zh="游标无效：请原样使用上一次应答中的 next_cursor，或不带 cursor 从头读取",
    en="The cursor is not one of this service: send next_cursor of the last reply as it is, or none",
)
BUSY = ProblemSpec(
    "service.busy", 503, zh="系统繁忙，请稍后重试", en="The service is busy; retry with the same key"
)
INTERNAL = ProblemSpec(
    "service.internal",
    500,
    zh="系统内部错误，已记录，追踪号 {trace_id}",
    en="Internal error, recorded under trace id {trace_id}",
)
