"""Files as provinces export them: XLSX with a title above the header, CSV in UTF-8 with BOM or GB18030."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from deploy.demo.columns import Row

_CREATED = datetime(2026, 1, 15, tzinfo=UTC).replace(tzinfo=None)
"""Written into the file's properties instead of the time of day, so that the bytes repeat."""
_COLUMN_WIDTH = 18


def write_xlsx(path: Path, title: str, header: Sequence[str], rows: Sequence[Row]) -> int:
    """Write one sheet: a merged title row, the header, then every cell as text. Returns the row count."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        book.set_properties({"title": title, "created": _CREATED})
        sheet = book.add_worksheet("人员信息")
        sheet.set_column(0, len(header) - 1, _COLUMN_WIDTH)
        heading = book.add_format({"bold": True, "align": "center"})
        sheet.merge_range(0, 0, 0, len(header) - 1, title, heading)
        sheet.write_row(1, 0, header, heading)
        for line, row in enumerate(rows, start=2):
            for column, text in enumerate(row):
                if text:
                    sheet.write_string(line, column, text)
    return len(rows)


def write_csv(path: Path, encoding: str, header: Sequence[str], rows: Sequence[Row]) -> int:
    """Write a CSV file with CRLF line ends in the given encoding. Returns the number of rows."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return len(rows)
