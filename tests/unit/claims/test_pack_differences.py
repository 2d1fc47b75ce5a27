"""What the person who approves a pack is shown: every value that differs, and nothing else."""

import copy
from typing import Any

import pytest

from services.claims.packs.diff import Change, changes, example_changes
from tests.support.uploads import INPATIENT_RATE, pack, place

OLD = pack("county", "990101")
SOURCE = "sources/tongchuan_2024_23/title"
CEILING = "layers/0/limits/0/rows/0/amount"
ROWS = "layers/0/benefits/0/rate/rows"


def with_change(path: str, value: Any) -> dict[str, Any]:
    new = copy.deepcopy(OLD)
    place(new, path, value)
    return new


def told(new: dict[str, Any], old: dict[str, Any] | None = OLD) -> list[tuple[Any, ...]]:
    return [(each.kind, each.rule, each.field, each.old, each.new) for each in changes(old, new)]


def test_equal_versions_differ_in_nothing() -> None:
    assert changes(OLD, copy.deepcopy(OLD)) == []
    assert example_changes(OLD, copy.deepcopy(OLD)) == ([], [], [])


def test_a_changed_number_is_told_by_rule_with_source_and_clause() -> None:
    [change] = changes(OLD, with_change(INPATIENT_RATE, "0.80"))
    assert isinstance(change, Change)
    assert change[:2] == ("changed", "basic.rate.2")
    assert (change.field, change.old, change.new) == ("rate", "0.75", "0.80")
    assert change.place == "layers/basic_insurance/benefits/basic.inpatient/rate/rows"
    assert change.old_ground == change.new_ground == ("tongchuan_2024_23", "二级医疗机构支付比例75%")


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("title", "新办法", ("changed", None, "title", OLD["title"], "新办法")),
        ("effective_from", "2027-01-01", ("changed", None, "effective_from", "2026-01-01", "2027-01-01")),
        (f"{ROWS}/0/clause", "新", ("changed", "basic.rate.1", "clause", "一级医疗机构支付比例85%", "新")),
        (f"{ROWS}/0/verified", True, ("changed", "basic.rate.1", "verified", "false", "true")),
        (f"{ROWS}/0/when", {"levels": [1]}, ("changed", "basic.rate.1", "when/levels", "0, 1", "1")),
        (CEILING, None, ("changed", "basic.ceiling", "amount", "130000.00", "null")),
        ("layers/0/fund_pay_type", "390200", ("changed", None, "fund_pay_type", "390100", "390200")),
        (SOURCE, "某文件", ("changed", None, SOURCE, OLD["sources"]["tongchuan_2024_23"]["title"], "某文件")),
    ],
)
def test_any_changed_value_is_told_once(path: str, value: Any, expected: tuple[Any, ...]) -> None:
    assert told(with_change(path, value)) == [expected]


def test_an_added_and_a_removed_rule_are_told_with_their_numbers() -> None:
    added = copy.deepcopy(OLD)
    rows = added["layers"][0]["benefits"][0]["rate"]["rows"]
    rows.insert(0, {**rows[0], "id": "basic.rate.new", "rate": "0.90"})
    assert ("added", "basic.rate.new", "rate", None, "0.90") in told(added)
    assert {change.rule for change in changes(OLD, added)} == {"basic.rate.new"}
    assert ("removed", "basic.rate.new", "rate", "0.90", None) in told(OLD, added)


def test_the_order_of_rules_is_told_because_the_first_that_holds_decides() -> None:
    swapped = copy.deepcopy(OLD)
    rows = swapped["layers"][0]["benefits"][0]["rate"]["rows"]
    rows[0], rows[1] = rows[1], rows[0]
    assert told(swapped) == [
        (
            "changed",
            None,
            "order",
            "basic.rate.1, basic.rate.2, basic.rate.3",
            "basic.rate.2, basic.rate.1, basic.rate.3",
        )
    ]


def test_a_rule_that_moves_elsewhere_is_told() -> None:
    moved = copy.deepcopy(OLD)
    points = moved["layers"][0]["benefits"][0]["rate"]["points"]
    moved["layers"][1]["points"].append(points.pop())
    assert [change[1:] for change in told(moved)] == [
        (
            "basic.poor",
            "place",
            "layers/basic_insurance/benefits/basic.inpatient/rate/points",
            "layers/critical/points",
        )
    ]


def test_everything_is_added_by_the_first_version() -> None:
    found = changes(None, OLD)
    assert {change.kind for change in found} == {"added"}
    assert {"basic.rate.1", "critical.tier.3", "assistance.limit"} <= {change.rule for change in found}


def test_examples_are_told_by_name() -> None:
    new = copy.deepcopy(OLD)
    gone, edited = new["examples"].pop(0)["name"], new["examples"][3]["name"]
    new["examples"][3]["expect"]["person_pays"] = "1.00"
    new["examples"].append({**new["examples"][0], "name": "新算例"})
    assert example_changes(OLD, new) == (["新算例"], [gone], [edited])
    assert changes(OLD, new) == []


def test_that_certificates_are_asked_for_from_now_on_is_told() -> None:
    rule = {"id": "chronic.certificates", "source": SOURCE, "clause": "第三条", "verified": True}
    [change] = told({**OLD, "chronic_certificates": {"required": True, **rule}})
    assert change == ("added", "chronic.certificates", "required", None, "true")
