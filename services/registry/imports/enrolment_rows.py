"""Rows of an enrolment file: who belongs to which scheme in which year, since when."""

from datetime import date
from typing import NamedTuple

from services.registry.imports import codes, row_problems
from services.registry.imports.named_rows import NamedRows
from shared.sheets.cells import shown
from shared.sheets.table_files import NumberedRow

_FIRST_YEAR = 2003  # the year in which the new cooperative scheme began

_MOST_BOUGHT_BACK = 50


class EnrolmentRow(NamedTuple):
    """One membership as the file states it. The person is named by number, identity number or both."""

    row: int
    person_no: str | None
    id_number: str | None
    year: int
    scheme: str
    joined_on: date
    bought_back_years: int | None = None
    """Years without cover that were paid for afterwards; ``None`` where the file says nothing."""


class EnrolmentRows(NamedRows):
    """Reads rows and notes their faults."""

    def __init__(self, places: dict[str, int], *, as_of: date) -> None:
        super().__init__("enrolments", places, as_of=as_of)

    def read(self, numbered: NumberedRow) -> EnrolmentRow | None:
        """The enrolment of a row, or None when it has a fault."""
        if not self._begin(numbered):
            return None
        year, joined_on = self._year(), self._past_day("joined_on")
        if year and joined_on and joined_on.year > year:
            self._fault("joined_on", row_problems.JOINED_AFTER_YEAR)
        person_no, id_number = self._person()
        scheme = self._scheme()
        bought_back_years = self._bought_back_years()
        if self._bad or year is None or joined_on is None or scheme is None:
            return None
        return EnrolmentRow(self._row, person_no, id_number, year, scheme, joined_on, bought_back_years)

    def _year(self) -> int | None:
        text = self._text("year").removesuffix("年")
        valid = len(text) == 4 and text.isdecimal() and _FIRST_YEAR <= int(text) <= self._as_of.year + 1
        if not valid:
            self._fault("year", row_problems.BAD_YEAR, value=shown(text))
            return None
        return int(text)

    def _bought_back_years(self) -> int | None:
        text = self._text("bought_back_years").removesuffix("年")
        if not text:
            return None
        if not (text.isdecimal() and len(text) <= 2 and int(text) <= _MOST_BOUGHT_BACK):
            self._fault("bought_back_years", row_problems.BAD_BOUGHT_BACK, value=shown(text))
            return None
        return int(text)

    def _scheme(self) -> str | None:
        text = self._text("scheme")
        scheme = codes.SCHEME.get(text)
        if scheme is None:
            self._fault("scheme", row_problems.UNKNOWN_SCHEME, value=shown(text))
        return scheme
