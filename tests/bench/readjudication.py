"""Every settlement of a county worked out anew, after a category was granted for the past to some people."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg

from deploy.demo.model import COUNTY_CODE, YEAR
from tests.bench.wire import Call, Connection, connect

CLIENTS = 2
PERSON_YEARS = 500
GRANTED_SHARE = 20
"""Of every so many people one is granted a category."""

_COUNTED = ("examined", "settlements", "unchanged", "posted", "proposed")
_GRANT = f"""
UPDATE insured_persons SET
  categories = categories || jsonb_build_array(jsonb_build_array('dibao', '{YEAR}-01-01', NULL)),
  version = version + 1
WHERE mod(hashtext(person_id::text), {GRANTED_SHARE}) = 0 AND categories = '[]'
"""


@dataclass(frozen=True)
class Worked:
    """What working out a county's year came to, by the names of the reply, and how long it took."""

    found: Counter[str]
    seconds: float

    @property
    def line(self) -> str:
        """As a sentence of the page."""
        found, settlements = self.found, self.found["settlements"]
        return (
            f"Re-adjudication: {settlements:,} settlements of {found['examined']:,} person-years in"
            f" {self.seconds:.1f} s, {settlements / self.seconds:,.0f} settlements/s; 100,000 in"
            f" {100_000 * self.seconds / settlements:.0f} s (to be reached: < 60 s). {found['unchanged']:,}"
            f" years stayed as they were, {found['posted']:,} were posted, {found['proposed']:,} wait for a"
            f" second person. {CLIENTS} clients, {PERSON_YEARS} person-years a request."
        )


async def measure(database: "asyncpg.Connection[Any]", url: str, token: str) -> Worked:
    """Grant the category as a late event would, make the whole county due and work it through over HTTP."""
    await database.execute(_GRANT)
    found: Counter[str] = Counter()

    async def work() -> None:
        async with connect(url) as connection:
            while (done := await _post(connection, token, ":propose", {"limit": PERSON_YEARS}))["examined"]:
                found.update({name: done[name] for name in _COUNTED})
                if done["unseen"]:
                    raise RuntimeError(f"{done['unseen']} years could not be worked out")

    began = time.perf_counter()
    async with connect(url) as connection:
        due = {"county": COUNTY_CODE, "year": YEAR, "reason": "benchmark"}
        await _post(connection, token, ":due", due)
    await asyncio.gather(*(work() for _ in range(CLIENTS)))
    return Worked(found, time.perf_counter() - began)


async def _post(connection: Connection, token: str, action: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"bench-{uuid4().hex}",
    }
    status, reply = await connection.send(
        Call(f"/v1/readjudications{action}", json.dumps(body).encode(), headers)
    )
    if status != 200:
        raise RuntimeError(f"{action}: {status} {reply[:500]!r}")
    done: dict[str, Any] = json.loads(reply)
    return done
