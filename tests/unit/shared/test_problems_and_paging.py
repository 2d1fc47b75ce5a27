"""Refusals in two languages, and cursors."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import problems
from shared.paging import decode_cursor, encode_cursor
from shared.problems import FieldError, Problem, ProblemSpec, render

SPECS = [value for value in vars(problems).values() if isinstance(value, ProblemSpec)]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.code)
def test_both_languages_tell_the_same_facts(spec: ProblemSpec) -> None:
    def names(text: str) -> set[str]:
        return {
            name.removesuffix("_zh").removesuffix("_en")
            for _, name, _, _ in string.Formatter().parse(text)
            if name
        }

    assert names(spec.zh) == names(spec.en)
    assert 400 <= spec.status < 600
    assert any("\u4e00" <= sign <= "\u9fff" for sign in spec.zh)


def test_a_refusal_names_the_place_of_each_fault() -> None:
    spec = ProblemSpec("x.bad", 409, zh="第 {n} 行不对", en="line {n} is wrong")
    refused = Problem(problems.INVALID_REQUEST, errors=[FieldError("/lines/3", spec, {"n": 3})], count=1)
    body = render(refused, "en")
    assert body["errors"] == [{"pointer": "/lines/3", "code": "x.bad", "detail": "line 3 is wrong"}]
    assert (body["status"], body["code"]) == (422, "request.invalid")
    assert render(Problem(spec, n=4), "zh")["title"] == "第 4 行不对"


def test_a_cursor_gives_back_its_keys() -> None:
    assert decode_cursor(encode_cursor("2026-03-01", 7), str, int) == ("2026-03-01", 7)


@given(st.text(max_size=40))
def test_a_cursor_that_was_not_given_out_is_refused(cursor: str) -> None:
    try:
        keys = decode_cursor(cursor, str, int)
    except Problem as refused:
        assert refused.spec is problems.BAD_CURSOR
    else:
        assert len(keys) == 2


@pytest.mark.parametrize(
    "packed",
    [
        '["a",Infinity]',
        '["a",1e400]',
        '["a",9223372036854775808]',
        '["a",-1]',
        '["a",true]',
        '["a","7"]',
        '["a",1.5]',
        '["a\\u0000",1]',
        '["\\ud800",1]',
        "[{},1]",
        "[" * 5_000,
    ],
)
def test_a_cursor_of_the_callers_own_making_never_reaches_the_database(packed: str) -> None:
    cursor = base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")
    with pytest.raises(Problem, match="bad_cursor"):
        decode_cursor(cursor, str, int)
