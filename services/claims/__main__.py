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
def verify_ledger(
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="An exported ledger: checked without a database"),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(help="Hash of a close, kept elsewhere: it must be among the closes"),
    ] = None,
) -> None:
    """Recompute accumulators, payers, transfers and closes; names the first bad record and exits with 1.

    With a file only what it holds is recomputed: the chain of hashes, sums, order and tie-out.
    """
    if file is not None:
        _verify_file(file, head)
        return
    from services.claims.settings import WorkerSettings
    from services.claims.verification.service import verify_ledger as verify

    report = asyncio.run(verify(WorkerSettings().worker_database_url, head))
    for check in report.held:
        typer.echo(f"holds: {check}")
    if report.failed:
        bad = " ".join(f"{name}={value}" for name, value in (report.record or {}).items())
        typer.echo(f"FAILS: {report.failed}: {bad}")
        raise typer.Exit(1)
    typer.echo(f"checked {report.settlements} settlements")


def _verify_file(file: Path, head: str | None) -> None:
    from services.claims.verification.ledger_file import verify_file

    with file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        report = verify_file(lines, head)
    if report.fault:
        typer.echo(f"FAILS: {report.fault}")
        raise typer.Exit(1)
    typer.echo(f"holds: county {report.county_code}, head {report.head}")
    typer.echo(f"checked {report.transfers} transfers in {report.closes} closes")


@app.command("export-ledger")
def export_ledger(
    county: Annotated[str, typer.Option(help="County code, six digits")],
    to: Annotated[Path, typer.Option(dir_okay=False, help="File to write, one JSON record a line")],
) -> None:
    """Write a county's closes with all their transfers and provider statements to a file."""
    from services.claims.closing.ledger_file import MissingTransfer
    from services.claims.closing.ledger_file import export_ledger as export
    from services.claims.settings import WorkerSettings

    try:
        done = asyncio.run(export(WorkerSettings().worker_database_url, county, to))
    except MissingTransfer as error:
        typer.echo(f"FAILS: {error}")
        raise typer.Exit(1) from error
    typer.echo(f"exported {done.transfers} transfers in {done.closes} closes to {to}")
    typer.echo(f"head {done.head or '-'}")


@app.command("verify-earmarks")
def verify_earmarks() -> None:
    """Attribute every fund's money again from zero, in the recorded order; exits with 1 at a difference."""
    from services.claims.funds.replay import verify_earmarks as verify
    from services.claims.settings import WorkerSettings

    report = asyncio.run(verify(WorkerSettings().worker_database_url))
    if report.difference:
        typer.echo(f"FAILS: {report.difference}")
        raise typer.Exit(1)
    typer.echo(f"checked {report.entries} entries of {report.funds} funds: each comes out as recorded")


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
