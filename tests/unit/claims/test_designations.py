"""Designations: which days count, which lists contradict themselves, which programmes there are."""

from dataclasses import replace
from datetime import date

import pytest

from services.claims.coverage.certificates import REASONS, certificate_fault
from services.claims.coverage.insured import Held
from services.claims.designations.rules import designated_for, known_programme, overlapping
from tests.support.books import shipped_book
from tests.support.years import Year

BOOK = shipped_book("sample-county")
NEWEST = BOOK.versions[-1]


def held(first: str, end: str | None = None, name: str = "major_diseases") -> Held:
    return Held(name, first, end)


@pytest.mark.parametrize(
    ("day", "counts"),
    [("2025-12-31", False), ("2026-01-01", True), ("2026-08-31", True), ("2026-09-01", False)],
)
def test_a_designation_counts_from_its_first_day_until_the_day_before_its_end(day: str, counts: bool) -> None:
    found = designated_for([held("2026-01-01", "2026-09-01")], NEWEST.programmes, date.fromisoformat(day))
    assert found == ({"major_diseases"} if counts else set())


def test_a_programme_that_the_pack_does_not_have_does_not_count() -> None:
    there = [held("2020-01-01", name="tuberculosis")]
    assert designated_for(there, NEWEST.programmes, date(2026, 8, 1)) == set()


@pytest.mark.parametrize(
    ("stated", "place"),
    [
        ([held("2025-01-01", "2026-01-01"), held("2026-01-01")], None),
        ([held("2025-01-01", "2026-01-02"), held("2026-01-01")], 1),
        ([held("2026-01-01"), held("2025-01-01")], 1),
        ([held("2025-01-01"), held("2025-01-01", name="other")], None),
    ],
    ids=["one after the other", "a day in common", "both open", "two programmes"],
)
def test_two_periods_of_one_programme_share_no_day(stated: list[Held], place: int | None) -> None:
    assert overlapping(stated) == place


@pytest.mark.parametrize(
    ("designation", "known"),
    [
        (held("2025-06-01", "2025-07-01"), True),
        (held("2024-01-01", "2025-01-01"), False),
        (held("2026-02-01", "2026-07-01"), False),
        (held("2026-02-01", "2026-07-02"), True),
        (held("2026-02-01"), True),
        (held("2026-02-01", name="no_such"), False),
    ],
    ids=["first version", "before any", "a version without it", "a day of the next", "open", "no such"],
)
def test_a_programme_is_known_by_the_versions_in_force_in_the_period(designation: Held, known: bool) -> None:
    assert known_programme([BOOK], designation) is known


@pytest.mark.parametrize(
    ("certificates", "fault"),
    [
        ((), "no_certificate"),
        ((Held("M01600", "2020-01-01", None),), "no_certificate"),
        ((Held("M03900", "2026-08-04", None),), "certificate_later"),
        ((Held("M03900", "2025-01-01", "2026-08-03"),), "certificate_ended"),
        ((Held("M03900", "2024-01-01", "2025-01-01"), Held("M03900", "2026-08-03", None)), None),
    ],
    ids=["none", "another disease", "from tomorrow", "until today", "renewed after a gap"],
)
def test_why_a_disease_is_not_certified_on_a_day(certificates: tuple[Held, ...], fault: str | None) -> None:
    insured = replace(Year(lambda _: BOOK).insured, certificates=certificates)
    told = certificate_fault(insured, "M03900", date(2026, 8, 3))
    assert told == fault
    assert told is None or told in REASONS
