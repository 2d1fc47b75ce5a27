"""Checks an exported ledger without a database: the chain of hashes, the sums, the order, the tie-out.

Reads line by line and stops at the first record that is wrong. Knows the records' fields from the chain's
description and nothing else of the service.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from services.claims.closing import chain
from services.claims.verification.ledger_sums import Books, Wrong

FORMAT: Final = 1
MAX_LINE: Final = 1 << 20
_TEXTS: Final = (
    *("booked_at", "county_code", "facility_code", "kind", "debit_account", "credit_account", "link"),
    *("business_date", "closed_at", "closed_by", "previous_hash", "last_link", "hash"),
)
_NUMBERS: Final = (
    *("no", "year", "amount_fen", "transfers", "settlements", "reversals", "charged_fen", "booked_fen"),
    *("stated_fen", "due_before_fen", "due_after_fen"),
)
_MAYBE: Final = {"settlement_id": str, "reference": str, "reverses": int, "first_no": int, "last_no": int}
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "transfer": frozenset({"record", *chain.TRANSFER, "link"}),
    "statement": frozenset({"record", *chain.STATEMENT}),
    "close": frozenset({"record", *chain.CLOSE, "hash"}),
    "ledger": frozenset({"record", "format", "county_code"}),
}


class Fault(NamedTuple):
    """The first bad record: its line in the file, what it is, and what is wrong with it."""

    line: int
    record: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.record}: {self.reason}"


@dataclass
class FileReport:
    """What was read, the head that the file ends with, and the first fault."""

    county_code: str = ""
    closes: int = 0
    transfers: int = 0
    head: str = ""
    fault: Fault | None = None


def verify_file(lines: Iterable[str], head: str | None = None) -> FileReport:
    """Check the lines of an exported ledger; ``head`` is the hash of a close that must be among them.

    Without one a file whose last closes were cut off, or that somebody made anew from an invented beginning,
    is as good as a true one: keep the hash that each close answers with.
    """
    report = FileReport()
    checker: _Checker | None = None
    at = _Place()
    try:
        for record in _records(lines, at):
            if checker is None:
                checker = _Checker(_county(record), report)
            else:
                checker.take(record)
        at.line, at.name = at.line + 1, "end of file"
        if checker is None:
            raise Wrong("the file is empty")
        checker.end(head)
    except Wrong as wrong:
        report.fault = Fault(at.line, wrong.record or at.name, str(wrong))
    return report


@dataclass
class _Place:
    """Where the reading is."""

    line: int = 0
    name: str = "file"


def _records(lines: Iterable[str], at: _Place) -> Iterator[dict[str, Any]]:
    for number, text in enumerate(lines, 1):
        at.line, at.name = number, "record"
        record = _parsed(text)
        at.name = _named(record)
        yield record


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > MAX_LINE or not text.endswith("\n"):
        raise Wrong("the line is too long or cut off")
    try:
        record = json.loads(text, object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        raise Wrong("not a JSON record") from error
    if not isinstance(record, dict) or record.get("record") not in _FIELDS:
        raise Wrong("not a record of a ledger")
    if record.keys() != _FIELDS[record["record"]]:
        raise Wrong("fields are missing or too many")
    for field, value in record.items():
        if not _typed(field, value):
            raise Wrong(f"{field} has a value of the wrong kind")
    return record


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a field is given twice")
    return dict(pairs)


def _typed(field: str, value: Any) -> bool:
    if field in _TEXTS:
        return isinstance(value, str)
    if field in _NUMBERS:
        return type(value) is int
    if field in _MAYBE:
        return value is None or type(value) is _MAYBE[field]
    if field == "movements":
        return isinstance(value, list)
    return True


def _named(record: Mapping[str, Any]) -> str:
    kind = record["record"]
    if kind == "statement":
        return f"statement of {record['facility_code']}"
    return f"{kind} {record['no']}" if "no" in record else str(kind)


def _county(record: Mapping[str, Any]) -> str:
    if record["record"] != "ledger" or record["format"] != FORMAT:
        raise Wrong("the file does not begin as a ledger of a known format")
    return str(record["county_code"])


class _Checker:
    """Follows the chain through the records of one county."""

    def __init__(self, county_code: str, report: FileReport) -> None:
        self._county = county_code
        self._report = report
        report.county_code = county_code
        self._hash = self._link = chain.genesis(county_code)
        self._books = Books()
        self._closed_on = ""
        self._heads: set[str] = set()
        self._statements: list[dict[str, Any]] = []

    def take(self, record: Mapping[str, Any]) -> None:
        """Check the next record against everything before it."""
        kind = record["record"]
        if kind == "ledger":
            raise Wrong("a second beginning")
        if kind != "statement" and record["county_code"] != self._county:
            raise Wrong("belongs to another county")
        {"transfer": self._transfer, "statement": self._statement, "close": self._close}[kind](record)

    def end(self, head: str | None) -> None:
        """The file must end with a close, and hold the one that is known from elsewhere, if one is."""
        if self._books.open() or self._statements:
            raise Wrong("the file ends in the middle of a close")
        self._report.head = self._hash.hex()
        if head is not None and head.lower() not in self._heads:
            raise Wrong(f"no close has the hash {head}: closes were cut off, or this is another ledger")

    def _transfer(self, record: Mapping[str, Any]) -> None:
        if self._statements:
            raise Wrong("stands behind the statements of its close")
        link = chain.link(self._link, chain.line([record[name] for name in chain.TRANSFER]))
        if link.hex() != record["link"]:
            raise Wrong("does not follow from the record before: changed, moved, added, or one is missing")
        self._books.add(record)
        self._link = link
        self._report.transfers += 1

    def _statement(self, record: Mapping[str, Any]) -> None:
        if self._statements and self._statements[-1]["facility_code"] >= record["facility_code"]:
            raise Wrong("statements are not in the order of providers")
        self._statements.append(dict(record))

    def _close(self, record: Mapping[str, Any]) -> None:
        texts = [[statement[name] for name in chain.STATEMENT] for statement in self._statements]
        for statement in self._statements:
            self._books.check_statement(statement)
        self._books.check_close(record, self._statements)
        if record["no"] != self._report.closes + 1:
            raise Wrong(f"close {self._report.closes + 1} is missing")
        if record["business_date"] < self._closed_on:
            raise Wrong("its business date is before that of the close before")
        if record["previous_hash"] != self._hash.hex():
            raise Wrong("does not follow from the close before")
        if record["last_link"] != self._link.hex():
            raise Wrong("does not follow from its last transfer")
        text = chain.close_text([record[name] for name in chain.CLOSE], texts)
        digest = chain.link(self._link, text)
        if digest.hex() != record["hash"]:
            raise Wrong("its hash is not that of its figures and statements")
        self._hash = self._link = digest
        self._heads.add(digest.hex())
        self._closed_on = record["business_date"]
        self._statements = []
        self._books.next()
        self._report.closes += 1
