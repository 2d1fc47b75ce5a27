"""XLSX workbooks as rows of texts. Everything that could exhaust memory is refused before it is read."""

import re
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

import python_calamine

from services.registry import problems
from services.registry.imports.cells import cell_text
from shared.problems import Problem

MAX_UNPACKED_MB = 512
_CHUNK = 1 << 20
_OVERLAP = 128
# The reader keeps the whole rectangle up to the last used cell, so one stray cell at XFD1048576 would be a
# sheet of 17 thousand million cells. Columns after IV (256) and rows after 299,999 are refused.
_FAR_CELL = re.compile(
    rb'<c\s[^<>]{0,60}?r="(?:(?:[A-Z]{3}|[J-Z][A-Z]|I[W-Z])\d|[A-Z]{1,2}(?:[3-9]\d{5}|\d{7}))'
)


def workbook_rows(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet with their row numbers, or a refusal of the whole file."""
    _check_archive(file)
    try:
        sheet = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)
        cells = sheet.iter_rows()
    except (python_calamine.CalamineError, OSError, ValueError, KeyError, IndexError) as error:
        raise _unreadable() from error
    return ((number, [cell_text(cell) for cell in row]) for number, row in enumerate(cells, start=1))


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
        tail = b""
        while chunk := sheet.read(_CHUNK):
            if _FAR_CELL.search(tail + chunk):
                raise Problem(problems.SHEET_TOO_WIDE)
            tail = chunk[-_OVERLAP:]


def _unreadable() -> Problem:
    return Problem(problems.FILE_UNREADABLE, format="XLSX")
