"""Rows of a people file, one per person: read, checked one by one and against each other.

Plain functions over texts: a file of a county has tens of thousands of rows.
"""

import re
from datetime import date
from typing import Any, NamedTuple

from services.registry.imports import codes, row_problems
from services.registry.imports.monitoring import Monitoring, read_monitoring
from services.registry.imports.names import person_name
from services.registry.imports.row_problems import RowFault
from services.registry.spells.rules import Wanted
from shared import identity
from shared.identity import BadIdentity, IdentityFault, IdNumber
from shared.problems import ProblemSpec
from shared.sheets.cells import LOST_DIGITS, plain, shown
from shared.sheets.table_files import NumberedRow, Texts

_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,20}")
_VILLAGE = re.compile(r"[0-9]{12}")
_PHONE = re.compile(r"[0-9]{7,12}")
_AID_SEPARATORS = re.compile(r"[、,;/]")
_MAX_NAME = 50
_OTHER_RELATION = "99"
_SEVERE_GRADES = ("1", "2")
UNKNOWN_RELATION_LENGTH = 20


class PersonRow(NamedTuple):
    """One person as the file states them, in the registry's codes."""

    row: int
    household_no: str
    person_no: str
    name: str
    id_number: str
    disability_kind: str | None
    disability_grade: str | None
    relation: str
    relation_source: str
    ethnicity: str | None
    ethnicity_source: str | None
    ethnicity_system: str | None
    health: str | None
    household_class: str
    village: str
    status: str
    phone: str | None
    resident: bool
    employee: bool
    categories: tuple[Wanted, ...]


