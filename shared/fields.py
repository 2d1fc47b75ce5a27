"""Field types of requests and replies: bounded, exact, the same in every service."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared import money
from shared.divisions import COUNTY_PATTERN

_YUAN_PATTERN = r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$"
_SIGNED_PATTERN = r"^-?[0-9]{1,13}\.[0-9]{2}$"
_RATE_PATTERN = r"^(0(\.[0-9]{1,4})?|1(\.0{1,4})?)$"


class Body(BaseModel):
    """A request body: unknown fields are refused, texts are trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class Reply(BaseModel):
    """A reply body."""

    model_config = ConfigDict(frozen=True)


def fault(code: str, zh: str, en: str) -> PydanticCustomError:
    """A validator's refusal with a code (``field.<code>``) and both texts of its own."""
    return PydanticCustomError(code, "{en}", {"zh": zh, "en": en})


def only_text(value: Any) -> str:
    """Amounts, rates and dates arrive as strings: a JSON number has been through a float in many clients."""
    if not isinstance(value, str):
        raise fault("not_a_string", "应为字符串，不能是数字", "must be a string, not a number")
    return value


def _yuan(value: Any) -> int:
    return _read_yuan(only_text(value))


# The same amounts come again and again: parsing is a good part of the cost of a long bill.
@lru_cache(maxsize=1 << 16)
def _read_yuan(text: str) -> int:
    try:
        fen = money.parse_yuan(text)
    except ValueError:
        raise fault(
            "bad_amount",
            "应为最多两位小数的金额（元）",
            "must be an amount in yuan with at most two decimals",
        ) from None
    if fen < 0:
        raise fault("negative_amount", "金额不能为负数", "an amount cannot be negative")
    if fen > money.MAX_FEN:
        raise fault("amount_too_large", "金额超出系统上限", "the amount exceeds what the system can hold")
    return fen


def _rate(value: Any) -> int:
    return _read_rate(only_text(value))


_read_rate = lru_cache(maxsize=1 << 10)(money.parse_rate)


def _text_schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Yuan = Annotated[int, BeforeValidator(_yuan), _text_schema(_YUAN_PATTERN, "8766.00")]
"""Request amount: a decimal string in yuan, held as fen."""

YuanOut = Annotated[
    int,
    PlainSerializer(money.format_yuan, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _SIGNED_PATTERN, "examples": ["8766.00"]}),
]
"""Reply amount: fen, written as yuan with two decimals."""

Rate = Annotated[int, BeforeValidator(_rate), _text_schema(_RATE_PATTERN, "0.10")]
"""Request rate between 0 and 1, held in basis points."""

RateOut = Annotated[
    int, PlainSerializer(money.format_rate, return_type=str), _text_schema(r"^[0-9]+\.[0-9]{4}$", "0.0500")
]
"""Reply rate: basis points, written with four decimals."""

_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T.+(Z|[+-][0-9]{2}:[0-9]{2})")


def _day(value: Any) -> date:
    # pydantic alone would take a number for seconds since 1970. JSON has no dates, our own code has.
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise fault(
        "bad_date", "日期应写作 2026-03-01，且真实存在", "must be a date such as 2026-03-01 that exists"
    )


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise fault(
        "bad_instant",
        "时间应写作 2026-03-01T08:00:00+08:00",
        "must be an instant such as 2026-03-01T08:00:00+08:00",
    )


Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-03-09"]}),
]
"""A business date in Asia/Shanghai, 2000 to 2099."""

Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-09T08:00:00+08:00"]}),
]
"""A moment with its offset from UTC, 2000 to 2099."""

ShortText = Annotated[str, Field(min_length=1, max_length=64)]
CodeText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,64}$")]
CountyCode = Annotated[str, Field(pattern=COUNTY_PATTERN, examples=["990101"])]
Count = Annotated[int, Field(strict=True, ge=0, le=10**9)]
Year = Annotated[int, Field(strict=True, ge=2000, le=2099)]
IdNumberText = Annotated[str, Field(min_length=15, max_length=24, examples=["99010119800101001X"])]
