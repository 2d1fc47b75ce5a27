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
MAX_COLUMNS = 256
MAX_ROWS = 299_999
# The reader keeps the whole rectangle up to the last used cell, so one stray cell at XFD1048576 would be a
# sheet of 17 thousand million cells, and the end of the process. Columns after IV (256) and rows after
# 299,999 are refused, however a cell says where it is. Rows without cells cost nothing.
_FAR_ROW = rb"""0*(?:[3-9][0-9]{5}|[0-9]{7})"""
_FAR = rb"""(?:[A-Za-z]{3}|(?:[J-Zj-z][A-Za-z]|[Ii][W-Zw-z])[0-9]|[A-Za-z]{0,2}""" + _FAR_ROW + rb""")"""
_CELL = b'<c r="'
"""How nearly every program begins a cell; a part in which all begin so needs no closer look."""
_FAR_CELL = re.compile(_CELL + _FAR)
_FAR_ODD_CELL = re.compile(rb"""<(?:[\w.-]+:)?c\s[^<]*?\br\s*=\s*["']\s*""" + _FAR)
_ENDLESS = re.compile(rb"<(?:[\w.-]+:)?(?:c|row)\s")
# Cells that do not say where they are follow one another, in a row that does or does not.
_ROW_OR_NAMELESS = re.compile(
    rb"""<(?:[\w.-]+:)?(?:(row)\b(?:[^<]*?\br\s*=\s*["']\s*("""
    + _FAR_ROW
    + rb"""))?|c(?:\s+(?!r\s*=)[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>)"""
)
# What the reader would take for a workbook of another kind, which is not looked through here.
_OTHER_KINDS = frozenset(("content.xml", "xl/workbook.bin"))

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
    except BaseException as error:
        # The reader gives up on what it did not expect by an exception that is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _unreadable() from None
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
            if any(entry.filename.lower() in _OTHER_KINDS for entry in archive.infolist()):
                raise _unreadable()
            # Which part is the sheet is said by other parts, so all are looked through.
            for entry in archive.infolist():
                _check_part(archive, entry)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError) as error:
        raise _unreadable() from error
    except (NotImplementedError, RuntimeError) as error:  # unknown compression, encrypted
        raise _unreadable() from error
    file.seek(0)


def _check_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    merged, odd = 0, False
    for piece in _pieces(archive, entry):
        if _FAR_CELL.search(piece):
            raise Problem(problems.SHEET_TOO_WIDE)
        cells = piece.count(_CELL) + piece.count(b"<col")
        odd = odd or piece.count(b"<c") != cells or b":c" in piece
        merged += piece.count(b"mergeCell ")
        if merged > MAX_MERGED:
            raise Problem(problems.SHEET_MERGED, limit=MAX_MERGED)
    nameless = _Nameless()
    for piece in _pieces(archive, entry) if odd else ():
        if nameless.too_many(piece) or _FAR_ODD_CELL.search(piece):
            raise Problem(problems.SHEET_TOO_WIDE)


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part of the archive in pieces that end where a tag begins."""
    with archive.open(entry) as part:
        rest = b""
        while chunk := part.read(_CHUNK):
            text = rest + chunk
            end = max(text.rfind(b"<"), 0)
            yield text[:end]
            rest = text[end:]
            if len(rest) > _CHUNK:
                if _ENDLESS.match(rest):
                    raise Problem(problems.SHEET_TOO_WIDE)
                rest = b""
        yield rest


class _Nameless:
    """Counts rows, and cells of a row that say nothing of their place."""

    def __init__(self) -> None:
        self._rows = self._cells = 0
        self._far = self._any = False

    def too_many(self, piece: bytes) -> bool:
        """Whether they may make the sheet too wide or too long, with what came before."""
        for found in _ROW_OR_NAMELESS.finditer(piece):
            if found[1]:
                self._rows, self._cells = self._rows + 1, 0
                self._far = self._far or found[2] is not None
            else:
                self._cells, self._any = self._cells + 1, True
            if self._cells > MAX_COLUMNS:
                return True
        return self._any and (self._far or self._rows > MAX_ROWS)


def _unreadable() -> Problem:
    return Problem(problems.FILE_UNREADABLE, format="XLSX")
