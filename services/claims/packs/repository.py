"""Statements on published packs."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('claims.policy_packs', 0))")
_SUMMARY = (
    "id, pack, version, effective_from, revision, jurisdiction, title, digest, compared_with, state,"
    " prepared_by, prepared_at, decided_by, decided_at, reason"
)
_DETAIL = f"{_SUMMARY}, text, diff, compared_digest"
_GET = text(f"SELECT {_DETAIL} FROM policy_packs WHERE id = :id")
_PAGE = text(
    f"SELECT {_SUMMARY} FROM policy_packs"
    " WHERE (CAST(:pack AS text) IS NULL OR pack = :pack)"
    " AND (CAST(:state AS text) IS NULL OR state = :state)"
    " AND (CAST(:after_id AS uuid) IS NULL"
    '  OR (pack COLLATE "C", effective_from, revision, id)'
    "   > (CAST(:after_pack AS text), CAST(:after_day AS date), CAST(:after_revision AS int), :after_id))"
    ' ORDER BY pack COLLATE "C", effective_from, revision, id LIMIT :limit'
)
_OF_PACK = text(
    "SELECT id, version, effective_from, revision, state, text, digest FROM policy_packs"
    " WHERE pack = :pack AND state IN ('draft', 'approved') ORDER BY effective_from, revision"
)
_NAMES = text(
    "SELECT pack, jurisdiction FROM policy_pack_names WHERE pack = :pack OR jurisdiction = :jurisdiction"
)
_ADD = text(
    "INSERT INTO policy_packs (id, pack, version, effective_from, revision, jurisdiction, title, text,"
    " digest, compared_with, compared_digest, diff, state, prepared_by, prepared_at)"
    " VALUES (:id, :pack, :version, :effective_from, :revision, :jurisdiction, :title, :text, :digest,"
    " :compared_with, :compared_digest, CAST(:diff AS jsonb), 'draft', :prepared_by, :prepared_at)"
)
_ADD_NAME = text(
    "INSERT INTO policy_pack_names (pack, jurisdiction) VALUES (:pack, :jurisdiction) ON CONFLICT DO NOTHING"
)
_APPROVE = text(
    "UPDATE policy_packs SET state = 'approved', decided_by = :by, decided_at = :now,"
    " generation = nextval('policy_pack_generations') WHERE id = :id"
)
_REJECT = text(
    "UPDATE policy_packs SET state = 'rejected', decided_by = :by, decided_at = :now, reason = :reason"
    " WHERE id = :id"
)
_STATE = text(
    "SELECT count(*) AS versions, COALESCE(max(generation), 0) AS generation FROM policy_packs"
    " WHERE state = 'approved'"
)
_APPROVED = text(
    "SELECT id, pack, version, effective_from, revision, digest, generation FROM policy_packs"
    " WHERE state = 'approved' ORDER BY generation"
)
_TEXTS = text("SELECT id, text FROM policy_packs WHERE id = ANY (:ids)")


# One worker at a time, and time enough for a county with millions of settlements.
_MAY_FOLLOW_UP = text(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('claims.policy_followups', 0)),"
    " set_config('statement_timeout', '600000', true)"
)
_TO_FOLLOW_UP = text(
    "SELECT id, pack, version, effective_from, jurisdiction FROM policy_packs AS approved"
    " WHERE state = 'approved' AND decided_at <= :before AND NOT EXISTS ("
    "SELECT 1 FROM policy_pack_followups WHERE pack_id = approved.id) ORDER BY generation LIMIT 1"
)
_FOLLOWED_UP = text(
    "INSERT INTO policy_pack_followups (pack_id, person_years_due, done_at) VALUES (:id, :due, :now)"
)

MAX_REVISIONS = 2**15
"""One more than the column holds."""


class Place(NamedTuple):
    """Where a version stands in the list of all."""

    pack: str
    effective_from: date
    revision: int
    id: UUID


async def lock(session: AsyncSession) -> None:
    """Let one publication run at a time, so that approvals become visible in the order of generations."""
    await session.execute(_LOCK)


async def get(session: AsyncSession, id_: UUID) -> Row[Any] | None:
    """One version with text and diff."""
    return (await session.execute(_GET, {"id": id_})).one_or_none()


async def page(
    session: AsyncSession, pack: str | None, state: str | None, after: Place | None, limit: int
) -> list[Row[Any]]:
    """Versions by pack, date and revision, after one of them."""
    values = {
        "pack": pack,
        "state": state,
        "after_pack": after.pack if after else None,
        "after_day": after.effective_from if after else None,
        "after_revision": after.revision if after else None,
        "after_id": after.id if after else None,
        "limit": limit,
    }
    return list((await session.execute(_PAGE, values)).all())


async def of_pack(session: AsyncSession, pack: str) -> list[Row[Any]]:
    """Every draft and approved version of a pack, with its text."""
    return list((await session.execute(_OF_PACK, {"pack": pack})).all())


async def names(session: AsyncSession, pack: str, jurisdiction: str) -> list[Row[Any]]:
    """The packs published so far that have this name or this jurisdiction, seen by everybody."""
    values = {"pack": pack, "jurisdiction": jurisdiction}
    return list((await session.execute(_NAMES, values)).all())


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    """Write a draft; ``values`` by column."""
    await session.execute(_ADD, values)


async def add_name(session: AsyncSession, pack: str, jurisdiction: str) -> None:
    """Take name and jurisdiction for a pack; those taken already stay as they are."""
    await session.execute(_ADD_NAME, {"pack": pack, "jurisdiction": jurisdiction})


async def approve(session: AsyncSession, id_: UUID, by: str, now: datetime) -> None:
    """Put a draft into force."""
    await session.execute(_APPROVE, {"id": id_, "by": by, "now": now})


async def reject(session: AsyncSession, id_: UUID, by: str, now: datetime, reason: str) -> None:
    """Put a draft away."""
    await session.execute(_REJECT, {"id": id_, "by": by, "now": now, "reason": reason})


async def state(session: AsyncSession) -> tuple[int, int]:
    """How many versions are approved, and the newest generation: equal while nothing was published."""
    row = (await session.execute(_STATE)).one()
    return row.versions, row.generation


async def approved(session: AsyncSession) -> list[Row[Any]]:
    """Every approved version without its text, in the order of the approvals."""
    return list((await session.execute(_APPROVED)).all())


async def texts(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The texts of some versions."""
    return {row.id: row.text for row in (await session.execute(_TEXTS, {"ids": list(ids)})).all()}


async def may_follow_up(session: AsyncSession) -> bool:
    """Whether no other worker is at it; until the transaction ends."""
    return bool((await session.execute(_MAY_FOLLOW_UP)).scalar_one())


async def to_follow_up(session: AsyncSession, before: datetime) -> Row[Any] | None:
    """The earliest approval made before an instant that nobody has looked at again."""
    return (await session.execute(_TO_FOLLOW_UP, {"before": before})).one_or_none()


async def followed_up(session: AsyncSession, id_: UUID, due: int, now: datetime) -> None:
    """Remember that an approval was looked at again."""
    await session.execute(_FOLLOWED_UP, {"id": id_, "due": due, "now": now})
