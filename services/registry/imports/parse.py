"""A whole file read and checked, without the database. Runs in a thread: it is plain computing."""

from datetime import date
from typing import BinaryIO, NamedTuple

from services.registry.imports import row_problems
from services.registry.imports.certificate_rows import CertificateRow, CertificateRows
from services.registry.imports.codes import HEADINGS
from services.registry.imports.enrolment_rows import EnrolmentRow, EnrolmentRows
from services.registry.imports.order import Order
from services.registry.imports.people_rows import PeopleRows, PersonRow
from services.registry.imports.row_problems import RowFault
from shared.crypto import BlindIndex
from shared.sheets.table_files import read_table

_HOUSEHOLD_COLUMNS = ("village", "household_class")


class Prepared(NamedTuple):
    """A person's row with the blind index of the number and the keyed hash of everything stated."""

    person: PersonRow
    id_index: bytes
    content_hash: bytes


class PreparedEnrolment(NamedTuple):
    """An enrolment's row with the blind index of the number, where it has one."""

    enrolment: EnrolmentRow
    id_index: bytes | None


class PreparedCertificate(NamedTuple):
    """A certificate's row with the blind index of the number, where it has one."""

    stated: CertificateRow
    id_index: bytes | None


class ParsedFile(NamedTuple):
    """The rows without a fault, the faults, and how many rows there were."""

    people: list[Prepared]
    enrolments: list[PreparedEnrolment]
    certificates: list[PreparedCertificate]
    faults: list[RowFault]
    rows: int
    ignored_columns: list[str]


def parse(file: BinaryIO, order: Order, index: BlindIndex) -> ParsedFile:
    """Read and check a file, or refuse it as a whole (a Problem)."""
    readers = {
        "people": _parse_people,
        "enrolments": _parse_enrolments,
        "certificates": _parse_certificates,
    }
    return readers[order.kind](file, order, index)


def _parse_people(file: BinaryIO, order: Order, index: BlindIndex) -> ParsedFile:
    table = read_table(file, order.format, HEADINGS["people"])
    reader = PeopleRows(table.places, county=order.county, as_of=order.as_of, code_system=order.code_system)
    checks = _AgainstOtherRows(reader)
    people, rows = [], 0
    for numbered in table.rows:
        rows += 1
        person = reader.read(numbered)
        if person and checks.accept(person):
            people.append(_prepare(person, order.year, index))
    return ParsedFile(people, [], [], reader.faults, rows, table.ignored)


def _prepare(person: PersonRow, year: int, index: BlindIndex) -> Prepared:
    # The hash is keyed: a plain one of so few unknowns could be tried out.
    content = repr((year, *person[1:]))
    return Prepared(person, index.of(person.id_number), index.of(content))


def _parse_enrolments(file: BinaryIO, order: Order, index: BlindIndex) -> ParsedFile:
    table = read_table(file, order.format, HEADINGS["enrolments"])
    reader = EnrolmentRows(table.places, as_of=order.as_of)
    enrolments, rows = [], 0
    for numbered in table.rows:
        rows += 1
        row = reader.read(numbered)
        if row:
            number = index.of(row.id_number) if row.id_number else None
            enrolments.append(PreparedEnrolment(row, number))
    return ParsedFile([], enrolments, [], reader.faults, rows, table.ignored)


def _parse_certificates(file: BinaryIO, order: Order, index: BlindIndex) -> ParsedFile:
    table = read_table(file, order.format, HEADINGS["certificates"])
    reader = CertificateRows(table.places, as_of=order.as_of, restricted=order.restricted)
    certificates, rows = [], 0
    for numbered in table.rows:
        rows += 1
        row = reader.read(numbered)
        if row:
            number = index.of(row.id_number) if row.id_number else None
            certificates.append(PreparedCertificate(row, number))
    return ParsedFile([], [], certificates, reader.faults, rows, table.ignored)


class _AgainstOtherRows:
    """Checks that need the accepted rows before: repeated people, households that contradict themselves."""

    def __init__(self, reader: PeopleRows) -> None:
        self._reader = reader
        self._person_nos: dict[str, int] = {}
        self._id_numbers: dict[str, int] = {}
        self._households: dict[str, PersonRow] = {}

    def accept(self, person: PersonRow) -> bool:
        """Whether the row agrees with those before; if not, its fault is noted."""
        fault = self._reader.fault
        other = self._person_nos.get(person.person_no)
        if other:
            fault("person_no", row_problems.DUPLICATE_PERSON, other=other)
            return False
        other = self._id_numbers.get(person.id_number)
        if other:
            fault("id_number", row_problems.DUPLICATE_ID, other=other)
            return False
        first = self._households.setdefault(person.household_no, person)
        for field in _HOUSEHOLD_COLUMNS:
            if getattr(first, field) != getattr(person, field):
                column = HEADINGS["people"].standard[field]
                fault(field, row_problems.HOUSEHOLD_DIFFERS, column=column, other=first.row)
                return False
        self._person_nos[person.person_no] = person.row
        self._id_numbers[person.id_number] = person.row
        return True


def year_bounds(year: int) -> tuple[date, date]:
    """The first day of a year and the first day after it."""
    return date(year, 1, 1), date(year + 1, 1, 1)
