"""Re-imports of changed rows: households whose aid identity turns on and off, file after file."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from deploy.demo.hardship import AID_CATEGORIES, DIBAO_MARGIN
from deploy.demo.model import YEAR, County, Household
from tests.faults import operations
from tests.faults.history import Operation

FIRST_IMPORT_DAY = date(YEAR, 1, 1)
_CATEGORY = AID_CATEGORIES[DIBAO_MARGIN]


class Changes:
    """Knows how the county stands; every file is of a later day than the one before."""

    def __init__(self, county: County, rng: Random) -> None:
        self._households = list(county.households)
        self._rng = rng
        self._files = 0

    def next_file(self, households: int) -> Operation:
        """A file of some households, every person of which has changed."""
        chosen = sorted(self._rng.sample(range(len(self._households)), households))
        for number in chosen:
            self._households[number] = _turned(self._households[number])
        self._files += 1
        day = FIRST_IMPORT_DAY + timedelta(days=self._files)
        rows: Sequence[Household] = [self._households[number] for number in chosen]
        return operations.people_import(rows, f"reimport.{self._files:05d}", day)


def _turned(household: Household) -> Household:
    """The household with the dibao margin taken from or given to everybody."""
    people = []
    for person in household.people:
        rest = tuple(each for each in person.categories if each != _CATEGORY)
        held = _CATEGORY in person.categories
        people.append(person._replace(categories=rest if held else (*rest, _CATEGORY)))
    return household._replace(people=tuple(people))
