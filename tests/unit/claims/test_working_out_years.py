"""A year worked out anew equals the year settled from scratch with the final facts, whatever came before."""

from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.facts import CATEGORIES, PROVIDER_LEVELS, VISIT_TYPES
from services.claims.benefits.policy import PolicyBook
from services.claims.coverage.insured import Held
from services.claims.ledger.postings import adjustment_postings
from services.claims.readjudication.core import (
    NO_POLICY,
    NOT_ENROLLED,
    PersonYear,
    decide,
    digest_of,
    judged,
)
from services.claims.readjudication.due import changed_days
from services.claims.settlements.correcting import differences
from services.claims.settlements.policies import Policies
from tests.support.books import shipped_book
from tests.support.visits import charge
from tests.support.years import ENROLLED, YEAR, Year

POOR = Held("registered_poor", "2020-01-01", None)
EARLY, LATE = date(2026, 3, 9), date(2026, 9, 9)


@lru_cache
def book(corrected: int) -> PolicyBook:
    """The sample county's pack as published, or as corrected: later versions change rates and deductibles."""
    versions = shipped_book("sample-county").versions
    if not corrected:
        return PolicyBook(versions)
    first, *_, last = versions
    # The correction: the oldest rules stay in force (until May, if it is the second one).
    if corrected == 1:
        return PolicyBook([first])
    return PolicyBook([first, replace(last, effective_from=date(2026, 5, 1), version="2026-05-01")])


def year(*categories: Held) -> Year:
    fresh = Year(book)
    fresh.insured = replace(fresh.insured, categories=categories)
    return fresh


days = st.dates(date(2026, 1, 1), date(2026, 11, 30))


def held(*names: str) -> st.SearchStrategy[tuple[Held, ...]]:
    """Up to three spells of these names."""
    spell = st.builds(
        lambda name, first, length: Held(
            name, first.isoformat(), length and date.fromordinal(first.toordinal() + length).isoformat()
        ),
        st.sampled_from(names),
        days,
        st.none() | st.integers(1, 200),
    )
    return st.lists(spell, max_size=3).map(tuple)


@st.composite
def bills(draw: st.DrawFn) -> tuple[Any, ...]:
    amounts = st.one_of(st.integers(0, 50_000), st.integers(0, 3_000_000), st.integers(0, 30_000_000))
    lines = []
    for amount in draw(st.lists(amounts, min_size=1, max_size=3)):
        item_class = draw(st.sampled_from("ABC"))
        lines.append(charge(amount, item_class, draw(st.integers(0, 10_000)) if item_class == "B" else 0))
    return tuple(lines)


@st.composite
def visits(draw: st.DrawFn) -> dict[str, Any]:
    visit_type = draw(st.sampled_from(VISIT_TYPES))
    place, referral = draw(
        st.sampled_from([("in_county", "not_needed"), ("out_of_city", "compliant"), ("out_of_city", "none")])
    )
    return {
        "visit_type": visit_type,
        "chronic_code": "M03900" if visit_type == "chronic_outpatient" else None,
        "provider_level": draw(st.sampled_from(PROVIDER_LEVELS)),
        "place": place,
        "referral": referral,
        "diagnoses": [draw(st.sampled_from(("I63.900", "C16.900", "J06.900")))],
    }


steps = st.lists(
    st.one_of(
        st.tuples(st.just("settle"), days, bills(), visits()),
        st.tuples(st.just("settle"), days, bills(), visits()),
        st.tuples(st.just("reverse"), st.integers(0, 20)),
        st.tuples(st.just("categories"), held(*CATEGORIES)),
        st.tuples(st.just("certificates"), held("M03900")),
        st.tuples(st.just("programmes"), held("major_diseases")),
        st.tuples(st.just("enrolment"), st.none() | days),
        st.tuples(st.just("pack"), st.integers(0, 2)),
        st.tuples(st.just("readjudicate")),
    ),
    min_size=1,
    max_size=14,
)


