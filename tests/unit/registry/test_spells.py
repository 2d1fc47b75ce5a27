"""How statements change beliefs, and that beliefs then agree with the statement."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.registry.spells.rules import Added, Change, Spell, Wanted, reconcile

JAN, MAR, MAY, JULY, NEXT = (date(2026, month, 1) for month in (1, 3, 5, 7, 12))


def spell(name: str, start: date, end: date | None, no: int = 1) -> Spell:
    return Spell(UUID(int=no), name, start, end)


def changed(change: Change) -> tuple[list[int], list[Added]]:
    return [found.int for found in change.superseded], change.added


CASES: list[tuple[str, list[Spell], list[Wanted], list[int], list[Added]]] = [
    ("new", [], [Wanted("a")], [], [Added("a", MAY, None)]),
    ("kept", [spell("a", JAN, None)], [Wanted("a")], [], []),
    ("ended", [spell("a", JAN, None)], [], [1], [Added("a", JAN, MAY)]),
    ("ended before it began", [spell("a", JULY, None)], [], [1], []),
    ("ended the day it began", [spell("a", MAY, None)], [], [1], []),
    ("history stays", [spell("a", JAN, MAR)], [], [], []),
    ("ends earlier than planned", [spell("a", JAN, JULY)], [], [1], [Added("a", JAN, MAY)]),
    ("again after a gap", [spell("a", JAN, MAR)], [Wanted("a")], [], [Added("a", MAY, None)]),
    ("goes on the day it ended", [spell("a", JAN, MAY)], [Wanted("a")], [1], [Added("a", JAN, None)]),
    ("dated and new", [], [Wanted("a", JAN, MAR)], [], [Added("a", JAN, MAR)]),
    ("dated and kept", [spell("a", JAN, MAR)], [Wanted("a", JAN, MAR)], [], []),
    ("closed by a date", [spell("a", JAN, None)], [Wanted("a", JAN, MAR)], [1], [Added("a", JAN, MAR)]),
    ("begun earlier", [spell("a", MAR, None)], [Wanted("a", JAN, None)], [1], [Added("a", JAN, None)]),
    ("a second time", [spell("a", JAN, MAR)], [Wanted("a", MAY, None)], [], [Added("a", MAY, None)]),
    ("another", [spell("a", JAN, None)], [Wanted("b")], [1], [Added("b", MAY, None), Added("a", JAN, MAY)]),
]


@pytest.mark.parametrize(
    ("current", "wanted", "superseded", "added"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_a_statement_changes_beliefs(
    current: list[Spell], wanted: list[Wanted], superseded: list[int], added: list[Added]
) -> None:
    assert changed(reconcile(current, wanted, since=MAY, until=MAY)) == (superseded, added)


@pytest.mark.parametrize(
    ("current", "since", "added"),
    [
        ([], MAY, [Added("a", MAY, NEXT)]),
        ([], NEXT, []),
        ([spell("a", JAN, NEXT)], MAY, []),
        ([spell("a", JAN, MAR)], MAY, [Added("a", MAY, NEXT)]),
    ],
)
def test_a_stated_spell_lasts_to_the_end_of_its_year(
    current: list[Spell], since: date, added: list[Added]
) -> None:
    assert reconcile(current, [Wanted("a")], since=since, until=MAY, end=NEXT).added == added


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@st.composite
def beliefs(draw: st.DrawFn) -> list[Spell]:
    edges = sorted(draw(st.sets(days, max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    spells = [spell("a", start, end, no) for no, (start, end) in enumerate(pairs, start=1)]
    if len(edges) % 2:
        spells.append(spell("a", edges[-1], None, 99))
    return spells


def after(current: list[Spell], change: Change) -> list[tuple[date, date | None]]:
    kept = [(each.valid_from, each.valid_to) for each in current if each.id not in change.superseded]
    return sorted(kept + [(each.valid_from, each.valid_to) for each in change.added], key=lambda s: s[0])


def covers(spells: list[tuple[date, date | None]], day: date) -> bool:
    return any(start <= day and (end is None or day < end) for start, end in spells)


@given(beliefs(), days, st.booleans())
def test_the_day_of_the_file_is_believed_as_stated_and_the_past_is_kept(
    current: list[Spell], day: date, stated: bool
) -> None:
    assume(all(each.valid_from <= day for each in current))
    change = reconcile(current, [Wanted("a")] if stated else [], since=day, until=day)
    spells = after(current, change)
    assert covers(spells, day) is stated
    before = [(each.valid_from, each.valid_to) for each in current]
    for back in range(1, 60):
        past = day - timedelta(days=back)
        if covers(before, past):
            assert covers(spells, past)
    if not stated:
        assert not any(covers(spells, day + timedelta(days=ahead)) for ahead in range(60))


@given(beliefs(), days, st.booleans())
def test_the_same_statement_again_changes_nothing(current: list[Spell], day: date, stated: bool) -> None:
    wanted = [Wanted("a")] if stated else []
    first = reconcile(current, wanted, since=day, until=day)
    believed = [spell("a", start, end, no) for no, (start, end) in enumerate(after(current, first), start=1)]
    assert reconcile(believed, wanted, since=day, until=day) == Change([], [])
