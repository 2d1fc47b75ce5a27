"""Periodic subsidies: the worked examples of the programmes, and differences that never pay twice."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.payments.subsidies import rules
from services.claims.payments.subsidies.data import content, programmes
from services.claims.payments.subsidies.rules import Line, Programme, Standard, months_of, worked_out
from shared.money import format_yuan

EXAMPLES = [(row["id"], example) for row in content()["programmes"] for example in row["examples"]]
SOMEBODY, OTHER = UUID(int=1), UUID(int=2)
ALWAYS = date(2027, 1, 1)


def entitled_people(example: Mapping[str, Any], months: list[date]) -> dict[UUID, dict[date, tuple[str]]]:
    categories = [part["category"] for part in example["people"] for _ in range(part["number"])]
    return {UUID(int=no): dict.fromkeys(months, (category,)) for no, category in enumerate(categories, 1)}


@pytest.mark.parametrize(("id_", "example"), EXAMPLES, ids=lambda part: part if isinstance(part, str) else "")
def test_every_programme_comes_to_what_its_worked_examples_say(id_: str, example: dict[str, Any]) -> None:
    programme = programmes()[id_]
    months = months_of(programme.schedule, example["period"])
    known_on = date.fromisoformat(example.get("known_on", "2026-12-31"))
    lines = worked_out(programme, months, known_on, entitled_people(example, months), {})
    assert format_yuan(sum(line.difference_fen for line in lines)) == example["total"]


def test_a_year_of_the_living_allowance_before_the_rise_is_twice_what_the_province_gave() -> None:
    programme = programmes()["living_allowance"]
    total = 0
    for period in ("2025-H1", "2025-H2"):
        months = months_of(programme.schedule, period)
        people = {UUID(int=no): dict.fromkeys(months, ("dibao",)) for no in range(1_220)}
        total += sum(line.due_fen for line in worked_out(programme, months, date(2025, 12, 31), people, {}))
    assert (total, total // 2) == (256_200_000, 128_100_000)


@pytest.mark.parametrize(
    ("schedule", "period", "first", "number"),
    [
        ("monthly", "2026-07", 7, 1),
        ("half_year", "2026-H1", 1, 6),
        ("half_year", "2026-H2", 7, 6),
        ("year", "2026", 1, 12),
        ("year", "2026-H1", 0, 0),
        ("half_year", "2026-H3", 0, 0),
        ("monthly", "2026-13", 0, 0),
    ],
)
def test_a_period_is_of_the_programmes_schedule_or_none(
    schedule: str, period: str, first: int, number: int
) -> None:
    months = months_of(schedule, period)
    assert (months[0].month if months else 0, len(months)) == (first, number)


def standard(category: str, valid_from: date, announced_on: date, monthly: int) -> Standard:
    return Standard(category, valid_from, announced_on, monthly, "文件", True)


RISING = Programme(
    "x",
    "补助",
    "payer",
    "year",
    (
        standard("dibao", date(2026, 1, 1), date(2026, 1, 1), 17_500),
        standard("dibao", date(2026, 7, 1), date(2026, 10, 15), 18_500),
        standard("orphan", date(2026, 1, 1), date(2026, 1, 1), 18_000),
    ),
)
YEAR = months_of("year", "2026")


def after(lines: list[Line], paid: dict[UUID, dict[date, int]]) -> dict[UUID, dict[date, int]]:
    """What is paid once these lines are."""
    total = {person: dict(months) for person, months in paid.items()}
    for line in lines:
        total.setdefault(line.person_id, {})[line.month] = line.due_fen
    return total


def test_a_rise_in_mid_year_pays_exactly_its_months_up_and_says_so() -> None:
    people = {SOMEBODY: dict.fromkeys(YEAR, ("dibao",))}
    first = worked_out(RISING, YEAR, date(2026, 10, 14), people, {})
    again = worked_out(RISING, YEAR, date(2026, 10, 15), people, after(first, {}))
    assert sum(line.difference_fen for line in first) == 12 * 17_500
    assert [(line.month.month, line.difference_fen) for line in again] == [
        (month, 1_000) for month in range(7, 13)
    ]
    assert rules.sentences("补助", again) == [
        "补助：2026-07 至 2026-12 共 6 个月，每月应发 185.00 元，每月已发 175.00 元，"
        "本次补发 10.00×6 = 60.00 元"
    ]


def test_of_several_categories_the_highest_counts_once_and_who_lost_all_owes_it_back() -> None:
    [line] = worked_out(RISING, YEAR[:1], ALWAYS, {SOMEBODY: {YEAR[0]: ["orphan", "dibao"]}}, {})
    assert (line.category, line.due_fen) == ("orphan", 18_000)
    [back] = worked_out(RISING, YEAR[:1], ALWAYS, {}, {OTHER: {YEAR[0]: 18_000}})
    assert (back.difference_fen, back.category) == (-18_000, rules.NOBODY_ENTITLED)
    assert "扣回 180.00×1 = 180.00 元" in rules.sentences("补助", [back])[0]


HELD = st.dictionaries(
    st.sampled_from([SOMEBODY, OTHER]),
    st.dictionaries(
        st.sampled_from(YEAR), st.sets(st.sampled_from(["dibao", "orphan", "else"])), max_size=12
    ),
)


@given(HELD, HELD, st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_however_facts_and_standards_change_everybody_ends_with_what_is_due_and_a_second_run_gives_nothing(
    before: dict[UUID, dict[date, set[str]]], now: dict[UUID, dict[date, set[str]]], known_on: date
) -> None:
    first = worked_out(RISING, YEAR, known_on, before, {})
    paid = after(first, {})
    second = worked_out(RISING, YEAR, ALWAYS, now, paid)
    fresh = worked_out(RISING, YEAR, ALWAYS, now, {})
    assert sum(line.difference_fen for line in [*first, *second]) == sum(line.due_fen for line in fresh)
    assert worked_out(RISING, YEAR, ALWAYS, now, after(second, paid)) == []


@given(st.lists(st.tuples(st.booleans(), HELD, st.dates(date(2026, 1, 1), date(2027, 1, 1))), max_size=6))
def test_two_counties_in_whatever_order_never_pay_a_month_of_one_person_twice(
    runs: list[tuple[bool, dict[UUID, dict[date, set[str]]], date]],
) -> None:
    paid: dict[bool, dict[UUID, dict[date, int]]] = {False: {}, True: {}}
    for county, held, known_on in runs:
        own, others = paid[county], paid[not county]
        for line in worked_out(RISING, YEAR, known_on, held, own, others):
            months = own.setdefault(line.person_id, {})
            months[line.month] = months.get(line.month, 0) + line.difference_fen
            # What is taken back was paid by this county.
            assert months[line.month] >= 0
            total = months[line.month] + others.get(line.person_id, {}).get(line.month, 0)
            assert total == line.due_fen <= 18_500
        assert worked_out(RISING, YEAR, known_on, held, own, others) == []


@given(st.integers(-(10**9), 10**9).filter(bool))
def test_a_runs_transfer_moves_its_difference_from_the_fund_to_the_card_or_back(difference: int) -> None:
    kind, debit, credit, amount = rules.posting("payer", "990101", 2026, difference)
    fund, card = "fund:payer:990101:2026", "card_due:990101:2026"
    assert (kind, amount) == ("subsidy", abs(difference))
    assert (debit, credit) == ((fund, card) if difference > 0 else (card, fund))
