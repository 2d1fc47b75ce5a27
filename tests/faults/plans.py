"""The county's financing plan, changed again and again: each version books the fund anew in claims."""

import asyncio
import time
from contextlib import suppress

import httpx

from deploy.demo.model import COUNTY_CODE, YEAR
from deploy.demo.steps.financing import PER_HEAD
from tests.faults.client import Client

_PATH = f"/v1/financing-plans/{COUNTY_CODE}/{YEAR}"
_ROLE = "registry_officer"
_SECONDS = 150.0
_PAUSE_SECONDS = 0.3


async def state(client: Client, enrolled: int) -> None:
    """Make the plan say this number of members. There is no key: what was lost is found by reading."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):  # whether it was written is seen at the next try
            if await _stated(client, enrolled):
                return
        await asyncio.sleep(_PAUSE_SECONDS)
    raise AssertionError(f"the plan for {enrolled} members could not be stated")


async def _stated(client: Client, enrolled: int) -> bool:
    present = await client.get("registry", _PATH, _ROLE)
    if present.is_success and present.json()["enrolled"] == enrolled:
        return True
    if not present.is_success and present.status_code != 404:
        return False
    body = {
        "enrolled": enrolled,
        "per_head": PER_HEAD,
        "risk_reserve_rate": "0.04",
        "outpatient_account_per_head": "8.00",
    }
    etag = {"If-Match": present.headers["ETag"]} if present.is_success else {}
    await client.put("registry", _PATH, _ROLE, body, **etag)
    return False
