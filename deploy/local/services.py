"""The processes of the three services: migrations, APIs and workers."""

import os
import signal
import sys
from collections.abc import Mapping

from deploy.local import processes
from deploy.local.layout import ROOT, RunDir

STOP_SIGNALS = ((signal.SIGTERM, 30.0),)  # a request in flight may take 25 s
_MIGRATE_SECONDS = 120.0

Environment = Mapping[str, str]


def migrate(run: RunDir, environments: Mapping[str, Environment]) -> None:
    """Bring every service's database to the newest schema, all at the same time."""
    jobs = {
        f"{service}-migrate": processes.spawn(run, f"{service}-migrate", _python(service, "migrate", env))
        for service, env in environments.items()
    }
    for name, job in jobs.items():
        processes.finish_job(run, name, job, _MIGRATE_SECONDS)


def start(run: RunDir, part: str, env: Environment, port: int) -> None:
    """Start one API or worker; it tells by /readyz when it can work. Only migrations act as the owner.

    More of one kind have a number behind their name.
    """
    service, kind, *_ = part.split("-")
    needed = {name: value for name, value in env.items() if name != "KANGFU_OWNER_DATABASE_URL"}
    processes.spawn(run, part, _python(service, kind, needed), port)


def _python(service: str, command: str, env: Environment) -> processes.Command:
    whole = {**os.environ, "PYTHONUNBUFFERED": "1", **env}
    return processes.Command([sys.executable, "-m", f"services.{service}", command], whole, str(ROOT))
