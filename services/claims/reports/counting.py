"""From grouped sums to lines, groups and periods. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import add
from typing import Any, Final, NamedTuple, TypeVar

from services.claims.reports.definitions import BEFORE, Line
from services.claims.reports.groups import ALL, OTHER, POOR, Group
from shared.money import BasisPoints, Fen

MONTH, YEAR_TO_DATE = "month", "year_to_date"
PERIODS: Final = (MONTH, YEAR_TO_DATE)
NO_CEILING: Final = -1

Measures = Mapping[str, int]
Row = Any
"""A row of ``repository.sums``: what it is grouped by, and every measure."""
_Numbers = list[int]
_K = TypeVar("_K")


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


class _Part(NamedTuple):
    """Settlements of one kind in one group: what decides in which lines and periods they are."""

    group: str
    before: bool
    in_month: bool
    visit_type: str
    provider_level: int
    place: str


def counted(
    rows: Iterable[Row], lines: Iterable[Line], measures: Iterable[str], groups: Iterable[Group]
) -> Counted:
    """Add the sums up; what nothing was settled for is zero."""
    known = tuple(measures)
    every = list(rows)
    by_line = [row for row in every if not row.by_payer and not row.by_ceiling]
    return Counted(
        _lines(by_line, tuple(lines), known, tuple(groups)),
        _ceilings([row for row in every if row.by_ceiling], known),
        _payers(row for row in every if row.by_payer),
    )


def _lines(
    rows: Sequence[Row], lines: Sequence[Line], measures: Sequence[str], groups: Sequence[Group]
) -> dict[Where, dict[str, int]]:
    """In two steps, because there are many combinations of categories and few groups."""
    held: dict[tuple[str, ...], list[str]] = {}
    parts: dict[_Part, _Numbers] = {}
    for row in rows:
        categories = tuple(row.categories)
        if categories not in held:
            held[categories] = [group.id for group in groups if group.holds(categories)]
        found = [getattr(row, name) for name in measures]
        for group in held[categories]:
            part = _Part(group, row.before, row.in_month, row.visit_type, row.provider_level, row.place)
            _add(parts, part, found)
    places: dict[tuple[Where, bool], _Numbers] = {}
    for part, numbers in parts.items():
        for line in lines:
            if line.holds(part.visit_type, part.provider_level, part.place):
                for period in _periods(part):
                    _add(places, (Where(line.id, part.group, period), part.before), numbers)
    return _named(places, measures)


def _ceilings(
    rows: Iterable[Row], measures: Sequence[str]
) -> dict[tuple[BasisPoints, str, str], dict[str, int]]:
    places: dict[tuple[tuple[BasisPoints, str, str], bool], _Numbers] = {}
    for row in rows:
        if row.ceiling_bp != NO_CEILING:
            found = [getattr(row, name) for name in measures]
            for group in _poor_or_not(row):
                for period in _periods(row):
                    _add(places, ((row.ceiling_bp, group, period), row.before), found)
    return _named(places, measures)


def _payers(rows: Iterable[Row]) -> dict[tuple[str, str, str], Fen]:
    paid: dict[tuple[str, str, str], Fen] = defaultdict(int)
    for row in rows:
        if row.payer and not row.before:
            for group in _poor_or_not(row):
                for period in _periods(row):
                    paid[row.payer, group, period] += row.paid_fen
    return paid


def _add(sums: dict[_K, _Numbers], key: _K, numbers: Sequence[int]) -> None:
    held = sums.get(key)
    sums[key] = list(numbers) if held is None else list(map(add, held, numbers))


def _named(
    sums: Mapping[tuple[_K, bool], Sequence[int]], measures: Sequence[str]
) -> dict[_K, dict[str, int]]:
    """The sums by the names of their measures."""
    before = [name + BEFORE for name in measures]
    found: dict[_K, dict[str, int]] = defaultdict(dict)
    for (key, is_before), numbers in sums.items():
        found[key].update(zip(before if is_before else measures, numbers, strict=True))
    return found


def _poor_or_not(row: Row) -> tuple[str, ...]:
    return ALL, POOR if row.poor else OTHER


def _periods(row: Row) -> tuple[str, ...]:
    return PERIODS if row.in_month else (YEAR_TO_DATE,)
