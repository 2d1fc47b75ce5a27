"""Commands of the claims service: ``python -m services.claims --help``."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from shared.cli import command_line

app = command_line("claims")
_DAY = "%Y-%m-%d"


@app.command("verify-ledger")
def verify_ledger() -> None:
    """Recompute accumulators, payers and transfers; names the first bad record and exits with 1."""
    from services.claims.settings import WorkerSettings
    from services.claims.verification.service import verify_ledger as verify

    report = asyncio.run(verify(WorkerSettings().worker_database_url))
    for check in report.held:
        typer.echo(f"holds: {check}")
    if report.failed:
        bad = " ".join(f"{name}={value}" for name, value in (report.record or {}).items())
        typer.echo(f"FAILS: {report.failed}: {bad}")
        raise typer.Exit(1)
    typer.echo(f"checked {report.settlements} settlements")


@app.command("rebuild-reports")
def rebuild_reports() -> None:
    """Make the sums of the reports anew from all settlements; reports stay exact meanwhile."""
    from services.claims.reports.folding import rebuild
    from services.claims.settings import WorkerSettings

    asyncio.run(rebuild(WorkerSettings().worker_database_url))
    typer.echo("the sums of the reports are made anew")


@app.command("check-pack")
def check_pack(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="one version: <pack>/<date>.yaml")
    ],
    unverified: Annotated[bool, typer.Option(help="list the numbers that nobody has verified")] = False,
) -> None:
    """Check one version of a policy pack with its worked examples; exits with 1 when it may not be used."""
    from services.claims.policies.check import check_file

    report = check_file(file)
    for line in report.lines(unverified):
        typer.echo(line)
    if not report.holds:
        raise typer.Exit(1)


@app.command("verify")
def verify(
    first_day: Annotated[datetime, typer.Option("--from", formats=[_DAY], help="First day of settling")],
    last_day: Annotated[datetime, typer.Option("--to", formats=[_DAY], help="Last day, included")],
) -> None:
    """Derive every amount settled on these days (dates in China) again from its explanation alone.

    The evaluator shares no code with the engine. Prints each difference with settlement, step, field, stored
    and derived value (fen, hundredths of a percent), and exits with 1 if there is one.
    """
    from services.claims.settings import WorkerSettings
    from services.claims.verification.explanations import verify_explanations

    if last_day < first_day:
        raise typer.BadParameter("--to lies before --from")
    url = WorkerSettings().worker_database_url
    counts = asyncio.run(verify_explanations(url, first_day.date(), last_day.date(), typer.echo))
    typer.echo(f"核验 {counts.settlements} 笔结算：差异 {counts.differences}")
    typer.echo(
        f"checked {counts.settlements} settlements ({counts.steps} steps): {counts.differences} differences"
    )
    if counts.differences:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
