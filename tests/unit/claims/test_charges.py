"""Lines of a bill: do they add up, and which part of each is eligible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.charges import Split, check_charges, split_charge, split_charges
from services.claims.benefits.facts import Charge
from tests.support.visits import charge


@pytest.mark.parametrize(
    ("line", "eligible", "upfront", "over", "non_covered"),
    [
        (charge(10_000), 10_000, 0, 0, 0),
        (charge(10_000, "B", 1_000), 9_000, 1_000, 0, 0),
        (charge(10_000, "B", 0), 10_000, 0, 0, 0),
        (charge(10_000, "B", 10_000), 0, 10_000, 0, 0),
        (charge(5, "B", 1_000), 4, 1, 0, 0),  # 0.5 fen is rounded up
        (charge(4, "B", 1_000), 4, 0, 0, 0),  # 0.4 fen is rounded down
        (charge(10_000, "C"), 0, 0, 0, 10_000),
        (charge(10_000, "C", 0, 100), 0, 0, 0, 10_000),
        (charge(10_000, "A", 0, 1_000_000), 10_000, 0, 0, 0),  # at the price limit
        (charge(10_001, "A", 0, 1_000_000), 10_000, 0, 1, 0),  # one fen above it
        (charge(12_000, "B", 1_000, 1_000_000), 9_000, 1_000, 2_000, 0),
        (charge(3_000, "A", 0, 100_000, 2_000, 150_000), 2_000, 0, 1_000, 0),  # the limit counts per piece
        (charge(1_000, "A", 0, 0), 0, 0, 1_000, 0),
        (charge(0), 0, 0, 0, 0),
    ],
)
def test_a_line_is_divided_in_the_order_of_settlement(
    line: Charge, eligible: int, upfront: int, over: int, non_covered: int
) -> None:
    assert split_charge(line) == Split(eligible, upfront, over, non_covered)


@given(st.lists(st.integers(0, 10**6), max_size=8))
def test_a_bill_is_the_sum_of_its_lines(amounts: list[int]) -> None:
    classes = [("A", 0), ("B", 1_234), ("C", 0)]
    lines = [charge(amount, *classes[index % 3]) for index, amount in enumerate(amounts)]
    split = split_charges(lines)
    assert sum(split) == sum(amounts)
    assert split == tuple(map(sum, zip(*map(split_charge, lines), strict=True))) or not lines


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        (charge(2_460, quantity_milli=2_000, unit_price_e4=123_000), []),
        (charge(2_461, quantity_milli=2_000, unit_price_e4=123_000), ["amount_mismatch"]),
        (charge(1, quantity_milli=500, unit_price_e4=100), []),  # 0.5 fen is one fen
        (charge(0, quantity_milli=500, unit_price_e4=100), ["amount_mismatch"]),
        (charge(0, quantity_milli=499, unit_price_e4=100), []),
        (charge(-100), ["negative_amount", "negative_price"]),
        (charge(100, quantity_milli=-1_000, unit_price_e4=-10_000), ["negative_quantity", "negative_price"]),
        (charge(100, price_limit_e4=-1), ["negative_price"]),
        (charge(100, "D"), ["unknown_class"]),
        (charge(100, "B", 10_001), ["self_pay_rate_out_of_range"]),
        (charge(100, "B", -1), ["self_pay_rate_out_of_range"]),
        (charge(100, "A", 1), ["class_a_self_pay"]),
        (charge(100, "C", 10_000), []),
        (charge(10**15), ["amount_too_large"]),
        (charge(10**15 - 1), []),
    ],
)
def test_a_line_that_cannot_be_right_is_found(line: Charge, codes: list[str]) -> None:
    findings = check_charges([line], line.amount_fen)
    assert [(finding.code, finding.line) for finding in findings] == [(code, 0) for code in codes]


def test_a_finding_says_what_was_expected() -> None:
    (finding,) = check_charges([charge(100), charge(250)._replace(amount_fen=251)], 351)
    assert finding == ("amount_mismatch", 1, 250, 251)


@pytest.mark.parametrize(
    ("total", "codes"), [(300, []), (299, ["total_mismatch"]), (301, ["total_mismatch"])]
)
def test_the_total_must_be_the_sum_of_the_lines(total: int, codes: list[str]) -> None:
    assert [finding.code for finding in check_charges([charge(100), charge(200)], total)] == codes


def test_a_bill_needs_lines() -> None:
    assert [finding.code for finding in check_charges([], 0)] == ["no_charges"]
