"""Four-layer adjudications per second on one core: ``python -m tests.bench.adjudication``."""

import random
import time
from datetime import date

from services.claims.benefits.adjudicate import Decision, accumulator_kinds, adjudicate
from services.claims.benefits.facts import Charge, Facts
from services.claims.benefits.policy import PolicyVersion
from services.claims.policies import load_book
from tests.support.visits import charge, visit

SEED = 20260309
CASES = 2_000
FOUR_LAYERS = frozenset({"basic_insurance", "critical_illness", "medical_assistance", "poverty_relief_fund"})


def sample(version: PolicyVersion, cases: int = CASES) -> list[tuple[Facts, dict[str, int]]]:
    """Inpatient visits of poor people in which four layers pay something, with accumulators in use."""
    chance = random.Random(SEED)
    found: list[tuple[Facts, dict[str, int]]] = []
    while len(found) < cases:
        facts = visit(
            _lines(chance), categories=frozenset({"registered_poor"}), provider_level=chance.choice((1, 2))
        )
        used = {kind: chance.randrange(400_000, 600_000) for kind in accumulator_kinds(version, facts)}
        if {payer for payer, _ in adjudicate(version, facts, used).payers} >= FOUR_LAYERS:
            found.append((facts, used))
    return found


def _lines(chance: random.Random) -> list[Charge]:
    plain = [charge(chance.randrange(10_000, 800_000)) for _ in range(2)]
    limited = charge(amount := chance.randrange(10_000, 200_000), price_limit_e4=amount * 90)
    shared = charge(chance.randrange(10_000, 400_000), "B", 1_000)
    return [*plain, limited, shared, charge(chance.randrange(1_000, 50_000), "C")]


def measure(seconds: float = 3.0) -> float:
    """Adjudications per second, decisions with their steps, without building the facts."""
    version = load_book("sample-county").on(date(2026, 3, 9))
    cases = sample(version)
    done, last = 0, None
    begin = time.perf_counter()
    while (elapsed := time.perf_counter() - begin) < seconds:
        for facts, used in cases:
            last = adjudicate(version, facts, used)
        done += len(cases)
    assert isinstance(last, Decision)
    return done / elapsed


if __name__ == "__main__":
    print(f"{measure():,.0f} four-layer adjudications/s on one core (5 lines each, seed {SEED})")
