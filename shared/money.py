"""Money is integer fen; every rounding in the platform happens in this module, half-up."""

from collections.abc import Sequence

Fen = int
BasisPoints = int

MAX_FEN: Fen = 10**15 - 1
"""Largest amount accepted anywhere (9,999,999,999,999.99 yuan): sums of thousands still fit a BIGINT."""

FULL_RATE_BP: BasisPoints = 10_000

_CENTS = tuple(f"{cents:02d}" for cents in range(100))


def div_half_up(numerator: int, denominator: int) -> int:
    """Divide integers, rounding half away from zero. The denominator must be positive."""
    if denominator <= 0:
        raise ValueError("denominator must be positive")
    if numerator < 0:
        return -((denominator - 2 * numerator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def share(amount_fen: Fen, rate_bp: BasisPoints) -> Fen:
    """The part of an amount that a rate in basis points takes, rounded half-up to the fen."""
    return div_half_up(amount_fen * rate_bp, FULL_RATE_BP)


def parse_yuan(text: str) -> Fen:
    """Read a decimal string of yuan such as ``"-12.30"``; more than two decimals is an error."""
    digits = text.removeprefix("-")
    whole, dot, cents = digits.partition(".")
    plain = whole.isascii() and whole.isdigit() and len(whole) <= 13
    if not plain or (dot and not (cents.isascii() and cents.isdigit() and len(cents) <= 2)):
        raise ValueError("not an amount in yuan with at most two decimals")
    fen = int(whole) * 100 + int(cents.ljust(2, "0") or "0")
    return -fen if text.startswith("-") else fen


def format_yuan(fen: Fen) -> str:
    """Write fen as yuan with exactly two decimals."""
    if fen < 0:
        return f"-{format_yuan(-fen)}"
    return f"{fen // 100}.{_CENTS[fen % 100]}"


def parse_rate(text: str) -> BasisPoints:
    """Read a rate between 0 and 1 with at most four decimals (``"0.10"`` is 1,000 basis points)."""
    whole, dot, decimals = text.partition(".")
    plain = whole in {"0", "1"} and (not dot or (decimals.isascii() and decimals.isdigit()))
    if not plain or len(decimals) > 4:
        raise ValueError("not a rate between 0 and 1 with at most four decimals")
    rate = int(whole) * FULL_RATE_BP + int(decimals.ljust(4, "0") or "0")
    if rate > FULL_RATE_BP:
        raise ValueError("not a rate between 0 and 1 with at most four decimals")
    return rate


def format_rate(rate_bp: BasisPoints) -> str:
    """Write basis points as a decimal with four places (500 is ``"0.0500"``)."""
    return f"{rate_bp // FULL_RATE_BP}.{rate_bp % FULL_RATE_BP:04d}"


def ratio_bp(part: Fen, whole: Fen) -> BasisPoints:
    """The share of ``part`` in ``whole`` in basis points, half-up; 0 of nothing is 0."""
    return div_half_up(part * FULL_RATE_BP, whole) if whole else 0


def share_down(amount_fen: Fen, rate_bp: BasisPoints) -> Fen:
    """The most whole fen that stay within a rate of a non-negative amount: for ceilings only."""
    return amount_fen * rate_bp // FULL_RATE_BP


def apportion(parts: Sequence[int], denominator: int) -> list[Fen]:
    """Round parts of one sum (in ``1/denominator`` fen) so that they add up to the sum, itself half-up.

    Every part is rounded down, and the fen that are then missing go to the largest fractions, the earlier
    part first. Parts must not be negative.
    """
    whole = [part // denominator for part in parts]
    missing = div_half_up(sum(parts), denominator) - sum(whole)
    by_fraction = sorted(range(len(parts)), key=lambda place: -(parts[place] % denominator))
    for place in by_fraction[:missing]:
        whole[place] += 1
    return whole


HALF_UP, TRUNCATE = "half_up", "truncate"
"""Rounding modes of reports: both are in use (DOMAIN, lessons of 2.2), so a report says which one it has."""


def divide(numerator: int, denominator: int, rounding: str) -> int:
    """Divide integers half-up (half away from zero) or towards zero; the denominator must be positive."""
    if rounding == HALF_UP:
        return div_half_up(numerator, denominator)
    if rounding != TRUNCATE or denominator <= 0:
        raise ValueError("the denominator must be positive, the mode half_up or truncate")
    quotient = abs(numerator) // denominator
    return quotient if numerator >= 0 else -quotient


def format_decimal(scaled: int, decimals: int) -> str:
    """Write an integer in units of ``10**-decimals`` as a decimal: 8364 with two is ``"83.64"``."""
    sign, digits = "-" if scaled < 0 else "", str(abs(scaled)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"
