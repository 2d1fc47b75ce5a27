"""A service's database and its three roles, before any migration. Every step may run again."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import asyncpg

ROLES = ("owner", "api", "worker")
_SCRAM_ROUNDS = 4096

_Connection: TypeAlias = "asyncpg.Connection[Any]"


async def bootstrap(admin_dsn: str, service: str, passwords: Mapping[str, str]) -> None:
    """Create `<service>_owner`, `_api` and `_worker`, the database `<service>`, and who may connect to it.

    Idempotent: passwords are set anew, everything else is left as found. No role is a superuser or
    bypasses row-level security; only the owner may create tables. `passwords` is keyed by role.
    """
    admin: _Connection = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        # Two bootstraps at once would meet in CREATE ROLE; the second waits.
        await admin.execute("SELECT pg_advisory_lock(hashtextextended('kangfu.bootstrap', 0))")
        for role in ROLES:
            await _ensure_role(admin, f"{service}_{role}", passwords[role])
        await _ensure_database(admin, service)
    finally:
        await admin.close(timeout=5)
    await _close_schema(_with_database(admin_dsn, service), service)


async def _ensure_role(admin: _Connection, role: str, password: str) -> None:
    with suppress(asyncpg.DuplicateObjectError):
        await _run(admin, "CREATE ROLE %I", role)
    await _run(
        admin,
        "ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L",
        role,
        scram_verifier(password),
    )


async def _ensure_database(admin: _Connection, service: str) -> None:
    owner = f"{service}_owner"
    if not await admin.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        # A managed server's administrator is no superuser and must be a member to give the database away.
        await _run(admin, "GRANT %I TO CURRENT_USER", owner)
    with suppress(asyncpg.DuplicateDatabaseError):
        await _run(admin, "CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING 'UTF8'", service, owner)
    await _run(admin, "REVOKE ALL ON DATABASE %I FROM PUBLIC", service)
    await _run(
        admin, "GRANT CONNECT ON DATABASE %I TO %I, %I", service, f"{service}_api", f"{service}_worker"
    )


async def _close_schema(dsn: str, service: str) -> None:
    connection: _Connection = await asyncpg.connect(dsn, timeout=10)
    try:
        await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await _run(
            connection, "GRANT USAGE ON SCHEMA public TO %I, %I", f"{service}_api", f"{service}_worker"
        )
    finally:
        await connection.close(timeout=5)


async def _run(connection: _Connection, template: str, *arguments: str) -> None:
    """Run a statement that takes no parameters, its names and literals quoted by the server itself."""
    slots = ", ".join(f"${n}::text" for n in range(2, len(arguments) + 2))
    await connection.execute(await connection.fetchval(f"SELECT format($1, {slots})", template, *arguments))


def scram_verifier(password: str) -> str:
    """What PostgreSQL stores for a password (RFC 5803), so that the password itself is never in its log."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${_SCRAM_ROUNDS}:{parts[0]}${parts[1]}:{parts[2]}"


def _with_database(dsn: str, database: str) -> str:
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))
