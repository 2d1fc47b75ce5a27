"""The day close of the county, its export, and the check of the exported file without a database."""

import asyncio
import re
import time
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from deploy.demo.api import Api
from deploy.demo.model import COUNTY_CODE
from deploy.demo.replies import Amount
from deploy.demo.steps.proofs import Proof, run
from deploy.local.system import LocalSystem

_EXPORTED = re.compile(r"exported (\d+)")
_ROLE = "finance"


class Provider(BaseModel):
    """One provider's statement in a close."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    facility_code: str
    settlements: int
    reversals: int
    charged: Amount
    booked: Amount
    stated: Amount
    due_before: Amount
    due_after: Amount


class DayClose(BaseModel):
    """One close of the county."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    no: int
    business_date: date
    closed_at: datetime
    closed_by: str
    transfers: int
    amount: Amount
    settlements: int
    reversals: int
    charged: Amount
    booked: Amount
    stated: Amount
    previous_hash: str
    hash: str
    providers: list[Provider]


class Closed(NamedTuple):
    """The close, with how many transfers the ledger was exported, the checks of it."""

    close: DayClose
    exported: int
    verified: Proof
    tampered: Proof


async def run_close(api: Api, system: LocalSystem, folder: Path, today: date) -> Closed:
    """Close the day, export all closes, check the file; then change one amount in it and check again."""
    body = {"county": COUNTY_CODE, "business_date": today.isoformat()}
    answer = await api.post("claims", "/v1/day-closes", _ROLE, json=body, key=f"demo-close-{time.time_ns()}")
    close = DayClose.model_validate(answer.body)
    path = folder / "ledger.ndjson"
    done = await run(system, "claims", "export-ledger", "--county", COUNTY_CODE, "--to", str(path))
    found = _EXPORTED.search(done.output)
    changed = folder / "ledger-changed.ndjson"
    changed.write_text(_with_another_amount(path.read_text(encoding="utf-8")), encoding="utf-8")
    verified, tampered = await asyncio.gather(*(_verify(system, each, close) for each in (path, changed)))
    return Closed(close, int(found.group(1)) if found else 0, verified, tampered)


async def _verify(system: LocalSystem, path: Path, close: DayClose) -> Proof:
    return await run(system, "claims", "verify-ledger", "--file", str(path), "--head", close.hash)


def _with_another_amount(text: str) -> str:
    """One fen more in the middle of the file."""
    place = text.index('"amount_fen": ', len(text) // 2) + len('"amount_fen": ')
    end = min(found for found in (text.find(",", place), text.find("}", place)) if found >= 0)
    return f"{text[:place]}{int(text[place:end]) + 1}{text[end:]}"