def run(done: Year, step: Any) -> None:
    match step:
        case ("settle", day, charges, visit):
            done.settle(day, charges, **visit)
        case ("reverse", index) if done.standings:
            done.reverse(index % len(done.standings))
        case ("categories", held):
            done.insured = replace(done.insured, categories=held)
        case ("certificates", held):
            done.insured = replace(done.insured, certificates=held)
        case ("programmes", held):
            done.programmes = held
        case ("enrolment", first):
            since = () if first is None else (Held("resident", first.isoformat(), "2027-01-01"),)
            done.insured = replace(done.insured, enrolments=since)
        case ("pack", corrected):
            done.corrected = corrected
        case ("readjudicate",):
            done.readjudicate()


@given(steps)
def test_after_anything_the_year_equals_the_year_settled_from_scratch(sequence: list[Any]) -> None:
    done = year()
    for step in sequence:
        run(done, step)
    done.readjudicate()
    scratch = done.from_scratch()
    assert done.figures() == scratch.figures()
    assert done.used == scratch.used
    assert [line for line in done.readjudicate() if line.changed] == []


@given(steps)
def test_only_differences_are_posted_and_they_add_up_to_nothing(sequence: list[Any]) -> None:
    done = year()
    for step in sequence:
        run(done, step)
    for line in done.readjudicate():
        by_payer = differences(line.before, line.after)
        by_person = line.after.person_pays_fen - line.before.person_pays_fen
        assert sum(by_payer.values()) + by_person == 0
        assert line.after.total_fen == line.before.total_fen
        assert line.difference_fen == sum(map(abs, by_payer.values())) + abs(by_person)
        booked = adjustment_postings("990101", YEAR, "H1", by_payer, by_person)
        due = sum(each.amount_fen for each in booked if each.credit_account == "provider_due:H1")
        back = sum(each.amount_fen for each in booked if each.debit_account == "provider_due:H1")
        assert due == back  # the provider gets what it got
        assert all(by for by in line.moved.values())


@given(steps)
def test_working_out_a_year_twice_gives_the_same_digest(sequence: list[Any]) -> None:
    done = year()
    for step in sequence:
        run(done, step)
    known = PersonYear(done.insured.person_id, YEAR, done.insured, done.standings)
    first, second = (decide(judged(known, done.policies), {}) for _ in range(2))
    assert digest_of(first) == digest_of(second)


def test_a_category_granted_for_the_past_pays_more_and_the_person_less() -> None:
    done = year()
    done.settle(EARLY, (charge(876_600),))
    done.insured = replace(done.insured, categories=(POOR,))
    [line] = done.readjudicate()
    assert (line.before.person_pays_fen, line.after.person_pays_fen) == (264_150, 43_830)
    assert line.after.categories == ["registered_poor"]
    assert differences(line.before, line.after) == {
        "basic_insurance": 40_830,
        "medical_assistance": 145_158,
        "poverty_relief_fund": 34_332,
    }


@pytest.mark.parametrize(
    ("valid_from", "changes"), [("2026-03-09", True), ("2026-03-10", False)], ids=["on the day", "a day late"]
)
def test_a_category_counts_from_its_first_day_on(valid_from: str, changes: bool) -> None:
    done = year()
    done.settle(EARLY, (charge(876_600),))
    done.insured = replace(done.insured, categories=(Held("registered_poor", valid_from, None),))
    [line] = done.readjudicate()
    assert line.changed is changes


def test_reversing_an_early_visit_moves_the_later_ones_back_below_the_deductible() -> None:
    done = year()
    done.settle(EARLY, (charge(3_000_000),))
    done.settle(LATE, (charge(3_000_000),))
    paid = dict(done.standings[1].settlement.payers)
    done.reverse(0)
    [line] = done.readjudicate()
    assert "critical_illness" in paid
    assert "critical_illness" not in dict(line.after.payers)
    assert line.after.person_pays_fen > line.before.person_pays_fen


