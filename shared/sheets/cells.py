"""Cells of spreadsheets as text, and texts as clerks write them."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache

_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_EXACT = 2**53
_MONTH = re.compile(r"(\d{4})[-/.年]?(\d{1,2})月?")
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))")
_VILLAGE = re.compile(r"[0-9]{12}")
_PHONE_DIGITS = 11
_SHOWN = 24
_EXAMINED = 200
# A spreadsheet that took a long number for a quantity has lost its last digits.
LOST_DIGITS = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)

Cell = str | float | int | bool | datetime | date | time | timedelta | None


def cell_text(value: Cell) -> str:
    """The text of a cell: whole numbers without ".0", dates as ISO dates, truth values as 是 and 否."""
    if isinstance(value, str):
        text = value.strip()
        return text if text.isascii() or text.isalnum() else text.translate(_INVISIBLE).strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)


def _number_text(value: float) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.10E}"
    return str(int(value)) if value.is_integer() else str(value)


def plain(text: str) -> str:
    """Full-width forms folded, no blanks: the form in which codes and headings are compared."""
    if text.isascii():
        return text if text.isalnum() else "".join(text.split())
    return _folded(text)


@lru_cache(maxsize=8192)
def _folded(text: str) -> str:
    # The same few hundred Chinese texts fill most cells of a file.
    return "".join(unicodedata.normalize("NFKC", text).split())


def parse_month(text: str) -> date | None:
    """The first day of a month written 202305, 2023-05, 2023年5月 or as a date; None if there is none."""
    compact = plain(text)
    found = _MONTH.fullmatch(compact)
    if found:
        return _day(found[1], found[2], "1")
    day = parse_day(compact)
    return day.replace(day=1) if day else None


def parse_day(text: str) -> date | None:
    """A day written 2026-03-01, 2026/3/1, 20260301 or 2026年3月1日; None if there is no such day."""
    found = _DAY.fullmatch(plain(text))
    return _day(found[1], found[2] or found[4], found[3] or found[5]) if found else None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        parsed = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return parsed if 1900 <= parsed.year <= 2099 else None


def shown(text: str) -> str:
    """What may be repeated of a cell in an error list: short, and never a whole identity or phone number.

    Village codes, twelve digits, stay readable; any other text with so many digits keeps seven of them.
    """
    compact = plain(text)[:_EXAMINED]
    printable = "".join(sign for sign in compact if sign.isprintable())
    places = [place for place, sign in enumerate(printable) if sign.isdigit()]
    if len(places) >= _PHONE_DIGITS and not _VILLAGE.fullmatch(printable):
        hidden = set(places[3:-4])
        printable = "".join("*" if place in hidden else sign for place, sign in enumerate(printable))
    return printable[:_SHOWN]
