"""By which headings the columns of a file are known."""

from typing import Any

from shared.sheets.cells import plain


class Headings:
    """The columns of one kind of file: by heading, and which are required."""

    def __init__(self, columns: dict[str, dict[str, Any]]) -> None:
        self.standard: dict[str, str] = {field: column["headings"][0] for field, column in columns.items()}
        self.required = [field for field, column in columns.items() if column.get("required")]
        self.field_of: dict[str, str] = {
            plain(heading): field for field, column in columns.items() for heading in column["headings"]
        } | {field: field for field in columns}
