"""For which disease programmes a provider is designated. Pure.

A designation names a programme by its id in the policy packs and has days of its own, as the licence has.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from services.claims.benefits.policy import PolicyBook, PolicyVersion
from services.claims.benefits.programmes import Programme
from services.claims.coverage.insured import Held

NEVER = date(9999, 12, 31)


def designated_for(held: Sequence[Held], programmes: Sequence[Programme], day: date) -> frozenset[str]:
    """Ids of a pack's programmes for which a provider is designated on a day."""
    if not held:
        return frozenset()
    text = day.isoformat()
    return frozenset(
        each.name
        for each in held
        if each.on(text) and any(programme.id == each.name for programme in programmes)
    )


def overlapping(stated: Sequence[Held]) -> int | None:
    """The place of the first designation that shares a day with an earlier one for the same programme."""
    for place, one in enumerate(stated):
        if any(other.name == one.name and _overlap(one, other) for other in stated[:place]):
            return place
    return None


def _overlap(one: Held, other: Held) -> bool:
    return (one.valid_to is None or other.valid_from < one.valid_to) and (
        other.valid_to is None or one.valid_from < other.valid_to
    )


def known_programme(books: Iterable[PolicyBook], stated: Held) -> bool:
    """Whether a pack version in force on any day of the designation has a programme of this id."""
    end = stated.valid_to or NEVER.isoformat()
    return any(
        version.effective_from.isoformat() < end
        and stated.valid_from < until.isoformat()
        and any(programme.id == stated.name for programme in version.programmes)
        for book in books
        for version, until in _in_force(book)
    )


def _in_force(book: PolicyBook) -> list[tuple[PolicyVersion, date]]:
    """Every version with the day from which the next one counts."""
    ends = [*(version.effective_from for version in book.versions[1:]), NEVER]
    return list(zip(book.versions, ends, strict=True))
