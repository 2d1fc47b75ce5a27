"""Rows of a list of money received (到位资金), read without a database: what they state, what is wrong."""

import re
from datetime import date
from decimal import Context, Decimal
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, NamedTuple

import yaml

from services.claims.funds import receipt_problems as problems
from shared.money import MAX_FEN, Fen, parse_yuan
from shared.problems import FieldError, Problem, ProblemSpec
from shared.sheets import row_problems
from shared.sheets.cells import LOST_DIGITS, parse_day, plain, shown
from shared.sheets.headings import Headings
from shared.sheets.problems import FILE_TOO_MANY_ROWS
from shared.sheets.table_files import Table, Texts, read_table

Format = Literal["csv", "xlsx"]
MAX_ROWS: Final = 5_000
_FILE: Final = Path(__file__).with_name("receipt_columns.yaml")
_REFERENCE = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")
_AMOUNT = re.compile(r"-?\d{1,16}(\.\d+)?")
_YEAR = re.compile(r"20\d\d")
_LONGEST = {"document": 64, "note": 500}
# A spreadsheet computes with fifteen digits; what it shows behind them is noise.
_SHEET_DIGITS = Context(prec=15)


class ReceiptRow(NamedTuple):
    """What one row states; a fund or source that nobody knows by that name is left as written."""

    row: int
    payer: str
    source: str
    amount: Fen
    received_on: date
    bank_reference: str
    document: str
    year: int | None
    note: str | None


class ReceiptFile(NamedTuple):
    """The rows that can be read, what is wrong with the others, and the sum that the file itself states."""

    rows: list[ReceiptRow]
    faults: list[FieldError]
    stated_fen: Fen | None
    ignored_columns: list[str]


class Names(NamedTuple):
    """The words of such lists."""

    headings: Headings
    funds: dict[str, str]
    sources: dict[str, str]
    subtotals: frozenset[str]
    totals: frozenset[str]


@cache
def names() -> Names:
    """The words as shipped."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return Names(
        Headings(raw["columns"]),
        _codes(raw["funds"]),
        _codes(raw["sources"]),
        frozenset(raw["subtotals"]),
        frozenset(raw["totals"]),
    )


def _codes(table: dict[str, list[str]]) -> dict[str, str]:
    return {plain(text): code for code, texts in table.items() for text in (code, *texts)}


def read(file: BinaryIO, form: Format) -> ReceiptFile:
    """Read a list, or raise a Problem where it is none, or is in another unit than yuan."""
    table = read_table(file, form, names().headings)
    for text in (cell for row in table.above for cell in row):
        if "万元" in text or "千元" in text:
            raise Problem(problems.NOT_IN_YUAN, found=shown(text))
    return _Reader(table).read()


def fault(row: int, column: str, spec: ProblemSpec, **params: Any) -> FieldError:
    """Something wrong in a cell, or with an empty column in a row."""
    return FieldError(f"/rows/{row}/{column}" if column else f"/rows/{row}", spec, params)


class _Reader:
    """Reads one row after the other and notes faults."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._rows: list[ReceiptRow] = []
        self._faults: list[FieldError] = []
        self._stated: Fen | None = None
        self._seen: dict[str, int] = {}

    def read(self) -> ReceiptFile:
        """All rows down to the total; what stands below it (signatures) must be no receipt."""
        for count, (number, cells) in enumerate(self._table.rows):
            if count >= MAX_ROWS:
                raise Problem(FILE_TOO_MANY_ROWS, limit=MAX_ROWS)
            line = _Line(number, cells, self._table.places, self._faults)
            words = {plain(cell) for cell in cells}
            if words & names().totals:
                self._total(line)
            elif self._stated is None and not words & names().subtotals:
                self._receipt(line)
            elif self._stated is not None and line.text("bank_reference"):
                line.fault("", problems.BEHIND_TOTAL)
        return ReceiptFile(self._rows, self._faults, self._stated, self._table.ignored)

    def _total(self, line: "_Line") -> None:
        amount = line.amount()
        if self._stated is not None:
            line.fault("", problems.BEHIND_TOTAL)
        self._stated = amount

    def _receipt(self, line: "_Line") -> None:
        if not line.is_whole():
            return
        payer, source = line.named("payer", names().funds), line.named("source", names().sources)
        amount, day = line.amount(), line.day()
        reference, document, note = line.reference(), line.words("document"), line.words("note")
        year = line.year()
        if reference and reference in self._seen:
            line.fault("bank_reference", problems.REFERENCE_REPEATED, other=self._seen[reference])
        self._seen.setdefault(reference, line.number)
        if line.bad or amount is None or day is None:
            return
        self._rows.append(
            ReceiptRow(line.number, payer, source, amount, day, reference, document, year, note or None)
        )


