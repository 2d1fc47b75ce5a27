"""The Idempotency-Key of writes that move money or vouchers.

The key, a hash of the request and the reply are stored in the transaction of the effect, so a key exists
exactly when its effect does. A refusal stores nothing: the key stays free for the corrected request.
"""

import hashlib
import re
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import problems
from shared.auth import Caller
from shared.db import Transaction, raw, write_last
from shared.http import NowDep, SessionDep
from shared.problems import Problem

_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
_FIND = text(
    "SELECT request_hash, status, media_type, reply FROM idempotency_keys"
    " WHERE caller = :caller AND key = :key"
)
_STORE = text(
    "INSERT INTO idempotency_keys (caller, key, route, request_hash, status, media_type, reply, created_at)"
    " VALUES (:caller, :key, :route, :request_hash, :status, :media_type, :reply, :created_at)"
)
_SHORTEST_KEY, _LONGEST_KEY = 8, 128
_KEY = re.compile(rf"[\x21-\x7e]{{{_SHORTEST_KEY},{_LONGEST_KEY}}}")
KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=_SHORTEST_KEY,
        max_length=_LONGEST_KEY,
        pattern=r"^[\x21-\x7e]+$",
        description="本次操作的唯一编号，重试时不变；保存 180 天以上",
    ),
]


def is_key(text: str) -> bool:
    """Whether ``KeyHeader`` accepts a text."""
    return _KEY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Keyed:
    """The key of one request, and what it stands for."""

    caller: str
    key: str
    route: str
    request_hash: bytes

    @property
    def lock_name(self) -> str:
        """What is locked while the request runs."""
        return f"{self.caller} {self.key}"


@dataclass(frozen=True, slots=True)
class KeptReply:
    """A reply as it is stored with its key."""

    status: int
    media_type: str
    content: bytes

    def response(self, *, hit: bool) -> Response:
        """The reply to be sent."""
        return _response(self.content, self.status, self.media_type, hit=hit)


_LOCK_ALL = """
SELECT pg_try_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest($1::text[]) AS name
"""
# "LATERAL … LIMIT" is always a look-up by key: a join planned while the table is small reads all of it later.
_FIND_ALL = """
SELECT found.*
FROM unnest($1::text[], $2::text[]) AS asked (caller, key) CROSS JOIN LATERAL (
  SELECT caller, key, request_hash, status, media_type, reply FROM idempotency_keys
  WHERE idempotency_keys.caller = asked.caller AND idempotency_keys.key = asked.key LIMIT 1
) AS found
"""
_STORE_ALL = """
INSERT INTO idempotency_keys (caller, key, route, request_hash, status, media_type, reply, created_at)
SELECT caller, key, route, request_hash, status, media_type, reply, $8::timestamptz
FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::smallint[], $6::text[], $7::bytea[])
  AS new (caller, key, route, request_hash, status, media_type, reply)
"""


async def take_together(transaction: Transaction, asked: Sequence[Keyed]) -> list[KeptReply | Problem | None]:
    """For several requests in one transaction, each as by ``Once``: the reply of an earlier run, a refusal,
    or ``None`` when it is to run now, with its key locked until the transaction ends.
    """
    connection = await raw(transaction)
    locked = [row[0] for row in await connection.fetch(_LOCK_ALL, [each.lock_name for each in asked])]
    callers, keys = [each.caller for each in asked], [each.key for each in asked]
    found = {(row["caller"], row["key"]): row for row in await connection.fetch(_FIND_ALL, callers, keys)}
    taken: set[tuple[str, str]] = set()
    results: list[KeptReply | Problem | None] = []
    for each, free in zip(asked, locked, strict=True):
        name = (each.caller, each.key)
        if not free or name in taken:
            results.append(Problem(problems.KEY_RUNNING, headers={"Retry-After": "1"}))
        elif name not in found:
            results.append(None)
        elif found[name]["request_hash"] != each.request_hash:
            results.append(Problem(problems.KEY_REUSED, pointer="/header/Idempotency-Key"))
        else:
            row = found[name]
            results.append(KeptReply(row["status"], row["media_type"], zlib.decompress(row["reply"])))
        taken.add(name)
    return results


async def store_together(
    transaction: Transaction, replies: Sequence[tuple[Keyed, KeptReply]], now: datetime
) -> None:
    """Keep the replies of requests that ran, in the transaction of their effects."""
    rows = [
        (
            keyed.caller,
            keyed.key,
            keyed.route,
            keyed.request_hash,
            reply.status,
            reply.media_type,
            zlib.compress(reply.content, 1),
        )
        for keyed, reply in replies
    ]
    if rows:
        await write_last(transaction, _STORE_ALL, *zip(*rows, strict=True), now)


@dataclass(frozen=True, slots=True)
class Once:
    """Runs the work of one request at most once for its caller and key."""

    session: AsyncSession
    caller: str
    key: str
    route: str
    request_hash: bytes
    now: datetime

    async def reply(self, work: Callable[[], Awaitable[BaseModel | str]], *, status: int = 201) -> Response:
        """Do the work and store its reply, or give the stored reply of an earlier run.

        Same key and other content is refused with 422, a run still going on with 409.
        """
        keyed = Keyed(self.caller, self.key, self.route, self.request_hash)
        # The lock is its own statement: the look-up after it sees whatever its last holder committed.
        if not await self.session.scalar(_LOCK, {"name": keyed.lock_name}):
            raise Problem(problems.KEY_RUNNING, headers={"Retry-After": "1"})
        found = (await self.session.execute(_FIND, {"caller": self.caller, "key": self.key})).one_or_none()
        if found:
            if bytes(found.request_hash) != self.request_hash:
                raise Problem(problems.KEY_REUSED, pointer="/header/Idempotency-Key")
            stored = zlib.decompress(found.reply)
            return _response(stored, found.status, found.media_type, hit=True)
        result = await work()
        content, media_type = _content(result)
        await self.session.execute(_STORE, self._row(status, media_type, content))
        return _response(content, status, media_type, hit=False)

    def _row(self, status: int, media_type: str, content: bytes) -> dict[str, Any]:
        return {
            "caller": self.caller,
            "key": self.key,
            "route": self.route,
            "request_hash": self.request_hash,
            "status": status,
            "media_type": media_type,
            "reply": zlib.compress(content, 1),
            "created_at": self.now,
        }


def _content(result: BaseModel | str) -> tuple[bytes, str]:
    if isinstance(result, str):
        return result.encode(), "application/x-ndjson"
    return result.model_dump_json().encode(), "application/json"


def _response(content: bytes, status: int, media_type: str, *, hit: bool) -> Response:
    headers = {"Idempotency-Hit": "true"} if hit else {}
    return Response(content, status_code=status, media_type=media_type, headers=headers)


async def keyed_request(request: Request, key: str | None) -> Keyed:
    """The key of a request with a digest of its address and body; a missing key is refused."""
    if key is None:
        raise Problem(problems.KEY_MISSING, pointer="/header/Idempotency-Key")
    caller: Caller = request.state.caller
    path: str = request.scope["path"]
    digest = hashlib.sha256(path.encode() + b"?" + request.scope["query_string"] + b"\n")
    digest.update(await request.body())
    return Keyed(caller.subject, key, path, digest.digest())


async def _once(request: Request, session: SessionDep, now: NowDep, key: KeyHeader = None) -> Once:
    keyed = await keyed_request(request, key)
    return Once(session, keyed.caller, keyed.key, keyed.route, keyed.request_hash, now)


OnceDep = Annotated[Once, Depends(_once)]
