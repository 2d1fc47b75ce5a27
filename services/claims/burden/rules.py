"""What a person and a household have paid themselves in a year, and when that crosses a threshold. Pure.

Two accumulators hold it: ``own_payment`` of the person and ``household.own_payment`` of the household, whose
id stands where a person's otherwise does. Both move by everything that the person pays of a bill, whether a
payer covers its kind or not, in the transaction of the settlement and under the same locks: so a threshold is
crossed by exactly one posting, however many people settle at the same moment.

The household is the one that the person belonged to when the bill was settled: who leaves takes the own
amount along, the household keeps what was paid while he or she was its member, and the new household begins
with the next bill. Thresholds hold for a whole year: they are those of the pack version in force on its first
day, or of the first version of that year.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from services.claims.benefits.burden import BurdenThreshold
from services.claims.benefits.policy import PolicyBook
from shared.money import Fen

PERSON, HOUSEHOLD = "person", "household"
OWN_PAYMENT: Final = "own_payment"
HOUSEHOLD_OWN_PAYMENT: Final = "household.own_payment"
KIND_OF: Final[Mapping[str, str]] = {PERSON: OWN_PAYMENT, HOUSEHOLD: HOUSEHOLD_OWN_PAYMENT}
KINDS: Final = tuple(KIND_OF.values())

CROSSED, WITHDRAWN = "crossed", "withdrawn"


class Crossing(NamedTuple):
    """A threshold that a posting reached (``crossed``) or took back (``withdrawn``)."""

    threshold: BurdenThreshold
    own_payment_fen: Fen
    state: str


def movements(person_pays_fen: Fen) -> dict[str, Fen]:
    """How a bill moves the two: by what the person pays of it."""
    return dict.fromkeys(KINDS, person_pays_fen) if person_pays_fen else {}


def thresholds_of(book: PolicyBook | None, year: int) -> tuple[BurdenThreshold, ...]:
    """The thresholds of a year: those in force on its first day, or of the year's first version."""
    if book is None or book.versions[0].effective_from.year > year:
        return ()
    return book.on(max(date(year, 1, 1), book.versions[0].effective_from)).burden


def crossings(
    thresholds: Sequence[BurdenThreshold], used: Mapping[str, Fen], moves: Mapping[str, Fen]
) -> tuple[Crossing, ...]:
    """What moving accumulators (by kind) from where they stand crosses or takes back, in the pack's order.

    A threshold is crossed by reaching it: before < threshold ≤ after. Falling below it withdraws it.
    """
    found = []
    for threshold in thresholds:
        kind = KIND_OF[threshold.per]
        before, amount = used.get(kind, 0), moves.get(kind, 0)
        direction = threshold.crossed(before, before + amount)
        if direction:
            found.append(Crossing(threshold, before + amount, CROSSED if direction > 0 else WITHDRAWN))
    return tuple(found)
