"""From grouped sums to lines, groups and periods. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from services.claims.reports.definitions import BEFORE, Line
from shared.money import BasisPoints, Fen

MONTH, YEAR_TO_DATE = "month", "year_to_date"
PERIODS: Final = (MONTH, YEAR_TO_DATE)
ALL, POOR, OTHER = "all", "poor", "other"
GROUPS: Final = (ALL, POOR, OTHER)
NO_CEILING: Final = -1

Measures = Mapping[str, int]
Row = Any
"""A row of ``repository.sums``: what it is grouped by, and every measure."""


class Where(NamedTuple):
    """One place in the table."""

    line: str
    group: str
    period: str


class Counted(NamedTuple):
    """What a report is made from; measures with the ending ``_before`` are those of the year before."""

    lines: Mapping[Where, Measures]
    ceilings: Mapping[tuple[BasisPoints, str, str], Measures]
    """By ceiling, group and period."""
    payers: Mapping[tuple[str, str, str], Fen]
    """What a payer paid, by payer, group and period."""


def counted(rows: Iterable[Row], lines: Iterable[Line], measures: Iterable[str]) -> Counted:
    """Add the groups up; what nothing was settled for is zero."""
    by_line: dict[Where, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    ceilings: dict[tuple[BasisPoints, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    payers: dict[tuple[str, str, str], Fen] = defaultdict(int)
    wanted, known = tuple(lines), tuple(measures)
    for row in rows:
        places = [(group, period) for group in _groups(row) for period in _periods(row)]
        if row.by_payer:
            if row.payer and not row.before:
                for place in places:
                    payers[row.payer, *place] += row.paid_fen
            continue
        targets = (
            [ceilings[row.ceiling_bp, *place] for place in places if row.ceiling_bp != NO_CEILING]
            if row.by_ceiling
            else [
                by_line[Where(line.id, *place)]
                for line in wanted
                if line.holds(row.visit_type, row.provider_level, row.place)
                for place in places
            ]
        )
        values = [(name + BEFORE if row.before else name, getattr(row, name)) for name in known]
        for target in targets:
            for name, number in values:
                target[name] += number
    return Counted(by_line, ceilings, payers)


def _groups(row: Row) -> tuple[str, ...]:
    return ALL, POOR if row.poor else OTHER


def _periods(row: Row) -> tuple[str, ...]:
    return PERIODS if row.in_month else (YEAR_TO_DATE,)
