"""An exported ledger is checked without a database; whatever was done to it is found, and named."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from services.claims.verification.ledger_file import verify_file
from tests.support import ledgers
from tests.support.ledgers import Record

SEED = 20261102
TRIES = 100
"""Of each kind of change; five kinds and the cut tail."""


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return ledgers.made(random.Random(SEED))


@pytest.fixture(scope="module")
def head(records: list[Record]) -> str:
    return str(records[-1]["hash"])


def lines(records: list[Record]) -> list[str]:
    return [json.dumps(record, ensure_ascii=False) + "\n" for record in records]


def places(records: list[Record], kind: str) -> list[int]:
    return [place for place, record in enumerate(records) if record["record"] == kind]


def test_a_true_ledger_holds_and_says_what_it_holds(records: list[Record], head: str) -> None:
    report = verify_file(lines(records), head)
    assert report.fault is None
    assert (report.closes, report.head, report.county_code) == (6, head, ledgers.COUNTY)
    assert report.transfers == len(places(records, "transfer"))


def edit(draw: random.Random, records: list[Record]) -> int:
    """Another value in one field of a record."""
    place = draw.randrange(1, len(records))
    record = records[place]
    field = draw.choice([name for name in record if name != "record"])
    value = record[field]
    if isinstance(value, int):
        record[field] = value + draw.choice([-1, 1, 100])
    elif isinstance(value, str):
        record[field] = value[:-1] + ("0" if value[-1:] != "0" else "1")
    elif value is None:
        record[field] = 7 if field in ("reverses", "first_no", "last_no") else "x"
    else:
        record[field] = [*value, ["payer", 1, 1]]
    return place


def delete(draw: random.Random, records: list[Record]) -> int:
    """One record less."""
    place = draw.randrange(1, len(records) - 1)
    del records[place]
    return place


def insert(draw: random.Random, records: list[Record]) -> int:
    """A record once more, somewhere else; transfers under a new number."""
    place = draw.randrange(1, len(records))
    copied = dict(records[draw.randrange(1, len(records))])
    if copied["record"] == "transfer":
        copied["no"] += 10_000
    records.insert(place, copied)
    return place


def swap(draw: random.Random, records: list[Record]) -> int:
    """Two records in each other's place."""
    first, second = sorted(draw.sample(range(1, len(records)), 2))
    records[first], records[second] = records[second], records[first]
    return first


def redate(draw: random.Random, records: list[Record]) -> int:
    """A booking or a close on another day."""
    place = draw.choice(places(records, "transfer") + places(records, "close"))
    record = records[place]
    field = "booked_at" if record["record"] == "transfer" else draw.choice(["business_date", "closed_at"])
    record[field] = record[field].replace("2026-11", "2026-10")
    return place


@pytest.mark.parametrize("tamper", [edit, delete, insert, swap, redate], ids=lambda tamper: tamper.__name__)
def test_five_hundred_changes_are_all_found_at_or_right_after_their_place(
    tamper: Callable[[random.Random, list[Record]], int], records: list[Record], head: str
) -> None:
    draw = random.Random(f"{SEED}/{tamper.__name__}")
    for _ in range(TRIES):
        changed = [dict(record) for record in records]
        place = tamper(draw, changed)
        report = verify_file(lines(changed), head)
        assert report.fault is not None, (tamper.__name__, place)
        # A statement is hashed with its close, which stands a few records behind it.
        close = next((at for at in places(changed, "close") if at >= place), len(changed))
        assert place + 1 <= report.fault.line <= close + 2


def test_a_tail_that_was_cut_off_is_found_by_the_head_that_was_kept(records: list[Record], head: str) -> None:
    draw = random.Random(SEED)
    for _ in range(TRIES):
        cut = records[: draw.randrange(1, len(records))]
        report = verify_file(lines(cut), head)
        assert report.fault is not None
    ends = places(records, "close")
    short = records[: ends[-2] + 1]
    assert verify_file(lines(short)).fault is None
    fault = verify_file(lines(short), head).fault
    assert fault is not None
    assert "cut off" in fault.reason
    assert verify_file(lines(records), str(records[ends[2]]["hash"])).fault is None


def test_a_ledger_that_was_changed_and_hashed_anew_is_found_by_the_head_that_was_kept(head: str) -> None:
    draw = random.Random(SEED)
    closes = [ledgers.Close(no).filled(draw, 12) for no in range(1, 7)]
    for each in closes[2].transfers:
        each["amount_fen"] += 1
    forged = ledgers.chained(closes)
    assert verify_file(lines(forged)).fault is None
    assert verify_file(lines(forged), head).fault is not None


def rehashed(change: Callable[[ledgers.Close], None]) -> Any:
    draw = random.Random(SEED)
    closes = [ledgers.Close(no).filled(draw, 6) for no in range(1, 4)]
    change(closes[1])
    return verify_file(lines(ledgers.chained(closes))).fault


def set_first(**changes: Any) -> Callable[[ledgers.Close], None]:
    def change(close: ledgers.Close) -> None:
        close.transfers[0].update(changes)

    return change


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount_fen": 0}, "no amount above zero"),
        ({"credit_account": "fund:basic:990101:2026"}, "between two accounts"),
        ({"reverses": 5}, "does not mirror transfer 5"),
        ({"county_code": "990102"}, "another county"),
    ],
)
def test_what_cannot_be_true_is_found_even_when_it_is_hashed_rightly(
    changes: dict[str, Any], reason: str
) -> None:
    fault = rehashed(set_first(**changes))
    assert fault is not None
    assert reason in fault.reason


def more(*names: str) -> Callable[[list[Record]], None]:
    def lie(stated: list[Record]) -> None:
        stated[0].update({name: stated[0][name] + 1 for name in names})

    return lie


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (more("charged_fen"), "charges, ledger and statement differ"),
        (more("charged_fen", "booked_fen", "stated_fen"), "the transfers come to"),
        (more("settlements"), "count its settlements"),
        (more("due_before_fen", "due_after_fen"), "begin where the statement before ended"),
        (more("due_after_fen"), "instead of"),
        (lambda stated: stated[0]["movements"].append(["payment", 1, 5]), "movements are not those"),
        (lambda stated: stated.pop(), "statement of a provider is missing"),
    ],
)
def test_a_statement_that_says_otherwise_than_the_transfers_is_found_though_hashed_rightly(
    lie: Callable[[list[Record]], None], reason: str
) -> None:
    closes = [ledgers.Close(no).filled(random.Random(SEED), 6) for no in (1, 2)]
    fault = verify_file(lines(ledgers.chained(closes, lie))).fault
    assert fault is not None
    assert reason in fault.reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]\n",
        "{\n",
        '{"record": "ledger", "format": 2, "county_code": "990101"}\n',
        '{"a": 1, "a": 2}\n',
        "x" * 10,
    ],
)
def test_what_is_no_ledger_is_refused(text: str) -> None:
    assert verify_file(text.splitlines(keepends=True)).fault is not None


def test_the_first_bad_record_is_named_with_its_line(records: list[Record]) -> None:
    changed = [dict(record) for record in records]
    place = places(changed, "transfer")[4]
    changed[place]["amount_fen"] += 1
    fault = verify_file(lines(changed)).fault
    assert fault is not None
    no = changed[place]["no"]
    assert str(fault).startswith(f"line {place + 1}: transfer {no}: does not follow from the record before")
