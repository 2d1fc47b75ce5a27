"""Which version of a pack is in force, and which date of a visit decides it."""

from datetime import date

import pytest

from services.claims.benefits.policy import NoPolicyInForce, PackError, PolicyBook, PolicyVersion
from services.claims.benefits.read import read_version
from tests.support.visits import layer, rate_benefit, small_pack, visit


def version(effective_from: str, rate: str = "0.50", **changes: str) -> PolicyVersion:
    basic = layer("basic_insurance", benefits=[rate_benefit(rate)])
    return read_version(small_pack(basic, effective_from=effective_from, **changes))


BOOK = PolicyBook([version("2026-01-01"), version("2025-01-01"), version("2026-09-13")])


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        (date(2025, 1, 1), "2025-01-01"),
        (date(2025, 12, 31), "2025-01-01"),
        (date(2026, 1, 1), "2026-01-01"),
        (date(2026, 9, 12), "2026-01-01"),
        (date(2026, 9, 13), "2026-09-13"),
        (date(2036, 1, 1), "2026-09-13"),
    ],
)
def test_a_version_is_in_force_until_the_next_begins(day: date, in_force: str) -> None:
    assert BOOK.on(day).version == in_force


def test_before_the_first_version_there_is_no_policy() -> None:
    with pytest.raises(NoPolicyInForce):
        BOOK.on(date(2024, 12, 31))


@pytest.mark.parametrize(
    ("governing_date", "day", "in_force"),
    [
        ("admission", date(2025, 12, 31), "2025-01-01"),
        ("discharge", date(2026, 1, 1), "2026-01-01"),
        ("settlement", date(2026, 9, 13), "2026-09-13"),
    ],
)
def test_the_pack_says_which_date_of_a_visit_governs(governing_date: str, day: date, in_force: str) -> None:
    book = PolicyBook([version(item.version, governing_date=governing_date) for item in BOOK.versions])
    facts = visit(
        100, admitted_on=date(2025, 12, 31), discharged_on=date(2026, 1, 1), settled_on=date(2026, 9, 13)
    )
    assert book.governing(facts).version == in_force
    assert book.governing(facts).governing_day(facts) == day


@pytest.mark.parametrize(
    "versions",
    [
        [],
        [version("2026-01-01"), version("2026-01-01")],
        [version("2026-01-01"), version("2025-01-01", pack="other")],
        [version("2026-01-01"), version("2025-01-01", governing_date="admission")],
    ],
)
def test_versions_that_do_not_form_one_pack_are_refused(versions: list[PolicyVersion]) -> None:
    with pytest.raises(PackError):
        PolicyBook(versions)
