"""The desk of one request: caller, time, policies, keys."""

from typing import Annotated

from fastapi import Depends, Request

from services.claims.settlements.settle import Desk
from shared.http import CallerDep, NowDep


async def _desk(request: Request, caller: CallerDep, now: NowDep) -> Desk:
    state = request.app.state
    return Desk(caller, now, state.policies, state.blind_index, state.stored_bases)


DeskDep = Annotated[Desk, Depends(_desk)]
