"""The commands: up, down, status, logs, reset, token."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy import tokens
from deploy.local import kafka, report, system
from deploy.local.interrupts import Interrupted, interruptible
from deploy.local.layout import DEFAULT_PORTS, DEFAULT_RUN_DIR, PARTS, LocalSystemError, RunDir
from deploy.local.run_lock import locked

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The whole system on this machine.")
console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

RunDirOption = Annotated[
    Path, typer.Option(envvar="KANGFU_LOCAL_RUN_DIR", help="State directory of the system.")
]


@app.command()
def up(
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
    broker: Annotated[
        str | None, typer.Option(envvar="KANGFU_LOCAL_BROKER", help="tansu (default), apache, or HOST:PORT.")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(envvar="KANGFU_LOCAL_DATABASE", help="Administrator's URL of a running PostgreSQL."),
    ] = None,
    only: Annotated[
        str, typer.Option(help=f"Comma-separated parts to start: {', '.join(PARTS)}.")
    ] = ",".join(PARTS),
    port: Annotated[
        list[str] | None,
        typer.Option(
            help="PART=PORT, repeatable; also KANGFU_LOCAL_PORT_<PART>. A taken port gives way to the next."
        ),
    ] = None,
    migrate: Annotated[
        bool | None, typer.Option(help="Migrate the databases (default: if a service is started).")
    ] = None,
) -> None:
    """Start what is not running yet, print addresses, leave it running."""
    began = time.monotonic()

    def on_step(step: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.1f} s[/dim]  {step}")

    with _reported():
        wanted = _wanted_ports(port or [])
        started = system.start(run_dir, _parts(only), broker, database, wanted, migrate, on_step)
        console.print("\n".join(report.addresses(started)))
        for line in report.moved_ports(started, {**DEFAULT_PORTS, **wanted}):
            console.print(f"[yellow]{line}[/yellow]")
        console.print(
            f"Up after {time.monotonic() - began:.1f} s. Tokens and addresses: {started.run.summary}"
        )


@app.command("fetch-kafka")
def fetch_kafka(run_dir: RunDirOption = DEFAULT_RUN_DIR) -> None:
    """Fetch Apache Kafka's jars from Maven Central; exit code 69 if it cannot be reached."""
    with _reported():
        run = RunDir(run_dir.resolve())
        run.create()
        kafka.fetch_jars(run)
        console.print("Apache Kafka is here.")


@app.command()
def down(run_dir: RunDirOption = DEFAULT_RUN_DIR) -> None:
    """Stop everything that was started from this run directory; data stay."""
    with _reported():
        running = system.load(run_dir)
        with locked(running.run):
            stopped = running.stop()
        console.print(f"Stopped: {', '.join(stopped) or 'nothing was running'}.")


@app.command()
def reset(run_dir: RunDirOption = DEFAULT_RUN_DIR) -> None:
    """Stop everything and delete data, logs and keys."""
    with _reported():
        running = system.load(run_dir)
        with locked(running.run):
            running.stop()
            running.wipe()
        console.print("Stopped, and all local data deleted.")
        if not running.options.own_database:
            console.print("The databases in the external PostgreSQL were left as they are.")


@app.command()
def status(run_dir: RunDirOption = DEFAULT_RUN_DIR) -> None:
    """Show every part; exit code 3 if one is not running."""
    with _reported():
        current = system.load(run_dir)
        console.print(report.status(current))
        if not current.complete():
            raise typer.Exit(3)


@app.command()
def logs(
    name: Annotated[str | None, typer.Argument(help="A part; all of them if left out.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are written.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Lines of each log to begin with.")] = 20,
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
) -> None:
    """Show the logs, each line with the name of its part."""
    with _reported():
        for line in report.log_lines(system.load(run_dir).run, name, lines, follow):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


@app.command()
def token(
    role: Annotated[
        str | None, typer.Argument(help="One of the roles; left out, the roles are listed.")
    ] = None,
    hours: Annotated[int, typer.Option(min=1, help="How long the token is valid.")] = 24,
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
) -> None:
    """Print a fresh bearer token for a role."""
    with _reported():
        if role is None:
            console.print("\n".join(tokens.ROLES))
            return
        if role not in tokens.ROLES:
            raise LocalSystemError(f"There is no role {role}. `token` without a role lists them.")
        key = system.load(run_dir).config.issuer_key
        sys.stdout.write(tokens.mint_role(key, role, timedelta(hours=hours)) + "\n")


def _parts(only: str) -> list[str]:
    parts = [part.strip() for part in only.split(",") if part.strip()]
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise LocalSystemError(f"Unknown part {', '.join(unknown)}. The parts are {', '.join(PARTS)}.")
    return parts


def _wanted_ports(given: list[str]) -> dict[str, int]:
    wanted = report.ports_from_environment()
    for item in given:
        part, _, number = item.partition("=")
        if part not in DEFAULT_PORTS or not number.isdigit():
            raise LocalSystemError(
                f"--port wants PART=PORT with one of {', '.join(DEFAULT_PORTS)}; got {item}."
            )
        wanted[part] = int(number)
    return wanted


@contextmanager
def _reported() -> Iterator[None]:
    """Turn what the operator has to know into a line on stderr and an exit code."""
    try:
        with interruptible():
            yield
    except LocalSystemError as error:
        errors.print(str(error), style="red", markup=False)
        raise typer.Exit(error.exit_code) from error
    except Interrupted as signal:
        errors.print(f"Interrupted by {signal}; what this command had started is stopped.")
        raise typer.Exit(signal.exit_code) from signal
