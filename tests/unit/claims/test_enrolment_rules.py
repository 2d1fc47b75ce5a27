"""Waiting periods, sponsored premiums and one-off assistance: both sides of every edge."""

from datetime import date
from typing import Any

import pytest

from services.claims.benefits.enrolment import (
    Enrolling,
    months_later,
    sponsored_premium,
    sponsorship_sentence,
    waiting_until,
)
from services.claims.benefits.explain import step_sentences
from services.claims.benefits.one_off import one_off_aid
from services.claims.benefits.policy import PackError, PolicyVersion
from services.claims.benefits.read import read_version
from services.claims.benefits.steps import step_as_dict
from tests.support.rederive import parameters_from_rules, rederived
from tests.support.visits import fund_layer, rule, small_pack

WAITING: dict[str, Any] = {
    "fixed": rule("waiting.fixed", months=3),
    "per_missed_year": rule("waiting.missed", months=1),
    "per_bought_back_year": rule("waiting.bought", months=1),
    "least": rule("waiting.least", missed_years=4, months=6),
    "exempt": [
        rule("waiting.newborn", days_from_birth=90),
        rule("waiting.poor", categories=["dibao", "extreme_poverty"]),
    ],
}
SPONSORSHIP: dict[str, Any] = {
    "payer": "medical_assistance",
    "title": "资助参保",
    "rows": [
        rule("sponsor.full", categories=["extreme_poverty", "orphan"], rate="1.00"),
        rule("sponsor.fixed", categories=["dibao"], amount="240.00"),
        rule("sponsor.part", categories=["marginal_at_risk"], rate="0.60"),
    ],
}


def pack(**sections: Any) -> PolicyVersion:
    return read_version(small_pack(fund_layer("0.05"), **sections))


VERSION = pack(enrolment={"waiting": WAITING, "sponsorship": SPONSORSHIP})


def enrolling(missed: int = 0, bought: int = 0, in_time: bool = True, **changes: Any) -> Enrolling:
    standard = Enrolling(date(2026, 1, 31), in_time, missed, bought, frozenset(), date(1980, 5, 1))
    return standard._replace(**changes)


@pytest.mark.parametrize(
    ("person", "months", "until"),
    [
        (enrolling(), 0, date(2026, 1, 31)),
        (enrolling(in_time=False), 3, date(2026, 4, 30)),
        (enrolling(missed=1), 4, date(2026, 5, 31)),
        (enrolling(missed=3), 6, date(2026, 7, 31)),
        (enrolling(missed=3, bought=1), 5, date(2026, 6, 30)),
        (enrolling(missed=3, bought=3), 3, date(2026, 4, 30)),
        (enrolling(missed=3, bought=9), 3, date(2026, 4, 30)),
        (enrolling(missed=4, bought=4), 6, date(2026, 7, 31)),
        (enrolling(missed=4, bought=1), 6, date(2026, 7, 31)),
        (enrolling(missed=4), 7, date(2026, 8, 31)),
        (enrolling(missed=12), 15, date(2027, 4, 30)),
        (enrolling(missed=3, categories=frozenset({"dibao"})), 0, date(2026, 1, 31)),
        (enrolling(in_time=False, born_on=date(2025, 11, 2)), 0, date(2026, 1, 31)),
        (enrolling(in_time=False, born_on=date(2025, 11, 1)), 3, date(2026, 4, 30)),
    ],
)
def test_late_and_missed_years_wait_and_bought_back_years_wait_less(
    person: Enrolling, months: int, until: date
) -> None:
    waiting = waiting_until(VERSION, person)
    assert (waiting.months, waiting.until) == (months, until)
    assert until.isoformat() in waiting.sentence


def test_the_wait_names_its_rules_and_sums() -> None:
    waiting = waiting_until(VERSION, enrolling(missed=3, bought=1))
    assert [rule.id for rule in waiting.rules] == ["waiting.fixed", "waiting.missed", "waiting.bought"]
    assert waiting.sentence == (
        "固定待遇等待期3个月，断缴3年增加3个月，补缴1年减少1个月，共5个月，自2026-06-30起享受待遇。"
    )


