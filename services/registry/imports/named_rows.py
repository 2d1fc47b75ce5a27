"""Rows that name a registered person by number, identity number or both: what their readers share."""

from datetime import date
from typing import Any

from services.registry.imports import codes, row_problems
from services.registry.imports.people_rows import read_id_number
from services.registry.imports.row_problems import RowFault
from shared.identity import IdNumber
from shared.problems import ProblemSpec
from shared.sheets.cells import parse_day, plain, shown
from shared.sheets.table_files import NumberedRow, Texts


class NamedRows:
    """Reads cells of one row after the other and notes their faults."""

    def __init__(self, kind: str, places: dict[str, int], *, as_of: date) -> None:
        self.faults: list[RowFault] = []
        self._columns = codes.HEADINGS[kind].standard
        self._places = places
        self._width = max(places.values(), default=0) + 1
        self._as_of = as_of
        self._row = 0
        self._cells: Texts = ()
        self._bad = False

    def _begin(self, numbered: NumberedRow) -> bool:
        """Turn to a row; False when it holds too little to be read."""
        self._row, self._cells = numbered
        self._bad = False
        if not self._cells:
            self._fault("", row_problems.BAD_JSON)
        elif len(self._cells) < self._width:
            self._fault("", row_problems.SHORT_ROW, found=len(self._cells), expected=self._width)
        return not self._bad

    def _fault(self, field: str, spec: ProblemSpec, **params: Any) -> None:
        self.faults.append(RowFault(self._row, self._columns.get(field, ""), spec.code, params))
        self._bad = True

    def _text(self, field: str) -> str:
        place = self._places.get(field)
        text = "" if place is None else plain(self._cells[place])
        if "\x00" in text:
            self._fault(field, row_problems.BAD_TEXT)
        return text

    def _person(self) -> tuple[str | None, str | None]:
        """Number and identity number; a fault when neither is there."""
        person_no, id_number = self._text("person_no"), self._id_number()
        if not person_no and not id_number and not self._bad:
            self._fault("person_no", row_problems.CELL_MISSING)
        return person_no or None, id_number

    def _id_number(self) -> str | None:
        text = self._text("id_number")
        if not text:
            return None
        number = read_id_number(text)
        if isinstance(number, IdNumber):
            return number.number
        self._fault("id_number", number)
        return None

    def _past_day(self, field: str) -> date | None:
        """A day that is not later than the file."""
        text = self._text(field)
        day = parse_day(text)
        if day is None:
            self._fault(field, row_problems.BAD_DATE, value=shown(text))
        elif day > self._as_of:
            self._fault(field, row_problems.DATE_IN_FUTURE, value=shown(text))
            return None
        return day