class _Line:
    """One row: its cells by field, and what is wrong with them."""

    def __init__(self, number: int, cells: Texts, places: dict[str, int], faults: list[FieldError]) -> None:
        self.number, self._cells, self._places, self._faults = number, cells, places, faults
        self.bad = False

    def fault(self, field: str, spec: ProblemSpec, **params: Any) -> None:
        """Note what is wrong in a cell, or with the row."""
        column = names().headings.standard[field] if field else ""
        self._faults.append(fault(self.number, column, spec, **params))
        self.bad = True

    def is_whole(self) -> bool:
        """Whether the row has all its columns, the required ones filled; a file cut off ends otherwise."""
        expected = max(self._places.values()) + 1
        if len(self._cells) < expected:
            self.fault("", row_problems.SHORT_ROW, found=len(self._cells), expected=expected)
            return False
        for field in names().headings.required:
            if not self.text(field):
                self.fault(field, row_problems.CELL_MISSING)
        return not self.bad

    def raw(self, field: str) -> str:
        """A cell as written."""
        place = self._places.get(field)
        return self._cells[place] if place is not None and place < len(self._cells) else ""

    def text(self, field: str) -> str:
        """A cell in the form in which codes are compared."""
        return plain(self.raw(field))

    def words(self, field: str) -> str:
        """A text for people, bounded and printable."""
        text = " ".join(self.raw(field).split())
        if len(text) > _LONGEST[field]:
            self.fault(field, row_problems.TEXT_TOO_LONG, limit=_LONGEST[field])
        if not text.isprintable():
            self.fault(field, row_problems.BAD_TEXT)
        return text

    def named(self, field: str, codes: dict[str, str]) -> str:
        """The code behind a name; a fault for a name that nobody knows."""
        text = self.text(field)
        if text not in codes:
            known = "、".join(dict.fromkeys(name for name in codes if not name.isascii()))
            self.fault(field, problems.UNKNOWN_NAME, value=shown(text), known=known)
        return codes.get(text, "")

    def amount(self) -> Fen | None:
        """Yuan with at most two decimals; the noise behind a spreadsheet's fifteen digits is left out."""
        text = self.text("amount").replace(",", "").removeprefix("¥").removesuffix("元")
        if _AMOUNT.fullmatch(text):
            value = Decimal(text)
            if len(text.partition(".")[2]) > 2:
                value = _SHEET_DIGITS.plus(value).normalize()
            fen = _fen(value)
            if fen is not None:
                return fen
        self.fault("amount", problems.BAD_AMOUNT, value=shown(text))
        return None

    def day(self) -> date | None:
        """The day of arrival."""
        text = self.text("received_on")
        found = parse_day(text)
        if found is None:
            self.fault("received_on", row_problems.BAD_DATE, value=shown(text))
        return found

    def reference(self) -> str:
        """The bank's number, which must not have become a quantity."""
        text = self.text("bank_reference")
        if LOST_DIGITS.fullmatch(text):
            self.fault("bank_reference", row_problems.LOST_DIGITS)
        elif not _REFERENCE.fullmatch(text):
            self.fault("bank_reference", problems.BAD_REFERENCE, value=shown(text))
        return text

    def year(self) -> int | None:
        """The year to which the money belongs, where the file says so."""
        text = self.text("year").removesuffix("年").removesuffix("年度")
        if text and not _YEAR.fullmatch(text):
            self.fault("year", problems.BAD_YEAR, value=shown(text))
            return None
        return int(text) if text else None


def _fen(value: Decimal) -> Fen | None:
    try:
        fen = parse_yuan(f"{value:f}")
    except ValueError:
        return None
    return fen if 0 <= fen <= MAX_FEN else None
