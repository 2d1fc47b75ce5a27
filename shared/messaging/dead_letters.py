"""The API over dead letters: what could not be applied, why, and trying again after the cause is fixed."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import Row

from shared.fields import Reply
from shared.http import SessionDep, new_router, note
from shared.messaging import dead_letter_log
from shared.messaging.envelope import Envelope
from shared.paging import CursorQuery, LimitQuery, Page, decode_cursor, encode_cursor
from shared.problems import NOT_FOUND, Problem, ProblemSpec

NOT_FIRST = ProblemSpec(
    "dead_letters.not_first",
    409,
    zh="该事件在等待同一主键更早的事件，请先重试最早的一条",
    en="This event waits behind an earlier one of its key; retry the first one",
)
ALREADY_RESOLVED = ProblemSpec(
    "dead_letters.already_resolved",
    409,
    zh="该事件已处理完毕，无需重试",
    en="This event is resolved; there is nothing to retry",
)

State = Literal["poisoned", "parked", "retrying", "resolved"]
StateQuery = Annotated[State | None, Query(description="只列出此状态；省略则列出全部未解决的")]


class DeadLetterReply(Reply):
    """One event put aside. ``error`` names the failure without quoting payload values."""

    id: UUID
    source: str
    partition_key: str
    partition: int
    position: int
    type: str
    state: State
    error: str
    attempts: int
    recorded_at: datetime
    resolved_at: datetime | None
    envelope: Envelope


router: APIRouter = new_router("/v1/dead-letters", "dead letters", "admin")


@router.get("")
async def list_dead_letters(
    session: SessionDep, state: StateQuery = None, limit: LimitQuery = 50, cursor: CursorQuery = None
) -> Page[DeadLetterReply]:
    """未能处理的事件，按记录先后；默认不含已解决的。"""
    after = decode_cursor(cursor, UUID)[0] if cursor else None
    rows = await dead_letter_log.listing(session, state, after, limit + 1)
    items = [_reply(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=encode_cursor(items[-1].id) if len(rows) > limit else None)


@router.get("/{letter_id:uuid}")
async def read_dead_letter(letter_id: UUID, session: SessionDep) -> DeadLetterReply:
    """一条未能处理的事件。"""
    return _reply(await _find(session, letter_id))


@router.post("/{letter_id:uuid}:retry", status_code=202)
async def retry_dead_letter(letter_id: UUID, session: SessionDep, request: Request) -> DeadLetterReply:
    """请求重新处理；由消费进程执行，随后依次处理排在其后的同一主键的事件。"""
    row = await _find(session, letter_id)
    if row.state == dead_letter_log.PARKED:
        raise Problem(NOT_FIRST)
    if row.state == dead_letter_log.RESOLVED:
        raise Problem(ALREADY_RESOLVED)
    await dead_letter_log.ask(session, letter_id)
    note(request, source=row.source, position=row.position)
    return _reply(await _find(session, letter_id))


async def _find(session: SessionDep, letter_id: UUID) -> Row[Any]:
    row = await dead_letter_log.find(session, letter_id)
    if row is None:
        raise Problem(NOT_FOUND)
    return row


def _reply(row: Row[Any]) -> DeadLetterReply:
    envelope = Envelope.from_bytes(row.envelope.encode())
    values = {name: value for name, value in row._mapping.items() if name != "envelope"}
    return DeadLetterReply(**values, type=envelope.type, envelope=envelope)
