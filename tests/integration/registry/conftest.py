"""A registry service on the real database, emptied before every test."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry.main import create_app
from tests.support.claims import FixedClock
from tests.support.platform import Client, Platform, bearer, serve
from tests.support.registry import COUNTY, NOW, as_csv

TABLES = (
    "import_errors",
    "imports",
    "chronic_certificates",
    "enrolments",
    "category_spells",
    "memberships",
    "people",
    "households",
    "financing_plans",
    "event_log",
    "idempotency_keys",
    "audit_chain",
    "audit_log",
)
WRITTEN_BY_IMPORT = (*TABLES[:8], "event_log", "idempotency_keys")


@dataclass
class Registry:
    """The service under test and the means to speak to it as anybody."""

    platform: Platform
    client: Client
    app: FastAPI
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    sent: int = 0

    def headers(self, role: str = "registry_officer") -> dict[str, str]:
        """Headers of a role of the sample county, with a fresh Idempotency-Key."""
        self.sent += 1
        return {**bearer(self.platform.token(role)), "Idempotency-Key": f"test-key-{self.sent:06d}"}

    def headers_for(self, scopes: Sequence[str], jurisdiction: Sequence[str]) -> dict[str, str]:
        """Headers of a token of one's own making."""
        token = self.platform.mint(f"test-{jurisdiction}-{scopes}", scopes, jurisdiction)
        return {**self.headers(), **bearer(token)}

    async def send(
        self, content: bytes, headers: Mapping[str, str] | None = None, **query: Any
    ) -> httpx.Response:
        """Import a file; people as CSV of the sample county unless said otherwise."""
        asked = {"kind": "people", "format": "csv", "county": COUNTY, **query}
        return await self.client.post(
            "/v1/imports", params=asked, content=content, headers=headers or self.headers()
        )

    async def load(self, rows: Sequence[Mapping[str, Any]], **query: Any) -> dict[str, Any]:
        """Import rows that the service must accept as a file."""
        reply = await self.send(as_csv(rows), **query)
        assert reply.status_code == 201, reply.text
        report: dict[str, Any] = reply.json()
        return report

    async def look_up(self, id_number: str, role: str = "registry_officer") -> httpx.Response:
        """Find a person by identity number."""
        body = {"id_number": id_number}
        return await self.client.post("/v1/persons:lookup", json=body, headers=self.headers(role))

    async def person_id(self, id_number: str) -> str:
        """The id of a person who must be registered."""
        reply = await self.look_up(id_number)
        assert reply.status_code == 200, reply.text
        return str(reply.json()["person_id"])

    async def eligibility(self, id_number: str, **query: Any) -> dict[str, Any]:
        """What held for a registered person."""
        path = f"/v1/persons/{await self.person_id(id_number)}/eligibility"
        reply = await self.client.get(path, params=query, headers=self.headers())
        assert reply.status_code == 200, reply.text
        standing: dict[str, Any] = reply.json()
        return standing

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """What a query gives to the worker, who sees everything."""
        async with self.platform.worker_session("registry") as session:
            return list((await session.execute(text(statement), values)).all())

    async def events(self, type_: str = "registry.person_recorded.v1") -> list[dict[str, Any]]:
        """The data of all events of a type, in the order written."""
        found = await self.rows("SELECT data FROM event_log WHERE type = :type ORDER BY seq", type=type_)
        return [row.data for row in found]

    async def counts(self) -> dict[str, int]:
        """Number of rows by table."""
        asked = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in WRITTEN_BY_IMPORT)
        return {str(row[0]): int(row[1]) for row in await self.rows(asked)}


@pytest.fixture(scope="session")
async def running(platform: Platform) -> AsyncIterator[Registry]:
    """One service for all tests."""
    clock = FixedClock(NOW)
    app = create_app(platform.settings("registry"), clock)
    async with serve(app, platform, "registry_officer") as client:
        yield Registry(platform, client, app, clock)


@pytest.fixture
async def registry(platform: Platform, running: Registry) -> Registry:
    """An empty registry; its clock stands at 2026-06-15."""
    await platform.empty("registry", *TABLES)
    running.clock.instant = NOW
    return running
