"""Field types of the interface: texts with the standard's lengths, amounts (16,2), times in China.

Fields that are not known are ignored, as the outside standard asks; those that are known are exact.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from shared.clock import SHANGHAI
from shared.fields import fault
from shared.money import MAX_FEN
from shared.strict_json import ExactNumber

_AMOUNT = re.compile(r"(-?)([0-9]{1,14})(?:\.([0-9]{1,2}))?")
_DECIMAL = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,6}))?")
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?")


class Part(BaseModel):
    """A node of a message: what it does not know is ignored, texts are trimmed."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True, frozen=True)


def blank(value: Any) -> Any:
    """Systems send fields that they leave empty as "" or null."""
    return None if isinstance(value, str) and not value.strip() else value


def _code(value: Any) -> Any:
    """A code that is sent as a plain number is the same code."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_TEXT, _LEFT_OUT = BeforeValidator(_code), BeforeValidator(blank)

Text3 = Annotated[str, Field(min_length=1, max_length=3), _TEXT]
Text5 = Annotated[str, Field(min_length=1, max_length=5), _TEXT]
Text6 = Annotated[str, Field(min_length=1, max_length=6), _TEXT]
Text10 = Annotated[str, Field(min_length=1, max_length=10), _TEXT]
Text12 = Annotated[str, Field(min_length=1, max_length=12), _TEXT]
Text20 = Annotated[str, Field(min_length=1, max_length=20), _TEXT]
Text30 = Annotated[str, Field(min_length=1, max_length=30), _TEXT]
Text50 = Annotated[str, Field(min_length=1, max_length=50), _TEXT]
Text200 = Annotated[str, Field(min_length=1, max_length=200), _TEXT]
"""Texts that have to be there, of at most so many characters."""

Maybe3 = Annotated[Text3 | None, _LEFT_OUT]
Maybe6 = Annotated[Text6 | None, _LEFT_OUT]
Maybe10 = Annotated[Text10 | None, _LEFT_OUT]
Maybe20 = Annotated[Text20 | None, _LEFT_OUT]
Maybe30 = Annotated[Text30 | None, _LEFT_OUT]
Maybe50 = Annotated[Text50 | None, _LEFT_OUT]
Maybe100 = Annotated[Annotated[str, Field(max_length=100), _TEXT] | None, _LEFT_OUT]
Maybe200 = Annotated[Text200 | None, _LEFT_OUT]
Maybe1024 = Annotated[Annotated[str, Field(max_length=1024), _TEXT] | None, _LEFT_OUT]
Maybe2000 = Annotated[Annotated[str, Field(max_length=2000), _TEXT] | None, _LEFT_OUT]
"""Texts that may be left out or empty."""


def marks(pattern: str, zh: str, en: str) -> AfterValidator:
    """A text of certain characters; who writes another is told which."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise fault("bad_code", zh, en)
        return value

    return AfterValidator(check)


def digits(value: Any) -> str:
    """The digits of a number as they were written: an integer, a fraction, or a text that holds one."""
    if isinstance(value, ExactNumber):
        return value.text
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise fault("not_a_number", "应为数值", "must be a number")


def _amount(value: Any) -> int:
    match = _AMOUNT.fullmatch(digits(value))
    if not match:
        raise fault(
            "bad_amount",
            "金额应为数值型（16,2）：最多 14 位整数、2 位小数",
            "must be an amount (16,2): at most 14 digits before and 2 after the point",
        )
    sign, whole, cents = match.groups()
    fen = int(whole) * 100 + int((cents or "").ljust(2, "0"))
    if fen > MAX_FEN:
        raise fault("amount_too_large", "金额超出系统上限", "the amount exceeds what the system can hold")
    return -fen if sign else fen


def _scaled(decimals: int, value: Any, zh: str, en: str) -> int:
    match = _DECIMAL.fullmatch(digits(value))
    if match:
        sign, whole, rest = match.groups()
        padded = (rest or "").ljust(decimals, "0")
        number: int = int(whole) * 10**decimals + int(padded[:decimals] or "0")
        if len(whole) <= 9 and not padded[decimals:].strip("0"):
            return -number if sign else number
    raise fault("bad_number", zh, en)


def _quantity(value: Any) -> int:
    return _scaled(3, value, "数量应为最多三位小数的数值", "must be a number with at most three decimals")


def _price(value: Any) -> int:
    return _scaled(4, value, "单价应为最多四位小数的数值", "must be a price with at most four decimals")


def _rate(value: Any) -> int:
    rate = _scaled(4, value, "比例应在 0 与 1 之间，最多四位小数", "must be a rate between 0 and 1")
    if not 0 <= rate <= 10_000:
        raise fault("bad_number", "比例应在 0 与 1 之间，最多四位小数", "must be a rate between 0 and 1")
    return rate


def _count(value: Any) -> int:
    written = digits(value)
    if not re.fullmatch("[0-9]{1,9}", written):
        raise fault("bad_number", "应为非负整数", "must be a whole number that is not negative")
    return int(written)


def _moment(value: Any) -> datetime:
    if isinstance(value, str) and _TIME.fullmatch(value.strip()):
        try:
            return datetime.fromisoformat(value.strip()).replace(tzinfo=SHANGHAI)
        except ValueError:
            pass
    raise fault(
        "bad_time",
        "时间应写作 2026-03-01 08:00:00（或日期 2026-03-01），且真实存在",
        "must be a time such as 2026-03-01 08:00:00, or a date, that exists",
    )


_NUMBER = {"anyOf": [{"type": "number"}, {"type": "string"}]}

Amount = Annotated[int, BeforeValidator(_amount), WithJsonSchema({**_NUMBER, "examples": [8766, "8766.00"]})]
"""Amount in yuan (16,2), as a number or a text; held in fen. May be negative."""
Quantity = Annotated[int, BeforeValidator(_quantity), WithJsonSchema({**_NUMBER, "examples": [1]})]
"""Quantity, held in thousandths."""
Price = Annotated[int, BeforeValidator(_price), WithJsonSchema({**_NUMBER, "examples": [12, "12.3000"]})]
"""Unit price in yuan, held in 1/10,000 yuan."""
Rate = Annotated[int, BeforeValidator(_rate), WithJsonSchema({**_NUMBER, "examples": ["0.1"]})]
"""Rate between 0 and 1, held in basis points."""
Count = Annotated[int, BeforeValidator(_count), WithJsonSchema({**_NUMBER, "examples": [12]})]
_TIME_SCHEMA = WithJsonSchema({"type": "string", "examples": ["2026-03-01 08:00:00"]})
Moment = Annotated[datetime, BeforeValidator(_moment), _TIME_SCHEMA]
"""A time in China without an offset, as the interface writes it; a date is its midnight."""


MaybeAmount = Annotated[Amount | None, _LEFT_OUT]
MaybePrice = Annotated[Price | None, _LEFT_OUT]
MaybeRate = Annotated[Rate | None, _LEFT_OUT]
MaybeMoment = Annotated[Moment | None, _LEFT_OUT]


def yuan(fen: int) -> Decimal:
    """Fen as the interface's number of yuan with two decimals."""
    return Decimal(fen).scaleb(-2)


def written_time(moment: datetime) -> str:
    """A moment as the interface writes it."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
