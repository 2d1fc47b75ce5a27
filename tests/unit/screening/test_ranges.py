"""Serial ranges are conserved whatever is printed, handed over and handed out."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.screening.vouchers.holders import first_automatic_serial, may_hand_over
from services.screening.vouchers.ranges import (
    Holding,
    SerialRange,
    as_ranges,
    joined,
    quantity,
    split,
)

BATCH, OTHER_BATCH = UUID(int=1), UUID(int=2)
Serials = st.sets(st.integers(1, 60), max_size=40)


def holdings(serials: set[int], batch: UUID = BATCH) -> list[Holding]:
    return [Holding(found, batch, 2026) for found in as_ranges(serials)]


def serials_in(held: list[Holding]) -> list[int]:
    return [serial for each in held for serial in range(each.serials.first, each.serials.last + 1)]


@given(Serials, Serials)
def test_what_is_split_is_taken_or_left_and_nothing_else(held: set[int], wanted: set[int]) -> None:
    parts = split(holdings(held), as_ranges(wanted))
    assert sorted(serials_in(parts.taken)) == sorted(held & wanted)
    assert sorted(serials_in(parts.left)) == sorted(held - wanted)
    assert quantity(parts.taken) + quantity(parts.left) == len(held)


@given(Serials, Serials)
def test_joined_ranges_hold_the_same_serials_in_as_few_ranges_as_possible(
    one: set[int], two: set[int]
) -> None:
    stock = joined([*holdings(one - two), *holdings(two)])
    assert serials_in(stock) == sorted(one | two)
    assert [each.serials for each in stock] == as_ranges(one | two)


def test_ranges_of_different_print_runs_stay_apart() -> None:
    stock = joined([*holdings({1, 2}), *holdings({3, 4}, OTHER_BATCH)])
    assert [each.batch_id for each in stock] == [BATCH, OTHER_BATCH]


PRINTED = 60
HOLDERS = ("990101", "990101100", "990101100200", "990101100201", "people")
Move = st.tuples(
    st.sampled_from(HOLDERS), st.sampled_from(HOLDERS), st.integers(1, PRINTED + 5), st.integers(0, 20)
)


@given(st.lists(Move, max_size=30))
def test_no_sequence_of_handovers_loses_or_doubles_a_serial(
    moves: list[tuple[str, str, int, int]],
) -> None:
    stock: dict[str, list[Holding]] = {holder: [] for holder in HOLDERS}
    stock["990101"] = [Holding(SerialRange(1, PRINTED), BATCH, 2026)]
    for giver, receiver, first, more in moves:
        wanted = SerialRange(first, first + more)
        parts = split(stock[giver], [wanted])
        if giver == receiver or quantity(parts.taken) < wanted.size:
            continue
        stock[giver] = joined(parts.left)
        stock[receiver] = joined([*stock[receiver], *parts.taken])
    everywhere = [serial for held in stock.values() for serial in serials_in(held)]
    assert sorted(everywhere) == list(range(1, PRINTED + 1))


@pytest.mark.parametrize(
    ("giver", "receiver", "allowed"),
    [
        ("990101", "990101100", True),
        ("990101100", "990101100200", True),
        ("990101100200", "990101100", True),
        ("990101100", "990101", True),
        ("990101", "990101100200", False),
        ("990101", "990102100", False),
        ("990101100", "990101101200", False),
        ("990101100", "990101101", False),
        ("990101", "990101", False),
        ("990101100200", "990101100200", False),
    ],
)
def test_the_chain_is_walked_one_step_at_a_time(giver: str, receiver: str, *, allowed: bool) -> None:
    assert may_hand_over(giver, receiver) is allowed


def test_automatic_serials_show_county_and_year() -> None:
    assert first_automatic_serial("990101", 2026, 10_000_000) == 990101260000001
