"""Refund lines: what they take off a bill, and which cannot stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.charges import Split, check_charges, priced_fen, split_charges
from services.claims.benefits.facts import Charge
from services.claims.visits.refunds import Fault, Net, RefundFault, Uploaded, net


def line(
    line_id: str,
    quantity: float,
    price_e4: int = 100_000,
    part: int = 1,
    of: str | None = None,
    amount: int | None = None,
    code: str = "X1",
    item_class: str = "A",
    rate: int = 0,
    limit: int | None = None,
) -> Uploaded:
    milli = round(quantity * 1_000)
    said = priced_fen(milli, price_e4) if amount is None else amount
    return Uploaded(
        part, line_id, of, Charge(code, "某项目", "drug", item_class, rate, milli, price_e4, said, limit)
    )


def quantities(found: Net) -> dict[str, float]:
    return {line_id: charge.quantity_milli / 1_000 for line_id, charge in found.lines}


def fault_of(*lines: Uploaded) -> tuple[Fault, str, int]:
    with pytest.raises(RefundFault) as raised:
        net(lines)
    return raised.value.fault, raised.value.line_id, raised.value.expected


def test_a_refund_takes_from_the_line_it_names() -> None:
    found = net([line("1", 3), line("2", 3), line("r", -2, part=2, of="1")])
    assert quantities(found) == {"1": 1, "2": 3}
    assert [charge.amount_fen for _, charge in found.lines] == [1_000, 3_000]


def test_a_refund_without_a_name_takes_the_line_of_its_quantity_first_and_then_the_latest() -> None:
    lines = [line("1", 2), line("2", 5), line("3", 1)]
    assert quantities(net([*lines, line("r", -2, part=2)])) == {"2": 5, "3": 1}
    assert quantities(net([*lines, line("r", -3, part=2)])) == {"1": 2, "2": 3}


def test_a_refund_may_stand_before_its_charge_in_one_message() -> None:
    assert quantities(net([line("r", -2), line("1", 5)])) == {"1": 3}


def test_a_refund_that_names_its_line_comes_before_one_that_does_not() -> None:
    lines = [line("1", 2), line("2", 2), line("a", -2, part=2), line("b", -2, part=2, of="2")]
    assert quantities(net(lines)) == {}


def test_a_later_part_does_not_change_what_a_refund_took() -> None:
    before = [line("1", 100, 3_333), line("r", -50, 3_333, part=2, amount=-1_666)]
    assert quantities(net(before)) == {"1": 50}
    assert quantities(net([*before, line("2", 50, 3_333, part=3)])) == {"1": 50, "2": 50}


def test_only_lines_of_the_same_item_price_and_class_are_refunded() -> None:
    for other in (
        line("1", 2, code="X2"),
        line("1", 2, price_e4=100_001),
        line("1", 2, item_class="B"),
    ):
        assert fault_of(other, line("r", -1, part=2)) == (Fault.NOT_CHARGED, "r", 0)
    assert fault_of(line("1", 2), line("r", -1, part=2, of="2"))[0] == Fault.NOT_CHARGED


def test_a_refund_of_what_was_charged_in_a_later_part_is_of_nothing() -> None:
    assert fault_of(line("r", -1), line("1", 2, part=2))[0] == Fault.NOT_CHARGED


def test_no_more_is_refunded_than_is_left() -> None:
    lines = [line("1", 2), line("2", 1), line("r", -2, part=2)]
    assert fault_of(*lines, line("s", -1.5, part=3)) == (Fault.EXCEEDS, "s", 1_000)
    assert quantities(net([*lines, line("s", -1, part=3)])) == {}
    assert fault_of(*lines, line("s", -2, part=3, of="1")) == (Fault.EXCEEDS, "s", 0)
    assert fault_of(*lines, line("s", -1, part=3), line("t", -1, part=4)) == (Fault.EXCEEDS, "t", 0)


def test_a_refund_says_what_it_takes_off_to_the_fen() -> None:
    charged = line("1", 100, 3_333)  # 33.33 yuan; fifty of them are 16.665
    assert fault_of(charged, line("r", -50, 3_333, part=2)) == (Fault.AMOUNT, "r", -1_666)
    found = net([charged, line("r", -50, 3_333, part=2, amount=-1_666)])
    assert [charge.amount_fen for _, charge in found.lines] == [1_667]


def test_the_divisions_told_of_charges_and_refunds_add_up_to_that_of_what_is_left() -> None:
    two = line("1", 2, 333_300, item_class="B", rate=1_000, limit=300_000)
    found = net([two, line("r", -1, 333_300, part=2, item_class="B")])
    assert found.taken["r"] == Split(-2_700, -300, -333, 0)
    whole = split_charges([two.charge])
    assert split_charges([found.lines[0][1]]) == tuple(
        part + taken for part, taken in zip(whole, found.taken["r"], strict=True)
    )


def test_a_line_of_nothing_that_was_not_refunded_stays() -> None:
    assert quantities(net([line("1", 0), line("2", 1), line("r", -1, part=2)])) == {"1": 0}


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(1, 3)), min_size=1, max_size=8),
    st.lists(st.integers(1, 60), max_size=8),
)
def test_what_is_left_is_a_bill_and_the_sum_of_all_lines(
    charged: list[tuple[int, int]], refunded: list[int]
) -> None:
    lines = [line(f"c{no}", quantity, 100_000 * price) for no, (quantity, price) in enumerate(charged)]
    stands = list(lines)
    for no, quantity in enumerate(refunded):
        tried = [*stands, line(f"r{no}", -quantity, 100_000, part=2 + no)]
        try:
            net(tried)
        except RefundFault:
            continue
        stands = tried
    left = [charge for _, charge in net(stands).lines]
    total = sum(each.charge.amount_fen for each in stands)
    assert total == sum(charge.amount_fen for charge in left) >= 0
    assert not left or not check_charges(left, total)
