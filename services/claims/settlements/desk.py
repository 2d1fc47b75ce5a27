"""The desk that every request of this process settles at."""

from typing import Annotated

from fastapi import Depends, Request

from services.claims.settlements.counter import Counter
from services.claims.settlements.settle import Desk


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


async def _counter(request: Request) -> Counter:
    state = request.app.state
    if not hasattr(state, "counter"):
        state.counter = Counter(state.desk, state.sessions, state.clock)
    counter: Counter = state.counter
    return counter


DeskDep = Annotated[Desk, Depends(_desk)]
CounterDep = Annotated[Counter, Depends(_counter)]