def test_a_visit_whose_enrolment_was_withdrawn_is_flagged_and_not_clawed_back() -> None:
    done = year()
    done.settle(EARLY, (charge(876_600),))
    done.insured = replace(done.insured, enrolments=())
    [line] = done.readjudicate()
    assert (line.flag, line.changed) == (NOT_ENROLLED, False)
    done.insured = replace(done.insured, enrolments=ENROLLED)
    [line] = done.readjudicate()
    assert (line.flag, line.changed) == (None, False)


def test_a_visit_without_any_policy_in_force_keeps_what_it_has_and_what_it_moved() -> None:
    done = year()
    done.settle(EARLY, (charge(3_000_000),))
    done.settle(LATE, (charge(3_000_000),))
    last = book(0).versions[-1]
    only_late = Policies([PolicyBook([replace(last, effective_from=date(2026, 6, 1))])])
    known = PersonYear(done.insured.person_id, YEAR, done.insured, done.standings)
    early, late = decide(judged(known, only_late), {})
    assert (early.flag, early.changed, early.moved) == (NO_POLICY, False, {})
    assert (late.flag, late.changed) == (None, False)


def test_what_others_moved_on_a_shared_accumulator_counts_first() -> None:
    done = year()
    done.settle(EARLY, (charge(3_000_000),))
    known = PersonYear(done.insured.person_id, YEAR, done.insured, done.standings)
    cases = judged(known, done.policies)
    full = {key: 13_000_000 for case in cases for key in case.keys if key.kind == "basic_insurance.paid"}
    [line] = decide(cases, full)
    assert "basic_insurance" not in dict(line.after.payers)


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ([], [], []),
        ([("a", "2026-01-01", None)], [("a", "2026-01-01", "2026-05-01"), ("a", "2026-05-01", None)], []),
        ([], [("a", "2026-01-01", "2026-02-01")], [("2026-01-01", "2026-02-01")]),
        ([("a", "2026-01-01", None)], [("a", "2026-01-01", "2026-03-01")], [("2026-03-01", "9999-12-31")]),
        (
            [("a", "2026-01-01", "2026-03-01")],
            [("b", "2026-01-01", "2026-03-01")],
            [("2026-01-01", "2026-03-01")],
        ),
    ],
)
def test_days_whose_facts_differ_are_found_however_spells_are_written(
    before: list[Any], after: list[Any], changed: list[tuple[str, str]]
) -> None:
    found = changed_days([Held(*each) for each in before], [Held(*each) for each in after])
    assert [(first.isoformat(), end.isoformat()) for first, end in found] == changed


@pytest.mark.parametrize(
    ("visit", "learned"),
    [
        (
            {"visit_type": "chronic_outpatient", "chronic_code": "M03900"},
            ("certificates", (Held("M03900", "2026-01-01", None),)),
        ),
        ({"diagnoses": ["C16.900"]}, ("programmes", (Held("major_diseases", "2025-01-01", None),))),
    ],
    ids=["a certificate", "a designation"],
)
def test_what_becomes_known_late_counts_as_if_it_had_been_known(
    visit: dict[str, Any], learned: tuple[Any, ...]
) -> None:
    poor = Held("dibao", "2020-01-01", None)
    done, knowing = year(poor), year(poor)
    bill = (charge(30_000 if "chronic_code" in visit else 20_000_000),)
    run(knowing, learned)
    for each in (done, knowing):
        assert each.settle(LATE, bill, **visit)
    assert done.figures() != knowing.figures()
    run(done, learned)
    done.readjudicate()
    assert done.figures() == knowing.figures()
    # And what turns out not to be so is taken back.
    run(done, (learned[0], ()))
    [line] = done.readjudicate()
    assert (line.changed, line.after.revision) == (True, 2)
