"""Comparing a hospital's totals and list with ours: every way in which they can differ, and what is said."""

import random
from collections import Counter
from datetime import date

import pytest

from services.claims.reconciliation.rules import (
    Amounts,
    Difference,
    Kind,
    Ours,
    Theirs,
    Totals,
    compare_lines,
    compare_totals,
    unmatched,
)

DAY, NEXT = date(2026, 11, 2), date(2026, 11, 3)
BILL = Amounts(10_000, 7_000)
OTHER = Amounts(10_000, 7_001)


def ours(no: int, amounts: Amounts = BILL, *, refund: bool = False, day: date = DAY) -> Ours:
    return Ours(refund, f"id-{no}", f"ZY{no}", amounts, day)


def by_id(no: int, amounts: Amounts = BILL, *, refund: bool = False) -> Theirs:
    return Theirs(refund, f"id-{no}", None, amounts)


def by_visit(no: int, amounts: Amounts = BILL, *, refund: bool = False) -> Theirs:
    return Theirs(refund, None, f"ZY{no}", amounts, f"msg-{no}")


def kinds(found: list[Difference]) -> list[tuple[Kind, str | None]]:
    return [(each.kind, each.settlement_id) for each in found]


def test_equal_totals_have_no_difference() -> None:
    assert compare_totals(Totals(2, BILL), Totals(2, BILL), refunds=False) == []


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (Totals(3, BILL), [Kind.COUNT]),
        (Totals(2, OTHER), [Kind.AMOUNT]),
        (Totals(2, Amounts(10_000, 7_000, 1)), [Kind.AMOUNT]),
        (Totals(1, OTHER), [Kind.COUNT, Kind.AMOUNT]),
    ],
)
def test_totals_differ_by_number_or_amount(theirs: Totals, expected: list[Kind]) -> None:
    found = compare_totals(theirs, Totals(2, BILL), refunds=False)
    assert [each.kind for each in found] == expected


def test_the_same_lists_have_no_difference_whatever_the_order_and_the_names() -> None:
    assert compare_lines([by_visit(2), by_id(1), by_id(3)], [ours(1), ours(2), ours(3)]) == []


@pytest.mark.parametrize(
    ("theirs", "mine", "elsewhere", "expected"),
    [
        ([by_id(1)], [], [], [(Kind.MISSING_HERE, "id-1")]),
        ([by_visit(1)], [], [], [(Kind.MISSING_HERE, None)]),
        ([by_id(1, refund=True)], [], [], [(Kind.MISSING_HERE, "id-1")]),
        ([], [ours(1)], [], [(Kind.MISSING_THERE, "id-1")]),
        ([by_id(1, OTHER)], [ours(1)], [], [(Kind.AMOUNT_DIFFERS, "id-1")]),
        ([by_visit(1, OTHER)], [ours(1)], [], [(Kind.AMOUNT_DIFFERS, "id-1")]),
        ([by_id(1), by_id(1)], [ours(1)], [], [(Kind.REPEATED_THERE, "id-1")]),
        ([by_id(1), by_visit(1)], [ours(1)], [], [(Kind.REPEATED_THERE, None)]),
        ([by_id(1)], [ours(1), ours(1, refund=True)], [], [(Kind.REVERSED_HERE, "id-1")]),
        ([], [ours(1, refund=True)], [], [(Kind.MISSING_THERE, "id-1")]),
        ([by_id(1), by_id(1, refund=True)], [ours(1)], [], [(Kind.REVERSED_THERE, "id-1")]),
        ([by_visit(1, refund=True)], [], [ours(1, day=NEXT)], [(Kind.REVERSED_THERE, None)]),
        ([by_id(1)], [], [ours(1, day=NEXT)], [(Kind.OTHER_DAY, "id-1")]),
        ([by_visit(1, refund=True)], [], [ours(1, refund=True, day=NEXT)], [(Kind.OTHER_DAY, "id-1")]),
    ],
)
def test_every_kind_of_difference_is_told_apart(
    theirs: list[Theirs], mine: list[Ours], elsewhere: list[Ours], expected: list[tuple[Kind, str | None]]
) -> None:
    assert kinds(compare_lines(theirs, mine, elsewhere)) == expected


def test_a_visit_that_was_settled_twice_is_matched_by_its_amounts() -> None:
    first, second = Ours(False, "old", "ZY1", BILL, DAY), Ours(False, "new", "ZY1", OTHER, DAY)
    lines = [Theirs(False, None, "ZY1", OTHER), Theirs(False, None, "ZY1", BILL)]
    assert compare_lines(lines, [first, second]) == []


def test_a_line_that_names_the_settlement_is_matched_before_one_that_names_the_visit() -> None:
    same_visit = [Ours(False, "old", "ZY1", BILL, DAY), Ours(False, "new", "ZY1", BILL, DAY)]
    lines = [Theirs(False, None, "ZY1", BILL), Theirs(False, "old", None, BILL)]
    assert compare_lines(lines, same_visit) == []


def test_lines_to_be_looked_for_on_other_days_are_those_without_a_match() -> None:
    assert unmatched([by_id(1), by_visit(2), by_visit(3)], [ours(1), ours(3)]) == [by_visit(2)]


def test_a_difference_says_what_to_do_in_both_languages_with_the_amounts() -> None:
    [found] = compare_lines([by_id(1, OTHER)], [ours(1)])
    zh, en = found.told()
    assert "医院 100.00/70.01/0.00，中心 100.00/70.00/0.00" in zh
    assert "100.00/70.01/0.00 there, 100.00/70.00/0.00 here" in en
    for kind in Kind:
        id_ = None if kind in (Kind.COUNT, Kind.AMOUNT) else "id-1"
        for text in Difference(kind, refund=True, settlement_id=id_).told():
            assert "{" not in text


def test_planted_differences_in_a_long_list_are_all_found_and_nothing_else() -> None:
    draw = random.Random(20261102)
    mine = [ours(no, Amounts(10_000 + no, 7_000 + no)) for no in range(2_000)]
    theirs = [
        Theirs(False, line.settlement_id, None, line.amounts)
        if draw.random() < 0.5
        else Theirs(False, None, line.visit_no, line.amounts)
        for line in mine
    ]
    planted = draw.sample(range(2_000), 30)
    for no in planted[:10]:
        theirs[no] = theirs[no]._replace(amounts=Amounts(1, 1))
    dropped = {theirs[no] for no in planted[10:20]}
    extra = [by_visit(5_000 + no) for no in planted[20:]]
    given = [line for line in theirs if line not in dropped] + extra
    draw.shuffle(given)
    found = Counter(each.kind for each in compare_lines(given, mine))
    assert found == {Kind.AMOUNT_DIFFERS: 10, Kind.MISSING_THERE: 10, Kind.MISSING_HERE: 10}
