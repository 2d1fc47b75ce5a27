"""The command line that every service has: ``python -m services.<service> api|worker|migrate|…``."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from alembic import command
from alembic.config import Config
from fastapi import FastAPI

from shared import audit, logs
from shared.clock import Clock
from shared.db import Sessions, create_engine
from shared.messaging.delivery import BatchHandler
from shared.settings import Settings, WorkerSettings
from shared.worker import Job, run_worker

GRACEFUL_SECONDS = 25
_KEEP_ALIVE_SECONDS = 75
_AUDIT_SECONDS = 1.0


@dataclass(frozen=True)
class Service:
    """What the kit needs to know of a service to run it."""

    name: str
    settings: type[Settings]
    worker_settings: type[WorkerSettings]
    create_app: Callable[[Settings], FastAPI]
    migrations: Path
    handlers: Mapping[str, BatchHandler] = field(default_factory=dict)


def command_line(service: Service) -> typer.Typer:
    """The service's commands."""
    app = typer.Typer(no_args_is_help=True, add_completion=False)

    @app.command()
    def api() -> None:
        """Serve the HTTP API until SIGTERM; requests in flight are finished."""
        settings = service.settings()
        logs.configure(service.name, settings.log_level)
        serve(service.create_app(settings), settings, settings.port)

    @app.command()
    def worker(
        roles: Annotated[str, typer.Option(help="relay,consumer,audit; all when not given")] = "",
    ) -> None:
        """Publish and consume events and chain the audit trail until SIGTERM."""
        jobs = [Job("audit", _AUDIT_SECONDS, _chain_audit)]
        chosen = [role for role in roles.split(",") if role] or None
        run_worker(service.name, service.worker_settings(), service.handlers, chosen, jobs)

    @app.command()
    def migrate() -> None:
        """Bring the database to the newest schema (needs KANGFU_OWNER_DATABASE_URL)."""
        command.upgrade(alembic_config(service.migrations), "head")

    @app.command("check-migrations")
    def check_migrations() -> None:
        """Fail when the tables in the code differ from the migrated schema."""
        command.check(alembic_config(service.migrations))

    @app.command()
    def openapi() -> None:
        """Print the OpenAPI document."""
        document = service.create_app(service.settings()).openapi()
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True))

    @app.command("verify-audit")
    def verify_audit() -> None:
        """Recompute the audit chain; names the first bad entry and exits with 1 if there is one."""
        report = asyncio.run(_verify(service.worker_settings()))
        typer.echo(f"checked {report.checked} entries, last hash {report.last_hash}")
        if report.first_bad is not None:
            typer.echo(f"audit chain broken at link {report.first_bad}: {report.reason}")
            raise typer.Exit(1)

    return app


def serve(app: FastAPI, settings: Settings, port: int) -> None:
    """Run uvicorn in this process with the limits that every process has."""
    uvicorn.run(
        app,
        host=settings.host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=settings.max_concurrency,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )


def alembic_config(migrations: Path) -> Config:
    """Alembic's configuration for a service's migrations folder."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    return config


async def _chain_audit(sessions: Sessions, clock: Clock) -> None:
    chained = audit.BATCH
    while chained == audit.BATCH:
        chained = await audit.chain_once(sessions, clock)


async def _verify(settings: WorkerSettings) -> audit.ChainReport:
    engine = create_engine(settings.worker_database_url, pool_size=1, application_name="verify-audit")
    try:
        async with engine.connect() as connection:
            return await audit.verify(connection)
    finally:
        await engine.dispose()
