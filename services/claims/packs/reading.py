"""From the text of a pack to plain data: bounded, and nothing in it that could not be stored.

Aliases are counted as if they were written out, because everything that follows walks the data that way.
"""

import json
import re
from typing import Any, Final

import yaml

from services.claims.benefits.policy import PackError
from services.claims.policies.load import PackLoader

MAX_BYTES: Final = 256 * 1024
MAX_NODES: Final = 50_000
MAX_ENTRIES: Final = 2_000
MAX_DEPTH: Final = 32
_BAD_CHARACTER: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "null", "bool", "int", "float")
)
# What PyYAML's constructors raise on a value that does not fit its tag (``!!int abc``, ``!!bool x``).
_MISFITS: Final = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError)


class Unreadable(Exception):
    """A text that is no pack at all; both reasons are safe to show."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def decode(body: bytes) -> str:
    """The text of a YAML body, which is UTF-8 with or without a byte order mark."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("不是 UTF-8 编码", "not UTF-8") from None


def as_text(data: Any) -> str:
    """Plain data as the text that is kept: JSON, which is YAML too."""
    return json.dumps(data, ensure_ascii=False, indent=1)


def read_text(text: str) -> Any:
    """The plain data of a pack's text. Raises ``Unreadable``."""
    try:
        return _read(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(f"第 {line} 行附近有语法错误", f"syntax error near line {line}") from error
    except PackError as error:
        raise Unreadable(f"有重复的键（{error.path}）", f"a key is given twice ({error.path})") from error
    except RecursionError as error:
        raise _too_deep() from error
    except (yaml.YAMLError, *_MISFITS) as error:
        raise Unreadable("含有不能识别的字符或值", "a character or value that cannot be read") from error


def _read(text: str) -> Any:
    loader = PackLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise Unreadable("内容为空", "empty")
        _weigh(node, {})
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _weigh(node: yaml.Node, known: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """How many nodes and how deep, aliases written out; raises ``Unreadable`` beyond the limits."""
    if id(node) in known:
        weight = known[id(node)]
        if weight is None:
            raise Unreadable("别名引用了自身", "an alias refers to itself")
        return weight
    known[id(node)] = None
    size, height = 1, 0
    for child in _children(node):
        below, depth = _weigh(child, known)
        size, height = size + below, max(height, depth + 1)
        if size > MAX_NODES:
            raise Unreadable(f"内容超过 {MAX_NODES} 项", f"more than {MAX_NODES} values")
        if height > MAX_DEPTH:
            raise _too_deep()
    known[id(node)] = size, height
    return size, height


def _children(node: yaml.Node) -> list[yaml.Node]:
    if node.tag not in _TAGS:
        raise Unreadable("含有不支持的 YAML 标签或合并键", "a YAML tag or merge key, which packs do not use")
    if isinstance(node, yaml.ScalarNode):
        if _BAD_CHARACTER.search(node.value):
            raise Unreadable("文本中含有不允许的控制字符", "a text holds a control character")
        return []
    if len(node.value) > MAX_ENTRIES:
        raise Unreadable(f"一个列表或对象超过 {MAX_ENTRIES} 项", f"a list or mapping of over {MAX_ENTRIES}")
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value)


def _too_deep() -> Unreadable:
    return Unreadable(f"嵌套超过 {MAX_DEPTH} 层", f"nested deeper than {MAX_DEPTH} levels")
