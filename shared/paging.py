"""Cursor paging: a stable order, a hard upper limit, an opaque cursor."""

import base64
import binascii
import json
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query

from shared import strict_json
from shared.fields import Reply
from shared.problems import BAD_CURSOR, Problem

MAX_PAGE = 200
T = TypeVar("T")

LimitQuery = Annotated[int, Query(ge=1, le=MAX_PAGE, description="每页条数，最多 200")]
CursorQuery = Annotated[str | None, Query(max_length=500, description="上一页返回的 next_cursor")]


class Page(Reply, Generic[T]):
    """One page of a list; ``next_cursor`` is null on the last page."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(*keys: Any) -> str:
    """A cursor that continues after the row with these sort keys."""
    packed = json.dumps(keys, separators=(",", ":"), default=str).encode()
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """The sort keys inside a cursor, read as the given types; anything else is refused."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        keys = strict_json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(keys, list) or len(keys) != len(kinds):
            raise ValueError("wrong number of keys")
        return tuple(_key(kind, key) for kind, key in zip(kinds, keys, strict=True))
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise Problem(BAD_CURSOR, pointer="/query/cursor") from error


def _key(kind: type, key: Any) -> Any:
    """A key of the type that was given out: ``int("1e9")`` or ``str({})`` would be made up by the caller."""
    if kind is int:
        if type(key) is not int or key < 0:
            raise ValueError("no row has this number")
        return key
    if not isinstance(key, str):
        raise TypeError("not a text")
    return kind(key)