class PeopleRows:
    """Reads rows and notes their faults."""

    def __init__(
        self,
        places: dict[str, int],
        *,
        county: str,
        as_of: date,
        code_system: str | None,
    ) -> None:
        self.faults: list[RowFault] = []
        self._places = places
        self._width = max(places.values(), default=0) + 1
        self._county = county
        self._as_of = as_of
        self._code_system = code_system
        self._headings = codes.HEADINGS["people"].standard
        self._row = 0
        self._cells: Texts = ()
        self._bad = False

    def read(self, numbered: NumberedRow) -> PersonRow | None:
        """The person of a row, or None when it has a fault."""
        self._row, self._cells = numbered
        self._bad = False
        if not self._cells:
            self.fault("", row_problems.BAD_JSON)
            return None
        if len(self._cells) < self._width:
            self.fault("", row_problems.SHORT_ROW, found=len(self._cells), expected=self._width)
            return None
        person = self._person()
        return None if self._bad else person

    def fault(self, field: str, spec: ProblemSpec, **params: Any) -> None:
        """Note a fault at a column of the present row, or at the whole row."""
        self.faults.append(RowFault(self._row, self._headings.get(field, ""), spec.code, params))
        self._bad = self._bad or spec.code not in row_problems.WARNINGS

    def text(self, field: str) -> str:
        """The cell of a field, or nothing where the file has no such column."""
        place = self._places.get(field)
        return "" if place is None else self._cells[place]

    def coded(self, field: str, table: dict[str, Any], unknown: ProblemSpec) -> Any:
        """The code of a text by a crosswalk, or a fault."""
        text = plain(self.text(field))
        code = table.get(text)
        if code is None:
            if text:
                self.fault(field, unknown, value=shown(text))
            else:
                self.fault(field, row_problems.CELL_MISSING)
        return code

    def _person(self) -> PersonRow:
        number = self._id_number()
        ethnicity, ethnicity_source, system = self._ethnicity()
        household_class = self.coded(
            "household_class", codes.HOUSEHOLD_CLASS, row_problems.UNKNOWN_HOUSEHOLD_CLASS
        )
        relation, relation_source = self._relation()
        resident, employee = self._insurance()
        return PersonRow(
            row=self._row,
            household_no=self._number("household_no"),
            person_no=self._number("person_no"),
            name=self._name(),
            id_number=number.number,
            disability_kind=number.disability_kind,
            disability_grade=number.disability_grade,
            relation=relation,
            relation_source=relation_source,
            ethnicity=ethnicity,
            ethnicity_source=ethnicity_source,
            ethnicity_system=system,
            health=self._optional("health", codes.HEALTH, row_problems.UNKNOWN_HEALTH),
            household_class=household_class or "",
            village=self._village(),
            status=self._optional("status", codes.STATUS, row_problems.UNKNOWN_STATUS) or "active",
            phone=self._phone(),
            resident=resident,
            employee=employee,
            categories=self._categories(household_class, number),
        )

    def _number(self, field: str) -> str:
        # Tools that take numbers for quantities write them back as 58990101001.0.
        number = plain(self.text(field)).removesuffix(".0")
        if not number:
            self.fault(field, row_problems.CELL_MISSING)
        elif LOST_DIGITS.fullmatch(number):
            self.fault(field, row_problems.LOST_DIGITS)
        elif not _NUMBER.fullmatch(number):
            self.fault(field, row_problems.BAD_CODE_TEXT)
        return number

    def _name(self) -> str:
        name = person_name(self.text("name"))
        if not name:
            self.fault("name", row_problems.CELL_MISSING)
        elif len(name) > _MAX_NAME:
            self.fault("name", row_problems.TEXT_TOO_LONG, limit=_MAX_NAME)
        elif not name.isprintable():
            self.fault("name", row_problems.BAD_TEXT)
        return name

    def _id_number(self) -> IdNumber:
        number = read_id_number(self.text("id_number"))
        if isinstance(number, IdNumber):
            if identity.birth_date(number.number) <= self._as_of:
                self._check_sex(number.number)
                return number
            number = row_problems.ID_FUTURE_BIRTH
        self.fault("id_number", number)
        return IdNumber("")

    def _check_sex(self, number: str) -> None:
        stated = plain(self.text("sex"))
        if stated and codes.SEX.get(stated) != identity.sex(number):
            self.fault("sex", row_problems.SEX_DIFFERS)

    def _ethnicity(self) -> tuple[str | None, str | None, str | None]:
        text = plain(self.text("ethnicity"))
        if not text:
            return None, None, None
        if text.isdigit():
            return self._ethnicity_code(text)
        code = codes.ETHNICITY.get(text)
        if code is None:
            self.fault("ethnicity", row_problems.UNKNOWN_ETHNICITY, value=shown(text))
        return code, text, "name"

    def _ethnicity_code(self, text: str) -> tuple[str | None, str | None, str | None]:
        """Numbers mean different peoples in different systems (DOMAIN 3.4), so the file must say which."""
        if self._code_system is None:
            self.fault("ethnicity", row_problems.AMBIGUOUS_ETHNICITY, value=shown(text))
            return None, None, None
        code = codes.ETHNICITY_BY_SYSTEM[self._code_system].get(text.zfill(2))
        if code is None:
            self.fault("ethnicity", row_problems.UNKNOWN_ETHNICITY, value=shown(text))
        return code, text, self._code_system

    def _relation(self) -> tuple[str, str]:
        text = plain(self.text("relation"))
        if not text:
            self.fault("relation", row_problems.CELL_MISSING)
        code = codes.RELATION.get(text)
        if code is None and text:
            self.fault("relation", row_problems.UNKNOWN_RELATION, value=shown(text))
        source = text[:UNKNOWN_RELATION_LENGTH]
        return code or _OTHER_RELATION, source if source.isprintable() else ""

    def _village(self) -> str:
        village = plain(self.text("village"))
        if not _VILLAGE.fullmatch(village):
            missing = row_problems.BAD_VILLAGE if village else row_problems.CELL_MISSING
            self.fault("village", missing, value=shown(village))
        elif not village.startswith(self._county):
            self.fault("village", row_problems.VILLAGE_OUTSIDE, value=village, county=self._county)
        return village

    def _optional(self, field: str, table: dict[str, str], unknown: ProblemSpec) -> str | None:
        if not self.text(field):
            return None
        code: str | None = self.coded(field, table, unknown)
        return code

    def _phone(self) -> str | None:
        phone = plain(self.text("phone")).replace("-", "")
        if phone and not _PHONE.fullmatch(phone):
            self.fault("phone", row_problems.BAD_PHONE)
            return None
        return phone or None

    def _yes(self, field: str) -> bool | None:
        text = plain(self.text(field))
        answer = codes.YES_NO.get(text)
        if answer is None:
            self.fault(field, row_problems.UNKNOWN_YES_NO, value=shown(text))
        return answer

    def _insurance(self) -> tuple[bool, bool]:
        resident, employee = self._yes("resident"), self._yes("employee")
        if resident and employee:
            self.fault("employee", row_problems.BOTH_INSURANCES)
        elif resident is False and employee is False:
            self.fault("resident", row_problems.NOT_ENROLLED)
        if self.text("critical_illness") and self._yes("critical_illness") is False and resident:
            self.fault("critical_illness", row_problems.NO_CRITICAL_ILLNESS)
        return bool(resident), bool(employee)

    def _categories(self, household_class: str | None, number: IdNumber) -> tuple[Wanted, ...]:
        found = {Wanted("registered_poor")} if household_class == "exited" else set()
        if number.disability_grade in _SEVERE_GRADES:
            found.add(Wanted("severe_disability"))
        for text in _AID_SEPARATORS.split(plain(self.text("aid"))):
            if text in codes.NOTHING:
                continue
            category = codes.AID.get(text)
            if category is None:
                self.fault("aid", row_problems.UNKNOWN_AID, value=shown(text))
            else:
                found.add(Wanted(category))
        monitored = read_monitoring(self._monitoring(), self._as_of, self.fault)
        return tuple(sorted(found)) + ((monitored,) if monitored else ())

    def _monitoring(self) -> Monitoring:
        return Monitoring(*(plain(self.text(field)) for field in Monitoring._fields))


def read_id_number(text: str) -> IdNumber | ProblemSpec:
    """The identity number in a cell of an import file, or what is wrong with it."""
    try:
        return identity.for_import(text)
    except BadIdentity as error:
        number = plain(text)
        if not number:
            return row_problems.CELL_MISSING
        if LOST_DIGITS.fullmatch(number):
            return row_problems.LOST_DIGITS
        if error.fault is IdentityFault.LENGTH:
            return row_problems.ID_LENGTH
        return _bad_date_or_checksum(number)


def _bad_date_or_checksum(number: str) -> ProblemSpec:
    born = f"19{number[6:12]}" if len(number) == 15 else number[6:14]
    try:
        date(int(born[:4]), int(born[4:6]), int(born[6:8]))
    except ValueError:
        return row_problems.ID_BIRTH_DATE
    return row_problems.ID_CHECKSUM
