"""Every version of one pack so far: what is shipped, what was approved, what waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.policy import PolicyBook, PolicyVersion
from services.claims.packs import repository
from services.claims.packs.parse import labelled, parse_text
from services.claims.packs.reading import Unreadable, read_text
from services.claims.packs.shipped import ShippedPacks
from shared.problems import Problem


@dataclass(frozen=True, slots=True)
class Known:
    """One version that is or was in force."""

    label: str
    effective_from: date
    revision: int
    text: str
    digest: str
    shipped: PolicyVersion | None = None

    def raw(self) -> dict[str, Any] | None:
        """Its plain data; ``None`` when what is stored cannot be read any more."""
        try:
            raw = read_text(self.text)
        except Unreadable:
            return None
        return raw if isinstance(raw, dict) else None

    def version(self) -> PolicyVersion | None:
        """It compiled, under the name that settlements record; ``None`` when it cannot be used any more."""
        try:
            return self.shipped or labelled(parse_text(self.text).version, self.revision)
        except Problem:
            return None


@dataclass(frozen=True, slots=True)
class History:
    """The versions of one pack: of each date the highest revision, and the drafts that wait."""

    in_force: Mapping[date, Known]
    drafts: Mapping[date, UUID]

    def before(self, day: date) -> Known | None:
        """What a version that begins on a day replaces (same day) or succeeds; ``None`` for the first one."""
        return max(
            (each for each in self.in_force.values() if each.effective_from <= day),
            key=lambda each: each.effective_from,
            default=None,
        )

    def after(self, day: date) -> date | None:
        """The first day on which a version that begins on a day is no longer in force; ``None`` for ever."""
        return min((begins for begins in self.in_force if begins > day), default=None)

    def next_revision(self, day: date) -> int:
        """The number of a version that begins on a day."""
        known = self.in_force.get(day)
        return known.revision + 1 if known else 1

    def book_with(self, version: PolicyVersion) -> PolicyBook:
        """The pack as it would be with this version; raises ``PackError`` where they do not fit."""
        others = [each.version() for day, each in self.in_force.items() if day != version.effective_from]
        return PolicyBook([*(each for each in others if each), version])


async def known_versions(session: AsyncSession, shipped: ShippedPacks, pack: str) -> History:
    """The versions of a pack that the caller may see; who governs it sees all of them."""
    in_force: dict[date, Known] = {}
    for each in shipped.of(pack):
        version = each.version
        day = version.effective_from
        in_force[day] = Known(version.version, day, 1, each.text, each.digest, version)
    drafts: dict[date, UUID] = {}
    for row in await repository.of_pack(session, pack):
        if row.state == "draft":
            drafts[row.effective_from] = row.id
        else:
            in_force[row.effective_from] = Known(
                row.version, row.effective_from, row.revision, row.text, row.digest
            )
    return History(in_force, drafts)
