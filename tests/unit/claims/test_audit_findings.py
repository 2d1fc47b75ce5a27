"""What the audit rules find: both sides of every edge, the amount at stake to the fen, the arithmetic."""

from datetime import date
from typing import Any

import pytest

from services.claims.audit import data, findings
from services.claims.audit.claim_repository import Paid
from services.claims.audit.deductions import shared_out
from services.claims.audit.findings import Line, Month, Patient
from services.claims.audit.model import (
    CostOutlier,
    DayLimits,
    DrugShare,
    Duplicates,
    Fit,
    Found,
    PatientFit,
    PriceLimits,
)

MARCH = date(2026, 3, 1)
COMMON: dict[str, Any] = {
    "id": "rule",
    "kind": "kind",
    "title": "规则",
    "source": "来源",
    "clause": "条款",
    "verified": False,
    "valid_from": date(2020, 1, 1),
    "valid_to": None,
}
TWICE = Duplicates(**COMMON, categories=("laboratory",))
PRICES = PriceLimits(**COMMON, limits={("X1", 2): 200_000})
DAYS = DayLimits(**COMMON, visit_types=("inpatient",), per_day_milli={"BED": 1_000})
DRUGS = DrugShare(**COMMON, categories=("western_medicine",), levels=(2,), limit_bp=4_200, from_visits=10)
COSTS = CostOutlier(
    **COMMON,
    visit_types=("inpatient",),
    ratio_percent=150,
    deviations_percent=350,
    from_visits=5,
    from_peers=4,
)


def line(**changes: Any) -> Line:
    plain: dict[str, Any] = {
        "facility_code": "H1",
        "settlement_id": "s1",
        "line_no": 1,
        "item_code": "X1",
        "name": "血常规",
        "quantity_milli": 1_000,
        "unit_price_e4": 180_000,
        "price_limit_e4": None,
        "amount_fen": 1_800,
        "level": 2,
        "person_id": "p1",
        "day": MARCH,
        "days": 1,
    }
    return Line(**{**plain, **changes})


def stakes(found: list[Found]) -> list[tuple[str | None, tuple[int, ...], int]]:
    return [(each.settlement_id, each.line_nos, each.at_stake_fen) for each in found]


def test_equal_lines_of_one_visit_are_at_stake_but_for_the_first() -> None:
    found = findings.repeated_lines(TWICE, [line(line_no=3), line(line_no=1), line(line_no=7)])
    assert stakes(found) == [("s1", (3, 7), 3_600)]
    assert found[0].fingerprint == "rule/s1/3,7"
    assert "3 行" in found[0].text


@pytest.mark.parametrize(
    "second",
    [
        line(line_no=2, settlement_id="s2"),
        line(line_no=2, item_code="X2"),
        line(line_no=2, quantity_milli=2_000),
        line(line_no=2, unit_price_e4=1),
        line(line_no=2, amount_fen=0)._replace(amount_fen=0),
    ],
)
def test_lines_that_differ_or_cost_nothing_are_no_duplicates(second: Line) -> None:
    assert findings.repeated_lines(TWICE, [line(), second]) == []


def test_an_item_billed_again_on_the_day_in_another_visit_is_at_stake_there() -> None:
    first, again, other = (
        line(),
        line(settlement_id="s2", line_no=4),
        line(settlement_id="s3", person_id="p2"),
    )
    found = findings.repeated_days(TWICE, [again, first, other])
    assert stakes(found) == [("s2", (4,), 1_800)]
    assert found[0].arithmetic["other_settlement"] == "s1"
    assert findings.repeated_days(TWICE, [first, line(settlement_id="s2", day=date(2026, 3, 2))]) == []
    assert findings.repeated_days(TWICE, [first, line(line_no=2)]) == []


