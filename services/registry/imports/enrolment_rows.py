"""Rows of an enrolment file: who belongs to which scheme in which year, since when."""

from datetime import date
from typing import Any, NamedTuple

from services.registry.imports import codes, row_problems
from services.registry.imports.cells import parse_day, plain, shown
from services.registry.imports.people_rows import read_id_number
from services.registry.imports.row_problems import RowFault
from services.registry.imports.table_files import NumberedRow, Texts
from shared.identity import IdNumber
from shared.problems import ProblemSpec

_FIRST_YEAR = 2003  # the year in which the new cooperative scheme began


class EnrolmentRow(NamedTuple):
    """One membership as the file states it. The person is named by number, identity number or both."""

    row: int
    person_no: str | None
    id_number: str | None
    year: int
    scheme: str
    joined_on: date


class EnrolmentRows:
    """Reads rows and notes their faults."""

    def __init__(self, places: dict[str, int], *, as_of: date) -> None:
        self.faults: list[RowFault] = []
        self._places = places
        self._width = max(places.values(), default=0) + 1
        self._as_of = as_of
        self._row = 0
        self._cells: Texts = ()
        self._bad = False

    def read(self, numbered: NumberedRow) -> EnrolmentRow | None:
        """The enrolment of a row, or None when it has a fault."""
        self._row, self._cells = numbered
        self._bad = False
        if not self._cells:
            self._fault("", row_problems.BAD_JSON)
            return None
        if len(self._cells) < self._width:
            self._fault("", row_problems.SHORT_ROW, found=len(self._cells), expected=self._width)
            return None
        year, joined_on = self._year(), self._joined_on()
        if year and joined_on and joined_on.year > year:
            self._fault("joined_on", row_problems.JOINED_AFTER_YEAR)
        person_no, id_number, scheme = self._text("person_no"), self._id_number(), self._scheme()
        if not person_no and not id_number and not self._bad:
            self._fault("person_no", row_problems.CELL_MISSING)
        if self._bad or year is None or joined_on is None or scheme is None:
            return None
        return EnrolmentRow(self._row, person_no or None, id_number, year, scheme, joined_on)

    def _fault(self, field: str, spec: ProblemSpec, **params: Any) -> None:
        column = codes.HEADINGS["enrolments"].standard.get(field, "")
        self.faults.append(RowFault(self._row, column, spec.code, params))
        self._bad = True

    def _text(self, field: str) -> str:
        place = self._places.get(field)
        text = "" if place is None else plain(self._cells[place])
        if "\x00" in text:
            self._fault(field, row_problems.BAD_TEXT)
        return text

    def _id_number(self) -> str | None:
        text = self._text("id_number")
        if not text:
            return None
        number = read_id_number(text)
        if isinstance(number, IdNumber):
            return number.number
        self._fault("id_number", number)
        return None

    def _year(self) -> int | None:
        text = self._text("year").removesuffix("年")
        valid = len(text) == 4 and text.isdecimal() and _FIRST_YEAR <= int(text) <= self._as_of.year + 1
        if not valid:
            self._fault("year", row_problems.BAD_YEAR, value=shown(text))
            return None
        return int(text)

    def _scheme(self) -> str | None:
        text = self._text("scheme")
        scheme = codes.SCHEME.get(text)
        if scheme is None:
            self._fault("scheme", row_problems.UNKNOWN_SCHEME, value=shown(text))
        return scheme

    def _joined_on(self) -> date | None:
        text = self._text("joined_on")
        joined_on = parse_day(text)
        if joined_on is None:
            self._fault("joined_on", row_problems.BAD_DATE, value=shown(text))
        elif joined_on > self._as_of:
            self._fault("joined_on", row_problems.DATE_IN_FUTURE, value=shown(text))
            return None
        return joined_on
