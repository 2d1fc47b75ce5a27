"""Requests that wait at the same moment are done together, and none suffers for another."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.coalesce import Coalescer


class Work:
    """Doubles numbers; waits until the test opens the door, and remembers the groups it was given."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.door = asyncio.Event()
        self.poison: dict[int, Exception] = {}

    async def __call__(self, asks: Sequence[int]) -> list[int | Exception]:
        self.groups.append(list(asks))
        await self.door.wait()
        for ask in asks:
            if ask in self.poison:
                raise self.poison[ask]
        return [KeyError("odd") if ask % 2 else ask * 2 for ask in asks]


def coalescer(work: Work, **options: int) -> Coalescer[int, int]:
    settings = {"group_limit": 3, "places": 1, **options}
    return Coalescer(work, lambda ask: ask // 100, lambda error: isinstance(error, OSError), **settings)


async def test_the_first_starts_at_once_and_those_who_wait_meanwhile_go_together() -> None:
    work = Work()
    doing = coalescer(work)
    tasks = [asyncio.create_task(doing.do(ask)) for ask in (0, 2, 4, 6, 8)]
    await asyncio.sleep(0)
    work.door.set()
    assert await asyncio.gather(*tasks) == [0, 4, 8, 12, 16]
    assert work.groups == [[0], [2, 4, 6], [8]]


async def test_only_asks_of_one_kind_share_a_group_and_all_keep_their_order() -> None:
    work = Work()
    doing = coalescer(work)
    tasks = [asyncio.create_task(doing.do(ask)) for ask in (0, 102, 4, 106, 8)]
    await asyncio.sleep(0)
    work.door.set()
    await asyncio.gather(*tasks)
    assert work.groups == [[0], [102, 106], [4, 8]]


async def test_as_many_groups_run_at_a_time_as_there_are_places() -> None:
    work = Work()
    doing = coalescer(work, places=2)
    tasks = [asyncio.create_task(doing.do(ask)) for ask in (0, 2, 4, 6)]
    await asyncio.sleep(0.01)
    assert work.groups == [[0], [2]]
    work.door.set()
    await asyncio.gather(*tasks)
    assert work.groups == [[0], [2], [4, 6]]


async def test_a_refusal_is_raised_for_the_one_it_concerns() -> None:
    work = Work()
    work.door.set()
    doing = coalescer(work)
    answers = await asyncio.gather(*(doing.do(ask) for ask in (0, 2, 3, 4)), return_exceptions=True)
    assert [answers[0], answers[1], answers[3]] == [0, 4, 8]
    assert isinstance(answers[2], KeyError)


async def test_an_ask_that_breaks_its_group_fails_alone() -> None:
    work = Work()
    work.poison[4] = RuntimeError("bug")
    work.door.set()
    doing = coalescer(work)
    answers = await asyncio.gather(*(doing.do(ask) for ask in (0, 2, 4, 6)), return_exceptions=True)
    assert [answers[0], answers[1], answers[3]] == [0, 4, 12]
    assert isinstance(answers[2], RuntimeError)


async def test_when_the_database_is_away_nobody_is_tried_again() -> None:
    work = Work()
    work.poison[4] = OSError("away")
    work.door.set()
    doing = coalescer(work)
    answers = await asyncio.gather(*(doing.do(ask) for ask in (0, 2, 4, 6)), return_exceptions=True)
    assert answers[0] == 0
    assert all(isinstance(answer, OSError) for answer in answers[1:])
    assert work.groups == [[0], [2, 4, 6]]


async def test_one_who_gives_up_does_not_stop_the_others() -> None:
    work = Work()
    doing = coalescer(work)
    first, second, third = (asyncio.create_task(doing.do(ask)) for ask in (0, 2, 4))
    await asyncio.sleep(0)
    second.cancel()
    work.door.set()
    assert (await first, await third) == (0, 8)
    with pytest.raises(asyncio.CancelledError):
        await second
