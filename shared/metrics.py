"""Prometheus metrics of the HTTP edge, and the page that shows all metrics of a process."""

import time

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import trace

_REQUESTS = Counter("kangfu_http_requests", "HTTP requests answered", ["method", "route", "status"])
_SECONDS = Histogram(
    "kangfu_http_seconds",
    "Time to answer an HTTP request",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)


class ObservedRequests:
    """Pure ASGI middleware: begins the trace, counts and times each request by route, never by address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        traceparent = trace.begin(headers.get(b"traceparent", b"").decode("latin-1"))
        # A copy of its own: a server that hands every request the same state would mix up their callers.
        scope["state"] = {**scope.get("state", {}), "audit": {}}
        started, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"traceparent", traceparent.encode())]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path_format", "unknown")
            _REQUESTS.labels(scope["method"], route, status).inc()
            _SECONDS.labels(scope["method"], route).observe(time.perf_counter() - started)


def metrics_page() -> Response:
    """All metrics of this process in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
