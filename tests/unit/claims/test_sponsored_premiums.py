"""Whose premium is sponsored, by which identity, and that the parts add up to the premiums."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.facts import CATEGORIES
from services.claims.coverage.insured import Held, Insured
from services.claims.sponsorship.rules import sponsored, totals
from tests.support.books import shipped_book

VERSION = shipped_book("sample-county").on(date(2026, 8, 9))
DAY = date(2026, 9, 1)
ENROLLED = Held("resident", "2026-01-01", "2027-01-01")
PREMIUM = 400_00


def person(no: int, *categories: str, enrolled: Held = ENROLLED) -> Insured:
    held = tuple(Held(name, "2020-01-01", None) for name in categories)
    return Insured(UUID(int=no), UUID(int=99), "990101200203", date(1970, 5, 17), "1", held, (enrolled,))


def test_the_fund_pays_all_of_a_recipient_of_extreme_poverty_support_and_sixty_percent_of_dibao() -> None:
    people = [person(1, "extreme_poverty", "dibao"), person(2, "dibao"), person(3, "marginal_at_risk")]
    found = sponsored(VERSION, people, 2026, DAY, PREMIUM)
    assert [(each.identity, each.sponsored_fen, each.person_fen) for each in found] == [
        ("extreme_poverty", 400_00, 0),
        ("dibao", 240_00, 160_00),
        ("marginal_at_risk", 240_00, 160_00),
    ]
    assert found[0].categories == ("dibao", "extreme_poverty")


def test_who_is_not_enrolled_in_the_year_or_has_no_sponsored_identity_is_left_out() -> None:
    job = Held("employee", "2026-01-01", "2027-01-01")
    last_year = Held("resident", "2025-01-01", "2026-01-01")
    people = [
        person(1, "dibao", enrolled=job),
        person(2, "dibao", enrolled=last_year),
        person(3, "dibao_margin"),
        person(4),
    ]
    assert sponsored(VERSION, people, 2026, DAY, PREMIUM) == []


def test_an_identity_counts_on_the_day_of_the_batch() -> None:
    ended = Insured(
        UUID(int=1),
        UUID(int=2),
        "990101200203",
        date(1970, 5, 17),
        "1",
        (Held("dibao", "2020-01-01", "2026-09-01"),),
        (ENROLLED,),
    )
    assert sponsored(VERSION, [ended], 2026, date(2026, 8, 31), PREMIUM)
    assert not sponsored(VERSION, [ended], 2026, DAY, PREMIUM)


groups = st.lists(st.sets(st.sampled_from(CATEGORIES), max_size=3), max_size=20)


@given(groups, st.integers(1, 10**6))
def test_fund_and_people_together_pay_the_premiums_and_the_identities_add_up(
    held: list[set[str]], premium_fen: int
) -> None:
    people = [person(no, *sorted(categories)) for no, categories in enumerate(held)]
    found = sponsored(VERSION, people, 2026, DAY, premium_fen)
    assert all(each.sponsored_fen + each.person_fen == premium_fen for each in found)
    assert all(0 < each.sponsored_fen <= premium_fen for each in found)
    by_identity = totals(found)
    assert sum(total.people for total in by_identity) == len(found)
    assert sum(total.sponsored_fen for total in by_identity) == sum(each.sponsored_fen for each in found)
    assert all(each.identity in each.categories for each in found)
