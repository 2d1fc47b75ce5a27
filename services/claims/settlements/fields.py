"""Field types of settlement requests: quantities and unit prices, exact and bounded."""

import re
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from shared.fields import fault, only_text

MAX_CHARGES = 2_000
_QUANTITY = re.compile(r"(-?)([0-9]{1,9})(?:\.([0-9]{1,3}))?")
_PRICE = re.compile(r"(-?)([0-9]{1,9})(?:\.([0-9]{1,4}))?")


def _scaled(pattern: re.Pattern[str], decimals: int, text: str, zh: str, en: str) -> int:
    match = pattern.fullmatch(text)
    if not match:
        raise fault("bad_number", zh, en)
    sign, whole, part = match.groups()
    number: int = int(whole) * 10**decimals + int((part or "").ljust(decimals, "0"))
    return -number if sign else number


# The same few quantities and catalogue prices come in every message.
@lru_cache(maxsize=1 << 14)
def _read_quantity(text: str) -> int:
    zh, en = "数量应为最多三位小数的字符串", "a quantity is a string with at most three decimals"
    return _scaled(_QUANTITY, 3, text, zh, en)


@lru_cache(maxsize=1 << 16)
def _read_price(text: str) -> int:
    zh = "单价应为最多四位小数的字符串（元）"
    return _scaled(_PRICE, 4, text, zh, "a unit price is a string of yuan with at most four decimals")


def _quantity(value: Any) -> int:
    return _read_quantity(only_text(value))


def _price(value: Any) -> int:
    return _read_price(only_text(value))


def _charges(value: Any) -> Any:
    if isinstance(value, list) and len(value) > MAX_CHARGES:
        raise fault(
            "too_many_charges",
            f"费用明细最多 {MAX_CHARGES} 行，请合并同类项目",
            f"at most {MAX_CHARGES} charge lines; merge equal items",
        )
    return value


def _schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Quantity = Annotated[int, BeforeValidator(_quantity), _schema(r"^-?[0-9]{1,9}(\.[0-9]{1,3})?$", "2")]
"""Decimal string with at most three decimals, held in thousandths."""

UnitPrice = Annotated[int, BeforeValidator(_price), _schema(r"^-?[0-9]{1,9}(\.[0-9]{1,4})?$", "12.30")]
"""Decimal string of yuan with at most four decimals, held in 1/10,000 yuan."""

BoundedCharges = BeforeValidator(_charges)
