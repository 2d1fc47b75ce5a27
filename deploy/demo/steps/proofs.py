"""The services' own verification commands: audit chains, the ledger, and every settlement computed again."""

import asyncio
import os
import re
import sys
from datetime import date
from typing import NamedTuple

from deploy.demo.model import YEAR
from deploy.local.layout import ROOT, SERVICES
from deploy.local.system import LocalSystem

_LIMIT_SECONDS = 120.0
_NUMBER = re.compile(r"checked (\d+)")


class Proof(NamedTuple):
    """One command, whether it succeeded, how much it looked at, and what it printed."""

    service: str
    command: str
    right: bool
    checked: int
    output: str


async def verify(system: LocalSystem) -> list[Proof]:
    """Run all of them at the same time."""
    wanted = [(service, "verify-audit") for service in SERVICES] + [("claims", "verify-ledger")]
    return await asyncio.gather(*(run(system, service, command) for service, command in wanted))


async def verify_explanations(system: LocalSystem, last_day: date) -> Proof:
    """Derive every settlement of the sample year again, from its explanation alone."""
    days = ("--from", f"{YEAR}-01-01", "--to", last_day.isoformat())
    return await run(system, "claims", "verify", *days)


async def run(system: LocalSystem, service: str, command: str, *arguments: str) -> Proof:
    """Run one of a service's own commands."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", f"services.{service}", command, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=str(ROOT),
        env={**os.environ, **system.config.environment(service)},
    )
    try:
        output, _ = await asyncio.wait_for(child.communicate(), _LIMIT_SECONDS)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    text = output.decode("utf-8", "replace").strip()
    found = _NUMBER.search(text)
    return Proof(service, command, child.returncode == 0, int(found.group(1)) if found else 0, text)
