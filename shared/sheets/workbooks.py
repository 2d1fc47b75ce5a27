"""XLSX workbooks as rows of texts. Everything that could exhaust memory is refused before it is read."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import python_calamine

from shared.problems import Problem
from shared.sheets import problems
from shared.sheets.cells import cell_text

MAX_UNPACKED_MB = 512
MAX_MERGED = 100_000
_CHUNK = 1 << 20
_OVERLAP = 128
# The reader keeps the whole rectangle up to the last used cell, so one stray cell at XFD1048576 would be a
# sheet of 17 thousand million cells. Columns after IV (256) and rows after 299,999 are refused.
_FAR_CELL = re.compile(
    rb'<c\s[^<>]{0,60}?r="(?:(?:[A-Z]{3}|[J-Z][A-Z]|I[W-Z])\d|[A-Z]{1,2}(?:[3-9]\d{5}|\d{7}))'
)

_Range = tuple[tuple[int, int], tuple[int, int]]
"""A merged range: row and column of its first and of its last cell, from zero."""


def workbook_rows(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet with their row numbers, or a refusal of the whole file."""
    _check_archive(file)
    try:
        sheet = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)
        cells, left = sheet.iter_rows(), (sheet.start or (0, 0))[1]
        merged = sorted(sheet.merged_cell_ranges or ())
    except (python_calamine.CalamineError, OSError, ValueError, KeyError, IndexError) as error:
        raise _unreadable() from error
    rows = ([cell_text(cell) for cell in row] for row in cells)
    return enumerate(_filled_in(rows, merged, left), start=1)


def _filled_in(rows: Iterator[list[str]], merged: Sequence[_Range], left: int) -> Iterator[list[str]]:
    """Every row with what is merged with cells above it; a workbook keeps a merged text in its first cell.

    Nothing is written beside the first column of a range: a heading over two columns names one of them.
    Ranges are absolute, rows begin at the first used column. Ranges never share a cell, so that a row meets
    no more of them than it has columns.
    """
    tall = [each for each in merged if each[1][0] > each[0][0]]
    waiting, open_ = list(reversed(tall)), list[tuple[int, int, str]]()
    for number, row in enumerate(rows):
        for last, place, text in open_:
            if last >= number:
                row[place] = row[place] or text
        open_ = [each for each in open_ if each[0] > number]
        while waiting and waiting[-1][0][0] <= number:
            (first, column), (last, _) = waiting.pop()
            if first == number and 0 <= column - left < len(row):
                open_.append((last, column - left, row[column - left]))
        if len(open_) > len(row):
            raise _unreadable()
        yield row


def _check_archive(file: BinaryIO) -> None:
    # A truncated workbook has lost the archive's directory at its end; a bomb announces its size there.
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_MB << 20:
                raise Problem(problems.FILE_TOO_LARGE_UNPACKED, limit=MAX_UNPACKED_MB)
            for entry in archive.infolist():
                if entry.filename.startswith("xl/worksheets/"):
                    _check_sheet(archive, entry)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError) as error:
        raise _unreadable() from error
    except (NotImplementedError, RuntimeError) as error:  # unknown compression, encrypted
        raise _unreadable() from error
    file.seek(0)


def _check_sheet(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    with archive.open(entry) as sheet:
        tail, merged = b"", 0
        while chunk := sheet.read(_CHUNK):
            if _FAR_CELL.search(tail + chunk):
                raise Problem(problems.SHEET_TOO_WIDE)
            merged += chunk.count(b"mergeCell ")
            if merged > MAX_MERGED:
                raise Problem(problems.SHEET_MERGED, limit=MAX_MERGED)
            tail = chunk[-_OVERLAP:]


def _unreadable() -> Problem:
    return Problem(problems.FILE_UNREADABLE, format="XLSX")
