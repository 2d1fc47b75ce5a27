"""The command line that every service has: ``python -m services.<service> api|worker|migrate|…``.

A service is found by convention: ``main.create_app``, ``handlers.HANDLERS`` (and ``JOBS``), ``settings`` and
``migrations/`` in its package. Each command imports only what it needs, so that a migration starts without
the web framework.
"""

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from alembic.config import Config
    from fastapi import FastAPI

    from shared.audit import ChainReport
    from shared.clock import Clock
    from shared.db import Sessions
    from shared.settings import Settings

GRACEFUL_SECONDS = 25
_KEEP_ALIVE_SECONDS = 75
_AUDIT_SECONDS = 2.0


def command_line(service: str) -> typer.Typer:
    """The commands of one service; it may add its own."""
    app = typer.Typer(no_args_is_help=True, add_completion=False)
    for name, command in _commands(service).items():
        app.command(name)(command)
    return app


def _commands(service: str) -> dict[str, Callable[..., None]]:
    def api() -> None:
        """Serve the HTTP API until SIGTERM; requests in flight are finished."""
        settings = load_settings(service)
        serve(service, settings)

    def worker(
        roles: Annotated[
            str, typer.Option(help="relay,consumer,audit and the service's own jobs; all when not given")
        ] = "",
    ) -> None:
        """Publish and consume events and chain the audit trail until SIGTERM."""
        work(service, [role for role in roles.split(",") if role] or None)

    def migrate() -> None:
        """Bring the database to the newest schema (needs KANGFU_OWNER_DATABASE_URL)."""
        from alembic import command

        command.upgrade(alembic_config(service), "head")

    def check_migrations() -> None:
        """Fail when the tables in the code differ from the migrated schema."""
        from alembic import command

        command.check(alembic_config(service))

    def openapi() -> None:
        """Print the OpenAPI document."""
        document = load_app(service, load_settings(service)).openapi()
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True))

    def verify_audit() -> None:
        """Recompute the audit chain; names the first bad entry and exits with 1 if there is one."""
        report = asyncio.run(_verify(service))
        typer.echo(f"checked {report.checked} entries, last hash {report.last_hash}")
        if report.first_bad is not None:
            typer.echo(f"audit chain broken at link {report.first_bad}: {report.reason}")
            raise typer.Exit(1)

    return {
        "api": api,
        "worker": worker,
        "migrate": migrate,
        "check-migrations": check_migrations,
        "openapi": openapi,
        "verify-audit": verify_audit,
        "replay": _replaying(service),
    }


def _replaying(service: str) -> Callable[[str], None]:
    def replay(
        source: Annotated[str, typer.Argument(help="the service whose events are applied again")],
    ) -> None:
        """Apply all events of a service again from the first one; the running worker fetches them."""
        known = sorted({type_.partition(".")[0] for type_ in _part(service, "handlers").HANDLERS})
        if source not in known:
            raise typer.BadParameter(f"{service} consumes {', '.join(known) or 'no other service'}")
        asyncio.run(_replay(service, source))
        typer.echo(f"{service} begins again with the first event of {source}")

    return replay


def _part(service: str, module: str) -> Any:
    return import_module(f"services.{service}.{module}")


def load_settings(service: str) -> "Settings":
    """The service's API settings from the environment."""
    settings: Settings = _part(service, "settings").Settings()
    return settings


def load_app(service: str, settings: "Settings") -> "FastAPI":
    """The service's API."""
    app: FastAPI = _part(service, "main").create_app(settings)
    return app


def _collect_garbage_seldom() -> None:
    """What is loaded by now stays, and large sets come and go without cycles: early looking is waste."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def serve(service: str, settings: "Settings") -> None:
    """Run the API in this process with the limits that every process has."""
    import uvicorn

    from shared import logs

    logs.configure(service, settings.log_level)
    app = load_app(service, settings)
    _collect_garbage_seldom()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=settings.max_concurrency,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


def work(service: str, roles: list[str] | None) -> None:
    """Run the worker in this process: the roles named, or all."""
    from shared.worker import Job, run_worker

    settings = _part(service, "settings").WorkerSettings()
    part = _part(service, "handlers")
    jobs = [Job("audit", _AUDIT_SECONDS, _chain_audit()), *getattr(part, "JOBS", ())]
    handlers = part.HANDLERS
    _collect_garbage_seldom()
    run_worker(service, settings, handlers, roles, jobs)


def alembic_config(service: str) -> "Config":
    """Alembic's configuration for a service's migrations folder."""
    from alembic.config import Config

    package = import_module(f"services.{service}")
    config = Config()
    config.set_main_option("script_location", str(Path(package.__path__[0]) / "migrations"))
    return config


def _chain_audit() -> "Callable[[Sessions, Clock], Awaitable[None]]":
    """The sequencer of the audit chain, which remembers where it need not look again."""
    from shared import audit

    horizon = audit.Horizon()

    async def chain(sessions: "Sessions", clock: "Clock") -> None:
        chained = audit.BATCH
        while chained == audit.BATCH:
            chained = await audit.chain_once(sessions, clock, horizon)

    return chain


async def _replay(service: str, source: str) -> None:
    from shared.clock import SystemClock
    from shared.db import create_engine, create_sessions
    from shared.messaging.delivery import reset_positions

    url = _part(service, "settings").WorkerSettings().worker_database_url
    engine = create_engine(url, pool_size=1, application_name="replay")
    try:
        async with create_sessions(engine).begin() as session:
            await reset_positions(session, source, SystemClock())
    finally:
        await engine.dispose()


async def _verify(service: str) -> "ChainReport":
    from shared import audit
    from shared.db import create_engine

    url = _part(service, "settings").WorkerSettings().worker_database_url
    engine = create_engine(url, pool_size=1, application_name="verify-audit")
    try:
        async with engine.connect() as connection:
            return await audit.verify(connection)
    finally:
        await engine.dispose()
