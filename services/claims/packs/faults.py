"""What is wrong with an uploaded pack: JSON pointers into it, each with a reason in Chinese and English."""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Final

from jsonschema.exceptions import ValidationError, best_match

from services.claims.benefits.examples import differences
from services.claims.benefits.policy import NoPolicyInForce, PackError, PolicyBook, PolicyVersion
from services.claims.policies.load import VALIDATOR
from services.claims.problems import EXAMPLE_AMOUNT, EXAMPLE_OTHER_VERSION, PACK_FAULT
from shared.money import format_yuan
from shared.problems import FieldError

MAX_FAULTS: Final = 100
_SHOWN: Final = 64
_TYPES: Final[Mapping[str, str]] = {
    "object": "对象",
    "array": "列表",
    "string": "文本（请加引号）",
    "integer": "整数",
    "number": "数值",
    "boolean": "true 或 false",
    "null": "null",
}
_Reason = Callable[[Any, Any], tuple[str, str]]
"""From a keyword's value in the schema and what was found there to both texts."""


def _names(names: Iterable[Any]) -> str:
    return ", ".join(str(name)[:_SHOWN] for name in islice(names, 10))


def _type(wanted: Any, _found: Any) -> tuple[str, str]:
    names: list[str] = wanted if isinstance(wanted, list) else [wanted]
    return f"应为{'或'.join(_TYPES.get(name, name) for name in names)}", f"must be {' or '.join(names)}"


_REASONS: Final[Mapping[str, _Reason]] = {
    "type": _type,
    "enum": lambda wanted, _: (f"只能是 {_names(wanted)} 之一", f"must be one of {_names(wanted)}"),
    "const": lambda wanted, _: (f"只能是 {wanted}", f"must be {wanted}"),
    "pattern": lambda wanted, _: (f"格式应为 {wanted}", f"must have the form {wanted}"),
    "minItems": lambda wanted, found: (
        f"至少 {wanted} 项，现有 {len(found)} 项",
        f"at least {wanted} items, found {len(found)}",
    ),
    "maxItems": lambda wanted, _: (f"最多 {wanted} 项", f"at most {wanted} items"),
    "uniqueItems": lambda _wanted, _found: ("各项不能重复", "items must differ"),
    "minLength": lambda wanted, _: (f"至少 {wanted} 个字符", f"at least {wanted} characters"),
    "maxLength": lambda wanted, _: (f"最多 {wanted} 个字符", f"at most {wanted} characters"),
    "minProperties": lambda wanted, _: (f"至少 {wanted} 项", f"at least {wanted} entries"),
    "minimum": lambda wanted, _: (f"不能小于 {wanted}", f"at least {wanted}"),
    "maximum": lambda wanted, _: (f"不能大于 {wanted}", f"at most {wanted}"),
}
# The engine's own texts, which name what a schema cannot see.
_ENGINE_TEXTS: Final = [
    (r"expected a mapping", "应为对象"),
    (r"expected a list", "应为列表"),
    (r"expected a text", "应为非空文本"),
    (r"expected one of (.+)", "只能是 {0} 之一"),
    (r"expected some of (.+)", "应为 {0} 中的若干项"),
    (r"expected a date such as (.+)", "应为真实存在的日期，如 {0}"),
    (r"expected an amount in yuan as text", "应为金额（元），以带引号的文本填写"),
    (r"expected amounts in yuan as text", "应为金额（元），以带引号的文本填写"),
    (r"an amount cannot be negative", "金额不能为负数"),
    (r"expected a rate between 0 and 1 as text", "应为 0 到 1 之间的比例，以带引号的文本填写"),
    (r"expected signed points such as (.+)", "应为带正负号的百分点，如 {0}"),
    (r"points need a sign", "百分点须带正负号"),
    (r"the pack lists no accumulator of this name", "accumulators 中没有该累计额"),
    (r"no source is called (.+)", "sources 中没有名为 {0} 的依据"),
    (r"two rules are called (.+)", "规则编号 {0} 重复"),
    (r"expected true or false", "应为 true 或 false"),
    (r"a version needs layers, each with its own payer", "至少一个支付层，且各层 payer 不能相同"),
    (r"a benefit has either a rate or a fixed amount", "一项待遇要么按比例，要么定额"),
    (
        r"versions of one pack share its name and its governing date",
        "同一政策包各版本的 governing_date 必须相同",
    ),
]


def schema_faults(raw: Any) -> list[FieldError]:
    """Where the data does not have the published form; empty when it does."""
    errors = islice(VALIDATOR.iter_errors(raw), MAX_FAULTS)
    faults = [_schema_fault(best_match([error]) or error) for error in errors]
    return list({(fault.pointer, fault.params["reason_en"]): fault for fault in faults}.values())


def engine_fault(error: PackError) -> FieldError:
    """The first mistake that the engine finds in data of the right form."""
    for pattern, zh in _ENGINE_TEXTS:
        if found := re.fullmatch(pattern, error.message, re.DOTALL):
            return fault(_pointer(error.path.split("/")), zh.format(*found.groups()), error.message)
    return fault(_pointer(error.path.split("/")), f"内容有误（{error.message}）", error.message)


def fault(pointer: str, zh: str, en: str) -> FieldError:
    """One mistake with both texts."""
    return FieldError(pointer, PACK_FAULT, {"reason_zh": zh, "reason_en": en})


def example_faults(book: PolicyBook, version: PolicyVersion) -> list[FieldError]:
    """Every amount of the version's worked examples that does not come out, and examples of other times.

    An example has to belong to its version: that must be in force on the governing date of the example.
    """
    faults: list[FieldError] = []
    for index, example in enumerate(version.examples):
        in_force = _in_force(book, version, index)
        if in_force != version.version:
            params = {"name": example.name, "in_force": in_force}
            faults.append(FieldError(f"/examples/{index}/visit", EXAMPLE_OTHER_VERSION, params))
            continue
        faults += [
            FieldError(
                f"/examples/{index}/expect/{place}",
                EXAMPLE_AMOUNT,
                {"name": example.name, "found": format_yuan(found), "stated": format_yuan(stated)},
            )
            for place, found, stated in differences(version, example)
        ]
    return faults


def _in_force(book: PolicyBook, version: PolicyVersion, index: int) -> str:
    try:
        return book.governing(version.examples[index].facts).version
    except NoPolicyInForce:
        return "-"


def _schema_fault(error: ValidationError) -> FieldError:
    keyword = str(error.validator)
    wanted: Any = error.validator_value
    found: Any = error.instance
    pointer = _pointer(error.absolute_path)
    if keyword == "required":
        missing = _names(name for name in wanted if name not in found)
        return fault(pointer, f"缺少 {missing}", f"lacks {missing}")
    if keyword == "additionalProperties":
        known: Mapping[str, Any] = (
            error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        )
        extra = _names(name for name in found if name not in known)
        return fault(pointer, f"不认识的内容：{extra}", f"unknown: {extra}")
    reason = _REASONS.get(keyword)
    if reason is None:
        return fault(pointer, f"不符合政策包结构（{keyword}）", f"not as the schema asks ({keyword})")
    return fault(pointer, *reason(wanted, found))


def _pointer(path: Iterable[Any]) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1")[:_SHOWN] for part in path]
    return "".join(f"/{part}" for part in parts if part)
