"""The statement as an HTML page that prints on A4: no script, nothing loaded from anywhere, text escaped."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.claims.coverage import certificates
from services.claims.referrals.rules import REASONS
from services.claims.settlements import words
from services.claims.settlements.statement import Statement
from shared.clock import SHANGHAI
from shared.money import BasisPoints, Fen, format_yuan
from shared.money_words import yuan_in_words

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Language": "zh-CN",
}
"""A statement is a health record: caches do not keep it, and should any text slip through, it cannot run."""


def page(statement: Statement) -> str:
    """The page."""
    return _TEMPLATE.render(statement=statement, one=statement.settlement)


def _yuan(fen: Fen) -> str:
    """Yuan with thousands separators, such as 1,234,567.80."""
    whole, _, cents = format_yuan(abs(fen)).partition(".")
    return f"{'-' if fen < 0 else ''}{int(whole):,}.{cents}"


def _percent(rate_bp: BasisPoints) -> str:
    return f"{rate_bp // 100}.{rate_bp % 100:02d}".rstrip("0").rstrip(".") + "%"


def _decimal(number: int, decimals: int, shown: int) -> str:
    """A scaled integer with at least ``shown`` decimals and no zeros behind them."""
    whole, part = divmod(number, 10**decimals)
    digits = f"{part:0{decimals}d}"
    kept = digits[:shown] + digits[shown:].rstrip("0")
    return f"{whole}.{kept}" if kept else str(whole)


def _word(code: Any, table: str) -> str:
    """The Chinese word of a code."""
    found: Mapping[Any, str] = getattr(words, table)
    return found.get(code, str(code))


def _instant(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y年%m月%d日 %H:%M}"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "yuan": _yuan,
        "in_words": yuan_in_words,
        "percent": _percent,
        "quantity": lambda milli: _decimal(milli, 3, 0),
        "price": lambda e4: _decimal(e4, 4, 2),
        "word": _word,
        "instant": _instant,
        "reason": lambda code: REASONS.get(code, code),
        "chronic": lambda code: certificates.REASONS.get(code, code),
    }
    return environment


_TEMPLATE = _environment().get_template("statement.html")
