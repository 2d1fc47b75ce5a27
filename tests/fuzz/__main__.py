"""Fuzz the three APIs by their own OpenAPI documents, all checks on, against a system of its own.

``python -m tests.fuzz [--cases 1000] [--seed N] [--service claims]``: exit code 1 when any check fails or
when fewer cases than asked for were run on a service.
"""

import json
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.local.layout import ROOT, SERVICES
from deploy.local.system import ANY_PORTS, LocalSystem, start
from tests.fuzz import hospital

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
_SECONDS = 1500


def main(
    cases: Annotated[int, typer.Option(help="At least this many cases per service.")] = 1000,
    seed: Annotated[int | None, typer.Option(help="Repeats an earlier run.")] = None,
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
) -> None:
    """Start a system, fuzz it, stop it."""
    chosen = seed if seed is not None else secrets.randbelow(2**31)
    typer.echo(f"seed {chosen}")
    with tempfile.TemporaryDirectory() as directory, start(directory, ports=ANY_PORTS) as system:
        results = [_fuzz(system, name, cases, chosen) for name in SERVICES if service in (None, name)]
    if not all(results):
        raise typer.Exit(1)


def _fuzz(system: LocalSystem, service: str, cases: int, seed: int) -> bool:
    """Whether every check held on enough cases."""
    operations = _operations(system, service)
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        command = _command(system, service, -(-cases // operations), seed, report)
        environment = hospital.environment(system)
        code = subprocess.run(command, check=False, cwd=ROOT, timeout=_SECONDS, env=environment).returncode
        done = _cases(report)
    typer.echo(f"{service}: {done} cases over {operations} operations, {'ok' if code == 0 else 'FAILED'}")
    return code == 0 and done >= cases


def _command(system: LocalSystem, service: str, each: int, seed: int, report: Path) -> list[str]:
    token = system.config.tokens()["admin"]
    return [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file", str(CONFIGURATION),
        "run", f"{system.config.url(f'{service}-api')}/openapi.json",
        "--checks", "all",
        "--phases", "examples,coverage,fuzzing,stateful",
        "--max-examples", str(each),
        "--seed", str(seed),
        "--workers", "1",
        "--header", f"Authorization: Bearer {token}",
        "--report", "json",
        "--report-json-path", str(report),
    ]  # fmt: skip


def _operations(system: LocalSystem, service: str) -> int:
    done = subprocess.run(
        [sys.executable, "-m", f"services.{service}", "openapi"],
        env=system.config.environment(service),
        capture_output=True,
        check=True,
        timeout=60,
    )
    document: dict[str, Any] = json.loads(done.stdout)
    return sum(len(operations) for operations in document["paths"].values())


def _cases(report: Path) -> int:
    if not report.exists():
        return 0
    counts: dict[str, int] = json.loads(report.read_text())["test_cases"]
    return counts["generated"]


if __name__ == "__main__":
    typer.run(main)
