"""Reading a JSON body without surprises: no NaN, duplicate keys, NUL, lone surrogates or depth bombs."""

import json
import re
from typing import Any, NoReturn

MAX_DEPTH = 32
_INT64 = 2**63
_MAX_INT_DIGITS = 400
# Only these escapes can bring a NUL or a surrogate into a text, so only then is the whole tree walked.
_RISKY_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_BAD_CHARACTER = re.compile("[\x00\ud800-\udfff]")


class ExactNumber:
    """A JSON number that is no plain integer, as it was written: it never passes through a float."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        if len(text) > _MAX_INT_DIGITS:
            raise BadJson("数值太长", "a number is too long")
        self.text = text


class BadJson(ValueError):
    """A body that is refused; both texts are safe to show and hold nothing of the body's values."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def loads(raw: bytes, *, exact: bool = False) -> Any:
    """Parse a JSON text in UTF-8, or raise BadJson. With ``exact`` fractions stay ``ExactNumber``."""
    try:
        _check_depth(raw)
        value = (_EXACT_DECODER if exact else _DECODER).decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadJson("不是 UTF-8 编码", "not UTF-8") from error
    except json.JSONDecodeError as error:
        raise BadJson(
            f"第 {error.pos} 个字符处有语法错误", f"syntax error at character {error.pos}"
        ) from error
    except RecursionError as error:
        raise _too_deep() from error
    if _RISKY_ESCAPE.search(raw):
        _check_characters(value)
    return value


def strings_in(raw: bytes) -> int | None:
    """How many strings, keys and values, a JSON text holds; ``None`` where that is not plain to see.

    A parser that lets the last of two equal keys win gives fewer than the text holds. Texts with escapes
    other than plain characters (``\\u4e00``) are not plain.
    """
    if b"\\" in raw and (raw.count(b"\\") != raw.count(b"\\u") or _RISKY_ESCAPE.search(raw)):
        return None
    quotes = raw.count(b'"')
    return None if quotes % 2 else quotes // 2


def _check_depth(raw: bytes) -> None:
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for token in re.finditer(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', raw):
        sign = raw[token.start()]
        if sign in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise _too_deep()
        elif sign in b"]}":
            depth -= 1


def _too_deep() -> BadJson:
    return BadJson(f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH} levels")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise BadJson("同一对象中有重复的字段名", "an object has the same key twice")
    return result


def _no_constant(name: str) -> NoReturn:
    raise BadJson(f"{name} 不是合法的数值", f"{name} is not a JSON number")


def _bounded_int(digits: str) -> int:
    if len(digits) > _MAX_INT_DIGITS or not -_INT64 <= int(digits) < _INT64:
        raise BadJson("整数超出 64 位范围", "an integer exceeds 64 bits")
    return int(digits)


# Made once: json.loads with hooks would make one for every text.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_bounded_int)
_EXACT_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_no_constant,
    parse_int=_bounded_int,
    parse_float=ExactNumber,
)


def _check_characters(value: Any) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            # A pair of surrogates has become one character; what is left over here stands alone.
            if _BAD_CHARACTER.search(item):
                raise BadJson("文本中含有不允许的字符", "a text holds NUL or a lone surrogate")
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
