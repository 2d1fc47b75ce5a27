"""What an import is asked to do, and what came of it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["people", "enrolments", "certificates"]
Format = Literal["xlsx", "csv", "ndjson"]
CodeSystem = Literal["gbt3304", "ab01"]


@dataclass(frozen=True, slots=True)
class Order:
    """One import as asked for. ``as_of`` is the day on which the file was true."""

    kind: Kind
    format: Format
    county: str
    year: int
    as_of: date
    dry_run: bool
    code_system: CodeSystem | None
    restricted: bool = False
    """Whether whoever sends the file may see diseases of the restricted class."""


@dataclass(slots=True)
class Counts:
    """Rows of a file and what they did."""

    rows: int = 0
    accepted: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    households_created: int = 0
    households_changed: int = 0
