"""Money: exact reading and writing, one rounding rule."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import money

FEN = st.integers(min_value=-money.MAX_FEN, max_value=money.MAX_FEN)


@given(FEN)
def test_an_amount_survives_being_written_and_read(fen: int) -> None:
    assert money.parse_yuan(money.format_yuan(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [("0", 0), ("12", 1200), ("12.3", 1230), ("12.30", 1230), ("-0.05", -5), ("587515.31", 58751531)],
)
def test_amounts_are_read_exactly(text: str, fen: int) -> None:
    assert money.parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".",
        "12.",
        ".5",
        "1.005",
        "1e3",
        "NaN",
        "１２.30",
        "1,200.00",
        "--1",
        "+1",
        " 1",
        "1" * 14,
        "0x10",
    ],
)
def test_what_is_not_a_plain_amount_is_refused_rather_than_rounded(text: str) -> None:
    with pytest.raises(ValueError, match="yuan"):
        money.parse_yuan(text)


@pytest.mark.parametrize(
    ("numerator", "denominator", "result"),
    [(1, 2, 1), (-1, 2, -1), (149, 100, 1), (150, 100, 2), (-150, 100, -2), (0, 7, 0), (7, 7, 1)],
)
def test_halves_are_rounded_away_from_zero(numerator: int, denominator: int, result: int) -> None:
    assert money.div_half_up(numerator, denominator) == result


@given(FEN, st.integers(min_value=1, max_value=10**9))
def test_integer_rounding_agrees_with_the_decimal_library(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    scaled = (exact * 10).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    result = money.div_half_up(numerator, denominator)
    assert abs(Decimal(result) - exact) <= Decimal("0.5")
    assert abs(Decimal(result) * 10 - scaled) <= 5


@given(st.integers(min_value=0, max_value=money.MAX_FEN), st.integers(min_value=0, max_value=10_000))
def test_a_share_lies_between_nothing_and_the_whole(amount: int, rate: int) -> None:
    part = money.share(amount, rate)
    assert 0 <= part <= amount
    assert abs(part * 10_000 - amount * rate) <= 5_000


@given(st.integers(min_value=0, max_value=10_000))
def test_a_rate_survives_being_written_and_read(rate: int) -> None:
    assert money.parse_rate(money.format_rate(rate)) == rate


@pytest.mark.parametrize("text", ["1.0001", "-0.1", "2", "0.12345", "", ".5", "0.1a", "1e-1"])
def test_what_is_not_a_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        money.parse_rate(text)


def test_the_share_of_nothing_is_zero() -> None:
    assert money.ratio_bp(0, 0) == 0
    assert money.ratio_bp(1, 3) == 3333
