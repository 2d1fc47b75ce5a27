"""Financing of the resident scheme: what each payer owes, and how the total is divided (DOMAIN S-15, S-16).

Pure: integers only. Amounts per head come in ten-thousandths of a yuan, since county shares such as 7.2 yuan
have fractions of a fen in other counties; nothing is rounded before the total.
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.money import BasisPoints, Fen, apportion, div_half_up, share

PER_FEN = 100
"""Ten-thousandths of a yuan in a fen."""


class Terms(NamedTuple):
    """What a county and year's financing is computed from; ``..._e4``: in ten-thousandths of a yuan."""

    enrolled: int
    per_head_e4: Mapping[str, int]
    risk_reserve_rate_bp: BasisPoints
    outpatient_account_per_head_e4: int


class Financing(NamedTuple):
    """The result in fen. Σ due = total; reserve + usable = total; outpatient account + pooled = usable."""

    due: dict[str, Fen]
    total: Fen
    reserve: Fen
    usable: Fen
    outpatient_account: Fen
    pooled: Fen


def finance(terms: Terms) -> Financing:
    """Multiply out per head, round the total half-up to the fen, and divide it (S-15, S-16).

    The payers' dues are rounded so that they add up to the total. The pooled fund may come out negative when
    the terms make no sense; the caller refuses that.
    """
    exact = [terms.enrolled * amount for amount in terms.per_head_e4.values()]
    dues = apportion(exact, PER_FEN)
    total = sum(dues)
    reserve = share(total, terms.risk_reserve_rate_bp)
    accounts = div_half_up(terms.enrolled * terms.outpatient_account_per_head_e4, PER_FEN)
    return Financing(
        due=dict(zip(terms.per_head_e4, dues, strict=True)),
        total=total,
        reserve=reserve,
        usable=total - reserve,
        outpatient_account=accounts,
        pooled=total - reserve - accounts,
    )


def parse_per_head(text: str) -> int:
    """Read yuan per head with at most four decimals into ten-thousandths of a yuan; ValueError otherwise."""
    whole, dot, decimals = text.partition(".")
    plain = whole.isascii() and whole.isdigit() and len(whole) <= 5
    if not plain or (dot and not (decimals.isascii() and decimals.isdigit() and len(decimals) <= 4)):
        raise ValueError("not an amount per head with at most four decimals")
    return int(whole) * 10_000 + int(decimals.ljust(4, "0") or "0")


def format_per_head(amount_e4: int) -> str:
    """Write ten-thousandths of a yuan with two to four decimals: 7.20, 0.0333."""
    whole, decimals = divmod(amount_e4, 10_000)
    digits = f"{decimals:04d}"
    return f"{whole}.{digits[:2]}{digits[2:].rstrip('0')}"
