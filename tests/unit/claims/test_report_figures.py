"""The formulas of the reports, on numbers that counties have published (DOMAIN 2.1, 2.2)."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.claims.reports.counting import Where, counted
from services.claims.reports.definitions import PARTS, Figure, Quantity, Unit, definitions
from services.claims.reports.figures import denominator_title, numerator_title, parts, value
from services.claims.reports.financing import Booked, raised
from services.claims.reports.printing import accepted, safe
from services.claims.reports.repository import MEASURES
from shared.money import HALF_UP, TRUNCATE, divide, format_decimal

KNOWN = definitions()
UNITS = {figure.unit.id: figure.unit for figure in [*KNOWN.fund.values(), *KNOWN.service.values()]}
DOCUMENT = Path(__file__).parents[3] / "docs" / "reports.md"


def figure(unit: str, numerator: str = "visits", denominator: str | None = "basic_visits") -> Figure:
    """A figure of a unit over two quantities."""
    quantities = KNOWN.quantities
    return replace(
        KNOWN.service["visits"],
        unit=UNITS[unit],
        numerator=quantities[numerator],
        denominator=quantities[denominator] if denominator else None,
    )


def share(unit: str, numerator: int, denominator: int, rounding: str = HALF_UP) -> str | None:
    return value(figure(unit), {"visits": numerator, "basic_visits": denominator}, rounding).text


@pytest.mark.parametrize(
    ("unit", "numerator", "denominator", "half_up", "truncated"),
    [
        pytest.param("percent", 145_903, 158_590, "92.00", "92.00", id="O-11: enrolled of the population"),
        pytest.param("per_100k", 222, 158_590, "139.98", "139.98", id="O-11: TB at /10万"),
        pytest.param("per_100k", 5, 13_000, "38.46", "38.46", id="O-53: cervical cancer found"),
        pytest.param("per_100k", 1, 2_000, "50.00", "50.00", id="O-53: breast cancer found"),
        pytest.param("permille", 1, 466, "2.15", "2.14", id="O-54: the mode decides the last digit"),
        pytest.param("percent", 446, 466, "95.71", "95.70", id="O-54: in percent"),
        pytest.param("percent", 1_938, 1_946, "99.59", "99.58", id="O-05: households that left poverty"),
        pytest.param("permille", 52, 5_079, "10.24", "10.23", id="O-57: infant deaths on births"),
    ],
)
def test_shares_are_written_in_their_unit_and_rounded_as_asked(
    unit: str, numerator: int, denominator: int, half_up: str, truncated: str
) -> None:
    assert share(unit, numerator, denominator) == half_up
    assert share(unit, numerator, denominator, TRUNCATE) == truncated


@pytest.mark.parametrize(
    ("paid_fen", "visits", "average", "truncated"),
    [
        pytest.param(771_700_000, 5_124, "1506.05", "1506.04", id="O-14"),
        pytest.param(349_870_970, 13_030, "268.51", "268.51", id="O-10"),
        pytest.param(485_370_000, 288_029, "16.85", "16.85", id="O-32: outpatient"),
        pytest.param(98_420_000, 4_661, "211.16", "211.15", id="O-32: special outpatient"),
        pytest.param(3_043_460_000, 27_796, "1094.93", "1094.92", id="O-32: inpatient in the county"),
        pytest.param(841_150_000, 4_749, "1771.21", "1771.21", id="O-32: inpatient elsewhere"),
        pytest.param(190_750_000, 258, "7393.41", "7393.41", id="O-04"),
        pytest.param(209_007_349, 2_409, "867.61", "867.61", id="O-28"),
    ],
)
def test_averages_are_exact_quotients_rounded_once(
    paid_fen: int, visits: int, average: str, truncated: str
) -> None:
    average_paid = KNOWN.service["average_paid"]
    sums = {"basic_paid": paid_fen, "basic_visits": visits}
    assert value(average_paid, sums, HALF_UP).text == average
    assert value(average_paid, sums, TRUNCATE).text == truncated


def test_a_years_financing_adds_up_to_the_pooled_fund() -> None:
    # O-07, O-08: 145,903 heads at 10 + 40 + 22 + 7.2 + 10.8 yuan, 4 % reserve, 8 yuan a head set apart.
    due = {
        "personal": 145_903_000,
        "central": 583_612_000,
        "province": 320_986_600,
        "city": 105_050_160,
        "county": 157_575_240,
    }
    fund = "fund:basic_insurance:990101:2026"
    booked = [
        Booked("inflow", f"financing_due:{source}:990101:2026", fund, fen) for source, fen in due.items()
    ]
    apart = [
        Booked("set_apart", fund, "risk_reserve:990101:2026", 52_525_080),
        Booked("set_apart", fund, "outpatient_account:990101:2026", 116_722_400),
    ]
    found = raised([*booked, *apart])
    bases = found.bases()
    assert bases["due"] == 1_313_127_000
    assert (bases["due_personal"], bases["due_subsidy"]) == (145_903_000, 1_313_127_000 - 145_903_000)
    assert bases["pooled"] == 1_143_879_520
    # O-10: 30.59 % of the pooled fund in five months.
    rate = value(KNOWN.fund["pooled_paid_rate"], {**bases, "basic_paid": 349_870_970}, HALF_UP)
    assert (rate.text, rate.numerator, rate.denominator) == ("30.59", "3498709.70", "11438795.20")
    per_head = value(KNOWN.fund["due_per_head"], {**bases, "enrolled": 145_903}, HALF_UP)
    assert per_head.text == "90.00"
    # O-09: central = local, a third of which the province has 55 %.
    assert due["central"] == due["province"] + due["city"] + due["county"]


def test_what_was_reversed_is_neither_due_nor_received() -> None:
    due, fund, bank = "financing_due:central:990101:2026", "fund:basic_insurance:990101:2026", "bank:990101"
    transfers = [
        Booked("inflow", due, fund, 100), Booked("inflow", fund, due, 100), Booked("inflow", due, fund, 90),
        Booked("set_apart", fund, "risk_reserve:990101:2026", 4),
        Booked("set_apart", "risk_reserve:990101:2026", fund, 4),
        Booked("receipt", bank, due, 50), Booked("receipt", due, bank, 20),
        Booked("reserve_use", "risk_reserve:990101:2026", fund, 9),
        Booked("risk_advance", bank, fund, 7),
    ]  # fmt: skip
    found = raised(transfers)
    assert (found.due, found.received, found.pooled) == ({"central": 90}, {"central": 30}, 90)


def test_without_plan_and_receipts_nothing_is_made_up() -> None:
    assert raised([]).bases() == dict.fromkeys(
        ("due", "due_personal", "due_subsidy", "received", "pooled"), None
    )
    rate = value(KNOWN.fund["arrival_rate"], raised([]).bases(), HALF_UP)
    assert (rate.text, rate.reason) == (None, "unknown:received")
    nobody = value(KNOWN.service["average_cost"], {"total": 0, "visits": 0}, HALF_UP)
    assert (nobody.text, nobody.numerator, nobody.reason) == (None, "0.00", "denominator_zero")


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [((30_300, 3), (30_000, 3), "1.00"), ((20_000, 3), (30_000, 3), "-33.33"), ((1, 1), (0, 0), None)],
)
def test_the_change_on_the_year_before_is_computed_from_the_sums_not_from_rounded_averages(
    now: tuple[int, int], before: tuple[int, int], change: str | None
) -> None:
    sums = dict(zip(("total", "visits", "total_before", "visits_before"), (*now, *before), strict=True))
    found = KNOWN.service["average_cost_change"]
    assert value(found, sums, HALF_UP).text == change
    made = parts(found, sums)
    assert made.numerator == now[0] * before[1] - before[0] * now[1]
    assert "上年同期" in numerator_title(found)
    assert "上年同期" in str(denominator_title(found))


@pytest.mark.parametrize(
    ("numerator", "denominator", "half_up", "truncated"),
    [(5, 2, 3, 2), (-5, 2, -3, -2), (-1, 3, 0, 0), (7, 7, 1, 1), (10**30 + 1, 10**15, 10**15, 10**15)],
)
def test_the_two_modes_are_exact_on_integers(
    numerator: int, denominator: int, half_up: int, truncated: int
) -> None:
    assert divide(numerator, denominator, HALF_UP) == half_up
    assert divide(numerator, denominator, TRUNCATE) == truncated


@pytest.mark.parametrize(("denominator", "mode"), [(0, HALF_UP), (0, TRUNCATE), (-1, TRUNCATE), (1, "up")])
def test_a_division_that_makes_no_sense_is_refused(denominator: int, mode: str) -> None:
    with pytest.raises(ValueError, match="positive"):
        divide(1, denominator, mode)


def test_decimals_are_written_from_integers() -> None:
    shown = [format_decimal(*each) for each in ((8364, 2), (5, 2), (-5, 2), (12, 0), (-7, 0))]
    assert shown == ["83.64", "0.05", "-0.05", "12", "-7"]


def test_definitions_name_what_is_measured_and_the_reasons_that_can_occur() -> None:
    measures = {each.id for each in KNOWN.quantities.values() if not each.is_base}
    assert {name.removesuffix("_before") for name in measures} == set(MEASURES)
    every = [*KNOWN.fund.values(), *KNOWN.service.values()]
    bases = {
        quantity.id
        for each in every
        for quantity in (each.numerator, each.denominator)
        if quantity is not None and quantity.is_base
    }
    assert set(KNOWN.reasons) == {"denominator_zero", *(f"unknown:{base}" for base in bases)}
    assert all(each.version and each.source and each.title for each in every)
    assert all(isinstance(each, Quantity) for each in KNOWN.quantities.values())
    assert all(isinstance(each, Unit) for each in UNITS.values())


def row(**changes: Any) -> Any:
    plain: Mapping[str, Any] = {
        "by_ceiling": False, "by_payer": False, "before": False, "in_month": True, "poor": False,
        "categories": [],
        "visit_type": "inpatient", "provider_level": 2, "place": "in_county", "payer": None,
        "ceiling_bp": None, "paid_fen": 0, "visits": 1,
    }  # fmt: skip
    return SimpleNamespace(**{**plain, **changes})


def test_lines_groups_and_periods_overlap_as_they_are_printed() -> None:
    rows = [
        row(),
        row(categories=["dibao"], in_month=False, visits=2),
        row(place="out_of_city", provider_level=3, visits=4),
        row(before=True, visits=8),
        row(by_payer=True, payer="basic_insurance", paid_fen=50, in_month=False, poor=True),
        row(by_ceiling=True, ceiling_bp=500, visits=7),
        row(by_ceiling=True, ceiling_bp=-1, visits=9),
    ]
    found = counted(rows, KNOWN.lines.values(), ["visits"], KNOWN.groups.values())
    visits = {where: sums["visits"] for where, sums in found.lines.items() if "visits" in sums}
    assert visits[Where("total", "all", "month")] == 5
    assert visits[Where("total", "all", "year_to_date")] == 7
    assert visits[Where("inpatient_in_county", "poor", "year_to_date")] == 2
    assert visits[Where("inpatient_out_of_county", "other", "month")] == 4
    assert found.lines[Where("level_2", "all", "month")]["visits_before"] == 8
    assert Where("outpatient", "all", "month") not in visits
    assert dict(found.payers) == {
        ("basic_insurance", "all", "year_to_date"): 50,
        ("basic_insurance", "poor", "year_to_date"): 50,
    }
    assert {ceiling for ceiling, _, _ in found.ceilings} == {500}


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+86", "'+86"), ("\tx", "'\tx"), ("-x", "'-x"),
        ("-12.50", "-12.50"), ("12.50", "12.50"), ("县内住院", "县内住院"), ("-1.2.3", "'-1.2.3"), ("", ""),
    ],
)  # fmt: skip
def test_no_cell_becomes_a_formula_and_negative_numbers_stay_numbers(cell: str, written: str) -> None:
    assert safe(cell) == written


@pytest.mark.parametrize(
    ("accept", "format_"),
    [
        ("", "json"), ("*/*", "json"), ("application/json", "json"), ("text/csv;q=0.9", "csv"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ],
)  # fmt: skip
def test_the_format_follows_what_the_client_accepts(accept: str, format_: str) -> None:
    assert accepted(accept) == format_


@pytest.mark.parametrize(
    "each",
    [each for part in PARTS for each in getattr(KNOWN, part).values()],
    ids=lambda each: each.id,
)
def test_the_document_explains_every_figure_as_it_is_defined(each: Figure) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    cells = (
        f"`{each.id}`", each.title, each.unit.title, numerator_title(each), denominator_title(each) or "—",
        each.version, each.source, "是" if each.verified else "否",
    )  # fmt: skip
    assert f"| {' | '.join(cells)} |" in document
