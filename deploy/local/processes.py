"""Starting, finding and stopping processes by what was recorded when they were started, never by name."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

import psutil

from deploy.local.interrupts import held
from deploy.local.layout import LocalSystemError, RunDir
from deploy.private_files import write_private

# The start time that the kernel reports can move by a second when the clock is adjusted.
_START_TIME_TOLERANCE_SECONDS = 2.0
_LOG_TAIL_LINES = 15

# What to send to stop a process, and how many seconds to give it each time.
Signals = Sequence[tuple[signal.Signals, float]]

# Handles of our own children, so that the dead among them are reaped.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Account:
    """The operating-system account a process runs under instead of root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Record:
    """What identifies one started process: a recycled pid has another start time or command line."""

    name: str
    pid: int
    started: float
    command: list[str]
    port: int


@dataclass(frozen=True)
class Command:
    """A process to start: its arguments, its whole environment, and the account if not the caller's."""

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str
    account: Account | None = None


def spawn(run: RunDir, name: str, command: Command, port: int = 0, *, own_log: bool = True) -> psutil.Process:
    """Start a process in a session of its own, and record it before anything else.

    Its output goes to its log, or with ``own_log=False`` to where ours goes.
    """
    with held(), run.log(name).open("ab") as log:
        child = subprocess.Popen(
            list(command.argv),
            env=dict(command.env),
            cwd=command.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log if own_log else None,
            stderr=subprocess.STDOUT if own_log else None,
            start_new_session=True,
            user=command.account.uid if command.account else None,
            group=command.account.gid if command.account else None,
            extra_groups=[] if command.account else None,
        )
        _children[child.pid] = child
        process = psutil.Process(child.pid)
        record = Record(name, child.pid, process.create_time(), list(command.argv), port)
        write_private(run.records / f"{name}.json", json.dumps(asdict(record)))
    return process


def read_record(run: RunDir, name: str) -> Record | None:
    """The record of the part's last start, whether or not it still runs."""
    try:
        return Record(**json.loads((run.records / f"{name}.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def find(run: RunDir, name: str) -> psutil.Process | None:
    """The recorded process if it is alive and still the one that was started."""
    record = read_record(run, name)
    if record is None:
        return None
    with suppress(psutil.Error):
        process = psutil.Process(record.pid)
        if alive(process) and _is_the_recorded_one(process, record):
            return process
    return None


def recorded_names(run: RunDir) -> list[str]:
    """Every part and job that was ever started here and not yet forgotten."""
    return sorted(path.stem for path in run.records.glob("*.json"))


def forget(run: RunDir, name: str) -> None:
    """Drop the record of a process that is gone."""
    (run.records / f"{name}.json").unlink(missing_ok=True)


def alive(process: psutil.Process) -> bool:
    """True while the process can still do something (a zombie cannot)."""
    child = _children.get(process.pid)
    if child is not None:
        if child.poll() is None:
            return True
        del _children[process.pid]
        return False
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stop(group: Sequence[psutil.Process], signals: Signals) -> None:
    """Send all of them each signal and wait its seconds, until they are gone; then kill what is left."""
    family = [member for process in group for member in _family(process)]
    for number, seconds in signals:
        for process in group:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        if wait_gone(group, seconds):
            break
    kill(family)


def kill(family: Sequence[psutil.Process]) -> None:
    """SIGKILL every process given and return when all of them are gone."""
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    if not wait_gone(family, 10):
        left = [member.pid for member in family if alive(member)]
        raise LocalSystemError(f"Processes {left} did not end although they were killed.")


def kill_tree(process: psutil.Process) -> None:
    """SIGKILL a process and all its children (PostgreSQL's backends outlive their parent for a moment)."""
    kill(_family(process))


def wait_gone(family: Sequence[psutil.Process], seconds: float) -> bool:
    """Wait until none of the processes is alive; False if time runs out first."""
    deadline = time.monotonic() + seconds
    while any(alive(member) for member in family):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def run_job(run: RunDir, name: str, command: Command, seconds: float) -> None:
    """Run a command to its end; a failure carries the end of its log."""
    finish_job(run, name, spawn(run, name, command), seconds)


def finish_job(run: RunDir, name: str, process: psutil.Process, seconds: float) -> None:
    """Wait for a spawned job that must succeed; a failure carries the end of its log."""
    if exit_code(run, name, process, seconds) != 0:
        raise LocalSystemError(f"{name} failed.\n{log_tail(run, name)}")


def exit_code(run: RunDir, name: str, process: psutil.Process, seconds: float) -> int:
    """Wait for a spawned job; whatever happens to us, the job does not stay behind."""
    child = _children[process.pid]
    try:
        if not wait_gone([process], seconds):
            raise LocalSystemError(f"{name} took longer than {seconds:.0f} s.\n{log_tail(run, name)}")
    finally:
        with held():
            kill_tree(process)
            forget(run, name)
    return int(child.returncode)


def log_tail(run: RunDir, name: str) -> str:
    """The last lines of a part's log, for an error message."""
    try:
        with run.log(name).open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 8192))
            lines = log.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-_LOG_TAIL_LINES:])


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return [process]


def _is_the_recorded_one(process: psutil.Process, record: Record) -> bool:
    if abs(process.create_time() - record.started) > _START_TIME_TOLERANCE_SECONDS:
        return False
    # argv[0] may be rewritten by the interpreter that starts; what follows it stays.
    return process.cmdline()[1:] == record.command[1:]
