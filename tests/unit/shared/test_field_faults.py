"""What a caller is told about a field that is wrong."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from shared.problems import render
from shared.refusals import invalid

Trimmed = BeforeValidator(lambda value: value)


class Asked(BaseModel):
    name: Annotated[str, Trimmed, Field(min_length=1, max_length=3)] = "a"
    code: Annotated[str, Field(pattern="^[0-9]{6}$")] = "990101"
    format: Literal["xlsx", "csv", "ndjson"] = "csv"
    rows: Annotated[list[int], Field(min_length=1)] = [1]


def told(language: str = "zh", times: int = 1, **values: object) -> list[str]:
    with pytest.raises(ValidationError) as wrong:
        Asked.model_validate(values)
    return [error["detail"] for error in render(invalid(wrong.value.errors() * times), language)["errors"]]


def test_an_empty_text_is_too_short_and_not_too_few() -> None:
    assert told(name="") == ["文本太短，至少 1 个字符"]
    assert told(name="abcd") == ["文本太长，最多 3 个字符"]
    assert told(rows=[]) == ["条数太少，至少 1 条"]


def test_a_text_of_the_wrong_form_is_told_the_form() -> None:
    assert told(code="99") == ["格式不符合要求，应为 ^[0-9]{6}$"]
    assert told("en", code="99") == ["does not have the required form ^[0-9]{6}$"]


def test_the_allowed_values_are_listed_in_the_language_of_the_reply() -> None:
    assert told(format="xls") == ["只能是 'xlsx', 'csv', 'ndjson' 之一"]
    assert told("en", format="xls") == ["must be one of 'xlsx', 'csv' or 'ndjson'"]


def test_a_fault_that_was_found_twice_is_told_once() -> None:
    assert told(times=2, format="xls", code="") == [
        "格式不符合要求，应为 ^[0-9]{6}$",
        "只能是 'xlsx', 'csv', 'ndjson' 之一",
    ]
