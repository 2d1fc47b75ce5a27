"""Preparing a version of a policy pack, and deciding on it. Prepared by one person, approved by another."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.policy import PackError, PolicyVersion
from services.claims.packs import repository
from services.claims.packs.faults import example_faults
from services.claims.packs.history import History, Known, known_versions
from services.claims.packs.listing import difference
from services.claims.packs.parse import Parsed, labelled, parse_text
from services.claims.packs.problems import (
    PACK_DECIDED,
    PACK_DRAFT_WAITS,
    PACK_EXAMPLE_FAILS,
    PACK_JURISDICTION_TAKEN,
    PACK_MISMATCH,
    PACK_SAME_PERSON,
    PACK_STALE,
    PACK_VERSION_EXISTS,
)
from services.claims.packs.schemas import DiffReply
from services.claims.packs.shipped import ShippedPacks
from services.claims.problems import OUTSIDE_JURISDICTION
from services.claims.readjudication.due import due_after_pack
from shared.auth import Caller
from shared.clock import business_date
from shared.ids import new_id
from shared.problems import FORBIDDEN, NOT_FOUND, Problem

PREPARE, APPROVE = "policies:prepare", "policies:approve"


async def prepare(
    session: AsyncSession, shipped: ShippedPacks, caller: Caller, parsed: Parsed, now: datetime
) -> UUID:
    """Keep a version as a draft after every check; its id. A refusal writes nothing."""
    version = parsed.version
    _inside(caller, version.jurisdiction)
    await repository.lock(session)
    await _fits(session, shipped, version)
    history = await known_versions(session, shipped, version.pack)
    _nothing_waits(history, version)
    before = history.before(version.effective_from)
    version = labelled(version, history.next_revision(version.effective_from))
    # Other versions are compiled for this; requests go on meanwhile.
    diff = await asyncio.to_thread(_reviewed, history, before, parsed, version)
    id_ = new_id()
    draft = {
        "id": id_,
        "pack": version.pack,
        "version": version.version,
        "effective_from": version.effective_from,
        "revision": history.next_revision(version.effective_from),
        "jurisdiction": version.jurisdiction,
        "title": version.title,
        "text": parsed.text,
        "digest": parsed.digest,
        "compared_with": before.label if before else None,
        "compared_digest": before.digest if before else None,
        "diff": diff.model_dump_json(),
        "prepared_by": caller.subject,
        "prepared_at": now,
    }
    await repository.add(session, draft)
    return id_


async def approve(
    session: AsyncSession, shipped: ShippedPacks, caller: Caller, id_: UUID, now: datetime
) -> int:
    """Put a draft into force for every process, by another person than the one who prepared it.

    Where it governs days that are over, or today, whoever was settled for them becomes due for
    re-adjudication: how many person-years. Refused when another version was approved meanwhile that makes
    the diff shown untrue, or an example fail.
    """
    await repository.lock(session)
    row = await _open_draft(session, caller, id_)
    if row.prepared_by == caller.subject:
        raise Problem(PACK_SAME_PERSON)
    history = await known_versions(session, shipped, row.pack)
    before = history.before(row.effective_from)
    present = (before.label, before.digest) if before else (None, None)
    if present != (row.compared_with, row.compared_digest):
        raise Problem(PACK_STALE)
    version = await asyncio.to_thread(_still_right, history, row.text, row.revision)
    if row.pack not in shipped.books:
        await repository.add_name(session, row.pack, row.jurisdiction)
    await _fits(session, shipped, version)
    await repository.approve(session, id_, caller.subject, now)
    if row.effective_from > business_date(now):
        return 0
    until = history.after(row.effective_from)
    return await due_after_pack(session, row.pack, row.effective_from, until, row.jurisdiction, now)


async def reject(session: AsyncSession, caller: Caller, id_: UUID, reason: str, now: datetime) -> None:
    """Put a draft away: whoever may approve it, or the one who prepared it."""
    await repository.lock(session)
    row = await _open_draft(session, caller, id_)
    own = row.prepared_by == caller.subject and caller.may(PREPARE)
    if not own and not caller.may(APPROVE):
        raise Problem(FORBIDDEN, scope=APPROVE)
    await repository.reject(session, id_, caller.subject, now, reason)


async def _open_draft(session: AsyncSession, caller: Caller, id_: UUID) -> Row[Any]:
    row = await repository.get(session, id_)
    if row is None:
        raise Problem(NOT_FOUND)
    _inside(caller, row.jurisdiction)
    if row.state != "draft":
        raise Problem(PACK_DECIDED, state=row.state)
    return row


def _inside(caller: Caller, jurisdiction: str) -> None:
    if not caller.governs(jurisdiction):
        raise Problem(OUTSIDE_JURISDICTION, pointer="/jurisdiction", division_code=jurisdiction)


def _nothing_waits(history: History, version: PolicyVersion) -> None:
    waiting = history.drafts.get(version.effective_from)
    if waiting:
        names: dict[str, Any] = {"pack": version.pack, "version": version.version, "id": waiting}
        raise Problem(PACK_DRAFT_WAITS, pointer="/effective_from", **names)


def _reviewed(history: History, before: Known | None, parsed: Parsed, version: PolicyVersion) -> DiffReply:
    """What the version changes; raises when that is nothing, or when an example of it fails."""
    if before and before.effective_from == version.effective_from and before.raw() == parsed.raw:
        names: dict[str, Any] = {"pack": version.pack, "version": before.label}
        raise Problem(PACK_VERSION_EXISTS, pointer="/effective_from", **names)
    _check_examples(history, version)
    return difference(before, version.effective_from, parsed.raw)


def _still_right(history: History, text: str, revision: int) -> PolicyVersion:
    """A draft compiled, its examples checked beside the versions that are in force now."""
    version = labelled(parse_text(text).version, revision)
    _check_examples(history, version)
    return version


async def _fits(session: AsyncSession, shipped: ShippedPacks, version: PolicyVersion) -> None:
    """One pack has one jurisdiction and a jurisdiction one pack, whoever published it."""
    taken = {book.pack: book.versions[-1].jurisdiction for book in shipped.books.values()}
    published = await repository.names(session, version.pack, version.jurisdiction)
    taken |= {row.pack: row.jurisdiction for row in published}
    if taken.get(version.pack, version.jurisdiction) != version.jurisdiction:
        raise Problem(PACK_MISMATCH, pointer="/jurisdiction", pack=version.pack)
    for pack, jurisdiction in taken.items():
        if jurisdiction == version.jurisdiction and pack != version.pack:
            raise Problem(
                PACK_JURISDICTION_TAKEN, pointer="/jurisdiction", jurisdiction=jurisdiction, pack=pack
            )


def _check_examples(history: History, version: PolicyVersion) -> None:
    try:
        book = history.book_with(version)
    except PackError as error:
        raise Problem(PACK_MISMATCH, pointer="/governing_date", pack=version.pack) from error
    faults = example_faults(book, version)
    if faults:
        raise Problem(PACK_EXAMPLE_FAILS, errors=faults, count=len(faults))
