"""Which accumulators a visit may read or move, and by how much a decision moves them. Pure.

Whose amounts a key counts is decided here, for settling, correcting and reversing alike. Most belong to the
person; the balance of a fund belongs to the county, under an id made from the county's code; own payments
belong to person and household.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final
from uuid import UUID, uuid5

import msgspec

from services.claims.accumulators.held import Holder, HolderYear, Whose
from services.claims.benefits.adjudicate import Decision
from services.claims.benefits.policy import held_by_county
from services.claims.burden import rules as burden
from services.claims.coverage.insured import Insured
from services.claims.settlements.visit import AccumulatorKey
from shared.divisions import county_of
from shared.money import Fen

_COUNTIES: Final = UUID("00000000-0000-0000-0000-00000000c0de")


@cache
def county_holder(county_code: str) -> UUID:
    """The id under which a county's own accumulators are kept; the same in every process."""
    return uuid5(_COUNTIES, county_code)


def whose_of(insured: Insured, year: int, kinds: Iterable[str]) -> Whose:
    """Everything to be locked before a decision that may read or move accumulators of these kinds.

    ``kinds`` are those of the layers (``accumulator_kinds``); what is borne is counted by every decision.
    """
    return {kind: (_holder(insured, kind), year) for kind in (*kinds, *burden.KINDS)}


def moves_of(decision: Decision) -> dict[str, Fen]:
    """By what a decision moves accumulators: those of the layers, and what the person bears."""
    return decision.movements | burden.movements(decision.person_pays_fen)


def keyed(insured: Insured, year: int, moves: Mapping[str, Fen]) -> dict[AccumulatorKey, Fen]:
    """Moves by whose accumulators they are, for whoever adds up those of several visits."""
    return {AccumulatorKey(_holder(insured, kind), year, kind): by for kind, by in moves.items()}


def stored(whose: Whose, moves: Mapping[str, Fen]) -> str:
    """What a settlement moves, as it is stored with it: fen by holder and kind. The year is its own."""
    found: dict[UUID, dict[str, Fen]] = {}
    for kind, by in moves.items():
        holder, _ = whose[kind]
        found.setdefault(holder, {})[kind] = by
    return msgspec.json.encode(found).decode()


def holders_of(division_code: str, wanted: Iterable[tuple[str, HolderYear]]) -> dict[HolderYear, Holder]:
    """Whose accumulators these kinds are; the village is that of the person and the household."""
    person, household = Holder("person", division_code), Holder("household", division_code)
    found: dict[HolderYear, Holder] = {}
    for kind, year in wanted:
        if kind == burden.HOUSEHOLD_OWN_PAYMENT:
            found[year] = household
        elif held_by_county(kind):
            found[year] = Holder("county", county_of(division_code))
        else:
            found[year] = person
    return found


def _holder(insured: Insured, kind: str) -> UUID:
    if kind == burden.HOUSEHOLD_OWN_PAYMENT:
        return insured.household_id
    return county_holder(insured.county_code) if held_by_county(kind) else insured.person_id
