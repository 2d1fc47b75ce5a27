"""The event feed: everything a service has published, to be read at any time from any point.

It heals consumers, rebuilds projections, and is the change feed of systems that have no Kafka.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Row

from shared.db import Sessions
from shared.http import SessionDep, new_router
from shared.messaging import feed_repository
from shared.messaging.envelope import encode
from shared.messaging.feed_page import FeedReply, decode_positions, encode_positions
from shared.messaging.positions import START, Positions

MAX_LIMIT = 1_000
MAX_WAIT_SECONDS = 30
_HEADS_SECONDS = 0.1


class HeadWatch:
    """The heads of the log, asked for at most ten times a second however many readers wait."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lock = asyncio.Lock()
        self._heads: Positions = START
        self._read_at = -_HEADS_SECONDS

    async def heads(self) -> Positions:
        """Heads that are at most a tenth of a second old. No connection is held between calls."""
        async with self._lock:
            if time.monotonic() - self._read_at >= _HEADS_SECONDS:
                async with self._sessions() as session:
                    self._heads = await feed_repository.heads(session)
                self._read_at = time.monotonic()
        return self._heads

    async def wait_for_news(self, after: Positions, seconds: float) -> None:
        """Return when an event follows ``after``, or after ``seconds``."""
        deadline = time.monotonic() + seconds
        while not feed_repository.spans(after, await self.heads()):
            if time.monotonic() >= deadline:
                return
            await asyncio.sleep(_HEADS_SECONDS)


CursorQuery = Annotated[
    str | None, Query(max_length=200, description="上一页返回的 next_cursor；省略则从头开始")
]
LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="每页最多事件数")]
WaitQuery = Annotated[int, Query(ge=0, le=MAX_WAIT_SECONDS, description="没有新事件时最多等待的秒数")]
TypesQuery = Annotated[
    str | None,
    Query(
        max_length=1_000, pattern=r"^[a-z0-9_.]+(,[a-z0-9_.]+)*$", description="只要这些事件类型，逗号分隔"
    ),
]


async def _after(cursor: CursorQuery = None) -> Positions:
    return decode_positions(cursor)


AfterDep = Annotated[Positions, Depends(_after)]


async def _long_poll(request: Request, after: AfterDep, wait: WaitQuery = 0) -> None:
    if wait:
        state = request.app.state
        if not hasattr(state, "head_watch"):
            state.head_watch = HeadWatch(state.sessions)
        await state.head_watch.wait_for_news(after, wait)


def feed_router(service: str) -> APIRouter:
    """``GET /v1/events`` of a service, for holders of the scope ``events:read``."""
    router = new_router("/v1/events", "events", "events:read")

    # The wait comes before SessionDep: no connection is held while waiting.
    @router.get("", response_model=FeedReply, dependencies=[Depends(_long_poll)])
    async def read_events(
        after: AfterDep, session: SessionDep, limit: LimitQuery = 500, types: TypesQuery = None
    ) -> Response:
        """本服务的全部事件，按分区内顺序，只含管辖范围内的；重复读取同一游标结果相同。"""
        heads = await feed_repository.heads(session)
        spans = feed_repository.spans(after, heads)
        names = types.split(",") if types else None
        rows = await feed_repository.page(session, spans, names, limit) if spans else []
        reached = feed_repository.continue_after(after, spans, rows, limit)
        return _reply(service, rows, reached, heads)

    return router


def _reply(service: str, rows: Sequence[Row[Any]], reached: Positions, heads: Positions) -> Response:
    """Written by hand: the payloads are JSON text already, as they were stored."""
    items = ",".join(_encode(service, row) for row in rows)
    caught_up = "false" if feed_repository.spans(reached, heads) else "true"
    body = (
        f'{{"items":[{items}],"next_cursor":"{encode_positions(reached)}",'
        f'"heads":"{encode_positions(heads)}","caught_up":{caught_up}}}'
    )
    return Response(body, media_type="application/json")


def _encode(service: str, row: Row[Any]) -> str:
    return encode(
        id=row.id,
        source=service,
        type=row.type,
        time=row.occurred_at,
        partition_key=row.partition_key,
        partition=row.partition,
        position=row.position,
        division=row.division_code,
        traceparent=row.traceparent,
        data_json=row.data,
    )
