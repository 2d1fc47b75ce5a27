"""The platform that tests run on: real PostgreSQL, migrated by the services' own migrations, and a broker.

One system for a whole test run. Applications run inside the test process; only the outside world is apart.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any

import asyncpg
import httpx
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from deploy import tokens
from deploy.local.system import LocalSystem
from shared.db import Sessions, create_engine, create_sessions
from shared.settings import Settings

Client = httpx.AsyncClient


class Platform:
    """A started database and broker, and what a test needs to talk to them."""

    def __init__(self, system: LocalSystem) -> None:
        self.system = system
        self._sessions: dict[str, Sessions] = {}
        self._administrators: dict[str, asyncpg.Connection[Any]] = {}
        self._administrating = asyncio.Lock()

    @cached_property
    def broker(self) -> str:
        """Bootstrap servers of the broker."""
        return self.system.config.broker

    def settings(self, service: str) -> Settings:
        """A service's settings, as its own processes would read them from the environment."""
        before = dict(os.environ)
        os.environ.update(self.system.config.environment(service))
        try:
            return Settings()
        finally:
            os.environ.clear()
            os.environ.update(before)

    def administrators_settings(self, service: str) -> Settings:
        """The same with a superuser's database connection: no role of a service may make a table."""
        address = self.system.config.admin_dsn.rsplit("/", 1)[0] + f"/{service}"
        return self.settings(service).model_copy(update={"database_url": address})

    def worker_url(self, service: str) -> str:
        """The service's database as its worker sees it."""
        return self.system.config.dsn(service, "worker")

    def worker_sessions(self, service: str) -> Sessions:
        """Sessions as the worker role, which sees every jurisdiction."""
        if service not in self._sessions:
            engine = create_engine(self.worker_url(service), pool_size=8, application_name="test")
            self._sessions[service] = create_sessions(engine)
        return self._sessions[service]

    @asynccontextmanager
    async def worker_session(self, service: str) -> AsyncIterator[AsyncSession]:
        """One committed transaction as the worker role."""
        async with self.worker_sessions(service).begin() as session:
            yield session

    def token(self, role: str) -> str:
        """A token of one of the sample county's roles."""
        return tokens.mint_role(self.system.config.issuer_key, role)

    def mint(
        self, subject: str, scopes: Sequence[str], jurisdiction: Sequence[str], facility: str | None = None
    ) -> str:
        """A token of one's own making."""
        return tokens.mint(self.system.config.issuer_key, subject, scopes, jurisdiction, facility)

    async def as_administrator(self, service: str, *statements: str) -> None:
        """Do as a superuser would, all or nothing: no trigger, no right and no policy stands in the way."""
        async with self._administrating:
            connection = self._administrators.get(service)
            if connection is None or connection.is_closed():
                address = self.system.config.admin_dsn.rsplit("/", 1)[0] + f"/{service}"
                connection = await asyncpg.connect(
                    address, server_settings={"session_replication_role": "replica"}
                )
                self._administrators[service] = connection
            await connection.execute(";\n".join(statements))

    async def as_role(self, service: str, role: str, statement: str) -> None:
        """Run one statement as the owner, api or worker role of a service."""
        engine = create_engine(self.system.config.dsn(service, role), pool_size=1, application_name="test")
        try:
            async with engine.begin() as connection:
                await connection.execute(text(statement))
        finally:
            await engine.dispose()

    async def empty(self, service: str, *tables: str) -> None:
        """Delete all rows of the named tables, also of append-only ones."""
        await self.as_administrator(service, *(f"DELETE FROM {table}" for table in tables))

    async def close(self) -> None:
        """Close what this process has opened."""
        for sessions in self._sessions.values():
            await sessions.kw["bind"].dispose()
        for connection in self._administrators.values():
            await connection.close()


@asynccontextmanager
async def serve(app: FastAPI, platform: Platform, role: str | None = None) -> AsyncIterator[Client]:
    """A client of an application running in this process, with the token of a role."""
    async with LifespanManager(app) as running:
        transport = httpx.ASGITransport(app=running.app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {platform.token(role or 'agency')}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
            yield client


def bearer(token: str) -> Mapping[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def ndjson(lines: Sequence[Mapping[str, Any]]) -> bytes:
    """Lines of JSON, as batch endpoints take them."""
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
