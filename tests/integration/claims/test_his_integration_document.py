"""docs/his-integration.md says what is so: its commands are run with curl against a server process."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from services.claims.nhsa import problems
from services.claims.nhsa.document import message
from services.claims.nhsa.fields import Part
from services.claims.nhsa.transactions.table import TRANSACTIONS
from shared.clock import SystemClock, business_date
from shared.problems import ProblemSpec
from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.documents import Example, Shell, difference, differences
from tests.support.platform import Platform, bearer
from tests.support.servers import served
from tests.unit.claims.test_nhsa_setlinfo import FIELDS

DOCUMENT = (Path(__file__).parents[3] / "docs" / "his-integration.md").read_text(encoding="utf-8")
CERTIFICATE = "990101197005170010"


@pytest.fixture
def server(platform: Platform, world: World) -> Iterator[str]:
    """A claims API as a process of its own; its address."""
    with served(platform, "claims") as address:
        yield address


@pytest.mark.integration
async def test_every_example_is_answered_as_shown(world: World, server: str) -> None:
    await world.record(build.person(world.index, CERTIFICATE, categories=["dibao"]))
    environment = {
        **os.environ,
        "BASE": server,
        "TOKEN": world.platform.token(f"hospital:{build.COUNTY_HOSPITAL}"),
        "NO_PROXY": "*",
    }

    def before(example: Example) -> None:
        if example.mark == "县里日结":
            _close(world, server)

    with Shell(environment) as shell:
        wrong = differences(shell, DOCUMENT, before)
    assert not wrong, "\n\n".join(wrong)


def _close(world: World, server: str) -> None:
    body = {"county": build.COUNTY, "business_date": business_date(SystemClock().now()).isoformat()}
    headers = {**bearer(world.platform.token("finance")), "Idempotency-Key": "close-the-day"}
    reply = httpx.post(f"{server}/v1/day-closes", json=body, headers=headers, trust_env=False)
    assert reply.status_code == 201, reply.text


def table(mark: str) -> list[list[str]]:
    """The rows of the table behind a mark, by cells."""
    rows = DOCUMENT.partition(f"<!-- {mark} -->\n")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def test_the_table_of_errors_is_that_of_the_code() -> None:
    specs = [value for value in vars(problems).values() if isinstance(value, ProblemSpec)]
    assert table("errors") == [[spec.code, spec.zh, spec.en] for spec in specs]


def test_the_table_of_transactions_is_that_of_the_code() -> None:
    assert [row[:2] for row in table("transactions")] == [
        [infno, transaction.title] for infno, transaction in TRANSACTIONS.items()
    ]


def test_the_inputs_of_the_guide_are_those_that_are_read() -> None:
    by_input: dict[type[Part], list[str]] = {}
    for infno, transaction in TRANSACTIONS.items():
        by_input.setdefault(transaction.input, []).append(infno)
    assert table("inputs") == [
        ["、".join(numbers), node, _fields(part, required=True), _fields(part, required=False) or "—"]
        for input_, numbers in by_input.items()
        for node, field in input_.model_fields.items()
        if (part := _part(field.annotation))
    ]


def _part(annotation: Any) -> type[Part] | None:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next(filter(None, map(_part, get_args(annotation))), None)


def _fields(part: type[Part], *, required: bool) -> str:
    return "、".join(name for name, field in part.model_fields.items() if field.is_required() is required)


def test_every_field_of_setlinfo_is_explained_once() -> None:
    named = [name for row in table("setlinfo") for name in row[0].split("、")]
    assert sorted(named) == sorted(FIELDS)


def test_every_field_of_the_envelope_is_explained() -> None:
    section = DOCUMENT.partition("### 8.1")[2].partition("### 8.2")[0]
    named = set(re.findall(r"[a-z_]{4,}", section))
    assert set(message("9001", {})) <= named


def test_a_reply_that_differs_is_told() -> None:
    assert difference({"a": [{"b": "…"}]}, {"a": [{"b": 1}, {}], "c": 2}) is None
    assert difference({"a": "x … z"}, {"a": "x y z"}) is None
    assert difference({"a": 1}, {"a": 2}) == ".a: 1 is shown, 2 was found"
    assert difference({"a": 1}, {}) == ": a is not there"
    assert difference([1, 2], [1]) == ": [1, 2] is shown, [1] was found"
    assert difference("a…", "b") == ": 'a…' is shown, 'b' was found"
