"""What every service's migrations share: the environment, the kit's tables, protection by row-level security.

The functions named ``..._v1`` are part of migrations that have run: they are never edited, only followed
by a ``_v2``.
"""

import asyncio
import os

from alembic import context, op
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.messaging import PARTITIONS

_MIGRATION_LOCK = 0x6B616E67

_IN_JURISDICTION = "{column} ^@ ANY ((SELECT NULLIF(current_setting('app.jurisdiction', true), ''))::text[])"
_AT_OWN_FACILITY = (
    "COALESCE({column} = ANY ((SELECT NULLIF(current_setting('app.facility', true), ''))::text[]), true)"
)


def run_env(metadata: MetaData) -> None:
    """Run one service's migrations as its owner role; a second runner waits for the first."""
    asyncio.run(_connect_and_run(metadata))


async def _connect_and_run(metadata: MetaData) -> None:
    url = os.environ["KANGFU_OWNER_DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run, metadata)
        await connection.commit()
    await engine.dispose()


def _run(connection: Connection, metadata: MetaData) -> None:
    # A waiting ALTER queues every later query behind it, so the wait for a lock is short.
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text(f"SELECT pg_advisory_lock({_MIGRATION_LOCK})"))
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        compare_type=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def protect(table: str, service: str, column: str = "division_code", facility: str | None = None) -> None:
    """Force row-level security: the API sees what its caller may see, the worker all."""
    visible = _IN_JURISDICTION.format(column=column)
    if facility:
        visible = f"{visible} AND {_AT_OWN_FACILITY.format(column=facility)}"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY jurisdiction ON {table} TO {service}_api USING ({visible})")
    op.execute(f"CREATE POLICY worker ON {table} TO {service}_worker USING (true) WITH CHECK (true)")


def grant(table: str, service: str, *, api: str = "", worker: str = "") -> None:
    """Give the API and the worker role the rights named on a table, and no others."""
    if api:
        op.execute(f"GRANT {api} ON {table} TO {service}_api")
    if worker:
        op.execute(f"GRANT {worker} ON {table} TO {service}_worker")


def append_only(table: str) -> None:
    """Refuse every change of a written row, also to the owner of the table."""
    for event in ("UPDATE OR DELETE", "TRUNCATE"):
        level = "STATEMENT" if event == "TRUNCATE" else "ROW"
        name = "no_truncate" if event == "TRUNCATE" else "append_only"
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table}"
            f" FOR EACH {level} EXECUTE FUNCTION refuse_change()"
        )


def create_kit_v1(service: str) -> None:
    """Create the tables of the kit: event log, relay, consumer, dead letters, idempotency, audit."""
    for statement in _KIT_V1.split(";\n\n"):
        op.execute(statement)
    op.execute(
        "INSERT INTO relay_position (partition, position, published_position)"
        f" SELECT partition, 0, 0 FROM generate_series(0, {PARTITIONS - 1}) AS partition"
    )
    for table, api, worker in _KIT_V1_RIGHTS:
        grant(table, service, api=api, worker=worker)
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {service}_api, {service}_worker")
    append_only("audit_log")
    append_only("audit_chain")
    protect("event_log", service)
    op.execute(f"CREATE POLICY append ON event_log FOR INSERT TO {service}_api WITH CHECK (true)")


def lighter_event_log_v2() -> None:
    """Keep payloads of events as the text that was appended, and four entries of indexes for each, not eight.

    As ``jsonb`` each payload was taken apart when written and put together when read, and is never searched.
    Every event is written twice, the second time with its position, so an index costs twice: none for ids,
    which are random enough, and none for a position that is not there yet.
    """
    op.execute("ALTER TABLE event_log ALTER COLUMN data TYPE json USING data::text::json")
    op.execute("ALTER TABLE event_log DROP CONSTRAINT uq_event_log_id")
    op.execute("ALTER TABLE event_log DROP CONSTRAINT uq_event_log_partition_position")
    op.execute(
        "CREATE UNIQUE INDEX uq_event_log_partition_position ON event_log (partition, position)"
        " WHERE position IS NOT NULL"
    )


_KIT_V1_RIGHTS = [
    ("event_log", "SELECT, INSERT", "SELECT, INSERT, UPDATE (position)"),
    ("relay_position", "SELECT", "SELECT, UPDATE"),
    ("consumer_position", "SELECT", "SELECT, INSERT, UPDATE"),
    ("dead_letters", "SELECT, UPDATE", "SELECT, INSERT, UPDATE"),
    ("idempotency_keys", "SELECT, INSERT", "SELECT, DELETE"),
    ("audit_log", "INSERT", "SELECT, INSERT"),
    ("audit_chain", "", "SELECT, INSERT"),
]

_KIT_V1 = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE event_log (
  seq bigserial CONSTRAINT pk_event_log PRIMARY KEY,
  id uuid NOT NULL CONSTRAINT uq_event_log_id UNIQUE,
  type text NOT NULL,
  partition_key text NOT NULL,
  partition smallint NOT NULL,
  position bigint,
  division_code text NOT NULL,
  occurred_at timestamptz NOT NULL,
  traceparent text,
  data jsonb NOT NULL,
  CONSTRAINT uq_event_log_partition_position UNIQUE (partition, position)
);

CREATE INDEX ix_event_log_unsequenced ON event_log (seq) WHERE position IS NULL;

CREATE TABLE relay_position (
  partition smallint CONSTRAINT pk_relay_position PRIMARY KEY,
  position bigint NOT NULL,
  published_position bigint NOT NULL
);

CREATE TABLE consumer_position (
  source text NOT NULL,
  partition smallint NOT NULL,
  position bigint NOT NULL,
  CONSTRAINT pk_consumer_position PRIMARY KEY (source, partition)
);

CREATE TABLE dead_letters (
  id uuid CONSTRAINT pk_dead_letters PRIMARY KEY,
  source text NOT NULL,
  partition_key text NOT NULL,
  partition smallint NOT NULL,
  position bigint NOT NULL,
  state text NOT NULL,
  envelope jsonb NOT NULL,
  error text NOT NULL,
  attempts integer NOT NULL,
  recorded_at timestamptz NOT NULL,
  resolved_at timestamptz,
  CONSTRAINT uq_dead_letters_source_partition_position UNIQUE (source, partition, position)
);

CREATE INDEX ix_dead_letters_open ON dead_letters (source, partition_key, position)
  WHERE state <> 'resolved';

CREATE TABLE idempotency_keys (
  caller text NOT NULL,
  key varchar(128) NOT NULL,
  route text NOT NULL,
  request_hash bytea NOT NULL,
  status smallint NOT NULL,
  media_type text NOT NULL,
  reply bytea NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (caller, key)
);

CREATE TABLE audit_log (
  seq bigserial CONSTRAINT pk_audit_log PRIMARY KEY,
  at timestamptz NOT NULL,
  subject text NOT NULL,
  action text NOT NULL,
  object text NOT NULL,
  details jsonb NOT NULL,
  trace_id text
);

CREATE TABLE audit_chain (
  no bigint CONSTRAINT pk_audit_chain PRIMARY KEY,
  audit_seq bigint NOT NULL CONSTRAINT uq_audit_chain_audit_seq UNIQUE,
  hash bytea NOT NULL,
  chained_at timestamptz NOT NULL
)
"""
