"""Commands of the claims service: ``python -m services.claims --help``."""

import asyncio

import typer

from shared.cli import command_line

app = command_line("claims")


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


if __name__ == "__main__":
    app()
