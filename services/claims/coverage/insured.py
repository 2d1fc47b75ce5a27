"""One insured person as the rules need to know him or her. Pure; intervals are [from, to), open when null."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from shared.divisions import county_of

RESIDENT = "resident"
"""The scheme whose members these policy packs are for (城乡居民基本医疗保险)."""


class Held(NamedTuple):
    """A category, an enrolment, a certificate … with the days on which it is in force (ISO dates as text)."""

    name: str
    valid_from: str
    valid_to: str | None
    bought_back_years: int = 0
    """Of an enrolment: how many years without cover before it were paid for afterwards."""

    def on(self, day: str) -> bool:
        """Whether it is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


NOTHING: Final = "[]"


# The same few texts come with nearly everybody: insured all year, no category.
@lru_cache(maxsize=1 << 13)
def held_of(text: str) -> tuple[Held, ...]:
    """What is stored as JSON: lists of name, first day, end or null."""
    return () if text == NOTHING else tuple(Held(*each) for each in json.loads(text))


@dataclass(slots=True)
class Insured:
    """A person of our copy of the registry. ``division_code`` is the village (12 digits).

    Nobody changes it: not frozen only because that makes it three times as dear, for every visit.
    """

    person_id: UUID
    household_id: UUID
    division_code: str
    birth_date: date
    sex: str
    categories: tuple[Held, ...]
    enrolments: tuple[Held, ...]
    certificates: tuple[Held, ...] = ()
    """Certified chronic diseases, by NHSA code."""

    @property
    def county_code(self) -> str:
        """The county whose fund insures the person."""
        return county_of(self.division_code)

    def categories_on(self, day: date) -> frozenset[str]:
        """Assistance categories in force on a day."""
        text = day.isoformat()
        return frozenset([held.name for held in self.categories if held.on(text)])

    def enrolled_on(self, day: date) -> bool:
        """Whether the resident scheme covers the person on a day."""
        text = day.isoformat()
        return any([held.on(text) for held in self.enrolments if held.name == RESIDENT])

    def age_on(self, day: date) -> int:
        """Completed years of age."""
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (not had_birthday)


def insured_of(row: Sequence[Any]) -> Insured:
    """The person of a stored row: eight columns as in ``Insured``, the last three as JSON text."""
    return Insured(*row[:5], *(held_of(text) for text in row[5:8]))
