"""Reading a batch's lines quickly says exactly what the long way says, or nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.claims.settlements.message import Message, message_of
from services.claims.settlements.quick_reading import quick
from services.claims.settlements.schemas import SettlementRequest
from shared import strict_json
from tests.support import claims as build

NUMBER = build.id_number(1)
DAYS = {"admitted_on": "2026-03-01", "discharged_on": "2026-03-09"}


def visit(**changes: Any) -> dict[str, Any]:
    return build.visit(NUMBER, "ZY1", **{**DAYS, **changes})


def text(**changes: Any) -> bytes:
    return json.dumps(visit(**changes), ensure_ascii=False).encode()


def the_long_way(raw: bytes) -> Message | None:
    try:
        return message_of(SettlementRequest.model_validate(strict_json.loads(raw)))
    except (strict_json.BadJson, ValidationError):
        return None


FULL = {
    "referral_no": "R1",
    "invoice_no": "F1",
    "diagnoses": [{"code": "I63.900", "main": True}, {"code": "J18.900"}],
    "charges": [
        build.charge("8.00", price_limit="7.5000"),
        build.charge("2.00", price_limit=None, **{"class": "B", "self_pay_rate": "0.10"}),
    ],
    "total": "10.00",
}


@pytest.mark.parametrize("changes", [{}, FULL, {"chronic_code": None, "visit_type": "outpatient"}])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_is_plainly_right_is_read_quickly_and_alike(changes: dict[str, Any], ascii_only: bool) -> None:
    raw = json.dumps(visit(**changes), ensure_ascii=ascii_only).encode()
    assert quick(raw) is not None
    assert quick(raw) == the_long_way(raw)


def test_a_value_is_read_alike_after_more_others_than_are_remembered() -> None:
    raw = text()
    read = [
        quick(raw.replace(b'"quantity": "1"', b'"quantity": "%d"' % number)) for number in range(1, 5_000)
    ]
    assert [message and message.charges[0].quantity_milli for message in read] == list(
        range(1_000, 5_000_000, 1_000)
    )
    assert quick(raw) == read[0] == the_long_way(raw)


def edited(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def edit(raw: bytes) -> bytes:
        assert old in raw
        return raw.replace(old, new, 1)

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        edited(b'"visit_no": "ZY1"', b'"visit_no": "ZY1", "visit_no": "ZY2"'),
        edited(b'"visit_no": "ZY1"', b'"visit_no" : "ZY1", "visit_no" :"ZY1"'),
        edited(b'"main": true', b'"main": true, "main": true'),
        edited(b'"price_limit": null', b'"price_limit": null, "price_limit": null'),
        edited(b'"visit_no": "ZY1"', b'"visit_no": "ZY\\u0000"'),
        edited(b'"visit_no": "ZY1"', b'"visit_no": "ZY\x00"'),
        edited(b'"visit_no": "ZY1"', b'"visit_no": "ZY\x01"'),
        edited(b'"visit_no": "ZY1"', b'"visit_no": "ZY\\ud800"'),
        edited(b'"visit_no": "ZY1"', b'"visit_no": "\xff"'),
        edited(b'"visit_no": "ZY1"', b'"visit_no": "\xed\xa0\x80"'),
        edited(b'"visit_no": "ZY1"', b'"visit_no": ""'),
        edited(b'"visit_no": "ZY1"', b'"visit_no": 1'),
        edited(b'"visit_no": "ZY1"', b'"visit_no": "ZY1", "colour": "red"'),
        edited(b'"total": "10.00"', b'"total": "10.001"'),
        edited(b'"total": "10.00"', b'"total": 10.00'),
        edited(b'"class": "B"', b'"item_class": "B"'),
        edited(b'"class": "B"', b'"class": "D"'),
        edited(b'"2026-03-01"', b'"2026-02-30"'),
        edited(b"I63.900", b"63.900"),
        lambda raw: raw + b"}",
        lambda raw: raw[:-1],
        lambda raw: b"[" * 40 + raw,
        lambda raw: b"\xef\xbb\xbf" + raw,
    ],
)
def test_what_is_refused_the_long_way_is_never_read_quickly(edit: Callable[[bytes], bytes]) -> None:
    raw = edit(text(**FULL))
    assert the_long_way(raw) is None
    assert quick(raw) is None


@pytest.mark.parametrize(
    "edit",
    [
        edited(b'"visit_no": "ZY1"', b'"visit_no": " ZY1\\t"'),
        edited(b'"visit_no": "ZY1"', '"visit_no": "　ZY1"'.encode()),
        edited(b'"visit_no": "ZY1"', b'"visit_no": "ZY\\/1"'),
        edited(b'"visit_no": "ZY1"', b'"visit_no": "\\ud840\\udc00"'),
        edited(b'"main": true', b'"main": "true"'),
        edited(b'"visit_no": "ZY1"', b'\r\n"visit_no"\t:  "ZY1"  '),
    ],
)
def test_what_is_unusual_but_right_is_read_alike_or_left_to_the_long_way(
    edit: Callable[[bytes], bytes],
) -> None:
    raw = edit(text(**FULL))
    expected = the_long_way(raw)
    assert expected is not None
    assert quick(raw) in (None, expected)


@given(st.data())
def test_bytes_changed_at_random_are_read_alike_or_left_to_the_long_way(data: st.DataObject) -> None:
    raw = bytearray(text(**FULL))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from(
                [b'"', b",", b":", b" ", b"\\", b"0", b"-", b"{", b"}", b"null", b"\\u0041", b"\x7f"]
            )
        )
    found = quick(bytes(raw))
    assert found is None or found == the_long_way(bytes(raw))


def test_more_lines_or_diagnoses_than_allowed_are_left_to_the_long_way() -> None:
    assert quick(text(charges=[build.charge("1.00")] * 2_001, total="2001.00")) is None
    assert quick(text(charges=[])) is None
    assert quick(text(diagnoses=[{"code": "I63.900", "main": True}] * 51)) is None
