"""The desk that every request of this process settles at, and the counter for single visits."""

from functools import partial
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from services.claims.settlements.counter import Counter
from services.claims.settlements.settle import Desk


async def current_desk(app: FastAPI) -> Desk:
    """The desk with the packs now in force; one call decides by one set of packs. Ask anew for each call."""
    await app.state.packs.fresh()
    desk: Desk = app.state.desk
    return desk


async def _desk(request: Request) -> Desk:
    return await current_desk(request.app)


async def _newest_desk(request: Request) -> Desk:
    await request.app.state.packs.newest()
    return await current_desk(request.app)


def counter_of(app: FastAPI) -> Counter:
    """The counter of this process, opened when the first visit comes."""
    state = app.state
    if not hasattr(state, "counter"):
        state.counter = Counter(partial(current_desk, app), state.sessions, state.clock)
    counter: Counter = state.counter
    return counter


DeskDep = Annotated[Desk, Depends(_desk)]
NewestDeskDep = Annotated[Desk, Depends(_newest_desk)]
"""The desk with every pack approved before the request came: for whatever an approval has made due."""
