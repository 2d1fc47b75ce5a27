"""The database: engines, sessions, and the tables that every service carries."""

import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from functools import cache
from itertools import chain
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from shared import logs
from shared.messaging.failures import describe

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Server-side limits: a request that hangs must not hold a lock or a connection for ever.
_SESSION_LIMITS = {
    "statement_timeout": "30000",
    "lock_timeout": "10000",
    "idle_in_transaction_session_timeout": "30000",
    "jit": "off",
    "timezone": "UTC",
}

_PARAMETER = re.compile(r"\$(\d+)")

Sessions = async_sessionmaker[AsyncSession]


def new_metadata() -> MetaData:
    """The metadata of one service, already holding the kit's tables."""
    metadata = MetaData(naming_convention=_NAMES)
    _add_event_tables(metadata)
    _add_consumer_tables(metadata)
    _add_edge_tables(metadata)
    return metadata


def create_engine(url: str, *, pool_size: int, application_name: str) -> AsyncEngine:
    """An engine on asyncpg for a ``postgresql://`` address."""
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_recycle=1800,
        # Otherwise the text of every failed statement quotes the people whom it is about.
        hide_parameters=True,
        connect_args={
            "timeout": 10,
            "server_settings": {**_SESSION_LIMITS, "application_name": application_name},
        },
    )


def create_sessions(engine: AsyncEngine) -> Sessions:
    """Sessions whose objects stay readable after the commit at the edge."""
    return async_sessionmaker(engine, expire_on_commit=False)


async def connect(url: str, application_name: str) -> "asyncpg.Connection[Any]":
    """A connection of one's own, outside the pool, for long-lived work such as the relay.

    The relay touches few rows by key at a time, whatever the statistics of a fast-growing table say.
    """
    return await asyncpg.connect(
        url,
        timeout=10,
        command_timeout=40,
        server_settings={
            **_SESSION_LIMITS,
            "application_name": application_name,
            "enable_seqscan": "off",
            "enable_hashjoin": "off",
            "enable_mergejoin": "off",
            "enable_bitmapscan": "off",
        },
    )


class DirectTransaction:
    """A transaction on the driver's connection alone, for edges where a session costs more than its work."""

    def __init__(self, driver: "asyncpg.Connection[Any]") -> None:
        self.driver = driver
        self.last: list[tuple[str, tuple[object, ...]]] = []
        self.when_committed: list[Callable[[], None]] = []


Transaction: TypeAlias = AsyncSession | DirectTransaction


@asynccontextmanager
async def directly(sessions: Sessions) -> AsyncIterator[DirectTransaction]:
    """A transaction on a connection of the sessions' pool: committed at the end, rolled back on error."""
    engine: AsyncEngine = sessions.kw["bind"]
    pooled = await engine.raw_connection()
    driver: asyncpg.Connection[Any] = pooled.driver_connection  # type: ignore[assignment]  # typed as Any or None
    transaction = DirectTransaction(driver)
    try:
        async with driver.transaction():
            yield transaction
            if transaction.last:
                statements, parameters = zip(*transaction.last, strict=True)
                await driver.execute(_together(statements), *chain.from_iterable(parameters))
    finally:
        if driver.is_closed() or driver.is_in_transaction():
            # Lost, or left in the middle of something: nobody else may get it.
            pooled.invalidate()
        pooled.close()
    for done in transaction.when_committed:
        done()


def when_committed(transaction: Transaction, done: Callable[[], None]) -> None:
    """Call ``done`` after the commit, and not at all without one."""
    if isinstance(transaction, DirectTransaction):
        transaction.when_committed.append(done)
    else:
        event.listen(transaction.sync_session, "after_commit", lambda _session: done(), once=True)


async def write_last(transaction: Transaction, statement: str, *parameters: object) -> None:
    """Run a write that the rest of the transaction does not depend on: those of a direct one go together,
    in one round trip before its commit.

    In no order, so each once in a transaction (ValueError); also when a savepoint is rolled back meanwhile.
    No statement may begin with WITH.
    """
    if isinstance(transaction, DirectTransaction):
        if any(each == statement for each, _ in transaction.last):
            raise ValueError("written last already in this transaction: the order would be lost")
        transaction.last.append((statement, parameters))
    else:
        await (await raw(transaction)).execute(statement, *parameters)


@cache
def _together(statements: tuple[str, ...]) -> str:
    """One statement that does what these do, with their parameters one after another."""
    parts, before = [], 0
    for statement in statements:
        parts.append(_shifted(statement, before))
        before += max((int(number) for number in _PARAMETER.findall(statement)), default=0)
    named = [f"part_{no} AS ({part})" for no, part in enumerate(parts[:-1])]
    return f"WITH {', '.join(named)} {parts[-1]}" if named else parts[-1]


