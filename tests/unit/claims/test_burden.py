"""Own payments of the year and the thresholds they cross: exactly once each way, whatever the order."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.policy import PolicyBook, PolicyVersion
from services.claims.benefits.read import read_version
from services.claims.burden import rules
from services.claims.burden.rules import (
    CROSSED,
    OWN_PAYMENT,
    WITHDRAWN,
    crossings,
    movements,
    thresholds_of,
)
from services.claims.coverage.insured import Insured
from services.claims.settlements.movements import keyed
from services.claims.settlements.visit import AccumulatorKey
from tests.support.visits import fund_layer, rule, small_pack

VILLAGE = "990101200203"
LINES = {"low": "50.00", "high": "120.00"}


def version(**changes: Any) -> PolicyVersion:
    lines = [
        rule(f"{per}.{name}", per=per, title="预警线", amount=amount)
        for per in ("person", "household")
        for name, amount in LINES.items()
    ]
    return read_version(small_pack(fund_layer("0.05"), **{"burden": lines, **changes}))


THRESHOLDS = version().burden


def member(person: int, household: int = 100) -> Insured:
    return Insured(UUID(int=person), UUID(int=household), VILLAGE, date(1970, 1, 1), "1", (), ())


def test_what_a_person_pays_moves_two_accumulators_and_nothing_moves_none() -> None:
    person, household = keyed(member(1), 2026, movements(5)).items()
    assert person == (AccumulatorKey(UUID(int=1), 2026, "own_payment"), 5)
    assert household == (AccumulatorKey(UUID(int=100), 2026, "household.own_payment"), 5)
    assert movements(0) == {}


@pytest.mark.parametrize(
    ("before", "by", "expected"),
    [
        (0, 4_999, []),
        (0, 5_000, ["low"]),
        (4_999, 1, ["low"]),
        (5_000, 1, []),
        (0, 12_000, ["low", "high"]),
        (5_000, -1, ["-low"]),
        (5_001, -1, []),
        (12_000, -12_000, ["-low", "-high"]),
    ],
)
def test_reaching_a_threshold_crosses_it_and_falling_below_withdraws_it(
    before: int, by: int, expected: list[str]
) -> None:
    found = crossings(THRESHOLDS, {OWN_PAYMENT: before}, {OWN_PAYMENT: by})
    names = [("-" if each.state == WITHDRAWN else "") + each.threshold.id.split(".")[1] for each in found]
    assert names == expected
    assert {each.threshold.per for each in found} <= {"person"}
    assert {each.own_payment_fen for each in found} <= {before + by}


bills = st.tuples(st.integers(1, 3), st.integers(100, 101), st.integers(0, 8_000))


@given(bills=st.lists(bills, max_size=12), take_back=st.lists(st.integers(0, 11), max_size=12))
def test_after_any_postings_and_reversals_what_is_told_is_what_holds(
    bills: list[tuple[int, int, int]], take_back: list[int]
) -> None:
    used: dict[AccumulatorKey, int] = {}
    told: dict[tuple[AccumulatorKey, str], list[str]] = {}

    def post(moves: dict[AccumulatorKey, int]) -> None:
        for key, by in moves.items():
            for each in crossings(THRESHOLDS, {key.kind: used.get(key, 0)}, {key.kind: by}):
                told.setdefault((key, each.threshold.id), []).append(each.state)
            used[key] = used.get(key, 0) + by

    posted = [keyed(member(person, home), 2026, movements(amount)) for person, home, amount in bills]
    for moves in posted:
        post(moves)
    for index in dict.fromkeys(take_back):
        if index < len(posted):
            post({key: -by for key, by in posted[index].items()})
    for key, amount in used.items():
        for threshold in THRESHOLDS:
            if rules.KIND_OF[threshold.per] != key.kind:
                continue
            states = told.get((key, threshold.id), [])
            assert states == [CROSSED, WITHDRAWN] * (len(states) // 2) + [CROSSED] * (len(states) % 2)
            assert (amount >= threshold.amount_fen) == (states[-1:] == [CROSSED])


def test_thresholds_do_not_change_inside_a_year() -> None:
    first = version(effective_from="2026-01-01")
    lower = [rule("person.low", per="person", title="预警线", amount="10.00")]
    second = version(effective_from="2026-07-01", burden=lower)
    book = PolicyBook([first, second])
    assert thresholds_of(book, 2026) == first.burden
    assert thresholds_of(book, 2027) == second.burden
    assert thresholds_of(book, 2025) == ()
    assert thresholds_of(None, 2026) == ()


def test_a_pack_that_begins_inside_a_year_has_its_first_thresholds_in_that_year() -> None:
    late = version(effective_from="2026-07-01")
    assert thresholds_of(PolicyBook([late]), 2026) == late.burden


def test_a_threshold_may_be_a_share_of_income() -> None:
    line = rule("person.half", per="person", title="预警线", income="21202.00", share="0.50")
    [threshold] = version(burden=[line]).burden
    assert threshold.amount_fen == 10_601_00
    assert [each.state for each in crossings([threshold], {}, {OWN_PAYMENT: 10_601_00})] == [CROSSED]
