"""One whole system for all end-to-end tests, and a small county loaded into it through the public APIs."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy import tokens
from deploy.demo import county, figures, referrals, visits
from deploy.demo.columns import (
    CERTIFICATES,
    ENROLMENTS,
    PEOPLE,
    Row,
    certificate_rows,
    enrolment_rows,
    people_rows,
)
from deploy.demo.handbooks import handbooks
from deploy.demo.model import COUNTY_CODE, YEAR, County
from deploy.demo.steps import providers
from deploy.demo.steps.financing import PER_HEAD
from deploy.demo.visits import Visit
from deploy.local import processes
from deploy.local.layout import SERVICES
from deploy.local.system import ANY_PORTS, LocalSystem, start

BROKER = os.environ.get("KANGFU_TEST_BROKER", "tansu")
SEED, HOUSEHOLDS, VISITS = 990101, 60, 60
_CAUGHT_UP_SECONDS = 30.0


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """All eight processes; a graceful stop must leave none of them, nor anything they started."""
    with start(tmp_path_factory.mktemp("whole"), broker=BROKER, ports=ANY_PORTS) as system:
        yield system
        family = [member for part in system.running().values() for member in (part, *part.children())]
    assert not any(processes.alive(member) for member in family)
    assert processes.recorded_names(system.run) == []


@dataclass
class Offices:
    """The users of the platform: each speaks HTTP with the token of its role."""

    system: LocalSystem
    http: httpx.AsyncClient

    def headers(self, role: str, key: str | None = None) -> dict[str, str]:
        """The role's token and an idempotency key."""
        token = tokens.mint_role(self.system.config.issuer_key, role)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": key or f"e2e-{uuid4()}"}

    async def ask(
        self, method: str, service: str, path: str, role: str, key: str | None = None, **how: Any
    ) -> httpx.Response:
        """One call, whatever the answer is."""
        url = f"{self.system.config.url(f'{service}-api')}{path}"
        return await self.http.request(method, url, headers=self.headers(role, key), **how)

    async def get(self, service: str, path: str, role: str, **query: Any) -> Any:
        """The JSON of a read that must succeed."""
        reply = await self.ask("GET", service, path, role, params=query)
        assert reply.is_success, reply.text
        return reply.json()

    async def write(self, method: str, service: str, path: str, role: str, **how: Any) -> Any:
        """The JSON of a write that must succeed."""
        reply = await self.ask(method, service, path, role, **how)
        assert reply.is_success, reply.text
        return reply.json()

    async def import_rows(self, kind: str, header: Row, rows: list[Row]) -> Any:
        """The report of an import of a CSV file."""
        body = "\r\n".join(",".join(row) for row in [header, *rows]).encode("utf-8-sig")
        query = {"kind": kind, "format": "csv", "county": COUNTY_CODE, "year": str(YEAR)}
        return await self.write(
            "POST", "registry", "/v1/imports", "registry_officer", params=query, content=body
        )

    async def events(self, service: str, type_: str) -> list[dict[str, Any]]:
        """The payloads of a service's events of one type, from its feed."""
        page = await self.get(service, "/v1/events", "system", types=type_, limit=1000)
        return [item["data"] for item in page["items"]]

    async def caught_up(self) -> Mapping[str, figures.WorkerFigures]:
        """Wait until all that was committed before now is applied everywhere; what the workers say then."""
        target, deadline = figures.CatchUp(time.time()), time.monotonic() + _CAUGHT_UP_SECONDS
        while True:
            found = {service: await self._figures(service) for service in SERVICES}
            left = target.outstanding(found)
            if not left:
                return found
            assert time.monotonic() < deadline, left
            await asyncio.sleep(0.2)

    async def _figures(self, service: str) -> figures.WorkerFigures:
        reply = await self.http.get(f"{self.system.config.url(f'{service}-worker')}/metrics")
        return figures.read(reply.text)


@dataclass
class Sample:
    """The county that was loaded, its visits, and the reports of the imports."""

    county: County
    visits: list[Visit]
    people: Any
    enrolments: Any


@pytest.fixture(scope="session")
async def offices(whole: LocalSystem) -> AsyncIterator[Offices]:
    """Everybody who uses the running system."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        yield Offices(whole, http)


@pytest.fixture(scope="session")
async def sample(offices: Offices) -> Sample:
    """Providers, people, memberships and the year's money, all of it applied everywhere."""
    found = county.generate(SEED, HOUSEHOLDS)
    for provider in found.providers:
        path = f"/v1/providers/{provider.facility_code}"
        await offices.write("PUT", "claims", path, "admin", json=providers.entry(provider))
    people = await offices.import_rows("people", PEOPLE, list(people_rows(found.households, {})))
    enrolments = await offices.import_rows("enrolments", ENROLMENTS, list(enrolment_rows(found.households)))
    certificates = list(certificate_rows(found.households, handbooks(found)))
    await offices.import_rows("certificates", CERTIFICATES, certificates)
    terms = {
        "enrolled": people["rows"],
        "per_head": PER_HEAD,
        "risk_reserve_rate": "0.04",
        "outpatient_account_per_head": "8.00",
    }
    path = f"/v1/financing-plans/{COUNTY_CODE}/{YEAR}"
    await offices.write("PUT", "registry", path, "registry_officer", json=terms)
    await offices.caught_up()
    treated = visits.generate(found, VISITS)
    role = f"hospital:{referrals.REFERRING}"
    for referral in referrals.of(treated):
        await offices.write("POST", "claims", "/v1/referrals", role, json=referral)
    return Sample(found, treated, people, enrolments)
