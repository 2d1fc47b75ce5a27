"""Definitions of the reports' figures, as data: what each is a share of, its unit, version and source."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from services.claims.reports.groups import POOR, Category, Group, Kind, groups

_FILE: Final = Path(__file__).with_name("definitions.yaml")
PARTS: Final = ("fund", "service", "source", "payer")
"""Of what figures there are."""
BEFORE: Final = "_before"
"""Ending of measures of the same months of the year before."""


class Unit(NamedTuple):
    """How a figure is written: ``times`` for shares (100 for percent), none for plain sums and averages."""

    id: str
    title: str
    decimals: int
    times: int | None


class Quantity(NamedTuple):
    """Something counted or summed: a measure over settlements, or a base with a source."""

    id: str
    title: str
    unit: str
    is_base: bool

    @property
    def is_money(self) -> bool:
        """Whether it is held in fen."""
        return self.unit == "yuan"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure; without a denominator it is a plain sum, ``change_of`` compares with the year before."""

    id: str
    title: str
    heading: str
    unit: Unit
    numerator: Quantity
    denominator: Quantity | None
    change_of: str | None
    version: str
    source: str
    verified: bool


class Line(NamedTuple):
    """A line of the table: which settlements it is about; an empty choice means all."""

    id: str
    title: str
    visit_types: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    places: tuple[str, ...] = ()

    def holds(self, visit_type: str, level: int, place: str) -> bool:
        """Whether settlements of this kind belong to the line."""
        chosen = ((self.visit_types, visit_type), (self.levels, level), (self.places, place))
        return all(not wanted or value in wanted for wanted, value in chosen)


@dataclass(frozen=True, slots=True)
class Definitions:
    """Everything in definitions.yaml, by id, in the order of the file."""

    version: str
    quantities: Mapping[str, Quantity]
    fund: Mapping[str, Figure]
    service: Mapping[str, Figure]
    source: Mapping[str, Figure]
    payer: Mapping[str, Figure]
    lines: Mapping[str, Line]
    groups: Mapping[str, Group]
    category_lines: tuple[str, ...]
    category_figures: tuple[str, ...]
    periods: Mapping[str, str]
    payers: Mapping[str, str]
    sources: Mapping[str, str]
    reasons: Mapping[str, str]

    @property
    def poor(self) -> tuple[str, ...]:
        """Categories of the poor."""
        return self.groups[POOR].any_of

    def of_kind(self, *kinds: Kind) -> list[Group]:
        """Groups of some kinds, in the order of printing."""
        return [group for group in self.groups.values() if group.kind in kinds]


@cache
def definitions() -> Definitions:
    """The definitions as shipped; one that names what does not exist is an error."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    units = {
        id_: Unit(id_, row["title"], row["decimals"], row.get("times")) for id_, row in raw["units"].items()
    }
    quantities = {
        id_: Quantity(id_, row["title"], row["unit"], section == "bases")
        for section in ("measures", "bases")
        for id_, row in raw[section].items()
    }
    lines = [
        Line(
            row["id"],
            row["title"],
            *(tuple(row.get(name, ())) for name in ("visit_types", "levels", "places")),
        )
        for row in raw["lines"]
    ]
    return Definitions(
        version=raw["version"],
        quantities=quantities,
        **{part: _figures(raw["figures"][part], units, quantities) for part in PARTS},
        lines={line.id: line for line in lines},
        groups=groups(
            raw["groups"],
            [Category(row["id"], row["title"], row.get("poor", False)) for row in raw["categories"]],
        ),
        category_lines=tuple(raw["category_lines"]),
        category_figures=tuple(raw["category_figures"]),
        periods=raw["periods"],
        payers=raw["payers"],
        sources=raw["sources"],
        reasons=raw["reasons"],
    )


def _figures(
    rows: list[dict[str, Any]], units: Mapping[str, Unit], quantities: Mapping[str, Quantity]
) -> dict[str, Figure]:
    by_id = {row["id"]: row for row in rows}
    return {row["id"]: _figure(row, by_id, units, quantities) for row in rows}


def _figure(
    row: dict[str, Any],
    by_id: Mapping[str, dict[str, Any]],
    units: Mapping[str, Unit],
    quantities: Mapping[str, Quantity],
) -> Figure:
    compared = by_id[row["change_of"]] if "change_of" in row else row
    denominator = compared.get("denominator")
    return Figure(
        id=row["id"],
        title=row["title"],
        heading=row.get("heading", "基金"),
        unit=units[row["unit"]],
        numerator=quantities[compared["numerator"]],
        denominator=quantities[denominator] if denominator else None,
        change_of=row.get("change_of"),
        version=row["version"],
        source=row["source"],
        verified=row.get("verified", True),
    )
