"""Yearly figures that counties have published, and what does not add up in them (DOMAIN O-29 to O-34)."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.claims.reports.yearly import averages, findings
from services.claims.reports.yearly_schemas import YearFiguresRequest
from shared.money import HALF_UP

SICHUAN: dict[str, Any] = {
    "enrolled": 1_109_700,
    "raised": {
        "personal": "2219400.00", "county": "4400000.00", "central": "35970000.00", "province": "33509400.00",
    },
    "paid": {
        "outpatient": "4853700.00", "chronic_outpatient": "984200.00", "inpatient_in_county": "30434600.00",
        "inpatient_out_of_county": "8411500.00",
    },
    "paid_total": "44684000.00",
    "visits": {
        "outpatient": 288_029, "chronic_outpatient": 4_661, "inpatient_in_county": 27_796,
        "inpatient_out_of_county": 4_749,
    },
}  # fmt: skip
HENAN: dict[str, Any] = {
    "enrolled": 6_171_800,
    "per_head": "380.00",
    "raised_total": "3679000000.00",
    "paid_total": "1915000000.00",
}


def found(**entered: Any) -> dict[str, tuple[str, str, str | None]]:
    stated = YearFiguresRequest.model_validate(entered).stated()
    return {each.code: (each.stated, each.computed, each.difference) for each in findings(stated)}


def test_financing_whose_total_is_ten_thousand_short_of_its_sources_is_found() -> None:
    wrong = found(**SICHUAN, raised_total="76108800.00")
    assert wrong["raised_total"] == ("76108800.00", "76098800.00", "10000.00")  # O-29: one 万
    assert "raised_total" not in found(**SICHUAN, raised_total="76098800.00")


def test_money_may_close_where_the_count_does_not() -> None:
    wrong = found(**SICHUAN, visits_total=325_225)  # O-31
    assert wrong == {"visits_total": ("325225", "325235", "-10")}
    assert found(**SICHUAN, visits_total=325_235) == {}


def test_averages_come_from_the_stated_sums() -> None:
    stated = YearFiguresRequest.model_validate(SICHUAN).stated()
    assert averages(stated, HALF_UP) == {  # O-32
        "outpatient": "16.85",
        "chronic_outpatient": "211.16",
        "inpatient_in_county": "1094.93",
        "inpatient_out_of_county": "1771.21",
    }


def test_a_premium_with_a_lost_digit_is_found() -> None:
    wrong = found(**SICHUAN, personal_per_head="20.00")  # O-30: 2.00 yuan a head
    assert wrong["personal_per_head"] == ("2219400.00", "22194000.00", "-19974600.00")


def test_a_rate_that_no_stated_base_gives_names_the_base_that_it_would_need() -> None:
    entered = YearFiguresRequest.model_validate({**HENAN, "utilisation": "83.64"})
    wrong = {each.code: each for each in findings(entered.stated())}  # O-33
    assert set(wrong) == {"raised_per_head", "utilisation"}
    assert "52.05" in wrong["utilisation"].computed
    assert "81.65" in wrong["utilisation"].computed
    assert "2289574366" in wrong["utilisation"].note


@pytest.mark.parametrize("rate", ["52.05", "52.1", "52", "81.65", "81.66"])
def test_a_rate_that_one_of_the_bases_gives_in_either_mode_is_not_disputed(rate: str) -> None:
    wrong = found(**{**HENAN, "utilisation": rate})
    assert ("utilisation" in wrong) == (rate == "81.66")


@pytest.mark.parametrize(("rate", "right"), [("92.00", True), ("92", True), ("92.0", True), ("92.16", False)])
def test_an_enrolment_rate_stands_against_its_two_numbers(rate: str, right: bool) -> None:
    wrong = found(enrolled=145_903, population=158_590, enrolment_rate=rate)  # O-11
    assert wrong == ({} if right else {"enrolment_rate": (rate, "92.00", None)})


def test_a_line_with_money_and_no_count_is_found() -> None:
    entered = {"paid": {"outpatient": "1.00", "delivery": "2.00"}, "visits": {"outpatient": 1}}
    assert found(**entered) == {"line_incomplete": ("支出", "—", None)}


def test_an_empty_entry_has_nothing_that_could_be_wrong() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    "entered",
    [{"enrolled": 1.5}, {"raised": {"x": 1}}, {"utilisation": "-1"}, {"utilisation": 83.64}, {"other": 1},
     {"paid": {f"l{no}": "1.00" for no in range(51)}}],
)  # fmt: skip
def test_what_is_no_number_of_this_kind_is_refused(entered: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        YearFiguresRequest.model_validate(entered)
