"""Requests that wait at the same moment are done together: one transaction instead of one each.

Nobody is kept waiting for company: a request that finds a free place starts at once, and those that arrive
while every place is taken form the next groups.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Generic, NamedTuple, TypeVar

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")


class _Waiting(NamedTuple, Generic[Ask, Answer]):
    ask: Ask
    future: "asyncio.Future[Answer]"


class Coalescer(Generic[Ask, Answer]):
    """Does asks in groups. ``work`` gives one answer, or one exception, per ask, in order.

    ``kind`` says which asks may share a group. When ``work`` itself fails, its asks are done again one by
    one, so that one of them cannot fail the others; ``work`` must therefore be harmless when repeated.
    A failure that is ``transient`` (the database is away) is that of every ask of the group.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Ask]], Awaitable[Sequence[Answer | Exception]]],
        kind: Callable[[Ask], Hashable],
        transient: Callable[[BaseException], bool],
        *,
        group_limit: int,
        places: int,
    ) -> None:
        self._work = work
        self._kind = kind
        self._transient = transient
        self._group_limit = group_limit
        self._free = places
        self._waiting: deque[_Waiting[Ask, Answer]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def do(self, ask: Ask) -> Answer:
        """The answer to one ask. A caller that gives up does not stop work that has begun."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(ask, future))
        self._start()
        return await future

    def _start(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            # A context of its own: the group belongs to none of its requests.
            task = asyncio.get_running_loop().create_task(self._run(self._next_group()), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _next_group(self) -> list[_Waiting[Ask, Answer]]:
        kind = self._kind(self._waiting[0].ask)
        group: list[_Waiting[Ask, Answer]] = []
        others: list[_Waiting[Ask, Answer]] = []
        while self._waiting and len(group) < self._group_limit:
            waiting = self._waiting.popleft()
            (group if self._kind(waiting.ask) == kind else others).append(waiting)
        self._waiting.extendleft(reversed(others))
        return group

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self._free += 1
        self._start()

    async def _run(self, group: Sequence[_Waiting[Ask, Answer]]) -> None:
        try:
            answers = await self._work([waiting.ask for waiting in group])
        except Exception as error:
            alone = len(group) == 1 or self._transient(error)
            for waiting in group:
                if alone:
                    _settle(waiting, error)
                else:
                    await self._run([waiting])
            return
        for waiting, answer in zip(group, answers, strict=True):
            _settle(waiting, answer)


def _settle(waiting: _Waiting[Ask, Answer], answer: Answer | Exception) -> None:
    if waiting.future.done():
        return
    if isinstance(answer, Exception):
        waiting.future.set_exception(answer)
    else:
        waiting.future.set_result(answer)
