"""What the commands print: addresses, the status table, logs."""

import os
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import TextIO

import psutil
from rich.table import Table

from deploy.local.layout import DEFAULT_PORTS, PARTS, SERVICES, LocalSystemError, RunDir
from deploy.local.readiness import is_ready
from deploy.local.system import LocalSystem

_POLL_SECONDS = 0.3


def addresses(system: LocalSystem) -> list[str]:
    """A line for everything that can be reached."""
    running = system.running()
    rows: list[tuple[str, str]] = []
    for name in SERVICES:
        if f"{name}-api" in running:
            api = system.config.url(f"{name}-api")
            rows.append((f"{name} API", f"{api}  documentation {api}/docs"))
        if f"{name}-worker" in running:
            rows.append((f"{name} worker", f"{system.config.url(f'{name}-worker')}/metrics"))
    rows.append(("database", _without_password(system.config.admin_dsn)))
    rows.append(("broker", system.config.broker))
    return [f"  {what:<18}{where}" for what, where in rows]


def moved_ports(system: LocalSystem, wanted: Mapping[str, int]) -> list[str]:
    """One line for each part that could not have the port it wanted."""
    real = system.options.ports
    return [
        f"Port {port} is taken: {part} listens on {real[part]}."
        for part, port in wanted.items()
        if port not in (0, real[part]) and part in system.running()
    ]


def status(system: LocalSystem) -> Table:
    """A row for every part."""
    table = Table(box=None, pad_edge=False)
    for column in ("part", "state", "pid", "port", "up for", "memory"):
        table.add_column(column, justify="left" if column in ("part", "state") else "right")
    running = system.running()
    for part in PARTS:
        if system.external(part):
            table.add_row(part, "external", "", "", "", "")
        elif part in running:
            table.add_row(part, *_live_cells(system, part, running[part]))
        else:
            table.add_row(part, "[red]not running[/red]", "", "", "", "")
    return table


def log_lines(run: RunDir, name: str | None, lines: int, follow: bool) -> Iterator[str]:
    """The last lines of the logs and, if following, every new one as it comes."""
    names = [name] if name else sorted(path.stem for path in run.logs.glob("*.log"))
    unknown = [each for each in names if not run.log(each).exists()]
    if unknown:
        raise LocalSystemError(f"There is no log of {unknown[0]} in {run.logs}.")
    width = max((len(each) for each in names), default=0)
    with ExitStack() as stack:
        files = {
            f"{each:<{width}} | ": stack.enter_context(run.log(each).open(encoding="utf-8", errors="replace"))
            for each in names
        }
        for prefix, file in files.items():
            yield from (prefix + line.rstrip("\n") for line in deque(file, lines))
        while follow:
            yield from _new_lines(files)
            time.sleep(_POLL_SECONDS)


def ports_from_environment() -> dict[str, int]:
    """Wishes such as KANGFU_LOCAL_PORT_REGISTRY_API=8201."""
    names = {part: f"KANGFU_LOCAL_PORT_{part.upper().replace('-', '_')}" for part in DEFAULT_PORTS}
    return {part: int(os.environ[name]) for part, name in names.items() if os.environ.get(name, "").isdigit()}


def _new_lines(files: Mapping[str, TextIO]) -> Iterator[str]:
    for prefix, file in files.items():
        for line in file:
            yield prefix + line.rstrip("\n")


def _live_cells(system: LocalSystem, part: str, process: psutil.Process) -> list[str]:
    state = "[green]running[/green]"
    if part.endswith(("-api", "-worker")):
        state = "[green]ready[/green]" if is_ready(system.config.url(part)) else "[yellow]not ready[/yellow]"
    up_for = timedelta(seconds=int(time.time() - process.create_time()))
    memory = f"{process.memory_info().rss / 2**20:.0f} MiB"
    return [state, str(process.pid), str(system.options.ports[part]), str(up_for), memory]


def _without_password(dsn: str) -> str:
    scheme, _, rest = dsn.partition("://")
    login, _, place = rest.rpartition("@")
    return f"{scheme}://{login.partition(':')[0]}@{place}"
