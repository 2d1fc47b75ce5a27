"""NDJSON import files: one object a line, keys are column headings or English field names."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from shared import strict_json
from shared.problems import Problem
from shared.sheets import problems
from shared.sheets.cells import cell_text, plain, shown
from shared.sheets.headings import Headings

MAX_LINE_BYTES = 64 * 1024
BROKEN_LINE: Sequence[str] = ()
"""Stands for a line that is not an object."""


def read_json_lines(
    file: BinaryIO, headings: Headings
) -> tuple[dict[str, int], list[str], Iterator[tuple[int, Sequence[str]]]]:
    """The place of each column, the unknown keys of the first object, and every line as texts."""
    first = _first_object(file)
    fields = [headings.field_of.get(plain(key)) for key in first]
    ignored = [shown(key) for key, field in zip(first, fields, strict=True) if field is None]
    places = {field: place for place, field in enumerate(headings.standard)}
    missing = [headings.standard[field] for field in headings.required if field not in fields]
    if missing:
        raise Problem(problems.COLUMN_MISSING, columns="、".join(missing))
    return places, ignored[:100], _lines(file, headings, places)


def _first_object(file: BinaryIO) -> dict[str, Any]:
    for line in _bounded_lines(file):
        found = _object(line)
        file.seek(0)
        if found is None:
            raise Problem(problems.FILE_UNREADABLE, format="NDJSON")
        return found
    raise Problem(problems.FILE_EMPTY)


def _lines(file: BinaryIO, headings: Headings, places: dict[str, int]) -> Iterator[tuple[int, Sequence[str]]]:
    for number, line in enumerate(_bounded_lines(file, skip_blank=False), start=1):
        if line.strip():
            found = _object(line)
            yield number, BROKEN_LINE if found is None else _row(found, headings, places)


def _row(found: dict[str, Any], headings: Headings, places: dict[str, int]) -> list[str]:
    row = [""] * len(places)
    for key, value in found.items():
        field = headings.field_of.get(plain(key))
        if field is not None:
            row[places[field]] = cell_text(value)
    return row


def _bounded_lines(file: BinaryIO, *, skip_blank: bool = True) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            raise Problem(problems.FILE_UNREADABLE, format="NDJSON")
        if line.strip() or not skip_blank:
            yield line


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = strict_json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except strict_json.BadJson:
        return None
    simple = isinstance(found, dict) and all(
        value is None or isinstance(value, str | int | float | bool) for value in found.values()
    )
    return found if simple else None
