"""Derive every settlement of some days again from its explanation alone, page by page."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from services.claims.verification import explained_repository as repository
from services.claims.verification.arithmetic import Unreadable
from services.claims.verification.evaluator import digests
from services.claims.verification.explained_repository import Connection, Key
from services.claims.verification.records import Difference, Settled
from services.claims.verification.shapes import Shape, read_shape
from services.claims.verification.years import Posting, Year
from shared.clock import SHANGHAI
from shared.db import create_engine, create_sessions

PersonYear = tuple[UUID, int]


@dataclass(slots=True)
class Counts:
    """How much was looked at, and how much of it differs."""

    settlements: int = 0
    steps: int = 0
    differences: int = 0


async def verify_explanations(
    url: str, first_day: date, last_day: date, tell: Callable[[Difference], object]
) -> Counts:
    """Check what was settled on the days (business dates in China, both included), in one snapshot.

    Every difference is told as soon as it is found. Memory holds a page of settlements, not the range.
    """
    since, until = _midnight(first_day), _midnight(last_day + timedelta(days=1))
    engine = create_engine(url, pool_size=1, application_name="verify")
    counts = Counts()
    try:
        async with create_sessions(engine)() as session:
            connection = await repository.begin(session)
            async for found in _Walk(connection, counts).through(since, until):
                counts.differences += 1
                tell(found)
    finally:
        await engine.dispose()
    return counts


class _Walk:
    """Goes through people's years in order; what a page leaves unfinished waits for the next."""

    def __init__(self, connection: Connection, counts: Counts) -> None:
        self._connection = connection
        self._counts = counts
        self._shapes: dict[str, Shape] = {}
        self._asked: set[str] = set()
        self._open: tuple[PersonYear, Year] | None = None

    async def through(self, since: datetime, until: datetime) -> AsyncIterator[Difference]:
        """Everything that differs, in the order of people and posting."""
        async for page in repository.keys(self._connection, since, until):
            for each in await self._page(page):
                yield each
        for each in await self._end([self._open] if self._open else []):
            yield each

    async def _page(self, page: Sequence[Key]) -> list[Difference]:
        found: list[Difference] = []
        ended: list[tuple[PersonYear, Year]] = []
        postings = await self._postings(page)
        for owner, keys in groupby(page, key=lambda key: (key.person_id, key.year)):
            if self._open and self._open[0] != owner:
                ended.append(self._open)
                self._open = None
            year = self._open[1] if self._open else Year(owner[0], self._shapes)
            self._open = (owner, year)
            for key in keys:
                found += year.take(postings[key.id, key.revision])
        return found + await self._end(ended)

    async def _postings(self, page: Sequence[Key]) -> dict[tuple[UUID, int], Posting]:
        settled = await repository.settled(self._connection, [key for key in page if key.wanted])
        passed = await repository.moved(self._connection, [key for key in page if not key.wanted])
        await self._learn(settled.values())
        self._counts.settlements += sum(key.wanted and not key.revision for key in page)
        self._counts.steps += sum(len(each.steps) for each in settled.values())
        found = {}
        for key in page:
            place = (key.id, key.revision)
            one = settled.get(place)
            moved = one.moved if one else passed.get(place, ())
            found[place] = Posting(key.id, key.revision, key.run, moved, one)
        return found

    async def _learn(self, settled: Iterable[Settled]) -> None:
        """Read the shapes that are not known yet; an unreadable one stays unknown."""
        named = {digest for each in settled for digest in digests(each.steps)}
        new = sorted(named - self._asked)
        self._asked.update(new)
        for digest, content in (await repository.bases(self._connection, new)).items() if new else ():
            with suppress(Unreadable):
                self._shapes[digest] = read_shape(digest, content)

    async def _end(self, ended: Sequence[tuple[PersonYear, Year]]) -> list[Difference]:
        """The accumulators at the end of people's years."""
        used = await repository.used(self._connection, [owner for owner, _ in ended]) if ended else {}
        return [each for owner, year in ended for each in year.end(used.get(owner, {}))]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
