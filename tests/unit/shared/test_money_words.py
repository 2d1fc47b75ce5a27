"""Amounts in formal Chinese numerals, and an independent reading of them back."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.money import MAX_FEN
from shared.money_words import yuan_in_words

DIGITS = {"零": 0, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8, "玖": 9}
SMALL = {"拾": 10, "佰": 100, "仟": 1_000}
LARGE = {"万": 10**4, "亿": 10**8}


def read_number(words: str) -> int:
    """Sign by sign, as a cashier reads: units multiply the digit before them, large ones all before them."""
    total = section = digit = 0
    for sign in words:
        if sign in DIGITS:
            digit = DIGITS[sign]
        elif sign in SMALL:
            section, digit = section + digit * SMALL[sign], 0
        else:
            section, digit = section + digit, 0
            # 玖万亿: what stands before 亿 is multiplied as a whole.
            total, section = (
                ((total + section) * LARGE[sign], 0) if sign == "亿" else (total + section * LARGE[sign], 0)
            )
    return total + section + digit


def read_back(words: str) -> int:
    """Fen of an amount in words; refuses what is not written by the rules."""
    digit = "([壹贰叁肆伍陆柒捌玖])"
    form = re.fullmatch(f"(负?)(?:(.+)元整?)?(?:零?{digit}角)?(?:零?{digit}分)?", words)
    assert form, words
    sign, yuan, tenths, hundredths = (part or "" for part in form.groups())
    fen = 100 * read_number(yuan) + 10 * read_number(tenths) + read_number(hundredths)
    return -fen if sign else fen


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        # The examples of the rule itself.
        (140_950, "壹仟肆佰零玖元伍角"),
        (600_714, "陆仟零柒元壹角肆分"),
        (168_032, "壹仟陆佰捌拾元零叁角贰分"),
        (10_700_053, "壹拾万柒仟元零伍角叁分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        # Edges.
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角"),
        (11, "壹角壹分"),
        (100, "壹元整"),
        (101, "壹元零壹分"),
        (110, "壹元壹角"),
        (1_000, "壹拾元整"),
        (1_001, "壹拾元零壹分"),
        (12_345, "壹佰贰拾叁元肆角伍分"),
        (100_000_00, "壹拾万元整"),
        (100_100_00, "壹拾万零壹佰元整"),
        (101_000_00, "壹拾万壹仟元整"),
        (1_0000_0001_00, "壹亿零壹元整"),
        (1_0001_0000_00, "壹亿零壹万元整"),
        (1_0000_1000_00, "壹亿零壹仟元整"),
        (1_1000_0000_00, "壹亿壹仟万元整"),
        (10_0000_0000_00, "壹拾亿元整"),
        (-12_300, "负壹佰贰拾叁元整"),
        (-5, "负伍分"),
        (MAX_FEN, "玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_amounts_are_written_as_bills_and_receipts_demand(fen: int, words: str) -> None:
    assert yuan_in_words(fen) == words


@given(st.integers(-MAX_FEN, MAX_FEN) | st.integers(-200_000, 200_000))
@example(10**15 - 100)
@example(1_000_000_000_001)
def test_reading_the_words_back_gives_the_amount(fen: int) -> None:
    assert read_back(yuan_in_words(fen)) == fen


@given(st.integers(0, MAX_FEN))
def test_no_run_of_zeros_is_written_twice_and_only_whole_yuan_end_in_whole(fen: int) -> None:
    words = yuan_in_words(fen)
    assert "零零" not in words
    assert words.endswith("整") == (fen % 100 == 0)
    assert not words.startswith("零") or fen == 0
    assert not re.search("零(元[^整]|万|亿|拾|佰|仟|角|分)", words)


@given(st.integers(0, 9_999), st.integers(0, 99))
def test_different_amounts_never_share_their_words(yuan: int, cents: int) -> None:
    fen = yuan * 100 + cents
    assert yuan_in_words(fen) != yuan_in_words(fen + 1)


def test_an_amount_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="not written in words"):
        yuan_in_words(10**18)
