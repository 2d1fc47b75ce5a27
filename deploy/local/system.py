"""One running system: start it whole or in part, kill and restart single parts, stop it.

For tests: ``with start(directory, parts=("database", "broker"), ports=ANY_PORTS) as system: …``
"""

import asyncio
import json
import shutil
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from deploy.local import broker, database, kafka, processes, services
from deploy.local.configuration import Configuration
from deploy.local.interrupts import held
from deploy.local.layout import (
    DEFAULT_PORTS,
    PARTS,
    SERVICE_PARTS,
    SERVICES,
    LocalSystemError,
    RunDir,
)
from deploy.local.options import APACHE, TANSU, Options, saved
from deploy.local.ports import choose
from deploy.local.postgres_home import wipe_home
from deploy.local.readiness import wait_until_ready
from deploy.local.run_lock import locked
from deploy.private_files import write_private
from deploy.topics import ensure_topics
from shared.bootstrap import bootstrap

ANY_PORTS: Mapping[str, int] = dict.fromkeys(DEFAULT_PORTS, 0)
_READY_SECONDS = 60.0

OnStep = Callable[[str], None]


def _silent(step: str) -> None:
    """Progress goes nowhere unless the caller wants it."""


class LocalSystem:
    """A started system. Leaving it as a context manager stops it and deletes its data."""

    def __init__(self, run: RunDir, options: Options) -> None:
        self.run = run
        self.config = Configuration(run, options)

    @property
    def options(self) -> Options:
        """What this system was started with; the ports are the real ones."""
        return self.config.options

    def running(self) -> dict[str, psutil.Process]:
        """The live processes by part."""
        found = {part: processes.find(self.run, part) for part in PARTS}
        return {part: process for part, process in found.items() if process is not None}

    def pids(self) -> dict[str, int]:
        """The process ids of the live parts."""
        return {part: process.pid for part, process in self.running().items()}

    def external(self, part: str) -> bool:
        """True if somebody else runs this part and we only use it."""
        own = {database.PART: self.options.own_database, broker.PART: self.options.own_broker}
        return not own.get(part, True)

    def complete(self) -> bool:
        """True if every part that is ours runs."""
        return all(part in self.running() or self.external(part) for part in PARTS)

    def start_part(self, part: str) -> None:
        """Start one part that is down, without waiting for a service to be ready."""
        port = self.options.ports[part]
        if part == database.PART:
            database.initialise(self.run, self.config.secrets.admin_password)
            database.start(self.run, port)
        elif part != broker.PART:
            service = part.split("-")[0]
            services.start(self.run, part, self.config.environment(service), port)
        elif self.options.broker == APACHE:
            kafka.prepare(self.run, port, self.options.ports["controller"])
            kafka.start(self.run, port)
        else:
            broker.start(self.run, port)

    def stop_part(self, part: str) -> None:
        """Stop one part gracefully, by force if it takes too long; what is down already is left alone."""
        self._stop_all([part])

    def kill(self, part: str) -> None:
        """Kill -9 a part and its children; returns when all of them are gone (database backends too)."""
        process = processes.find(self.run, part)
        if process is not None:
            processes.kill_tree(process)

    def restart(self, part: str) -> None:
        """Stop the part if it runs, start it and wait until it works; a fresh broker gets its topics."""
        self.stop_part(part)
        self.start_part(part)
        self.wait_ready([part])

    def wait_ready(self, parts: Collection[str] = SERVICE_PARTS, seconds: float = _READY_SECONDS) -> None:
        """Wait until the parts can work; for the broker that means that the topics are there."""
        if broker.PART in parts:
            _complete(ensure_topics(self.config.broker))
        urls = {part: self.config.url(part) for part in SERVICE_PARTS if part in parts}
        wait_until_ready(self.run, urls, seconds)

    def wipe_broker(self) -> None:
        """Lose everything the broker holds, and start it again empty."""
        self.kill(broker.PART)
        kafka.wipe(self.run)
        self.restart(broker.PART)

    def migrate(self) -> None:
        """Bring the three databases to the newest schema."""
        services.migrate(self.run, {name: self.config.environment(name) for name in SERVICES})

    def stop(self) -> list[str]:
        """Stop every part and every job started here, services before what they depend on; names them."""
        stopped = self._stop_all(processes.recorded_names(self.run))
        self.run.summary.unlink(missing_ok=True)
        return stopped

    def wipe(self) -> None:
        """Delete data, logs, keys and the demo's files. Keys stay if their data are in another's server."""
        wipe_home(self.run)
        kafka.wipe(self.run)
        shutil.rmtree(self.run.logs, ignore_errors=True)
        # A hospital that remembers settlements of data that are gone would find them missing.
        shutil.rmtree(self.run.demo, ignore_errors=True)
        self.run.options.unlink(missing_ok=True)
        if self.options.own_database:
            shutil.rmtree(self.run.keys, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()
        self.wipe()

    def _stop_all(self, names: Collection[str]) -> list[str]:
        stopped: list[str] = []
        stages: Sequence[tuple[Collection[str], processes.Signals]] = [
            ([name for name in names if name not in (broker.PART, database.PART)], services.STOP_SIGNALS),
            ([name for name in names if name == broker.PART], self._broker_signals()),
            ([name for name in names if name == database.PART], database.STOP_SIGNALS),
        ]
        for stage, signals in stages:
            alive = {name: process for name in stage if (process := processes.find(self.run, name))}
            processes.stop(list(alive.values()), signals)
            stopped += alive
            for name in stage:
                processes.forget(self.run, name)
        return stopped

    def _broker_signals(self) -> processes.Signals:
        return kafka.STOP_SIGNALS if self.options.broker == APACHE else broker.STOP_SIGNALS


def start(
    run_dir: Path | str,
    parts: Collection[str] = PARTS,
    broker: str | None = None,
    database: str | None = None,
    ports: Mapping[str, int] | None = None,
    migrate: bool | None = None,
    on_step: OnStep = _silent,
) -> LocalSystem:
    """Start what is missing of `parts` and return the system when it works.

    Databases, roles and topics are made with their server. `migrate` defaults to "if a service is among the
    parts". `ports` are wishes (0 = any free). If anything fails, or on a signal, whatever this call started
    is stopped again before the error goes on; a first start that fails leaves no database, only logs.
    """
    run = RunDir(Path(run_dir).resolve())
    run.create()
    with locked(run):
        system = LocalSystem(run, _options(run, broker, database, ports))
        before = set(system.running())
        first_start = not run.database.exists()
        try:
            _bring_up(system, parts, migrate, on_step)
        except BaseException:
            with held():
                system._stop_all(set(processes.recorded_names(run)) - before)
                if first_start:
                    wipe_home(run)
            raise
    return system


def load(run_dir: Path | str) -> LocalSystem:
    """The system of a run directory, running or not."""
    run = RunDir(Path(run_dir).resolve())
    options = saved(run)
    if options is None:
        raise LocalSystemError(f"Nothing was ever started in {run.root}.")
    run.create()
    return LocalSystem(run, options)


def _options(
    run: RunDir, broker: str | None, database: str | None, ports: Mapping[str, int] | None
) -> Options:
    before = saved(run)
    live = [part for part in PARTS if processes.find(run, part)] if before else []
    if before is None or not live:
        options = Options(broker or TANSU, database, choose({**DEFAULT_PORTS, **(ports or {})}, {}))
    else:
        options = replace(before, broker=broker or before.broker, database=database or before.database)
        if options != before:
            raise LocalSystemError("The system runs with another broker or database; stop it first (down).")
        # What runs knows the addresses of what does not, so a missing part comes back where it was.
        kept = [*live, "controller"] if "broker" in live else live
        in_use = {part: before.ports[part] for part in kept}
        options = replace(options, ports=choose(before.ports, in_use))
    options.save(run)
    return options


def _bring_up(system: LocalSystem, parts: Collection[str], migrate: bool | None, on_step: OnStep) -> None:
    running = system.running()
    missing = [part for part in PARTS if part in parts and part not in running and not system.external(part)]
    missing_services = [part for part in missing if part in SERVICE_PARTS]
    if missing:
        system.config.write_issuer_files()
        _start_servers(system, missing, on_step)
        _prepare_servers(system, parts, on_step)
    if migrate if migrate is not None else missing_services:
        on_step("migrating the three databases")
        system.migrate()
    if missing_services:
        on_step("starting " + ", ".join(missing_services))
    for part in missing_services:
        system.start_part(part)
    system.wait_ready([part for part in parts if part in SERVICE_PARTS])
    summary = system.config.summary(system.pids())
    write_private(system.run.summary, json.dumps(summary, indent=2, ensure_ascii=False))


def _start_servers(system: LocalSystem, missing: Sequence[str], on_step: OnStep) -> None:
    # The broker first: it comes up while PostgreSQL's data directory is being made.
    if "broker" in missing:
        first = "; its jars are fetched the first time" if system.options.broker == APACHE else ""
        on_step(f"starting the broker ({system.options.broker}{first})")
        system.start_part("broker")
    if "database" in missing:
        on_step("starting PostgreSQL")
        system.start_part("database")


def _prepare_servers(system: LocalSystem, parts: Collection[str], on_step: OnStep) -> None:
    on_step("creating databases, roles and topics")
    config = system.config
    needs_both = any(part in SERVICE_PARTS for part in parts)
    work: dict[str, Coroutine[Any, Any, None]] = {}
    if needs_both or "database" in parts:
        for name in SERVICES:
            passwords = config.secrets.passwords[name]
            work[f"database of {name}"] = bootstrap(config.admin_dsn, name, passwords)
    if needs_both or "broker" in parts:
        work[f"topics on {config.broker}"] = ensure_topics(config.broker)
    _complete(_together(work))


async def _together(work: Mapping[str, Coroutine[Any, Any, None]]) -> None:
    results = await asyncio.gather(*work.values(), return_exceptions=True)
    failed = [f"{name}: {error!r}" for name, error in zip(work, results, strict=True) if error is not None]
    if failed:
        raise LocalSystemError("\n".join(failed))


def _complete(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end, also when the caller (an async test) has an event loop of its own in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
    else:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, work).result()
