"""The accumulators of a person's year: every settlement begins where the one before it ended.

What a household has paid and what a fund has spent are moved by other people's settlements as well; their
sums are the business of ``verify-ledger``.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from services.claims.verification.records import (
    OWN_PAYMENT,
    Difference,
    Findings,
    Moved,
    Settled,
    held_by_county,
)

Amounts = dict[str, int]


class Adjusted(NamedTuple):
    """One posting of a re-adjudication; ``settled`` only where its steps can be followed."""

    settlement_id: UUID
    moved: Iterable[Moved]
    settled: Settled | None
    found: Findings


class Chain:
    """Follows the postings of one person and year in the order in which they were made."""

    def __init__(self, person_id: UUID) -> None:
        self._person_id = person_id
        self._now: Amounts = {}
        self._standing: dict[UUID, Amounts] = {}
        self._last: UUID | None = None

    def pass_over(self, settlement_id: UUID, moved: Iterable[Moved], *, reverses: bool = False) -> None:
        """A posting that is not looked at, cannot be, or takes back: it moved what its movements say."""
        self._last = settlement_id
        own = self._count(settlement_id, moved)
        for kind, amount in own.items():
            self._now[kind] = self._now.get(kind, 0) + amount
        if reverses:
            self._standing.pop(settlement_id)

    def follow(self, settled: Settled, found: Findings) -> None:
        """Every step of a new settlement finds the accumulators as the steps before it left them."""
        self._last = settled.id
        self._count(settled.id, settled.moved)
        _follow(self._now, settled, found)

    def work_out_again(self, run: Iterable[Adjusted]) -> None:
        """A re-adjudication: what stands, in the order of settling, finds the accumulators from zero."""
        adjusted = {each.settlement_id: each for each in run}
        for each in adjusted.values():
            self._last = each.settlement_id
            self._count(each.settlement_id, each.moved)
        self._now = {}
        for settlement_id, own in self._standing.items():
            again = adjusted.get(settlement_id)
            if again is not None and again.settled is not None:
                _follow(self._now, again.settled, again.found)
                continue
            for kind, amount in own.items():
                self._now[kind] = self._now.get(kind, 0) + amount

    def _count(self, settlement_id: UUID, moved: Iterable[Moved]) -> Amounts:
        """Add to what the settlement has moved of the person's own accumulators; what it moves now."""
        now: Amounts = {}
        for each in moved:
            if each.holder == self._person_id and not held_by_county(each.kind):
                now[each.kind] = now.get(each.kind, 0) + each.amount_fen
        total = self._standing.setdefault(settlement_id, {})
        for kind, amount in now.items():
            total[kind] = total.get(kind, 0) + amount
        return now

    def end(self, used: Mapping[str, int]) -> list[Difference]:
        """The accumulators themselves are what the last settlement left."""
        if self._last is None:
            return []
        found = Findings(self._last)
        for kind in sorted(kind for kind in self._now.keys() | used.keys() if not held_by_county(kind)):
            found.expect(None, f"accumulators/{kind}", used.get(kind, 0), self._now.get(kind, 0))
        return found.all


def _follow(now: Amounts, settled: Settled, found: Findings) -> None:
    for no, row in enumerate(settled.steps, 1):
        for kind, before, after in row[4]:
            if not held_by_county(kind):
                found.expect(no, f"accumulators/{kind}/before", before, now.get(kind, 0))
                now[kind] = after
    now[OWN_PAYMENT] = now.get(OWN_PAYMENT, 0) + settled.person_pays_fen
