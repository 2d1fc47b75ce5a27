"""An enrolment file: years, schemes and days of joining of people who are registered."""

from typing import Any

import pytest

from tests.integration.registry.conftest import Registry
from tests.support.registry import as_csv, people, person

pytestmark = pytest.mark.integration


def row(order: int = 1, **changes: Any) -> dict[str, Any]:
    stated = {
        "人编号": person(order)["人编号"],
        "证件号码": person(order)["证件号码"],
        "参保年度": "2025",
        "险种": "城乡居民基本医疗保险",
        "参保日期": "2024-11-20",
    }
    assert changes.keys() <= stated.keys() | {"补缴年数"}
    return {**stated, **changes}


async def load(registry: Registry, rows: list[dict[str, Any]], **query: Any) -> dict[str, Any]:
    reply = await registry.send(as_csv(rows), kind="enrolments", **query)
    assert reply.status_code == 201, reply.text
    report: dict[str, Any] = reply.json()
    return report


def numbers(report: dict[str, Any]) -> tuple[int, ...]:
    return tuple(report[name] for name in ("rows", "rejected", "created", "changed", "unchanged"))


async def test_two_years_of_membership_reach_the_event_of_the_person(registry: Registry) -> None:
    await registry.load(people(2))
    rows = [
        row(1),
        row(1, 参保年度="2026", 参保日期="2025/12/3"),
        row(2, 人编号=""),
        row(2, 证件号码="", 参保年度="2024年", 参保日期="20240301"),
    ]
    assert numbers(await load(registry, rows)) == (4, 0, 3, 1, 0)
    news = (await registry.events())[2:]
    assert [event["version"] for event in news] == [2, 2]
    spells = {
        tuple((spell["year"], spell["valid_from"], spell["valid_to"]) for spell in event["enrolments"])
        for event in news
    }
    assert spells == {
        ((2025, "2025-01-01", "2026-01-01"), (2026, "2026-01-01", "2027-01-01")),
        (
            (2024, "2024-03-01", "2025-01-01"),
            (2025, "2025-01-01", "2026-01-01"),
            (2026, "2026-01-01", "2027-01-01"),
        ),
    }


async def test_the_same_enrolment_file_again_changes_nothing(registry: Registry) -> None:
    await registry.load(people(2))
    rows = [row(1), row(2), row(1, 参保年度="2026", 参保日期="2026-02-03")]
    await load(registry, rows)
    before = await registry.counts()
    assert numbers(await load(registry, rows)) == (3, 0, 0, 0, 3)
    after = await registry.counts()
    assert {name for name in after if after[name] != before[name]} == {"imports", "idempotency_keys"}


async def test_years_bought_back_reach_the_event_and_stay_when_a_file_says_nothing(
    registry: Registry,
) -> None:
    await registry.load(people(1))
    assert numbers(await load(registry, [row(1, 补缴年数="1")])) == (1, 0, 1, 0, 0)
    assert numbers(await load(registry, [row(1)])) == (1, 0, 0, 0, 1)
    assert numbers(await load(registry, [row(1, 补缴年数="2年")])) == (1, 0, 0, 1, 0)
    told = [
        {spell["year"]: spell["bought_back_years"] for spell in event["enrolments"]}
        for event in (await registry.events())[1:]
    ]
    assert told == [{2025: 1, 2026: 0}, {2025: 2, 2026: 0}]


async def test_a_dry_run_of_enrolments_writes_nothing(registry: Registry) -> None:
    await registry.load(people(1))
    before = await registry.counts()
    assert numbers(await load(registry, [row(1)], dry_run="true")) == (1, 0, 1, 0, 0)
    assert await registry.counts() == before


async def test_a_day_of_joining_inside_the_year_begins_the_cover(registry: Registry) -> None:
    await registry.load(people(1))
    await load(registry, [row(1, 参保年度="2026", 参保日期="2026-02-03")])
    number = person(1)["证件号码"]
    assert not (await registry.eligibility(number, on="2026-02-02"))["enrolled"]
    assert (await registry.eligibility(number, on="2026-02-03"))["enrolled"]


async def test_an_ended_enrolment_stays_ended_until_the_person_joins_again(registry: Registry) -> None:
    number = person(1)["证件号码"]
    await registry.load(people(1), as_of="2026-01-10")
    await registry.load([person(1, 是否参加城乡居民基本医疗保险="否")], as_of="2026-03-01")
    await load(registry, [row(1, 参保年度="2026", 参保日期="2025-12-01")])
    assert not (await registry.eligibility(number, on="2026-03-01"))["enrolled"]
    await load(registry, [row(1, 参保年度="2026", 参保日期="2026-05-01")])
    days = ("2026-02-28", "2026-04-30", "2026-05-01")
    assert [(await registry.eligibility(number, on=day))["enrolled"] for day in days] == [True, False, True]
    await load(registry, [row(1, 参保年度="2026", 参保日期="2025-12-01")])
    assert [(await registry.eligibility(number, on=day))["enrolled"] for day in days] == [True, True, True]


@pytest.mark.parametrize(
    ("bad", "column", "code"),
    [
        (row(9), "人编号", "import.unknown_person"),
        (row(1, 证件号码=person(2)["证件号码"]), "人编号", "import.person_mismatch"),
        (row(1, 人编号="", 证件号码=""), "人编号", "import.cell_missing"),
        (row(1, 证件号码="123"), "证件号码", "import.id_number_length"),
        (row(1, 参保年度="25"), "参保年度", "import.bad_year"),
        (row(1, 险种="商业保险"), "险种", "import.unknown_scheme"),
        (row(1, 参保日期="2024-09-31"), "参保日期", "import.bad_date"),
        (row(1, 补缴年数="两年"), "补缴年数", "import.bad_bought_back_years"),
        (row(1, 补缴年数="51"), "补缴年数", "import.bad_bought_back_years"),
        (row(1, 参保日期="2026-12-31", 参保年度="2027"), "参保日期", "import.date_in_future"),
        (row(1, 参保日期="2026-01-01"), "参保日期", "import.joined_after_year"),
    ],
)
async def test_a_bad_enrolment_row_is_listed_and_the_others_imported(
    registry: Registry, bad: dict[str, Any], column: str, code: str
) -> None:
    await registry.load(people(3))
    report = await load(registry, [bad, {**dict.fromkeys(bad, ""), **row(3)}])
    assert numbers(report) == (2, 1, 1, 0, 0)
    assert [(fault["row"], fault["column"], fault["code"]) for fault in report["problems"]] == [
        (2, column, code)
    ]


async def test_the_same_enrolment_twice_in_a_file_is_a_fault_of_the_second(registry: Registry) -> None:
    await registry.load(people(1))
    report = await load(registry, [row(1), row(1, 人编号="", 参保日期="2024-12-01")])
    assert numbers(report) == (2, 1, 1, 0, 0)
    assert report["problems"][0]["code"] == "import.duplicate_enrolment"
