"""From the enrolment history to the waiting period: who waits, until when, and whose year is due anew."""

from datetime import date
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.coverage.insured import Held, Insured
from services.claims.coverage.stretches import Stretch, stretches, waiting_may_differ
from services.claims.enrolment.rules import Wait, waiting_on
from tests.support.books import shipped_book

VERSION = shipped_book("sample-county").on(date(2026, 8, 9))
EARLIER = shipped_book("sample-county").on(date(2026, 6, 30))
YEARS = ("2026-01-01", "2027-01-01")
ALWAYS = Held("dibao", "2020-01-01", None)


def resident(begins: str, ends: str | None = None, bought_back: int = 0) -> Held:
    return Held("resident", begins, ends or f"{int(begins[:4]) + 1}-01-01", bought_back)


def person(*enrolments: Held, categories: tuple[Held, ...] = (), born: str = "1970-05-17") -> Insured:
    village = "990101200203"
    return Insured(UUID(int=1), UUID(int=2), village, date.fromisoformat(born), "1", categories, enrolments)


def waits(insured: Insured, day: str) -> Wait | None:
    return waiting_on(VERSION, insured, date.fromisoformat(day))


@pytest.mark.parametrize(
    "enrolments",
    [
        (resident("2026-01-01"),),
        (resident("2025-01-01"), resident("2026-01-01")),
        (resident("2026-02-28"),),
        (Held("employee", "2024-03-01", "2026-06-01"), resident("2026-06-01")),
        (Held("employee", "2026-05-10", "2026-06-01"), resident("2026-06-01")),
        (resident("2022-01-01"), resident("2025-01-01"), resident("2026-01-01")),
    ],
    ids=[
        "first year known",
        "without a gap",
        "within the period",
        "from a job",
        "from a new job",
        "long ago",
    ],
)
def test_whoever_enrols_in_time_and_misses_no_year_that_counts_does_not_wait(
    enrolments: tuple[Held, ...],
) -> None:
    assert waits(person(*enrolments), "2026-07-01") is None


@pytest.mark.parametrize(
    ("enrolments", "until"),
    [
        ((resident("2026-06-01"),), "2026-09-01"),
        ((resident("2026-03-01"),), "2026-06-01"),
        ((resident("2025-01-01", "2025-07-01"), resident("2026-06-01")), "2026-09-01"),
        ((resident("2024-01-01"), resident("2026-06-01")), "2026-10-01"),
        ((resident("2022-01-01"), resident("2026-06-01")), "2026-10-01"),
        ((resident("2024-01-01"), resident("2026-06-01", bought_back=1)), "2026-09-01"),
        ((resident("2025-11-15"), resident("2026-01-01")), "2026-02-15"),
        ((resident("2024-01-01"), resident("2026-01-01")), "2026-05-01"),
    ],
    ids=[
        "late",
        "a day after the period",
        "late, part of a year without cover",
        "late, one year missed",
        "years before 2025 are not missed",
        "the missed year bought back",
        "late in the year before",
        "in time, one year missed",
    ],
)
def test_benefits_begin_on_the_day_that_the_pack_gives(enrolments: tuple[Held, ...], until: str) -> None:
    insured = person(*enrolments)
    last = date.fromordinal(date.fromisoformat(until).toordinal() - 1).isoformat()
    found = waits(insured, last)
    assert found is not None
    assert found.waiting.until.isoformat() == until
    assert found.waiting.rules[0].id == "waiting.fixed"
    assert waits(insured, until) is None


def test_newborns_and_the_poor_do_not_wait_also_when_recognised_later() -> None:
    late = resident("2026-06-01")
    assert waits(person(late, born="2026-03-10"), "2026-07-01") is None
    assert waits(person(late, born="2026-03-02"), "2026-07-01") is not None
    assert waits(person(late, categories=(ALWAYS,)), "2026-07-01") is None
    recognised = Held("dibao", "2026-07-10", None)
    assert waits(person(late, categories=(recognised,)), "2026-07-09") is not None
    assert waits(person(late, categories=(recognised,)), "2026-07-10") is None


def test_a_version_without_the_section_lets_nobody_wait() -> None:
    assert waiting_on(EARLIER, person(resident("2026-06-01")), date(2026, 6, 30)) is None


def test_a_year_bought_back_afterwards_is_due_and_an_unchanged_history_is_not() -> None:
    before = [resident("2024-01-01"), resident("2026-06-01")]
    after = [resident("2024-01-01"), resident("2026-06-01", bought_back=1)]
    assert waiting_may_differ(([], before), ([], after)) == [(date(2026, 6, 1), date(2027, 1, 1))]
    assert waiting_may_differ(([], before), ([], list(before))) == []


days = st.dates(date(2023, 1, 1), date(2027, 12, 31))
spells = st.builds(
    lambda scheme, begin, length, bought: Held(
        scheme, begin.isoformat(), date.fromordinal(begin.toordinal() + length).isoformat(), bought
    ),
    st.sampled_from(("resident", "employee")),
    days,
    st.integers(1, 500),
    st.integers(0, 2),
)
histories = st.lists(spells, max_size=5)


@given(histories)
def test_stretches_cover_the_days_of_the_history_and_never_touch(enrolments: list[Held]) -> None:
    found = stretches(enrolments)
    edges = {day for held in enrolments for day in (held.valid_from, str(held.valid_to))}
    for day in edges:
        assert any(each.covers(day) for each in found) == any(held.on(day) for held in enrolments)
    assert all(_ends(a) < b.begins for a, b in pairwise(found))


def _ends(stretch: Stretch) -> str:
    assert stretch.ends is not None
    return stretch.ends


@given(histories, histories, days, st.booleans())
def test_whoever_waits_otherwise_after_a_change_is_due(
    before: list[Held], after: list[Held], day: date, poor: bool
) -> None:
    categories = (ALWAYS,) if poor else ()
    was, now = (
        waiting_on(VERSION, person(*history, categories=categories), day) for history in (before, after)
    )
    held = [
        any(each.name == "resident" and each.on(day.isoformat()) for each in history)
        for history in (before, after)
    ]
    if all(held) and (was and was.waiting) != (now and now.waiting):
        due = waiting_may_differ((categories, before), (categories, after))
        assert any(first <= day < end for first, end in due)
