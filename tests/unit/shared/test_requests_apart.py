"""What a request knows of its caller is its own, whatever the server does."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from shared.metrics import ObservedRequests


async def test_requests_at_once_do_not_share_their_caller_even_where_the_server_shares_its_state() -> None:
    shared: dict[str, Any] = {"from_the_start": 1}
    meeting, seen = asyncio.Barrier(2), []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        request.state.caller = scope["path"]
        request.state.audit["path"] = scope["path"]
        await meeting.wait()
        seen.append((request.state.caller, request.state.audit["path"], request.state.from_the_start))

    async def nothing(*_: Any) -> Any:
        return {"type": "http.disconnect"}

    served = ObservedRequests(app)
    scopes: list[dict[str, Any]] = [
        {"type": "http", "method": "GET", "path": path, "headers": [], "state": shared}
        for path in ("/a", "/b")
    ]
    await asyncio.gather(*(served(scope, nothing, nothing) for scope in scopes))
    assert sorted(seen) == [("/a", "/a", 1), ("/b", "/b", 1)]
    assert shared == {"from_the_start": 1}
