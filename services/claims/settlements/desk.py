"""The desk that every request of this process settles at, and the counter for single visits."""

from typing import Annotated

from fastapi import Depends, FastAPI, Request

from services.claims.settlements.counter import Counter
from services.claims.settlements.settle import Desk


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def counter_of(app: FastAPI) -> Counter:
    """The counter of this process, opened when the first visit comes."""
    state = app.state
    if not hasattr(state, "counter"):
        state.counter = Counter(state.desk, state.sessions, state.clock)
    counter: Counter = state.counter
    return counter


DeskDep = Annotated[Desk, Depends(_desk)]
