"""Batches of one-off aid: who gets which tier, who is refused, and which figures cannot be."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.coverage.insured import Held, Insured
from services.claims.one_off.rules import Applied, Entitled, Grant, Judged, Known, can_be, judge, tier_amounts
from tests.support.books import shipped_book

BOOK = shipped_book("sample-county")
TIERS = tier_amounts(BOOK)
DAY, TODAY = date(2026, 8, 9), date(2026, 11, 2)
KIDNEY, LUNG, STOMACH, HEART, COLD = "N18.500", "C34.900", "C16.900", "I21.900", "J06.900"


def index(person: int) -> bytes:
    return bytes([person]) * 32


def insured(person: int, county: str = "990101") -> Insured:
    held = (Held("dibao", "2020-01-01", None),)
    return Insured(UUID(int=person), UUID(int=99), f"{county}200203", date(1970, 5, 17), "1", held, ())


def line(no: int, person: int | None, *diagnoses: str, on: date = DAY) -> Applied:
    return Applied(no, "990***********1234", None if person is None else index(person), on, diagnoses)


def judged(*lines: Applied, grants: tuple[Grant, ...] = (), other: int = 0) -> list[Judged]:
    people = {index(n): insured(n, "990102" if n == other else "990101") for n in range(1, 9)}
    return judge(lines, Known("990101", 2026, TODAY, BOOK, people, grants))


def outcome(found: Judged) -> int | str:
    """The amount, or the code of the refusal."""
    return found.amount_fen if isinstance(found.outcome, Entitled) else found.outcome.spec.code


def test_the_tier_follows_the_disease_on_the_day_of_diagnosis() -> None:
    found = judged(line(1, 1, KIDNEY), line(2, 2, LUNG), line(3, 3, HEART))
    assert list(map(outcome, found)) == [3_000_00, 2_000_00, 1_000_00]
    assert [each.outcome.decision.tier for each in found if isinstance(each.outcome, Entitled)] == [
        "one_off.3000",
        "one_off.2000",
        "one_off.1000",
    ]


@pytest.mark.parametrize(
    ("applied", "code"),
    [
        (line(1, None, KIDNEY), "claims.bad_id_number"),
        (line(1, 77, KIDNEY), "claims.one_off_person_not_found"),
        (line(1, 8, KIDNEY), "claims.one_off_other_county"),
        (line(1, 1, KIDNEY, on=date(2026, 11, 3)), "claims.one_off_diagnosed_later"),
        (line(1, 1, KIDNEY, on=date(2026, 6, 30)), "claims.one_off_not_in_force"),
        (line(1, 1, KIDNEY, on=date(2019, 6, 30)), "claims.one_off_not_in_force"),
        (line(1, 1, COLD), "claims.one_off_no_tier"),
    ],
)
def test_a_line_that_gives_nothing_says_why(applied: Applied, code: str) -> None:
    assert list(map(outcome, judged(applied, other=8))) == [code]


def test_the_same_person_counts_once_in_a_batch_and_is_told_in_which_line() -> None:
    found = judged(line(1, 1, KIDNEY), line(2, 1, LUNG))
    assert list(map(outcome, found)) == [3_000_00, "claims.one_off_twice_in_batch"]
    assert not isinstance(found[1].outcome, Entitled)
    assert found[1].outcome.params == {"line": 1}


@pytest.mark.parametrize(
    ("rule", "year", "amount", "expected"),
    [
        ("one_off.2000", 2025, 2_000_00, "claims.one_off_already_aided"),
        ("one_off.1000", 2026, 1_000_00, 1_000_00),
        ("one_off.1000", 2025, 1_000_00, 2_000_00),
        ("one_off.3000", 2026, 3_000_00, "claims.one_off_nothing_left"),
    ],
)
def test_a_rule_aids_once_and_what_the_year_gave_by_another_is_taken_off(
    rule: str, year: int, amount: int, expected: int | str
) -> None:
    grant = Grant(UUID(int=1), "sample-county", rule, year, amount)
    assert list(map(outcome, judged(line(1, 1, STOMACH), grants=(grant,)))) == [expected]


def test_602500_yuan_for_427_people_cannot_come_from_the_three_tiers() -> None:
    assert TIERS == [1_000_00, 2_000_00, 3_000_00]
    assert not can_be(TIERS, 427, 602_500_00)
    assert can_be(TIERS, 427, 602_000_00)
    assert can_be(TIERS, 427, 603_000_00)


@pytest.mark.parametrize(
    ("people", "total", "possible"),
    [
        (427, 427_000_00, True),
        (427, 426_000_00, False),
        (427, 1_281_000_00, True),
        (427, 1_282_000_00, False),
        (0, 0, True),
        (0, 1, False),
    ],
)
def test_a_total_lies_between_everybody_in_the_lowest_and_everybody_in_the_highest_tier(
    people: int, total: int, possible: bool
) -> None:
    assert can_be(TIERS, people, total) is possible


@given(st.lists(st.sampled_from(TIERS), max_size=50))
def test_whatever_the_tiers_give_is_never_called_impossible(amounts: list[int]) -> None:
    assert can_be(TIERS, len(amounts), sum(amounts))


cases = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from((KIDNEY, LUNG, STOMACH, HEART, COLD))), max_size=12
)


@given(st.lists(cases, max_size=4))
def test_over_any_batches_nobody_gets_more_in_a_year_than_the_highest_tier_nor_twice_by_a_rule(
    batches: list[list[tuple[int, str]]],
) -> None:
    grants: list[Grant] = []
    for batch in batches:
        lines = [line(no, person, code) for no, (person, code) in enumerate(batch, 1)]
        for found in judged(*lines, grants=tuple(grants)):
            if isinstance(found.outcome, Entitled):
                tier, person = found.outcome.decision.tier, found.outcome.insured.person_id
                grants.append(Grant(person, "sample-county", tier, 2026, found.amount_fen))
    assert len({(grant.person_id, grant.rule) for grant in grants}) == len(grants)
    for person in {grant.person_id for grant in grants}:
        assert sum(grant.amount_fen for grant in grants if grant.person_id == person) <= TIERS[-1]
    assert all(grant.amount_fen > 0 for grant in grants)
