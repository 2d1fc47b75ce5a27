"""Many visits in one request: NDJSON in, NDJSON out, one result per line."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.problems import EMPTY_BATCH, TOO_MANY_LINES
from services.claims.settlements.quick_reading import quick
from services.claims.settlements.record import Settlement, reply_json
from services.claims.settlements.schemas import SettlementRequest
from services.claims.settlements.settle import Desk, Done, Said, Submission, settle_many
from shared import strict_json
from shared.auth import Caller
from shared.http import enter, note
from shared.problems import MALFORMED_JSON, Problem, render
from shared.refusals import invalid, language_of

MAX_LINES: Final = 2_000
CREATED, EXISTING = 201, 200

LINE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["line", "status"],
    "properties": {
        "line": {"type": "integer", "description": "从 1 起的行号（空行不计结果，但计行号）"},
        "status": {"type": "integer", "description": "201 新结算，200 已有相同结算，4xx 拒绝"},
        "settlement": {"type": "object"},
        "problem": {"type": "object"},
    },
}


async def settle_lines(
    request: Request, session: AsyncSession, desk: Desk, now: datetime, caller: Caller
) -> str:
    """Settle the lines of a body; the reply's lines, in the same order."""
    parsed = read_lines(await request.body())
    readable = {no: line for no, line in parsed.items() if not isinstance(line, Problem)}
    await enter(session, caller, by_key=True)
    submissions = [Submission(caller, line) for line in readable.values()]
    replies: dict[UUID, str] = {}

    def reply(settlement: Settlement) -> None:
        replies[settlement.id] = reply_json(settlement)

    outcomes = await settle_many(session, desk, now, submissions, meanwhile=reply)
    results: dict[int, Done | Problem] = {
        **{no: line for no, line in parsed.items() if isinstance(line, Problem)},
        **dict(zip(readable, outcomes, strict=True)),
    }
    created = sum(isinstance(result, Done) and result.created for result in results.values())
    note(request, lines=len(results), created=created)
    language = language_of(request)
    return "".join(_result_line(no, results[no], replies, language) for no in parsed)


def read_lines(body: bytes) -> dict[int, Said | Problem]:
    """The requests in a body by line number, from 1; a line that cannot be read is a problem of its own."""
    lines = {no: line for no, line in enumerate(body.splitlines(), 1) if line.strip()}
    if len(lines) > MAX_LINES:
        raise Problem(TOO_MANY_LINES, limit=MAX_LINES)
    if not lines:
        raise Problem(EMPTY_BATCH)
    return {no: quick(line) or _read_line(line) for no, line in lines.items()}


def _read_line(line: bytes) -> SettlementRequest | Problem:
    try:
        return SettlementRequest.model_validate(strict_json.loads(line))
    except strict_json.BadJson as error:
        return Problem(MALFORMED_JSON, reason_zh=error.zh, reason_en=error.en)
    except ValidationError as error:
        return invalid(error.errors(include_url=False, include_input=False))


def _result_line(no: int, result: Done | Problem, replies: Mapping[UUID, str], language: str) -> str:
    if isinstance(result, Problem):
        problem = json.dumps(render(result, language), ensure_ascii=False)
        return f'{{"line":{no},"status":{result.spec.status},"problem":{problem}}}\n'
    status = CREATED if result.created else EXISTING
    settlement = replies.get(result.settlement.id) or reply_json(result.settlement)
    return f'{{"line":{no},"status":{status},"settlement":{settlement}}}\n'