@pytest.mark.parametrize(
    ("changes", "stake"),
    [
        ({"unit_price_e4": 200_000}, None),
        ({"unit_price_e4": 200_001, "quantity_milli": 1_000_000}, 10),
        ({"unit_price_e4": 250_000, "amount_fen": 2_500}, 500),
        ({"unit_price_e4": 250_000, "quantity_milli": 3_000, "amount_fen": 7_500}, 1_500),
        ({"unit_price_e4": 250_000, "price_limit_e4": 190_000, "amount_fen": 2_500}, None),
        ({"unit_price_e4": 250_000, "price_limit_e4": 210_000, "amount_fen": 2_500}, 100),
        ({"unit_price_e4": 250_000, "level": 3}, None),
        ({"unit_price_e4": 250_000, "item_code": "X9"}, None),
        ({"unit_price_e4": 200_040, "quantity_milli": 1_000}, None),
        ({"unit_price_e4": 200_050, "quantity_milli": 1_000}, 1),
    ],
)
def test_a_price_above_the_limit_of_the_level_puts_the_excess_at_stake(
    changes: dict[str, Any], stake: int | None
) -> None:
    found = findings.prices(PRICES, [line(**changes)])
    assert [each.at_stake_fen for each in found] == ([] if stake is None else [stake])


@pytest.mark.parametrize(
    ("quantities", "days", "stake"),
    [
        ([5_000], 5, None),
        ([6_000], 5, 1_000),
        ([3_000, 3_000], 5, 1_000),
        ([1_000], 1, None),
        ([2_500], 2, 1_200),
    ],
)
def test_more_of_a_daily_item_than_days_puts_the_excess_share_at_stake(
    quantities: list[int], days: int, stake: int | None
) -> None:
    lines = [
        line(
            item_code="BED",
            line_no=no,
            quantity_milli=quantity,
            amount_fen=6_000 // len(quantities),
            days=days,
        )
        for no, quantity in enumerate(quantities, 1)
    ]
    found = findings.quantities(DAYS, lines)
    assert [each.at_stake_fen for each in found] == ([] if stake is None else [stake])
    if found:
        assert found[0].line_nos == tuple(range(1, len(quantities) + 1))


BIRTH = Fit("O", "妊娠分娩", "2", 10, 60)


@pytest.mark.parametrize(
    ("sex", "age", "misfit"),
    [
        ("2", 30, None),
        ("1", 30, "sex"),
        ("2", 9, "age"),
        ("2", 10, None),
        ("2", 59, None),
        ("2", 60, "age"),
        ("0", 30, None),
    ],
)
def test_a_fit_is_of_a_sex_and_an_age(sex: str, age: int, misfit: str | None) -> None:
    assert BIRTH.misfit(sex, age) == misfit


def test_a_diagnosis_that_does_not_fit_puts_the_bill_at_stake_an_item_its_line() -> None:
    rule = PatientFit(**COMMON, diagnoses=(BIRTH,), items=(Fit("3114", "产科", "2", None, None),))
    found = findings.misfits(
        rule,
        [
            Patient("H1", "s1", None, "O80.000", "1", 40, 90_000),
            Patient("H1", "s1", None, "O82.000", "1", 40, 90_000),
            Patient("H1", "s2", 4, "311400014", "1", 40, 62_000),
            Patient("H1", "s3", None, "I63.900", "1", 40, 90_000),
        ],
    )
    assert stakes(found) == [("s1", (), 90_000), ("s2", (4,), 62_000)]
    assert "限女性、10 岁以上、不满 60 岁，患者为男性、40 岁" in found[0].text


@pytest.mark.parametrize(
    ("month", "stake"),
    [
        (Month("H1", 2, 10, 100_000, 42_000), None),
        (Month("H1", 2, 10, 100_000, 42_001), 1),
        (Month("H1", 2, 10, 100_001, 50_000), 8_000),
        (Month("H1", 2, 9, 100_000, 90_000), None),
        (Month("H1", 1, 10, 100_000, 90_000), None),
    ],
)
def test_drugs_above_their_share_are_at_stake_with_the_excess(month: Month, stake: int | None) -> None:
    found = findings.drug_shares(DRUGS, MARCH, [month])
    assert [each.at_stake_fen for each in found] == ([] if stake is None else [stake])
    if found:
        assert (found[0].settlement_id, found[0].fingerprint) == (None, "rule/H1/2026-03")


def months(*averages: int, visits: int = 10) -> list[Month]:
    return [Month(f"H{no}", 2, visits, average * visits, 0) for no, average in enumerate(averages)]


