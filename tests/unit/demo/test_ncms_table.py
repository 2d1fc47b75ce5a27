"""The standard table of the demonstration: the year to date is the sum of its months."""

import io
from typing import Any

from rich.console import Console

from deploy.demo.replies import MonthTable, StandardTable
from deploy.demo.tables import ncms
from services.claims.reports.definitions import definitions
from tests.unit.demo.test_closing import a_month

KNOWN = definitions()


def report(visits: str = "6", total: str = "20.00", poor: str = "4") -> StandardTable:
    values = {"visits": visits, "total": total, "person_pays": "4.00"}

    def figure(id_: str) -> dict[str, Any]:
        parts = {"numerator": "1", "denominator": "2", "denominator_name": "某分母", "denominator_year": 2026}
        return {"id": id_, "value": values.get(id_), "reason_title": "没有登记", "rows": None, **parts}

    lines = [
        {
            "line": line.id, "title": line.title, "group": group.id, "group_title": group.title,
            "period": "year_to_date", "figures": [figure(id_) for id_ in KNOWN.service],
        }
        for line in KNOWN.lines.values()
        for group in KNOWN.of_kind("standard")
    ]  # fmt: skip
    described = [
        {"id": each.id, "title": each.title, "unit_title": each.unit.title} for each in KNOWN.fund.values()
    ]
    fund = [figure(id_) for id_ in KNOWN.fund]
    categories = [
        {
            "line": "total", "title": "合计", "group": group, "group_title": f"主要身份·{group}",
            "period": "year_to_date",
            "figures": [{**figure(id_), "value": count} for id_ in KNOWN.category_figures],
        }
        for group, count in (("main_dibao", poor), ("main_none", "2"))
    ]  # fmt: skip
    return StandardTable.model_validate(
        {
            "definitions_version": "1", "definitions": {"fund": described}, "fund": fund, "lines": lines,
            "categories": categories,
        }
    )  # fmt: skip


def months() -> list[MonthTable]:
    return [a_month(), a_month()]


def test_a_year_that_is_the_sum_of_its_months_has_no_fault() -> None:
    assert ncms.faults(report(), months()) == []


def test_a_year_that_is_not_the_sum_of_its_months_is_a_fault() -> None:
    assert ncms.faults(report("7", "20.01", "5"), months()) == [
        "累计 7 人次，各月之和 6 人次",
        "累计 total 20.01 元，各月之和 20.00 元",
    ]


def test_people_by_main_category_who_are_not_everybody_are_a_fault() -> None:
    assert ncms.faults(report(poor="3"), months()) == ["累计 6 人次，各主要身份之和 5 人次"]


def test_what_cannot_be_computed_is_printed_as_a_dash_with_the_reason() -> None:
    out = io.StringIO()
    ncms.show(Console(file=out, width=120), report())
    printed = out.getvalue()
    assert "没有登记" in printed
    assert "main_dibao" in printed
    assert "—" in printed
    assert "某分母（2026年）" in printed
