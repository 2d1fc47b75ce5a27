"""Proposing, posting, approving and rejecting what a year comes to with the facts now known."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.audit import recounting
from services.claims.readjudication import due, due_repository, filing, loading_repository, repository
from services.claims.readjudication.core import digest_of
from services.claims.readjudication.due_repository import DueRow
from services.claims.readjudication.filing import Filed
from services.claims.readjudication.loading import worked_out
from services.claims.readjudication.problems import (
    FILTER_IS_PREVIEW,
    READJUDICATION_DECIDED,
    READJUDICATION_STALE,
    SAME_SUBJECT,
)
from services.claims.readjudication.reading import detail, preview_of
from services.claims.readjudication.schemas import (
    DueReply,
    DueRequest,
    ProposeReply,
    ProposeRequest,
    ReadjudicationReply,
)
from services.claims.settlements.correcting import post_corrections
from services.claims.settlements.repository import Connection
from services.claims.settlements.settle import Desk
from shared.auth import Caller
from shared.db import raw
from shared.ids import new_id
from shared.money import Fen
from shared.problems import NOT_FOUND, Problem

PREVIEW = "preview"


class StaleProposal(Exception):
    """What was proposed is outdated. It is marked so and its year is due again: the edge commits that."""

    def __init__(self) -> None:
        super().__init__(READJUDICATION_STALE.code)
        self.problem = Problem(READJUDICATION_STALE)


async def make_due(session: AsyncSession, now: datetime, asked: DueRequest) -> DueReply:
    """Let a county's whole year be worked out anew, say to see that nothing is left to adjust."""
    reason = f"{due.REQUEST}:{asked.reason}"
    connection = await raw(session)
    added = await due_repository.add_county(connection, asked.county, asked.year, reason, now)
    return DueReply(due=added)


async def propose(
    session: AsyncSession, desk: Desk, now: datetime, caller: Caller, asked: ProposeRequest, limit_fen: Fen
) -> ProposeReply:
    """Work out anew the years of whoever is due, at most ``asked.limit`` of them, longest due first.

    Differences up to the limit are posted at once, larger and flagged ones wait for a second person. A filter
    only shows: nothing is locked or written.
    """
    filtered = any((asked.county, asked.year, asked.person_ids, asked.settlement_ids))
    if filtered and not asked.dry_run:
        raise Problem(FILTER_IS_PREVIEW, pointer="/dry_run")
    connection = await raw(session)
    if asked.dry_run:
        return await _preview(connection, desk, now, caller, asked, limit_fen)
    rows = await due_repository.take(connection, asked.limit)
    return await propose_rows(session, desk, now, caller.subject, rows, limit_fen, automatic=asked.automatic)


async def propose_rows(
    session: AsyncSession,
    desk: Desk,
    now: datetime,
    subject: str,
    rows: Sequence[DueRow],
    limit_fen: Fen,
    *,
    automatic: bool,
) -> ProposeReply:
    """Work out the years taken off the list, file and post what differs."""
    connection = await raw(session)
    reasons = {(row.person_id, row.year): row.reason for row in rows}
    results = await worked_out(connection, desk.policies, list(reasons), lock=True)
    found = [
        filing.file(new_id(), result, reasons[key], limit_fen, automatic=automatic)
        for key, result in results.items()
    ]
    filed = [each for each in found if each is not None]
    await repository.supersede(connection, list(results), now, subject)
    await _file(session, desk, filed, now, subject, limit_fen)
    posting = [each for each in filed if each.posts_itself]
    await _post(session, desk, now, posting, filing.AUTOMATIC)
    left = [row for row in rows if (row.person_id, row.year) not in results]
    await due_repository.put_back(connection, left, now)
    return ProposeReply(
        examined=len(rows),
        unchanged=len(results) - len(filed),
        proposed=len(filed) - len(posting),
        posted=len(posting),
        unseen=len(left),
        settlements=sum(len(result.lines) for result in results.values()),
        items=[],
    )