@pytest.mark.parametrize(
    ("averages", "outlying"),
    [
        ((100, 102, 98, 101, 200), {"H4": (200 - 151.5) * 10}),
        ((100, 102, 98, 101, 150), {}),
        ((100, 102, 98), {}),
        ((100, 140, 60, 120, 180), {}),
        ((100, 100, 100, 100, 151), {"H4": 10}),
    ],
)
def test_an_average_stands_out_by_ratio_and_by_robust_deviation(
    averages: tuple[int, ...], outlying: dict[str, float]
) -> None:
    found = findings.outliers(COSTS, MARCH, months(*averages))
    assert {each.facility_code: each.at_stake_fen for each in found} == outlying


def test_averages_are_compared_within_a_level_and_with_enough_visits() -> None:
    few = [each._replace(visits=4, total_fen=each.total_fen * 4 // 10) for each in months(100, 100, 100, 900)]
    assert findings.outliers(COSTS, MARCH, few) == []
    other_level = [*months(100, 100, 100, 100), Month("T1", 1, 10, 9_000, 0)]
    assert findings.outliers(COSTS, MARCH, other_level) == []


@pytest.mark.parametrize(
    ("changes", "stake"),
    [
        ({}, 485),
        ({"total_fen": 1_990}, 475),
        ({"visits": 9, "total_fen": 1_800}, 436),
        ({"total_fen": 1_515}, 0),
        ({"visits": 4, "total_fen": 4_000}, 0),
    ],
)
def test_a_month_is_worked_out_again_on_its_bills_and_against_the_peers_as_they_were(
    changes: dict[str, Any], stake: int
) -> None:
    every = months(100, 102, 98, 101, 200)
    [found] = findings.outliers(COSTS, MARCH, every)
    assert findings.again(COSTS, MARCH, [every[4]._replace(**changes)], found.arithmetic) == stake
    assert findings.again(COSTS, MARCH, [], found.arithmetic) == 0
    drugs = [Month("H1", 2, 10, 100_001, 50_000)]
    assert findings.again(DRUGS, MARCH, drugs, {}) == 8_000
    assert findings.again(DRUGS, MARCH, [drugs[0]._replace(visits=9)], {}) == 0


@pytest.mark.parametrize(("values", "middle"), [([3], 3), ([1, 9, 4], 4), ([1, 2], 2), ([1, 3, 5, 8], 4)])
def test_the_median_is_the_middle_half_up(values: list[int], middle: int) -> None:
    assert findings.median(values) == middle


@pytest.mark.parametrize(
    ("amount", "paid", "parts"),
    [
        (100, [70, 30], [70, 30]),
        (100, [1, 1, 1], [34, 33, 33]),
        (1, [50, 50], [1]),
        (10, [999, 1], [10]),
        (99_999, [33_333, 33_333, 33_333], [33_333, 33_333, 33_333]),
    ],
)
def test_a_deduction_is_shared_over_the_funds_that_paid_exact_to_the_fen(
    amount: int, paid: list[int], parts: list[int]
) -> None:
    shared = shared_out(amount, [Paid(f"fund{no}", 2026, fen) for no, fen in enumerate(paid)])
    assert [each.amount_fen for each in shared] == parts
    assert sum(parts) == amount


def test_the_shipped_rules_name_their_sources_and_cover_every_kind() -> None:
    rules = data.audit_rules()
    assert {rule.kind for rule in rules.on(MARCH)} == {
        "duplicate_same_visit",
        "duplicate_same_day",
        "price_above_limit",
        "quantity_above_days",
        "patient_fit",
        "drug_share",
        "cost_outlier",
    }
    assert rules.on(date(2019, 12, 31)) == []
    assert rules.hearing_on(MARCH).days == 10
    [share] = [rule for rule in rules.rules if isinstance(rule, DrugShare)]
    assert (share.limit_bp, share.verified) == (4_200, True)


def test_a_rule_applies_from_its_first_day_until_the_day_before_its_end() -> None:
    rule = Duplicates(**{**COMMON, "valid_to": date(2026, 3, 1)}, categories=())
    assert (rule.on(date(2026, 2, 28)), rule.on(MARCH), rule.on(date(2019, 12, 31))) == (True, False, False)
