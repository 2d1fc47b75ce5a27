"""Bounded request bodies: by the announced length, and by counting what really arrives."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http import RefusedBody
from shared.problems import TOO_LARGE, Problem
from shared.refusals import problem_response


class BoundedBody:
    """Pure ASGI middleware that refuses a body above the limit with 413, also one without a length."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        too_large = Problem(TOO_LARGE, limit=self.max_bytes)
        if not announced.isdigit() or int(announced) > self.max_bytes:
            await problem_response(Request(scope), too_large)(scope, receive, send)
            return
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self.max_bytes:
                raise RefusedBody(too_large)
            return message

        await self.app(scope, counted, send)