def _shifted(statement: str, by: int) -> str:
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + by}", statement)


async def raw(transaction: Transaction) -> "asyncpg.Connection[Any]":
    """The driver's connection inside the session's own transaction, for COPY and unnest."""
    if isinstance(transaction, DirectTransaction):
        return transaction.driver
    connection = await (await transaction.connection()).get_raw_connection()
    driver: asyncpg.Connection[Any] = connection.driver_connection  # type: ignore[assignment]  # typed as Any or None
    return driver


async def database_answers(sessions: Sessions) -> bool:
    """Whether the database answers a trivial query."""
    try:
        async with sessions() as session:
            await session.execute(text("SELECT 1"))
    except Exception as error:
        logs.get(__name__).warning("database does not answer", error=describe(error))
        return False
    return True


def text_columns(*names: str) -> list[Column[Any]]:
    """Columns of text that is always there."""
    return [Column(name, Text, nullable=False) for name in names]


def _instant(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _add_event_tables(metadata: MetaData) -> None:
    Table(
        "event_log",
        metadata,
        Column("seq", BigInteger, primary_key=True, autoincrement=True),
        Column("id", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("partition_key", Text, nullable=False),
        Column("partition", SmallInteger, nullable=False),
        Column("position", BigInteger),
        Column("division_code", Text, nullable=False),
        _instant("occurred_at"),
        Column("traceparent", Text),
        Column("data", JSON, nullable=False),
        Index("ix_event_log_unsequenced", "seq", postgresql_where="position IS NULL"),
        Index(
            "uq_event_log_partition_position",
            "partition",
            "position",
            unique=True,
            postgresql_where="position IS NOT NULL",
        ),
    )
    Table(
        "relay_position",
        metadata,
        Column("partition", SmallInteger, primary_key=True, autoincrement=False),
        Column("position", BigInteger, nullable=False),
        Column("published_position", BigInteger, nullable=False),
    )


def _add_consumer_tables(metadata: MetaData) -> None:
    Table(
        "consumer_position",
        metadata,
        Column("source", Text, primary_key=True),
        Column("partition", SmallInteger, primary_key=True, autoincrement=False),
        Column("position", BigInteger, nullable=False),
    )
    Table(
        "dead_letters",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("source", Text, nullable=False),
        Column("partition_key", Text, nullable=False),
        Column("partition", SmallInteger, nullable=False),
        Column("position", BigInteger, nullable=False),
        # poisoned: failed five times · parked: waits behind a poisoned event of its key · retrying · resolved
        Column("state", Text, nullable=False),
        Column("envelope", JSONB, nullable=False),
        Column("error", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        _instant("recorded_at"),
        _instant("resolved_at", nullable=True),
        UniqueConstraint("source", "partition", "position"),
        Index(
            "ix_dead_letters_open",
            "source",
            "partition_key",
            "position",
            postgresql_where="state <> 'resolved'",
        ),
    )


def _add_edge_tables(metadata: MetaData) -> None:
    Table(
        "idempotency_keys",
        metadata,
        Column("caller", Text, primary_key=True),
        Column("key", String(128), primary_key=True),
        Column("route", Text, nullable=False),
        Column("request_hash", LargeBinary, nullable=False),
        Column("status", SmallInteger, nullable=False),
        Column("media_type", Text, nullable=False),
        Column("reply", LargeBinary, nullable=False),
        _instant("created_at"),
    )
    Table(
        "audit_log",
        metadata,
        Column("seq", BigInteger, primary_key=True, autoincrement=True),
        _instant("at"),
        Column("subject", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("object", Text, nullable=False),
        Column("details", JSONB, nullable=False),
        Column("trace_id", Text),
    )
    Table(
        "audit_chain",
        metadata,
        Column("no", BigInteger, primary_key=True, autoincrement=False),
        Column("audit_seq", BigInteger, nullable=False, unique=True),
        Column("hash", LargeBinary, nullable=False),
        _instant("chained_at"),
    )


async def set_columns(
    connection: "asyncpg.Connection[Any]",
    table: str,
    columns: Collection[str],
    id_: UUID,
    changes: Mapping[str, Any],
) -> None:
    """Set columns of a row that the caller has locked; ``ValueError`` for any but ``columns``."""
    if not changes.keys() <= set(columns):
        raise ValueError(f"no such columns: {sorted(changes)}")
    assignments = ", ".join(f"{name} = ${no}" for no, name in enumerate(changes, 2))
    await connection.execute(f"UPDATE {table} SET {assignments} WHERE id = $1", id_, *changes.values())
