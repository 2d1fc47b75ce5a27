"""What a service has made of other services' events, against a copy made from the first event on."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from deploy.local import services
from deploy.local.system import LocalSystem
from shared.clock import SystemClock
from shared.db import create_engine, create_sessions
from shared.messaging.delivery import BATCH_LIMIT, Handlers, deliver
from shared.messaging.feed_client import FeedClient
from shared.messaging.positions import START
from tests.faults.checks.lag import SOURCES
from tests.faults.checks.properties import Connection

# What events alone decide. Ids that the database counts up by itself are left out.
PROJECTIONS: Mapping[str, Mapping[str, str]] = {
    "claims": {
        "insured_persons": "SELECT * FROM insured_persons ORDER BY person_id",
        "financing_plans": "SELECT * FROM financing_plans ORDER BY plan_id",
        "financing transfers": """
            SELECT booked_at, county_code, year, kind, debit_account, credit_account, amount_fen, reference
            FROM transfers WHERE reference LIKE 'financing_plan/%'
            ORDER BY reference, debit_account, credit_account
        """,
    },
    "screening": {"participants": "SELECT * FROM participants ORDER BY person_id"},
}


class Replay:
    """Empty copies of the schemas, made once, in which the feeds are replayed from zero again and again."""

    def __init__(self, system: LocalSystem) -> None:
        self._system = system
        self._copies: dict[str, str] = {}

    async def differences(self, connections: Mapping[str, Connection]) -> list[str]:
        """Projections that differ from a replay of everything."""
        found = []
        for service, projections in PROJECTIONS.items():
            async with self._replayed(service) as copy:
                for name, query in projections.items():
                    here, there = await _digest(connections[service], query), await _digest(copy, query)
                    if here != there:
                        found.append(f"{service}: {name} is {here}, a replay from zero gives {there}")
        return found

    @asynccontextmanager
    async def _replayed(self, service: str) -> AsyncIterator[Connection]:
        if service not in self._copies:
            self._copies[service] = await _empty_copy(self._system, service)
        name = self._copies[service]
        copy: Connection = await asyncpg.connect(_at(self._system.config.admin_dsn, name))
        try:
            await copy.execute(_EMPTY)
            await _replay(self._system, service, _at(self._system.config.dsn(service, "worker"), name))
            yield copy
        finally:
            await copy.close()


# Triggers keep append-only tables from being emptied; a replica does not run them.
_EMPTY = """
SET session_replication_role = replica;
DO $$ BEGIN
  EXECUTE (SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM pg_tables
           WHERE schemaname = 'public' AND tablename <> 'alembic_version');
END $$
"""


async def _digest(connection: Connection, query: str) -> str:
    """Number of rows and a hash of all of them in their order."""
    row = await connection.fetchrow(
        f"SELECT count(*) AS n, md5(string_agg(each::text, '|' ORDER BY no)) AS hash"
        f" FROM (SELECT row_number() OVER () AS no, row.*::text AS each FROM ({query}) AS row) AS numbered"
    )
    assert row is not None
    return f"{row['n']} rows {row['hash']}"


async def _empty_copy(system: LocalSystem, service: str) -> str:
    name = f"{service}_replay"
    admin: Connection = await asyncpg.connect(system.config.admin_dsn)
    try:
        await admin.execute(
            f"CREATE DATABASE {name} OWNER {service}_owner TEMPLATE template0 ENCODING 'UTF8'"
        )
    finally:
        await admin.close()
    await _migrate(system, service, name)
    return name


async def _migrate(system: LocalSystem, service: str, database: str) -> None:
    connection: Connection = await asyncpg.connect(_at(system.config.admin_dsn, database))
    await connection.execute(f"GRANT USAGE ON SCHEMA public TO {service}_api, {service}_worker")
    await connection.close()
    environment = dict(system.config.environment(service))
    environment["KANGFU_OWNER_DATABASE_URL"] = _at(environment["KANGFU_OWNER_DATABASE_URL"], database)
    services.migrate(system.run, {service: environment})


async def _replay(system: LocalSystem, service: str, dsn: str) -> None:
    handlers: Handlers = import_module(f"services.{service}.handlers").HANDLERS
    engine = create_engine(dsn, pool_size=2, application_name="replay")
    urls = {source: system.config.url(f"{source}-api") for source in SOURCES[service]}
    feed = FeedClient(urls, system.config.feed_token_file)
    try:
        for source in SOURCES[service]:
            await _replay_source(feed, source, create_sessions(engine), handlers)
    finally:
        await feed.close()
        await engine.dispose()


async def _replay_source(feed: FeedClient, source: str, sessions: Any, handlers: Handlers) -> None:
    reached = START
    while True:
        page = await feed.fetch(source, reached, BATCH_LIMIT)
        if not page.envelopes:
            return
        delivery = await deliver(sessions, source, page.envelopes, handlers, SystemClock())
        assert delivery.applied == len(page.envelopes), "the feed has gaps"
        reached = page.reached


def _at(dsn: str, database: str) -> str:
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))
