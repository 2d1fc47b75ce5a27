"""Which accumulators a visit may read or move, and by how much a decision moves them. Pure.

Whose amounts a key counts is decided here, for settling, correcting and reversing alike: a kind that is held
by somebody other than the person is one more line in each of the two functions.
"""

from services.claims.benefits.adjudicate import Decision, accumulator_kinds
from services.claims.benefits.facts import Facts
from services.claims.benefits.policy import PolicyVersion
from services.claims.burden import rules as burden
from services.claims.coverage.insured import Insured
from services.claims.settlements.visit import AccumulatorKey


def keys_of(insured: Insured, year: int, version: PolicyVersion, facts: Facts) -> tuple[AccumulatorKey, ...]:
    """Everything to be locked before a decision on these facts."""
    kinds = accumulator_kinds(version, facts)
    own = (AccumulatorKey(insured.person_id, year, kind) for kind in kinds)
    return (*own, *burden.keys(insured, year))


def moves_of(insured: Insured, year: int, decision: Decision) -> dict[AccumulatorKey, int]:
    """By what a decision moves which accumulators: those of the layers, and what the person bears."""
    own = {AccumulatorKey(insured.person_id, year, kind): by for kind, by in decision.movements.items()}
    return own | burden.movements(insured, year, decision.person_pays_fen)
