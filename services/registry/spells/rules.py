"""How a new statement about a person changes what was believed before. Pure: dates in, changes out."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID


class Spell(NamedTuple):
    """A spell that is believed now. ``valid_to`` is exclusive; None while it lasts."""

    id: UUID
    name: str
    valid_from: date
    valid_to: date | None


class Wanted(NamedTuple):
    """A spell that a file states. Without dates it is stated to hold now."""

    name: str
    valid_from: date | None = None
    valid_to: date | None = None


class Added(NamedTuple):
    """A spell to be written."""

    name: str
    valid_from: date
    valid_to: date | None


class Change(NamedTuple):
    """Spells that are no longer believed, and those believed instead."""

    superseded: list[UUID]
    added: list[Added]


def reconcile(
    current: Sequence[Spell],
    wanted: Iterable[Wanted],
    *,
    since: date,
    until: date,
    end: date | None = None,
) -> Change:
    """Make the believed spells agree with the stated ones.

    A stated spell that is already believed stays as it is. A new one without dates begins on ``since`` and
    ends at ``end`` (None: open). One that is no longer stated ends on ``until``, so nobody removed stays
    covered; what ended before is history and stays. A dated one replaces what it overlaps.
    """
    if not current:
        return Change([], [added for want in wanted for added in _new(want, since, end)])
    change = Change([], [])
    stated = set()
    for want in wanted:
        stated.add(want.name)
        same = [spell for spell in current if spell.name == want.name]
        if want.valid_from is None:
            _hold(same, want.name, since, end, change)
        else:
            _replace(same, Added(want.name, want.valid_from, want.valid_to), change)
    for spell in current:
        if spell.name not in stated:
            _stop(spell, until, change)
    return change


def _new(want: Wanted, since: date, end: date | None) -> list[Added]:
    start, stop = (since, end) if want.valid_from is None else want[1:]
    return [Added(want.name, start, stop)] if start and (stop is None or start < stop) else []


def _hold(same: list[Spell], name: str, since: date, end: date | None, change: Change) -> None:
    if any(spell.valid_to == end for spell in same):
        return
    # A spell that ended on or after the day of the statement goes on: there is no gap.
    ended = [spell for spell in same if spell.valid_to is None or spell.valid_to >= since]
    last = max(ended, key=lambda spell: spell.valid_from, default=None)
    start = last.valid_from if last else since
    if last:
        change.superseded.append(last.id)
    if end is None or start < end:
        change.added.append(Added(name, start, end))


def _replace(same: list[Spell], stated: Added, change: Change) -> None:
    if any((spell.valid_from, spell.valid_to) == stated[1:] for spell in same):
        return
    change.superseded.extend(
        spell.id
        for spell in same
        if (stated.valid_to is None or spell.valid_from < stated.valid_to)
        and (spell.valid_to is None or spell.valid_to > stated.valid_from)
    )
    change.added.append(stated)


def _stop(spell: Spell, until: date, change: Change) -> None:
    if spell.valid_to is not None and spell.valid_to <= until:
        return
    change.superseded.append(spell.id)
    if spell.valid_from < until:
        change.added.append(Added(spell.name, spell.valid_from, until))
