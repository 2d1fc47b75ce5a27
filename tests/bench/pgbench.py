"""The yardstick: pgbench (TPC-B, prepared statements, 8 clients) on the same server in the same run."""

import re
import subprocess
from dataclasses import dataclass
from urllib.parse import urlsplit

from deploy.local.postgres_home import open_home
from deploy.local.system import LocalSystem

CLIENTS = 8
SCALE = 10


@dataclass(frozen=True)
class Yardstick:
    """TPC-B transactions a second, and their average latency."""

    tps: float
    latency_ms: float


def measure(system: LocalSystem, seconds: int) -> Yardstick:
    """Run pgbench for a number of seconds on a database of its own."""
    _run(system, "psql", "-d", "postgres", "-qc", "DROP DATABASE IF EXISTS pgbench")
    _run(system, "psql", "-d", "postgres", "-qc", "CREATE DATABASE pgbench")
    _run(system, "pgbench", "-i", "-q", "-s", str(SCALE), "pgbench")
    _run(system, "psql", "-d", "pgbench", "-qc", "CHECKPOINT")
    printed = _run(
        system,
        "pgbench",
        "-M",
        "prepared",
        "-c",
        str(CLIENTS),
        "-j",
        "2",
        "-T",
        str(seconds),
        "-n",
        "pgbench",
    )
    return Yardstick(_number(r"tps = ([\d.]+)", printed), _number(r"latency average = ([\d.]+)", printed))


def _number(pattern: str, printed: str) -> float:
    found = re.search(pattern, printed)
    if found is None:
        raise RuntimeError(f"pgbench printed no figure for {pattern}:\n{printed}")
    return float(found[1])


def _run(system: LocalSystem, program: str, *arguments: str) -> str:
    address = urlsplit(system.config.admin_dsn)
    command = open_home(system.run).command(program, *arguments)
    environment = {
        **command.env,
        "PGHOST": address.hostname or "",
        "PGPORT": str(address.port),
        "PGUSER": address.username or "",
        "PGPASSWORD": address.password or "",
    }
    done = subprocess.run(
        command.argv, env=environment, capture_output=True, text=True, check=True, timeout=600
    )
    return done.stdout + done.stderr
