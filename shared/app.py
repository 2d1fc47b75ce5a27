"""The application factory: every service's API is made here, the same way."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.resources import files
from typing import Any, Protocol

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware import Middleware

from shared import logs, metrics, refusals
from shared.auth import Authenticator
from shared.clock import Clock, SystemClock
from shared.crypto import BlindIndex
from shared.db import Sessions, create_engine, create_sessions, database_answers
from shared.limits import BoundedBody
from shared.messaging import dead_letters
from shared.messaging.feed import feed_router
from shared.settings import Settings


class Companion(Protocol):
    """What lives beside the requests of an API process, from its start to its end."""

    def beside(self, app: FastAPI) -> AbstractAsyncContextManager[None]:
        """Run while the API serves; its sessions exist already."""

    def troubles(self) -> Sequence[str]:
        """What does not work although the API serves; ``/readyz`` says so."""


_PROBLEM = {
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "code"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "code": {"type": "string"},
                    "errors": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["pointer", "code", "detail"],
                            "properties": {
                                "pointer": {"type": "string"},
                                "code": {"type": "string"},
                                "detail": {"type": "string"},
                            },
                        },
                    },
                },
            }
        }
    }
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "拒绝：原因见 code 与 errors（RFC 9457）", **_PROBLEM},
    "503": {"description": "系统繁忙，请用同一编号重试", **_PROBLEM},
}


def create_app(
    service: str,
    settings: Settings,
    routers: Sequence[APIRouter],
    *,
    title: str,
    clock: Clock | None = None,
    state: dict[str, Any] | None = None,
    companions: Sequence[Companion] = (),
) -> FastAPI:
    """An API with strict routes, problem details, offline docs, health, metrics and bounded bodies.

    ``state`` holds what the service's own dependencies need (policy packs, ciphers), ready before start;
    ``companions`` run as long as the API serves.
    """
    app = FastAPI(
        title=title,
        version="1",
        docs_url=None,
        redoc_url=None,
        responses=_RESPONSES,
        lifespan=_lifespan(service, settings, companions),
        middleware=[
            Middleware(metrics.ObservedRequests),
            Middleware(BoundedBody, max_bytes=settings.max_body_bytes),
        ],
    )
    app.state.settings = settings
    app.state.clock = clock or SystemClock()
    app.state.authenticator = Authenticator(settings.jwks, settings.issuer, settings.audience)
    app.state.blind_index = BlindIndex(settings.index_key)
    app.state.max_body_bytes = settings.max_body_bytes
    for name, value in (state or {}).items():
        setattr(app.state, name, value)
    refusals.install(app)
    _add_docs(app)
    _add_health(app, companions)
    for router in (*routers, feed_router(service), dead_letters.router):
        app.include_router(router)
    return app


def _lifespan(service: str, settings: Settings, companions: Sequence[Companion]) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = create_engine(
            settings.database_url, pool_size=settings.pool_size, application_name=f"{service}-api"
        )
        app.state.sessions = create_sessions(engine)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(engine.dispose)
            for companion in companions:
                await stack.enter_async_context(companion.beside(app))
            logs.get(service).info("started", port=settings.port)
            yield

    return lifespan


def _add_docs(app: FastAPI) -> None:
    # County networks have no internet: the pages' scripts are served from here.
    app.mount("/static", StaticFiles(directory=str(files("fastapi_offline") / "static")))

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url="/static/swagger-ui-bundle.js",
            swagger_css_url="/static/swagger-ui.css",
            swagger_favicon_url="/static/favicon.png",
        )


def _add_health(app: FastAPI, companions: Sequence[Companion]) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(request: Request) -> Response:
        sessions: Sessions = request.app.state.sessions
        if not await database_answers(sessions):
            return refusals.problem_response(request, refusals.busy())
        troubles = [trouble for companion in companions for trouble in companion.troubles()]
        if troubles:
            return JSONResponse({"status": "degraded", "troubles": troubles})
        return JSONResponse({"status": "ready"})

    @app.get("/metrics", include_in_schema=False)
    async def metrics_endpoint() -> Response:
        return metrics.metrics_page()
