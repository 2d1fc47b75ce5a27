"""Days without a gap on which some scheme covered a person. Pure; ISO dates compare as text."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from services.claims.coverage.insured import RESIDENT, Held


class Stretch(NamedTuple):
    """Cover without a gap; ``ends`` exclusive, ``None`` while it lasts.

    ``begun_by`` is the scheme of its first day, employee insurance before the resident scheme.
    ``covered_until`` is the year of the last covered day before it, ``None`` where the history begins.
    """

    begins: str
    ends: str | None
    begun_by: str
    covered_until: int | None
    bought_back_years: int

    @property
    def may_wait(self) -> bool:
        """Whether any pack may let this person wait: enrolled late or after years without cover.

        Employee insurance has no enrolment period: who comes from it without a gap does not wait.
        """
        missed = self.covered_until is not None and self.covered_until < int(self.begins[:4]) - 1
        return self.begun_by == RESIDENT and (missed or self.begins[5:] != "01-01")

    def covers(self, day: str) -> bool:
        """Whether a day lies in it."""
        return self.begins <= day and (self.ends is None or day < self.ends)


def stretches(enrolments: Iterable[Held]) -> list[Stretch]:
    """The stretches of a history, in order; of any scheme, because employee insurance is cover, too."""
    found: list[Stretch] = []
    for held in sorted(enrolments, key=lambda each: (each.valid_from, each.name)):
        last = found[-1] if found else None
        if last is not None and (last.ends is None or held.valid_from <= last.ends):
            ends = None if last.ends is None or held.valid_to is None else max(last.ends, held.valid_to)
            found[-1] = last._replace(ends=ends)
        else:
            until = last.ends if last is not None else None
            covered_until = _year_of_last_day(until) if until is not None else None
            found.append(
                Stretch(held.valid_from, held.valid_to, held.name, covered_until, held.bought_back_years)
            )
    return found


History = tuple[Sequence[Held], Sequence[Held]]
"""Categories and enrolments of a person."""


def waiting_may_differ(before: History, after: History) -> list[tuple[date, date]]:
    """Stretches of days (the end exclusive) in which a waiting period may come to another end.

    Whatever a pack says about waiting looks at when a stretch begins, at the years without cover before it,
    at the years bought back, and at the categories on its first day.
    """
    was, now = _beginnings(before), _beginnings(after)
    differing = [was[key] for key in was.keys() - now] + [now[key] for key in now.keys() - was]
    days = {(each.begins, each.ends) for each in differing}
    return [
        (date.fromisoformat(begins), date.fromisoformat(ends) if ends else date.max)
        for begins, ends in sorted(days, key=str)
    ]


def _beginnings(history: History) -> dict[tuple[Any, ...], Stretch]:
    categories, enrolments = history
    return {
        (
            stretch.begins,
            stretch.begun_by,
            stretch.covered_until,
            stretch.bought_back_years,
            frozenset(held.name for held in categories if held.on(stretch.begins)),
        ): stretch
        for stretch in stretches(enrolments)
        if stretch.may_wait
    }


def _year_of_last_day(ends: str) -> int:
    return int(ends[:4]) - (ends[5:] == "01-01")
