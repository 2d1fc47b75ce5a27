"""``python -m deploy.conformance his --base-url … --token … --patient …`` checks an installation's /nhsa."""

import asyncio
import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from deploy.conformance import his
from deploy.conformance.cases import Case, Patient, load
from deploy.conformance.link import CHINA, Link
from deploy.conformance.sheet import FAILED, PASSED, SKIPPED, Sheet

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
_COLOURS = {PASSED: "green", FAILED: "red", SKIPPED: "yellow"}
_TIMEOUT = 30.0


@app.callback()
def _group() -> None:
    """Conformance of interfaces."""


@app.command("his")
def check(
    base_url: Annotated[str, typer.Option(help="Base address of the claims service, as http://host:8102")],
    token: Annotated[str, typer.Option(envvar="KANGFU_TOKEN", help="The hospital's token (claims:settle)")],
    patient: Annotated[str, typer.Option(help="ID number of a person who is insured there")],
    name: Annotated[str, typer.Option(help="The person's name")] = "验收患者",
    facility: Annotated[str, typer.Option(help="Institution code; taken from the token if left out")] = "",
    area: Annotated[str, typer.Option(help="mdtrtarea_admvs; from the institution code if left out")] = "",
    secret: Annotated[Path | None, typer.Option(help="File with the institution's SM3 secret")] = None,
    expect: Annotated[
        Path | None, typer.Option(help="YAML with amounts of the local policy, by case")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write the table to this file as well")] = None,
) -> None:
    """Play a hospital at /nhsa: golden cases, faults, bad messages. Ends with 1 if a check fails."""
    code = facility or str(claims_of(token).get("facility", ""))
    if not code:
        raise typer.BadParameter("the token names no facility; give --facility")
    sheet = asyncio.run(
        run(
            base_url,
            token,
            (code, area or code[1:7]),
            secret.read_bytes().strip() if secret else None,
            load(expect),
            Patient(patient, name),
        )
    )
    show(sheet, Console(), base_url, code)
    if report:
        with report.open("w", encoding="utf-8") as file:
            show(sheet, Console(file=file, width=140), base_url, code)
    raise typer.Exit(1 if sheet.failed else 0)


async def run(
    base_url: str,
    token: str,
    institution: tuple[str, str],
    secret: bytes | None,
    cases: dict[str, Case],
    patient: Patient,
) -> Sheet:
    """The table of a run."""
    async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as http:
        link = Link(http, f"{base_url.rstrip('/')}/nhsa", token, *institution, secret)
        return await his.play(link, cases, patient)


def show(sheet: Sheet, console: Console, base_url: str, facility: str) -> None:
    """Print the table that a vendor keeps. It names no patient."""
    at = f"{datetime.now(CHINA):%Y-%m-%d %H:%M}"
    table = Table(title=f"医保接口验收　{base_url}　机构 {facility}　{at}", title_justify="left")
    for heading in ("部分", "交易", "检查", "结果", "说明"):
        table.add_column(heading, overflow="fold")
    part = ""
    for row in sheet.rows:
        shown, part = ("" if row.part == part else row.part), row.part
        coloured = f"[{_COLOURS[row.result]}]{row.result}[/]"
        table.add_row(shown, row.infno, row.title, coloured, row.found.replace("[", r"\["))
    console.print(table)
    passed = len(sheet.rows) - sheet.failed
    console.print(f"共 {len(sheet.rows)} 项，通过 {passed} 项，不通过或未执行 {sheet.failed} 项")


def claims_of(token: str) -> dict[str, Any]:
    """What a token says of its holder; its signature is the installation's business."""
    try:
        middle = token.split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError) as error:
        raise typer.BadParameter("this is no token") from error
    return found


if __name__ == "__main__":
    app()
