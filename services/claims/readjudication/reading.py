"""Showing proposals: as filed, as a preview, and why each amount is what it is."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.readjudication import filing, repository
from services.claims.readjudication.core import Line
from services.claims.readjudication.filing import Filed
from services.claims.readjudication.schemas import (
    LineReply,
    PayerDifference,
    ReadjudicationHead,
    ReadjudicationReply,
)
from services.claims.settlements.explaining import explain
from services.claims.settlements.repository import Connection
from services.claims.settlements.schemas import ExplanationReply, PolicyRef
from shared.db import raw
from shared.money import Fen
from shared.problems import NOT_FOUND, Problem


async def page(
    session: AsyncSession, state: str | None, after: UUID | None, limit: int
) -> list[ReadjudicationHead]:
    """Proposals in the order in which they were made, without their lines."""
    rows = await repository.page(await raw(session), state, after, limit)
    return [ReadjudicationHead(**_head(row)) for row in rows]


async def get(session: AsyncSession, id_: UUID) -> ReadjudicationReply:
    """One proposal with its lines; a problem when there is none that the caller may see."""
    return await detail(await raw(session), id_)


async def detail(connection: Connection, id_: UUID) -> ReadjudicationReply:
    """The same on a driver's connection."""
    head = await repository.find(connection, id_)
    if head is None:
        raise Problem(NOT_FOUND)
    lines = [_line_reply(id_, row) for row in await repository.lines(connection, id_)]
    return ReadjudicationReply(**_head(head), lines=lines)


async def explanation(session: AsyncSession, id_: UUID, settlement_id: UUID) -> ExplanationReply:
    """Why a settlement would come to what is proposed."""
    connection = await raw(session)
    row = await repository.explained(connection, id_, settlement_id)
    if row is None or row["steps"] is None:
        raise Problem(NOT_FOUND)
    pack, _, version = row["policy_after"].partition("@")
    return await explain(
        connection,
        settlement_id=settlement_id,
        revision=row["revision"] + 1,
        policy=PolicyRef(pack=pack, version=version),
        total_fen=sum(row["after_fen"]) + row["person_after_fen"],
        person_pays_fen=row["person_after_fen"],
        personal_share_bp=row["share_after_bp"],
        steps=json.loads(row["steps"]),
    )


def preview_of(filed: Filed, limit_fen: Fen, now: datetime, subject: str) -> ReadjudicationReply:
    """What would be filed."""
    year = filed.result.year
    return ReadjudicationReply(
        id=None,
        person_id=year.person_id,
        year=year.year,
        state="posted" if filed.posts_itself else "proposed",
        reason=filed.reason,
        automatic=filed.posts_itself,
        flagged=filed.flagged,
        difference=filed.difference_fen,
        limit=limit_fen,
        proposed_at=now,
        proposed_by=subject,
        decided_at=None,
        decided_by=None,
        decision_reason=None,
        lines=[_line_of(line) for line in filed.lines],
    )


def _head(row: asyncpg.Record) -> dict[str, Any]:
    values = dict(row)
    for name in ("division_code", "last_posting_no", "digest"):
        del values[name]
    return {"difference": values.pop("difference_fen"), "limit": values.pop("limit_fen"), **values}


def _line_of(line: Line) -> LineReply:
    before, after = line.before, line.after
    payers, was, will = filing.compared(before, after)
    return LineReply(
        settlement_id=before.id,
        facility_code=before.facility_code,
        visit_no=before.visit_no,
        discharged_on=before.discharged_on,
        revision=before.revision,
        flag=line.flag,
        categories_before=before.categories,
        categories_after=after.categories,
        policy_before=filing.policy_text(before),
        policy_after=filing.policy_text(after),
        payers=_differences(payers, was, will),
        person_before=before.person_pays_fen,
        person_after=after.person_pays_fen,
        person_difference=after.person_pays_fen - before.person_pays_fen,
        explanation=None,
    )


def _line_reply(id_: UUID, row: asyncpg.Record) -> LineReply:
    values = dict(row)
    explained, settlement_id = values.pop("explained"), values["settlement_id"]
    if explained:
        address = f"/v1/readjudications/{id_}/lines/{settlement_id}/explanation"
    else:
        address = f"/v1/settlements/{settlement_id}/revisions/{values['revision'] + 1}/explanation"
    before, after = values.pop("person_before_fen"), values.pop("person_after_fen")
    payers = _differences(values.pop("payers"), values.pop("before_fen"), values.pop("after_fen"))
    return LineReply(
        **values,
        payers=payers,
        person_before=before,
        person_after=after,
        person_difference=after - before,
        explanation=address,
    )


def _differences(payers: list[str], before: list[Fen], after: list[Fen]) -> list[PayerDifference]:
    return [
        PayerDifference(payer=payer, before=was, after=will, difference=will - was)
        for payer, was, will in zip(payers, before, after, strict=True)
    ]
