"""The Idempotency-Key of writes that move money or vouchers.

The key, a hash of the request and the reply are stored in the transaction of the effect, so a key exists
exactly when its effect does. A refusal stores nothing: the key stays free for the corrected request.
"""

import hashlib
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import problems
from shared.http import CallerDep, NowDep, SessionDep
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
KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="本次操作的唯一编号，重试时不变；保存 180 天以上",
    ),
]


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
        name = f"{self.caller}\0{self.key}"
        # The lock is its own statement: the look-up after it sees whatever its last holder committed.
        if not await self.session.scalar(_LOCK, {"name": name.replace("\0", " ")}):
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


async def _once(
    request: Request, session: SessionDep, caller: CallerDep, now: NowDep, key: KeyHeader = None
) -> Once:
    if key is None:
        raise Problem(problems.KEY_MISSING, pointer="/header/Idempotency-Key")
    digest = hashlib.sha256(request.url.path.encode() + b"?" + request.scope["query_string"] + b"\n")
    digest.update(await request.body())
    return Once(session, caller.subject, key, request.url.path, digest.digest(), now)


OnceDep = Annotated[Once, Depends(_once)]
