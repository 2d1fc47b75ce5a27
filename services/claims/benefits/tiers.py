"""Marginal tiers as a pack states them: absolute ranges of an accumulated amount, each with its own rule."""

from itertools import pairwise
from typing import NamedTuple

from services.claims.benefits.arithmetic import Tiers
from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Facts
from services.claims.benefits.policy import PackError
from services.claims.benefits.sections import Row, Section, adjusted, applied
from services.claims.benefits.steps import Applied

TierRows = tuple[tuple[int | None, Row], ...]
"""Each upper end (``None``: open) with its rate row."""


class TierSet(NamedTuple):
    """Tiers that apply under a condition."""

    condition: Condition
    tiers: TierRows


def read_tiers(section: Section) -> TierRows:
    """Read the list ``tiers`` of a section: ends must rise and only the last may be open."""
    tiers = tuple((part.amount("up_to"), part.row("rate")) for part in section.sections("tiers"))
    ends = [up_to for up_to, _ in tiers]
    closed = [up_to for up_to in ends[:-1] if up_to is not None]
    rising = all(low < high for low, high in pairwise(closed))
    if not ends or ends[-1] is not None or len(closed) != len(ends) - 1 or not rising:
        raise PackError(
            f"{section.path}/tiers", "tiers must rise and only the last one is open (up_to: null)"
        )
    return tiers


def read_tier_sets(section: Section) -> tuple[TierSet, ...]:
    """Read ``tiers`` (one set that always applies) or ``tier_sets`` (the first whose ``when`` holds)."""
    if section.has("tiers") == section.has("tier_sets"):
        raise section.fail("tiers", "expected either tiers or tier_sets")
    parts = [section] if section.has("tiers") else section.sections("tier_sets")
    return tuple(
        TierSet(part.condition() if part is not section else Condition(), read_tiers(part)) for part in parts
    )


def resolve_tiers(
    sets: tuple[TierSet, ...], points: tuple[Row, ...], facts: Facts
) -> tuple[Tiers, list[Applied]] | None:
    """Tiers with points for this kind of visit and the rules that gave them; ``None`` where no set holds."""
    found = next((part.tiers for part in sets if part.condition.holds(facts)), None)
    if found is None:
        return None
    rows = [(up_to, row, *adjusted(row.value or 0, points, facts)) for up_to, row in found]
    rules = _ends(found)
    rules += [
        applied(f"tiers/{number}/rate_bp", part)
        for number, (_, row, _, given) in enumerate(rows, 1)
        for part in (row, *given)
    ]
    return tuple((up_to, rate_bp) for up_to, _, rate_bp, _ in rows), rules


def plain_tiers(rows: TierRows) -> tuple[Tiers, list[Applied]]:
    """Tiers that depend on nothing, and the rules that gave them."""
    rules = [applied(f"tiers/{number}/rate_bp", row) for number, (_, row) in enumerate(rows, 1)]
    return tuple((up_to, row.value or 0) for up_to, row in rows), _ends(rows) + rules


def _ends(rows: TierRows) -> list[Applied]:
    """Where each closed tier ends, by the rule that gives its rate."""
    ends = ((number, up_to, row) for number, (up_to, row) in enumerate(rows, 1))
    return [Applied(f"tiers/{number}/up_to", end, row.rule) for number, end, row in ends if end is not None]
