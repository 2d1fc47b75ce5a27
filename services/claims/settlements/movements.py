"""Which accumulators a visit may read or move, and by how much a decision moves them. Pure.

Whose amounts a key counts is decided here, for settling, correcting and reversing alike. Most belong to the
person; the balance of a fund belongs to the county, under an id made from the county's code; own payments
belong to person and household.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Final
from uuid import UUID, uuid5

from services.claims.accumulators.held import Holder, HolderYear, year_of
from services.claims.benefits.adjudicate import Decision, accumulator_kinds
from services.claims.benefits.facts import Facts
from services.claims.benefits.policy import PolicyVersion, held_by_county
from services.claims.burden import rules as burden
from services.claims.coverage.insured import Insured
from services.claims.settlements.visit import AccumulatorKey
from shared.divisions import county_of

_COUNTIES: Final = UUID("00000000-0000-0000-0000-00000000c0de")


@cache
def county_holder(county_code: str) -> UUID:
    """The id under which a county's own accumulators are kept; the same in every process."""
    return uuid5(_COUNTIES, county_code)


def keys_of(insured: Insured, year: int, version: PolicyVersion, facts: Facts) -> tuple[AccumulatorKey, ...]:
    """Everything to be locked before a decision on these facts."""
    kinds = accumulator_kinds(version, facts)
    return (*[_key(insured, year, kind) for kind in kinds], *burden.keys(insured, year))


def moves_of(insured: Insured, year: int, decision: Decision) -> dict[AccumulatorKey, int]:
    """By what a decision moves which accumulators: those of the layers, and what the person bears."""
    own = {_key(insured, year, kind): by for kind, by in decision.movements.items()}
    return own | burden.movements(burden.keys(insured, year), decision.person_pays_fen)


def moves_among(keys: Mapping[str, AccumulatorKey], decision: Decision) -> dict[AccumulatorKey, int]:
    """As ``moves_of``, in terms of the visit's own ``keys_of``, by kind."""
    own = {keys[kind]: by for kind, by in decision.movements.items()}
    return own | burden.movements([keys[kind] for kind in burden.KINDS], decision.person_pays_fen)


def holders_of(division_code: str, keys: Collection[AccumulatorKey]) -> dict[HolderYear, Holder]:
    """Whose accumulators these are; the village is that of the person and the household."""
    person, household = Holder("person", division_code), Holder("household", division_code)
    found = {year_of(key): person for key in keys}
    for key in keys:
        if key.kind == burden.HOUSEHOLD_OWN_PAYMENT:
            found[year_of(key)] = household
        elif held_by_county(key.kind):
            found[year_of(key)] = Holder("county", county_of(division_code))
    return found


def _key(insured: Insured, year: int, kind: str) -> AccumulatorKey:
    holder = county_holder(insured.county_code) if held_by_county(kind) else insured.person_id
    return AccumulatorKey(holder, year, kind)
