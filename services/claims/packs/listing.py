"""Reading versions of policy packs: shipped ones and those published here, in one order."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.packs import repository
from services.claims.packs.diff import changes, example_changes
from services.claims.packs.history import Known
from services.claims.packs.repository import Place
from services.claims.packs.schemas import ChangeReply, DiffReply, ExamplesReply, PackDetail, PackReply
from services.claims.packs.shipped import BY, ShippedPacks, ShippedVersion
from shared.auth import Caller
from shared.problems import NOT_FOUND, Problem


async def get(session: AsyncSession, shipped: ShippedPacks, caller: Caller, id_: UUID) -> PackDetail:
    """One version with its text and what it changes; a problem when there is none that the caller may see."""
    own = shipped.get(id_)
    if own is not None and _overlaps(caller, own.version.jurisdiction):
        before = _predecessor(shipped, own)
        diff = difference(before, own.version.effective_from, own.raw)
        summary = _shipped(own, before).model_dump()
        return PackDetail(**summary, text=own.text, diff=diff)
    row = await repository.get(session, id_)
    if row is None:
        raise Problem(NOT_FOUND)
    return PackDetail.model_validate(row._asdict())


async def page(
    session: AsyncSession,
    shipped: ShippedPacks,
    caller: Caller,
    only: tuple[str | None, str | None],
    after: Place | None,
    limit: int,
) -> list[PackReply]:
    """Versions by pack, date and revision, after one of them; ``only`` one pack, only one state."""
    pack, state = only
    found = [
        _shipped(each, _predecessor(shipped, each))
        for each in shipped.versions
        if pack in (None, each.version.pack)
        and state in (None, "shipped")
        and _overlaps(caller, each.version.jurisdiction)
    ]
    items = [each for each in found if after is None or place_of(each) > after]
    rows = await repository.page(session, pack, state, after, limit)
    items += [PackReply.model_validate(row._asdict()) for row in rows]
    return sorted(items, key=place_of)[:limit]


def place_of(item: PackReply) -> Place:
    """Where a version stands in the list."""
    return Place(item.pack, item.effective_from, item.revision, item.id)


def difference(before: Known | None, begins: date, raw: Mapping[str, Any]) -> DiffReply:
    """What a version changes that begins on a day; everything where nothing was before."""
    relation: Literal["replaces", "succeeds", "begins"] = "begins"
    if before:
        relation = "replaces" if before.effective_from == begins else "succeeds"
    old = before.raw() if before else None
    return DiffReply(
        compared_with=before.label if before else None,
        relation=relation,
        changes=[
            ChangeReply(
                change=each.kind,
                rule=each.rule,
                place=each.place,
                field=each.field,
                old=each.old,
                new=each.new,
                old_source=each.old_ground.source,
                old_clause=each.old_ground.clause,
                new_source=each.new_ground.source,
                new_clause=each.new_ground.clause,
            )
            for each in changes(old, raw)
        ],
        examples=ExamplesReply.model_validate(example_changes(old, raw)._asdict()),
    )


def _overlaps(caller: Caller, jurisdiction: str) -> bool:
    return any(
        jurisdiction.startswith(prefix) or prefix.startswith(jurisdiction) for prefix in caller.jurisdiction
    )


def _predecessor(shipped: ShippedPacks, own: ShippedVersion) -> Known | None:
    earlier = [
        each
        for each in shipped.of(own.version.pack)
        if each.version.effective_from < own.version.effective_from
    ]
    if not earlier:
        return None
    last = earlier[-1]
    return Known(last.version.version, last.version.effective_from, 1, last.text, last.digest, last.version)


def _shipped(own: ShippedVersion, before: Known | None) -> PackReply:
    version = own.version
    return PackReply(
        id=own.id,
        pack=version.pack,
        version=version.version,
        effective_from=version.effective_from,
        revision=1,
        jurisdiction=version.jurisdiction,
        title=version.title,
        state="shipped",
        digest=own.digest,
        compared_with=before.label if before else None,
        prepared_by=BY,
        prepared_at=None,
        decided_by=None,
        decided_at=None,
        reason=None,
    )
