"""Import files as tables: the header row is found, cells are texts, rows carry their number in the file."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain, dropwhile, zip_longest
from typing import BinaryIO, NamedTuple

from shared.problems import Problem
from shared.sheets import problems
from shared.sheets.cells import cell_text, plain, shown
from shared.sheets.headings import Headings
from shared.sheets.json_lines import read_json_lines
from shared.sheets.workbooks import workbook_rows

MAX_ROWS = 200_000
_HEADER_WITHIN = 20
_CHUNK = 1 << 20

Texts = Sequence[str]
NumberedRow = tuple[int, Texts]


class Table(NamedTuple):
    """The rows below the header. ``places`` says in which column each known field stands.

    ``above`` are the titles, with the header as the last of them.
    """

    places: dict[str, int]
    ignored: list[str]
    rows: Iterator[NumberedRow]
    above: Sequence[Texts] = ()


def read_table(file: BinaryIO, format_: str, headings: Headings) -> Table:
    """Read a file as a table, or refuse it as a whole: unreadable, no header, a required column missing."""
    if format_ == "ndjson":
        places, ignored, rows = read_json_lines(file, headings)
        return Table(places, ignored, _bounded(rows))
    lines = _filled(workbook_rows(file)) if format_ == "xlsx" else _csv_rows(file)
    above = _down_to_header(lines, headings)
    header, lines = _whole_header(above[-1], lines, headings)
    places, ignored = _columns(header, headings)
    # A heading merged over two rows stands in both.
    below = dropwhile(lambda numbered: _repeats(numbered[1], header), lines)
    return Table(places, ignored, _bounded(below), [*above[:-1], header])


def _repeats(row: Texts, header: Texts) -> bool:
    return all(not cell or cell == above for cell, above in zip_longest(row, header, fillvalue=""))


def _down_to_header(lines: Iterator[NumberedRow], headings: Headings) -> list[Texts]:
    """Title rows and notes may stand above the header: it is the first row with most of the headings."""
    rows: list[Texts] = []
    best: list[Texts] = []
    known = 0
    for number, row in lines:
        rows.append(row)
        here = sum(heading_key(cell) in headings.field_of for cell in row)
        if here * 2 >= len(headings.required):
            return rows
        if here > known:
            best, known = list(rows), here
        if number >= _HEADER_WITHIN:
            break
    if known > 1:
        return best
    expected = "、".join(headings.standard[field] for field in headings.required)
    raise Problem(problems.HEADER_NOT_FOUND, rows=_HEADER_WITHIN, expected=expected)


def _whole_header(
    header: Texts, lines: Iterator[NumberedRow], headings: Headings
) -> tuple[Texts, Iterator[NumberedRow]]:
    """The header with the row below where that holds headings the header lacks, and the rows below both.

    A heading merged over several columns (参保情况) has the columns' own headings in the next row.
    """
    below = next(lines, None)
    if below is None:
        return header, lines
    present = {headings.field_of.get(heading_key(cell)) for cell in header}
    lacking = {field for field in headings.required if field not in present}
    found = {headings.field_of.get(heading_key(cell)) for cell in below[1]}
    if not lacking & found:
        return header, chain([below], lines)
    pairs = zip_longest(header, below[1], fillvalue="")
    return [top if headings.field_of.get(heading_key(top)) else low or top for top, low in pairs], lines


def heading_key(cell: str) -> str:
    """A heading as it is compared: without blanks, asterisks and a note in brackets."""
    key = plain(cell).replace("*", "")
    return key.partition("(")[0] or key


def _columns(header: Texts, headings: Headings) -> tuple[dict[str, int], list[str]]:
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, cell in enumerate(header):
        field = headings.field_of.get(heading_key(cell))
        if field is None:
            if cell:
                ignored.append(shown(cell))
        elif field in places:
            raise Problem(problems.COLUMN_REPEATED, column=headings.standard[field])
        else:
            places[field] = place
    require_columns(places, headings)
    return places, ignored[:100]


def require_columns(places: dict[str, int], headings: Headings) -> None:
    """Refuse a file without a required column, naming all that are missing."""
    missing = [headings.standard[field] for field in headings.required if field not in places]
    if missing:
        raise Problem(problems.COLUMN_MISSING, columns="、".join(missing))


def _bounded(rows: Iterator[NumberedRow]) -> Iterator[NumberedRow]:
    for count, row in enumerate(rows):
        if count >= MAX_ROWS:
            raise Problem(problems.FILE_TOO_MANY_ROWS, limit=MAX_ROWS)
        yield row


def _csv_rows(file: BinaryIO) -> Iterator[NumberedRow]:
    encoding = detect_encoding(file)
    first = codecs.getincrementaldecoder(encoding)().decode(file.read(4096))
    file.seek(0)
    separator = "\t" if first.count("\t") > first.count(",") else ","
    return _filled(_csv_records(_text_lines(file, encoding), separator))


def _text_lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    # Not a TextIOWrapper: it would close the file, which is not ours.
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    rest = ""
    while chunk := file.read(_CHUNK):
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in lines:
            yield f"{line}\n"
    yield rest + decoder.decode(b"", final=True)


def _csv_records(lines: Iterator[str], separator: str) -> Iterator[NumberedRow]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        for row in reader:
            yield reader.line_num, [cell_text(cell) for cell in row]
    except csv.Error as error:
        raise Problem(problems.FILE_UNREADABLE, format="CSV") from error


def _filled(rows: Iterator[NumberedRow]) -> Iterator[NumberedRow]:
    return (numbered for numbered in rows if any(numbered[1]))


def detect_encoding(file: BinaryIO) -> str:
    """UTF-8 (with or without BOM), UTF-16 with BOM, else GB18030; a file that is none of them is refused."""
    head = file.read(4)
    file.seek(0)
    if not head:
        raise Problem(problems.FILE_EMPTY)
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig", "gb18030"]
    for encoding in candidates:
        if _decodes(file, encoding):
            return encoding
    raise Problem(problems.FILE_ENCODING)


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True
