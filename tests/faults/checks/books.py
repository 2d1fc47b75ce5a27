"""The trial balance as the API gives it, against the transfers in the database; and the audit trails."""

import asyncio
import os
import sys
from collections.abc import Mapping

from deploy.local.layout import ROOT, SERVICES
from deploy.local.system import LocalSystem
from shared.money import parse_yuan
from tests.faults.checks.properties import Connection
from tests.faults.client import Client

_ACCOUNTS = """
SELECT account, sum(debit)::bigint AS debits, sum(credit)::bigint AS credits FROM (
  SELECT debit_account AS account, amount_fen AS debit, 0 AS credit FROM transfers
  UNION ALL SELECT credit_account, 0, amount_fen FROM transfers
) AS side GROUP BY account
"""


async def wrong_trial_balance(client: Client, claims: Connection) -> list[str]:
    """Debits equal credits to the fen, and every account agrees with the transfers."""
    reply = await client.get("claims", "/v1/ledger/trial-balance", "admin")
    assert reply.is_success, reply.text
    balance = reply.json()
    told = {
        each["account"]: (parse_yuan(each["debits"]), parse_yuan(each["credits"]))
        for each in balance["accounts"]
    }
    stored = {row["account"]: (row["debits"], row["credits"]) for row in await claims.fetch(_ACCOUNTS)}
    found = []
    if balance["debits"] != balance["credits"]:
        found.append(f"debits {balance['debits']} are not credits {balance['credits']}")
    if told != stored:
        wrong = [account for account in {*told, *stored} if told.get(account) != stored.get(account)]
        found.append(f"the trial balance is wrong about {wrong[:3]}")
    if parse_yuan(balance["debits"]) != sum(debits for debits, _ in stored.values()):
        found.append("the total is not the sum of the transfers")
    return found


async def failed_verifications(system: LocalSystem) -> list[str]:
    """The services' own commands that verify audit trails and ledger, and did not end with 0."""
    commands = [*((name, "verify-audit") for name in SERVICES), ("claims", "verify-ledger")]
    runs = await asyncio.gather(*(failed(system, *each) for each in commands))
    return [each for found in runs for each in found]


async def failed(
    system: LocalSystem, service: str, *command: str, kept: list[str] | None = None
) -> list[str]:
    """What a command of a service said if it did not end with 0; otherwise that goes to ``kept``."""
    code, output = await _run(system, service, *command)
    if code != 0:
        return [f"{service} {' '.join(command)}: {output}"]
    if kept is not None:
        kept.append(output)
    return []


async def unchained(connections: Mapping[str, Connection]) -> int:
    """Audit entries that are not in the chain yet."""
    query = "SELECT (SELECT count(*) FROM audit_log) - (SELECT count(*) FROM audit_chain)"
    return sum([int(await each.fetchval(query)) for each in connections.values()])


async def _run(system: LocalSystem, service: str, *command: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"services.{service}", *command,
        cwd=ROOT,
        env={**os.environ, **system.config.environment(service)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode().strip()[-500:]
