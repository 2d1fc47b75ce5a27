"""What a hospital's message may say, before anything is looked up."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from services.claims.settlements.batch import read_lines
from services.claims.settlements.checks import check
from services.claims.settlements.schemas import SettlementRequest
from shared.auth import Caller
from shared.crypto import BlindIndex
from shared.problems import Problem
from tests.support import claims as build
from tests.support.platform import ndjson

INDEX = BlindIndex(b"k" * 32)
TODAY = date(2026, 11, 2)
NUMBER = build.id_number(1)
HOSPITAL = Caller("hospital", frozenset({"claims:settle"}), ("99",), build.COUNTY_HOSPITAL)


def request(**changes: Any) -> SettlementRequest:
    days = {"admitted_on": "2026-03-01", "discharged_on": "2026-03-09"}
    return SettlementRequest.model_validate(build.visit(NUMBER, "ZY1", **{**days, **changes}))


def digest(**changes: Any) -> bytes:
    return check(request(**changes), HOSPITAL, INDEX, TODAY).digest


@pytest.mark.parametrize(
    ("quantity", "unit_price", "amount"),
    [
        ("2", "12.30", "24.60"),
        ("0.333", "10.00", "3.33"),
        ("0.5", "0.01", "0.01"),
        ("1.5", "0.0033", "0.00"),
        ("1.6", "0.0033", "0.01"),
        ("100", "0.0001", "0.01"),
        ("0", "5.00", "0.00"),
    ],
)
def test_an_amount_is_quantity_times_price_rounded_half_up(
    quantity: str, unit_price: str, amount: str
) -> None:
    line = build.charge(amount, quantity=quantity, unit_price=unit_price)
    assert check(request(charges=[line], total=amount), HOSPITAL, INDEX, TODAY).request.charges


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("quantity", "1.0001", "bad_number"),
        ("quantity", 2, "not_a_string"),
        ("quantity", "1e3", "bad_number"),
        ("quantity", "１", "bad_number"),
        ("unit_price", "1.00001", "bad_number"),
        ("unit_price", "NaN", "bad_number"),
        ("amount", "1.001", "bad_amount"),
        ("amount", "-1.00", "negative_amount"),
        ("amount", "99999999999999.99", "bad_amount"),
        ("self_pay_rate", "1.5", "value_error"),
        ("class", "D", "literal_error"),
        ("discount", "1", "extra_forbidden"),
    ],
)
def test_a_field_that_cannot_be_right_is_refused_with_its_own_code(field: str, value: Any, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        request(charges=[build.charge("1.00", **{field: value})])
    assert [fault["type"] for fault in refusal.value.errors()] == [code]


@pytest.mark.parametrize(
    "day", ["2026-09-31", "2026-3-1", "20260301", "2026-03-01T00:00:00", 1772323200, None]
)
def test_a_day_is_a_date_that_exists(day: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        request(discharged_on=day)
    assert [fault["type"] for fault in refusal.value.errors()] == ["bad_date"]


@pytest.mark.parametrize(("lines", "fits"), [(2_000, True), (2_001, False)])
def test_a_bill_has_at_most_two_thousand_lines(lines: int, fits: bool) -> None:
    charges = [build.charge("1.00")] * lines
    if fits:
        assert len(request(charges=charges, total=f"{lines}.00").charges) == lines
        return
    with pytest.raises(ValidationError) as refusal:
        request(charges=charges, total=f"{lines}.00")
    assert [fault["type"] for fault in refusal.value.errors()] == ["too_many_charges"]


def test_equal_content_has_one_digest_however_it_is_written() -> None:
    assert digest() == digest(total="8766.0", patient={"id_number": f"{NUMBER} "}, referral_no=None)


@pytest.mark.parametrize(
    "change",
    [
        {"patient": {"id_number": build.id_number(2)}},
        {"referral_no": "ZZ1"},
        {"discharged_on": "2026-03-10"},
        {"visit_no": "ZY2"},
        {"charges": [build.charge("8766.00", name="另一项目")]},
        {"diagnoses": [{"code": "I63.901", "main": True}]},
    ],
)
def test_any_other_content_has_another_digest(change: dict[str, Any]) -> None:
    assert digest(**change) != digest()


@pytest.mark.parametrize(("discharged_on", "fits"), [("2026-11-02", True), ("2026-11-03", False)])
def test_a_discharge_is_today_at_the_latest(discharged_on: str, fits: bool) -> None:
    message = request(discharged_on=discharged_on)
    if fits:
        assert check(message, HOSPITAL, INDEX, TODAY)
        return
    with pytest.raises(Problem) as refusal:
        check(message, HOSPITAL, INDEX, TODAY)
    assert refusal.value.spec.code == "claims.discharge_in_future"


def test_lines_keep_their_numbers_and_a_bad_one_is_a_problem_of_its_own() -> None:
    good = ndjson([build.visit(NUMBER, "ZY1")]).strip()
    lines = read_lines(b"\r\n".join([b"", good, b"[1", b'{"total": 1}', b"   ", good]))
    assert list(lines) == [2, 3, 4, 6]
    assert [isinstance(line, Problem) for line in lines.values()] == [False, True, True, False]