@pytest.mark.parametrize("version", [pack(), pack(enrolment={"sponsorship": SPONSORSHIP})])
def test_without_the_section_nobody_waits(version: PolicyVersion) -> None:
    assert waiting_until(version, enrolling(missed=9, in_time=False)).months == 0


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 12, 1), 0, date(2026, 12, 1)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 1, 1), 11, date(2026, 12, 1)),
    ],
)
def test_months_end_with_the_month_where_the_day_does_not_exist(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


@pytest.mark.parametrize(
    ("categories", "premium", "sponsored"),
    [
        (["extreme_poverty"], 40_000, 40_000),
        (["dibao"], 40_000, 24_000),
        (["dibao"], 20_000, 20_000),
        (["dibao", "orphan"], 40_000, 40_000),
        (["marginal_at_risk"], 40_001, 24_001),
        (["illness_poverty"], 40_000, 0),
        ([], 40_000, 0),
    ],
)
def test_the_first_row_that_fits_sponsors_the_premium(
    categories: list[str], premium: int, sponsored: int
) -> None:
    found = sponsored_premium(VERSION, frozenset(categories), premium)
    assert (found.sponsored_fen, found.person_fen) == (sponsored, premium - sponsored)
    if found.step:
        step = step_as_dict(found.step)
        assert rederived(step) == sponsored
        assert parameters_from_rules(step) == step["parameters"]


def test_sponsorship_is_told_in_one_sentence() -> None:
    dibao = sponsored_premium(VERSION, frozenset({"dibao"}), 40_000)
    assert sponsorship_sentence(dibao) == "资助参保240.00元（第一条），个人缴费160.00元。"
    assert sponsorship_sentence(sponsored_premium(pack(), frozenset(), 1)) == "个人缴费0.01元，无资助。"


ONE_OFF = rule(
    "one_off",
    payer="medical_assistance",
    title="一次性救助",
    tiers=[
        rule("tier.3", title="三档", diagnoses=["N18.5"], amount="3000.00"),
        rule("tier.2", title="二档", programmes=["major"], categories=["dibao"], amount="2000.00"),
        rule("tier.1", title="一档", programmes=["major"], amount="1000.00"),
    ],
)
MAJOR = rule("major", title="大病", diagnosis="any", diseases=[{"name": "胃癌", "icd10": ["C16"]}])
GIVES = pack(one_off=ONE_OFF, programmes=[MAJOR])


@pytest.mark.parametrize(
    ("diagnoses", "categories", "given", "tier", "amount"),
    [
        (("N18.500",), [], 0, "tier.3", 300_000),
        (("C16.900",), ["dibao"], 0, "tier.2", 200_000),
        (("C16.900",), ["orphan"], 0, "tier.1", 100_000),
        (("C16.900", "N18.500"), [], 0, "tier.3", 300_000),
        (("N18.500",), [], 100_000, "tier.3", 200_000),
        (("N18.500",), [], 300_000, "tier.3", 0),
    ],
)
def test_a_disease_gets_the_first_tier_that_fits_once_a_year(
    diagnoses: tuple[str, ...], categories: list[str], given: int, tier: str, amount: int
) -> None:
    found = one_off_aid(GIVES, diagnoses, 50, frozenset(categories), given)
    assert found is not None
    assert (found.tier, found.amount_fen) == (tier, amount)
    step = step_as_dict(found.step)
    assert rederived(step) == amount
    assert parameters_from_rules(step) == step["parameters"]
    assert "一次性救助" in step_sentences(step)[0]


def test_other_diseases_and_packs_give_no_tier() -> None:
    assert one_off_aid(GIVES, ("J18.900",), 50, frozenset()) is None
    assert one_off_aid(pack(), ("N18.500",), 50, frozenset()) is None


@pytest.mark.parametrize(
    "sections",
    [
        {"enrolment": {"waiting": {**WAITING, "exempt": [rule("nobody")]}}},
        {"enrolment": {"waiting": {**WAITING, "fixed": rule("fixed", months=-1)}}},
        {
            "enrolment": {
                "sponsorship": {**SPONSORSHIP, "rows": [rule("r", categories=["rich"], rate="1.00")]}
            }
        },
        {"enrolment": {"sponsorship": {**SPONSORSHIP, "rows": [rule("r", categories=["dibao"])]}}},
        {"one_off": {**ONE_OFF, "tiers": []}},
        {"one_off": {**ONE_OFF, "tiers": [rule("t", title="无病种", amount="1.00")]}},
        {"one_off": ONE_OFF},
    ],
)
def test_sections_that_make_no_sense_are_refused(sections: dict[str, Any]) -> None:
    with pytest.raises(PackError):
        pack(**sections)