async def _preview(
    connection: Connection, desk: Desk, now: datetime, caller: Caller, asked: ProposeRequest, limit_fen: Fen
) -> ProposeReply:
    chosen = await loading_repository.chosen(
        connection, asked.county, asked.year, asked.person_ids, asked.settlement_ids, asked.limit
    )
    keys = [(person_id, year) for person_id, year, _ in chosen]
    results = await worked_out(connection, desk.policies, keys, lock=False)
    found = [
        filing.file(new_id(), result, PREVIEW, limit_fen, automatic=asked.automatic)
        for result in results.values()
    ]
    filed = [each for each in found if each is not None]
    posting = sum(each.posts_itself for each in filed)
    return ProposeReply(
        examined=len(keys),
        unchanged=len(results) - len(filed),
        proposed=len(filed) - posting,
        posted=posting,
        unseen=len(keys) - len(results),
        settlements=sum(len(result.lines) for result in results.values()),
        items=[preview_of(each, limit_fen, now, caller.subject) for each in filed],
    )


async def _file(
    session: AsyncSession, desk: Desk, filed: Sequence[Filed], now: datetime, subject: str, limit_fen: Fen
) -> None:
    connection = await raw(session)
    await _store_bases(session, desk, filed)
    proposals = [filing.proposal_row(each, limit_fen, now, subject) for each in filed]
    lines = [row for each in filed for row in filing.line_rows(each)]
    await repository.add(connection, proposals, lines)


async def _store_bases(session: AsyncSession, desk: Desk, filed: Sequence[Filed]) -> None:
    """Keep the words that the explanations refer to, of what is proposed as of what is posted."""
    decisions = [line.decision for each in filed for line in each.lines if line.decision is not None]
    await desk.bases.store(session, await raw(session), decisions)


async def _post(
    session: AsyncSession, desk: Desk, now: datetime, filed: Sequence[Filed], recorded_by: str
) -> None:
    made = filing.corrections(filed, recorded_by)
    if made:
        await post_corrections(session, desk.policies, now, made, filed[0].result.held)
        paid_anew = [each.before.id for each in made if each.moves_money]
        await recounting.after_corrections(session, recorded_by, paid_anew, now)


async def approve(
    session: AsyncSession, desk: Desk, now: datetime, caller: Caller, id_: UUID, reason: str | None
) -> ReadjudicationReply:
    """Post a proposal: exactly what was shown, or nothing.

    The year is locked and worked out again; when anything that would be posted is no longer what was
    proposed (a settlement came in between, a fact or a policy changed), the proposal is marked stale, the
    year is due again and ``StaleProposal`` is raised. Raises Problems for the same person, for a proposal
    that is decided, for one that is not visible.
    """
    connection = await raw(session)
    head = await repository.find(connection, id_)
    if head is None:
        raise Problem(NOT_FOUND)
    if head["proposed_by"] == caller.subject:
        raise Problem(SAME_SUBJECT)
    key = (head["person_id"], head["year"])
    # Before anything is locked, for the sake of whoever works through the due at this moment.
    await due_repository.hold(connection, *key)
    results = await worked_out(connection, desk.policies, [key], lock=True)
    head = await repository.find(connection, id_, lock=True)
    if head is None or head["state"] != filing.PROPOSED:
        raise Problem(READJUDICATION_DECIDED, state=head["state"] if head else "-")
    result = results.get(key)
    if result is None or digest_of(result.lines) != head["digest"]:
        await repository.close(connection, id_, filing.STALE, now, caller.subject, None)
        row = DueRow(*key, head["division_code"], due.STALE)
        await due_repository.put_back(connection, [row], now)
        raise StaleProposal
    filed = filing.file(id_, result, head["reason"], head["limit_fen"], automatic=False)
    await repository.close(connection, id_, filing.POSTED, now, caller.subject, reason)
    posting = [filed] if filed else []
    await _store_bases(session, desk, posting)
    await _post(session, desk, now, posting, caller.subject)
    return await detail(connection, id_)


async def reject(
    session: AsyncSession, now: datetime, caller: Caller, id_: UUID, reason: str
) -> ReadjudicationReply:
    """Leave the year as it is, with the reason; it is looked at again when something else changes."""
    connection = await raw(session)
    head = await repository.find(connection, id_, lock=True)
    if head is None:
        raise Problem(NOT_FOUND)
    if not await repository.close(connection, id_, filing.REJECTED, now, caller.subject, reason):
        raise Problem(READJUDICATION_DECIDED, state=head["state"])
    return await detail(connection, id_)
