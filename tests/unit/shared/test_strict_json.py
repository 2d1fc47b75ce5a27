"""Bodies that many parsers accept and no money path should."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.strict_json import MAX_DEPTH, BadJson, loads


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b"[Infinity]",
        b'["\\u0000"]',
        b'{"\\ud800":1}',
        b'["\\udc00x"]',
        b'["a\x00b"]',
        b'"\xff"',
        b"9223372036854775808",
        b"-9223372036854775809",
        b"1" * 5000,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_a_body_that_could_be_read_in_two_ways_is_refused(raw: bytes) -> None:
    with pytest.raises(BadJson) as refused:
        loads(raw)
    assert refused.value.zh
    assert refused.value.en


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"9223372036854775807", 2**63 - 1),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b'["\\ud83d\\ude00"]', ["\U0001f600"]),
        (b'["[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["]', ["[" * 39]),
    ],
)
def test_what_lies_just_inside_the_limits_is_read(raw: bytes, value: object) -> None:
    result = loads(raw)
    assert value is None or result == value


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_every_plain_value_survives(value: object) -> None:
    assert loads(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_and_nothing_else(raw: bytes) -> None:
    try:
        loads(raw)
    except BadJson as refused:
        assert refused.en
