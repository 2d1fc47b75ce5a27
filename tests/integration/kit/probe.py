"""A small service feature over the kit's own tables: what the edge promises is tested through it."""

import asyncio
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import text

from shared.db import directly
from shared.fields import Body, Rate, Reply, ShortText, Yuan, YuanOut
from shared.http import SessionDep, new_router
from shared.idempotency import OnceDep
from shared.ids import new_id
from shared.problems import Problem, ProblemSpec

REFUSED = ProblemSpec("probe.refused", 409, zh="不行：{reason}", en="refused: {reason}")

router = new_router("/v1/probe", "probe", "claims:read")

INSERT = text(
    "INSERT INTO event_log (id, type, partition_key, partition, division_code, occurred_at, data)"
    " VALUES (:id, 'probe', :key, 0, :division, now(), '{}')"
)
DRIVEN_INSERT = (
    "INSERT INTO event_log (id, type, partition_key, partition, division_code, occurred_at, data)"
    " VALUES ($1, 'probe', 'lost', 0, '990101', now(), '{}')"
)


class Entry(Body):
    """Something to write."""

    name: ShortText
    amount: Yuan
    rate: Rate = 0
    on: date = date(2026, 1, 1)
    division: str = "990101"


class Written(Reply):
    """What was written."""

    id: UUID
    amount: YuanOut


@router.post("/entries", status_code=201)
async def write(body: Entry, session: SessionDep) -> Written:
    """Write one row."""
    entry_id = new_id()
    await session.execute(INSERT, {"id": entry_id, "key": body.name, "division": body.division})
    if body.name == "refuse":
        raise Problem(REFUSED, reason="test", pointer="/name")
    if body.name == "break":
        raise RuntimeError("99010119800101001X must not be logged")
    return Written(id=entry_id, amount=body.amount)


@router.post("/once", status_code=201)
async def write_once(body: Entry, session: SessionDep, once: OnceDep) -> Response:
    """Write one row at most once."""

    async def work() -> BaseModel:
        if body.name == "slow":
            await asyncio.sleep(0.5)
        return await write(body, session)

    return await once.reply(work)


@router.post("/fails-at-commit", status_code=201)
async def fails_at_commit(session: SessionDep) -> Reply:
    """A deferred constraint fails only at commit."""
    await session.execute(
        text("CREATE TEMP TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
    )
    await session.execute(text("INSERT INTO t VALUES (1), (1)"))
    return Reply()


@router.post("/loses-its-connection", status_code=201)
async def loses_its_connection(request: Request, session: SessionDep) -> Reply:
    """The database ends the connection between the last statement and the commit."""
    await session.execute(INSERT, {"id": new_id(), "key": "lost", "division": "990101"})
    backend = await session.scalar(text("SELECT pg_backend_pid()"))
    async with request.app.state.sessions() as other:
        await other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})
    return Reply()


_END_MYSELF = "SELECT pg_terminate_backend(pg_backend_pid())"
_END_MYSELF_AT_COMMIT = (
    "CREATE TEMP TABLE lost (n int) ON COMMIT DROP",
    "CREATE FUNCTION pg_temp.end_myself() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$",
    "CREATE CONSTRAINT TRIGGER end_myself AFTER INSERT ON lost DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION pg_temp.end_myself()",
    "INSERT INTO lost VALUES (1)",
)
LOSSES = {"in a statement": (_END_MYSELF,), "at the commit": _END_MYSELF_AT_COMMIT}


@router.post("/loses-the-session", status_code=201)
async def loses_the_session(session: SessionDep, when: str = "") -> Reply:
    """The database ends the connection of a session."""
    await session.execute(INSERT, {"id": new_id(), "key": "lost", "division": "990101"})
    for statement in LOSSES.get(when, ()):
        await session.execute(text(statement))
    return Reply()


@router.post("/loses-the-driver", status_code=201)
async def loses_the_driver(request: Request, when: str = "") -> Reply:
    """The database ends the connection of a transaction that has no session."""
    async with directly(request.app.state.sessions) as transaction:
        await transaction.driver.execute(DRIVEN_INSERT, new_id())
        for statement in LOSSES.get(when, ()):
            await transaction.driver.execute(statement)
    return Reply()


@router.get("/entries")
async def names(session: SessionDep, limit: Annotated[int, Query(ge=1, le=10)] = 10) -> list[str]:
    """What the caller may see."""
    rows = await session.execute(
        text("SELECT partition_key FROM event_log ORDER BY seq LIMIT :n"), {"n": limit}
    )
    return [row.partition_key for row in rows]
