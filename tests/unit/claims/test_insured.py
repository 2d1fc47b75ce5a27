"""Who is covered on which day, and where a provider lies."""

from datetime import date
from uuid import uuid4

import pytest

from services.claims.benefits.policy import PolicyBook
from services.claims.benefits.read import read_version
from services.claims.coverage.insured import Held, Insured
from services.claims.settlements.policies import Policies
from services.claims.settlements.visit import place_of
from tests.support.visits import small_pack


def insured(*enrolments: Held, categories: tuple[Held, ...] = ()) -> Insured:
    return Insured(uuid4(), uuid4(), "990101200203", date(1970, 2, 28), "1", categories, enrolments)


@pytest.mark.parametrize(
    ("day", "covered"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_cover_begins_on_its_first_day_and_ends_before_its_last(day: date, covered: bool) -> None:
    assert insured(Held("resident", "2026-01-01", "2027-01-01")).enrolled_on(day) is covered


def test_the_employees_scheme_is_not_covered_by_these_policies() -> None:
    assert not insured(Held("employee", "2026-01-01", None)).enrolled_on(date(2026, 5, 1))


def test_a_category_without_an_end_stays_in_force() -> None:
    person = insured(
        categories=(Held("dibao", "2026-02-01", None), Held("orphan", "2020-01-01", "2026-02-01"))
    )
    assert person.categories_on(date(2026, 1, 31)) == {"orphan"}
    assert person.categories_on(date(2026, 2, 1)) == {"dibao"}


@pytest.mark.parametrize(("day", "age"), [(date(2026, 2, 27), 55), (date(2026, 2, 28), 56)])
def test_age_is_in_completed_years(day: date, age: int) -> None:
    assert insured().age_on(day) == age


@pytest.mark.parametrize(
    ("provider", "place"),
    [
        ("990101", "in_county"),
        ("990101100", "in_county"),
        ("990102", "in_city"),
        ("990100", "in_city"),
        ("990000", "out_of_city"),
        ("990201", "out_of_city"),
        ("510101", "out_of_city"),
    ],
)
def test_a_place_is_seen_from_the_persons_county(provider: str, place: str) -> None:
    assert place_of(provider, "990101") == place


def book(pack: str, jurisdiction: str) -> PolicyBook:
    layer = {
        "kind": "fund",
        "payer": "fund",
        "title": "基金",
        "fund_pay_type": "610103",
        "id": "fund",
        "source": "notice",
        "clause": "第一条",
        "verified": False,
        "per": "visit",
        "share_of": "total",
        "covers": ["eligible"],
        "ceilings": [],
    }
    return PolicyBook([read_version(small_pack(layer, pack=pack, jurisdiction=jurisdiction))])


def test_the_pack_of_the_smallest_division_decides() -> None:
    policies = Policies([book("province", "99"), book("county", "990101")])
    found = [policies.for_division(code) for code in ("990101200203", "990102200203", "510101200203")]
    assert [each and each.pack for each in found] == ["county", "province", None]


def test_two_packs_for_one_division_are_refused() -> None:
    with pytest.raises(ValueError, match="990101"):
        Policies([book("one", "990101"), book("two", "990101")])
