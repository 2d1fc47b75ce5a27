"""The worked examples of the shipped packs are many and sharp: no number of a pack can change unnoticed."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
import yaml

from services.claims.benefits.examples import ExamplesFailed, check_examples, differences
from services.claims.benefits.policy import Example, PackError, PolicyBook, PolicyVersion
from services.claims.benefits.read import read_version
from services.claims.benefits.relapse import failed_examples as failed_relapse_examples
from services.claims.policies.load import HERE, PackLoader
from shared.money import FULL_RATE_BP, format_rate, format_yuan, parse_rate, parse_yuan

VERSIONS = [str(path.relative_to(HERE)) for path in sorted(HERE.glob("*/*.yaml"))]
FEWEST_EXAMPLES = 12
ONE_FEN = 1
ONE_YUAN = 100
ONE_POINT_BP = 100
"""A step that shows in an example: a fen of an amount, a yuan of the end of a tier, a point of a rate."""
WHOLE = ("from_admission", "min_age", "max_age")
NUMBERS = ("amount", "up_to", "rate", "points", *WHOLE)
SECTIONS = ("layers", "relapse_insurance")
"""Where worked examples reach. Thresholds of the burden and lists of diseases are told by no amount."""


class Number(NamedTuple):
    """One number of a pack: the mapping that holds it, its key, and where it stands."""

    holder: dict[str, Any]
    key: str
    place: str


@cache
def raw_version(name: str) -> dict[str, Any]:
    """The plain data of a version; who changes a number puts it back."""
    data: dict[str, Any] = yaml.load((HERE / name).read_text(encoding="utf-8"), Loader=PackLoader)
    return data


def numbers(node: Any, place: str) -> Iterator[Number]:
    """Every amount, rate, points and end of a tier below a place."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from numbers(item, f"{place}/{index}")
    if isinstance(node, dict):
        for key, value in node.items():
            if key in NUMBERS and not isinstance(value, (dict, list)):
                yield Number(node, key, f"{place}/{node.get('id', '')}/{key}")
            yield from numbers(value, f"{place}/{key}")


def neighbours(number: Number) -> list[Any]:
    """What the number is changed into, downwards and upwards as far as it may go."""
    value = number.holder[number.key]
    if number.key in WHOLE:
        return [value - 1, value + 1]
    if number.key == "up_to":
        return [] if value is None else [format_yuan(parse_yuan(value) + by) for by in (-ONE_YUAN, ONE_YUAN)]
    if number.key == "amount":
        amounts = [0] if value is None else [parse_yuan(value) + by for by in (-ONE_FEN, ONE_FEN)]
        return [format_yuan(fen) for fen in amounts if fen >= 0]
    if number.key == "points":
        size, sign = parse_rate(value[1:]), value[0]
        return [sign + format_rate(size + by) for by in (-ONE_POINT_BP, ONE_POINT_BP)]
    rates = [parse_rate(value) + by for by in (-ONE_POINT_BP, ONE_POINT_BP)]
    return [format_rate(rate) for rate in rates if 0 <= rate <= FULL_RATE_BP]


def unnoticed(raw: dict[str, Any]) -> list[str]:
    """Changes of one number after which every example of the version still comes out."""
    examples = list(read_version(raw).examples)
    without_examples = {**raw, "examples": []}
    survivors = []
    for number in (found for section in SECTIONS for found in numbers(raw.get(section), section)):
        original = number.holder[number.key]
        for other in neighbours(number):
            number.holder[number.key] = other
            if not any_fails(read_version(without_examples), examples):
                survivors.append(f"{number.place}: {original} -> {other}")
        number.holder[number.key] = original
    return survivors


def any_fails(version: PolicyVersion, examples: list[Example]) -> bool:
    """Whether an example fails, which then comes first: the next number is probably of the same rule."""
    for place, example in enumerate(examples):
        if differences(version, example):
            examples.insert(0, examples.pop(place))
            return True
    return bool(failed_relapse_examples(version))


def comes_out(raw: dict[str, Any]) -> bool:
    """Whether a version compiles and all its examples come out."""
    try:
        check_examples(PolicyBook([read_version(raw)]))
    except ExamplesFailed:
        return False
    return True


@pytest.mark.parametrize("name", VERSIONS)
def test_every_shipped_version_brings_enough_worked_examples(name: str) -> None:
    raw = raw_version(name)
    assert len(raw["examples"]) >= FEWEST_EXAMPLES
    assert len({example["name"] for example in raw["examples"]}) == len(raw["examples"])
    assert comes_out(raw)


@pytest.mark.parametrize("name", VERSIONS)
def test_no_number_of_a_shipped_version_can_change_without_an_example_failing(name: str) -> None:
    try:
        assert unnoticed(raw_version(name)) == []
    except PackError as error:
        pytest.fail(f"a changed number made the pack unreadable instead of wrong: {error}")
