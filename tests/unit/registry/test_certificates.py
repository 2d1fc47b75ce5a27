"""Certificates: what a new statement changes of what was believed."""

from datetime import date
from uuid import UUID

import pytest

from services.registry.certificates.rules import Believed, Certificate, Change, ended, stated

OLD = UUID(int=1)


def certificate(first: str, end: str | None = None, code: str = "M03900") -> Certificate:
    last = date.fromisoformat(end) if end else None
    return Certificate(code, date.fromisoformat(first), last, "SC0001", "县医疗保障局")


def believed(first: str, end: str | None = None) -> list[Believed]:
    return [Believed(OLD, certificate(first, end))]


def test_the_same_certificate_again_changes_nothing() -> None:
    assert stated(believed("2025-01-01"), certificate("2025-01-01")) == Change([], [])


def test_a_renewal_takes_nothing_from_the_time_before_it() -> None:
    renewal = certificate("2025-12-15", "2027-12-15")
    kept = certificate("2024-01-01", "2025-12-15")
    assert stated(believed("2024-01-01", "2026-01-01"), renewal) == Change([OLD], [kept, renewal])


def test_an_end_that_is_stated_later_shortens_what_was_open() -> None:
    shortened = certificate("2025-01-01", "2026-01-01")
    assert stated(believed("2025-01-01"), shortened) == Change([OLD], [shortened])


@pytest.mark.parametrize(
    "other",
    [certificate("2026-01-01"), certificate("2025-01-01", code="M01600")],
    ids=["after it", "disease"],
)
def test_what_does_not_overlap_stands_beside_it(other: Certificate) -> None:
    assert stated(believed("2025-01-01", "2026-01-01"), other) == Change([], [other])


@pytest.mark.parametrize(
    ("ended_on", "change"),
    [
        (date(2025, 6, 1), Change([OLD], [certificate("2025-01-01", "2025-06-01")])),
        (date(2025, 1, 1), Change([OLD], [])),
        (date(2026, 1, 1), Change([], [])),
    ],
    ids=["cut", "withdrawn", "over already"],
)
def test_ending_leaves_what_was_before_the_day(ended_on: date, change: Change) -> None:
    assert ended(believed("2025-01-01", "2026-01-01"), ended_on) == change
