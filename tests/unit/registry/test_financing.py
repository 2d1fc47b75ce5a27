"""Financing rules: the published numbers, fractions of a fen, and that nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.financing.rules import Terms, finance, format_per_head, parse_per_head
from shared.money import apportion

PER_HEAD = {"personal": "10", "central": "40", "province": "22", "city": "7.2", "county": "10.8"}


def terms(enrolled: int, per_head: dict[str, str], reserve_bp: int = 0, account: str = "0") -> Terms:
    amounts = {payer: parse_per_head(text) for payer, text in per_head.items()}
    return Terms(enrolled, amounts, reserve_bp, parse_per_head(account))


def test_the_published_report_comes_out_to_the_fen() -> None:
    # DOMAIN O-07 and O-08 (S-15, S-16).
    result = finance(terms(145_903, PER_HEAD, 400, "8"))
    assert result.due == {
        "personal": 145_903_000,
        "central": 583_612_000,
        "province": 320_986_600,
        "city": 105_050_160,
        "county": 157_575_240,
    }
    assert result.total == 1_313_127_000 == 145_903 * 9_000
    assert (result.reserve, result.usable) == (52_525_080, 1_260_601_920)
    assert (result.outpatient_account, result.pooled) == (116_722_400, 1_143_879_520)


@pytest.mark.parametrize(
    ("enrolled", "per_head", "due"),
    [
        (3, {"a": "0.0033"}, {"a": 1}),  # 0.99 fen
        (1, {"a": "0.005"}, {"a": 1}),  # half a fen
        (1, {"a": "0.0049"}, {"a": 0}),
        (1, {"a": "0.005", "b": "0.005"}, {"a": 1, "b": 0}),  # together exactly one fen
        (1, {"a": "0.003", "b": "0.004"}, {"a": 0, "b": 1}),  # 0.7 fen goes to the larger fraction
        (1, {"a": "0.006", "b": "0.006", "c": "0.008"}, {"a": 1, "b": 0, "c": 1}),
        (0, {"a": "10"}, {"a": 0}),
    ],
)
def test_fractions_of_a_fen_survive_until_the_total(
    enrolled: int, per_head: dict[str, str], due: dict[str, int]
) -> None:
    assert finance(terms(enrolled, per_head)).due == due


amounts = st.integers(0, 9_999_999)


@given(st.integers(0, 10**8), st.lists(amounts, min_size=1, max_size=8), st.integers(0, 10_000), amounts)
def test_dues_add_up_to_the_total_and_the_parts_to_the_whole(
    enrolled: int, per_head: list[int], reserve_bp: int, account: int
) -> None:
    given_terms = Terms(enrolled, {f"p{no}": each for no, each in enumerate(per_head)}, reserve_bp, account)
    result = finance(given_terms)
    exact = enrolled * sum(per_head)
    assert sum(result.due.values()) == result.total
    assert abs(result.total * 100 - exact) <= 50
    assert result.reserve + result.outpatient_account + result.pooled == result.total
    for due, amount in zip(result.due.values(), per_head, strict=True):
        assert abs(due * 100 - enrolled * amount) < 100


@given(st.lists(st.integers(0, 10**12), max_size=20), st.integers(1, 10**6))
def test_apportioning_loses_no_fen(parts: list[int], denominator: int) -> None:
    shares = apportion(parts, denominator)
    assert abs(sum(shares) * denominator - sum(parts)) * 2 <= denominator
    assert all(
        abs(share * denominator - part) < denominator for share, part in zip(shares, parts, strict=True)
    )


@pytest.mark.parametrize(
    ("text", "written"), [("7.2", "7.20"), ("10", "10.00"), ("0.0333", "0.0333"), ("0.03", "0.03")]
)
def test_an_amount_per_head_is_written_as_it_was_read(text: str, written: str) -> None:
    assert format_per_head(parse_per_head(text)) == written


@pytest.mark.parametrize("text", ["", "-1", "1.", "1.00001", "100000", "1e3", "１", ".5", "1,5"])
def test_what_is_no_amount_per_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="per head"):
        parse_per_head(text)
