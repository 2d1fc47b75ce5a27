"""What a periodic subsidy comes to, month by month, and the differences to what was paid. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final, Literal, NamedTuple
from uuid import UUID

from services.claims.ledger import accounts
from services.claims.ledger.postings import Posting
from shared.money import Fen, format_yuan

PREPARED, APPROVED, CANCELLED = "prepared", "approved", "cancelled"
SUBSIDY = "subsidy"
MONTHLY, HALF_YEAR, YEAR = "monthly", "half_year", "year"
Schedule = Literal["monthly", "half_year", "year"]
_MONTHS, _HALF = 12, 6
_PERIODS: Final[Mapping[str, re.Pattern[str]]] = {
    MONTHLY: re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])"),
    HALF_YEAR: re.compile(r"(20[0-9]{2})-H([12])"),
    YEAR: re.compile(r"(20[0-9]{2})()"),
}


@dataclass(frozen=True, slots=True)
class Standard:
    """What a category is paid a month, from a month on; known since it was announced."""

    category: str
    valid_from: date
    announced_on: date
    monthly_fen: Fen
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Programme:
    """A subsidy: whose fund pays it, how often, and by which standards."""

    id: str
    title: str
    payer: str
    schedule: Schedule
    standards: tuple[Standard, ...]

    @property
    def categories(self) -> frozenset[str]:
        """The categories that entitle somebody."""
        return frozenset(standard.category for standard in self.standards)

    def standard(self, category: str, month: date, known_on: date) -> Standard | None:
        """The standard of a category in a month, as far as it is announced by a day."""
        found = [
            each
            for each in self.standards
            if each.category == category and each.valid_from <= month and each.announced_on <= known_on
        ]
        return max(found, key=lambda each: (each.valid_from, each.announced_on), default=None)


class Line(NamedTuple):
    """A person's month: what is due by the standard now known, less what earlier runs paid."""

    person_id: UUID
    month: date
    category: str
    due_fen: Fen
    paid_fen: Fen

    @property
    def difference_fen(self) -> Fen:
        """What this run pays, or takes back."""
        return self.due_fen - self.paid_fen


NOBODY_ENTITLED: Final = ""
"""In place of a category: the person holds none of the programme in that month."""


NOWHERE: Final[Mapping[UUID, Mapping[date, Fen]]] = {}
"""No other county has paid anybody."""


def months_of(schedule: str, period: str) -> list[date]:
    """First days of the months of a period; none when the period is not of the schedule."""
    match = _PERIODS[schedule].fullmatch(period)
    if not match:
        return []
    year, part = int(match[1]), match[2]
    if schedule == MONTHLY:
        return [date(year, int(part), 1)]
    first, last = (1, _MONTHS) if schedule == YEAR else ((int(part) - 1) * _HALF + 1, int(part) * _HALF)
    return [date(year, month, 1) for month in range(first, last + 1)]


def worked_out(
    programme: Programme,
    months: Sequence[date],
    known_on: date,
    entitled: Mapping[UUID, Mapping[date, Iterable[str]]],
    paid: Mapping[UUID, Mapping[date, Fen]],
    elsewhere: Mapping[UUID, Mapping[date, Fen]] = NOWHERE,
) -> list[Line]:
    """The months of all people for which another amount is due than was paid, in order.

    ``entitled`` and ``paid`` hold the people that the county knows as alive and its own: nothing is taken
    back of anybody else, since nobody knows here since when. What another county paid for a month, before
    somebody moved, counts as paid, and is not for this county to take back.
    """
    lines = []
    for person_id in sorted({*entitled, *paid}):
        held, before = entitled.get(person_id, {}), paid.get(person_id, {})
        others = elsewhere.get(person_id, {})
        for month in months:
            category, due = _due(programme, month, known_on, held.get(month, ()))
            other = others.get(month, 0)
            line = Line(person_id, month, category, due, before.get(month, 0) + other)
            if line.difference_fen > 0 or (line.difference_fen and not other):
                lines.append(line)
    return lines


def _due(programme: Programme, month: date, known_on: date, categories: Iterable[str]) -> tuple[str, Fen]:
    standards = [programme.standard(category, month, known_on) for category in sorted(categories)]
    best = max((each for each in standards if each), key=lambda each: each.monthly_fen, default=None)
    return (best.category, best.monthly_fen) if best else (NOBODY_ENTITLED, 0)


def posting(payer: str, county_code: str, year: int, difference_fen: Fen) -> Posting:
    """A person's year of a run: the fund owes it to the person, or the person owes it back."""
    fund, card = accounts.fund(payer, county_code, year), accounts.card_due(county_code, year)
    if difference_fen > 0:
        return Posting(SUBSIDY, fund, card, difference_fen)
    return Posting(SUBSIDY, card, fund, -difference_fen)


def sentences(title: str, lines: Sequence[Line]) -> list[str]:
    """Why a person is paid what, in Chinese: one sentence for months that are alike."""
    told = []
    for (category, due, paid), group in groupby(lines, key=lambda line: line[2:]):
        months = [line.month for line in group]
        span = f"{months[0]:%Y-%m}" + (f" 至 {months[-1]:%Y-%m}" if len(months) > 1 else "")
        entitled = f"每月应发 {format_yuan(due)} 元" if category else "不符合条件，应发 0.00 元"
        difference = due - paid
        told.append(
            f"{title}：{span} 共 {len(months)} 个月，{entitled}，每月已发 {format_yuan(paid)} 元，"
            f"本次{'补发' if paid and difference > 0 else '发放' if difference > 0 else '扣回'}"
            f" {format_yuan(abs(difference))}×{len(months)} = {format_yuan(abs(difference) * len(months))} 元"
        )
    return told
