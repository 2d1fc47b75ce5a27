"""Replies of imports."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.registry.imports.order import Format, Kind
from shared.fields import Reply


class RowProblem(Reply):
    """A fault at a row and column of the file; ``warning``: the row was imported all the same."""

    row: int = Field(description="文件中的行号，从 1 开始")
    column: str = Field(description="列名；为空表示整行")
    severity: Literal["error", "warning"]
    code: str
    detail: str


class ImportReply(Reply):
    """What an import did. ``import_id`` and ``errors_url`` are null on a dry run: nothing was stored."""

    import_id: UUID | None
    kind: Kind
    format: Format
    county: str
    year: int
    as_of: date
    dry_run: bool
    imported_at: datetime | None
    rows: int
    accepted: int
    rejected: int
    warnings: int = Field(description="被提示的行中的提示数，这些行已导入")
    created: int
    changed: int
    unchanged: int
    households_created: int
    households_changed: int
    ignored_columns: list[str]
    problems: list[RowProblem] = Field(description="前 100 条错误与提示，全部见 errors_url")
    errors_url: str | None
