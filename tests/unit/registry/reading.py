"""Reading rows without a database."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.registry.imports.order import CodeSystem, Format, Kind, Order
from services.registry.imports.parse import ParsedFile, parse
from services.registry.imports.row_problems import RowFault
from shared.crypto import BlindIndex
from tests.support.registry import COUNTY, TODAY, as_csv, as_ndjson, as_xlsx, person

INDEX = BlindIndex(b"k" * 32)


def read(
    content: bytes,
    format_: Format = "csv",
    kind: Kind = "people",
    code_system: CodeSystem | None = None,
    as_of: date = TODAY,
) -> ParsedFile:
    """Parse a file of the sample county."""
    order = Order(kind, format_, COUNTY, as_of.year, as_of, False, code_system)
    return parse(io.BytesIO(content), order, INDEX)


def read_rows(rows: Sequence[Mapping[str, Any]], format_: Format = "csv", **more: Any) -> ParsedFile:
    """Parse rows written in a format."""
    if format_ == "csv":
        return read(as_csv(rows), format_, **more)
    return read(as_xlsx(rows) if format_ == "xlsx" else as_ndjson(rows), format_, **more)


def read_one(**changes: Any) -> ParsedFile:
    """Parse one correct row with some cells changed."""
    return read_rows([person(1, **changes)])


def codes(faults: Sequence[RowFault]) -> list[tuple[str, str]]:
    """Column and code, without the prefix that all codes share."""
    return [(fault.column, fault.code.removeprefix("import.")) for fault in faults]
