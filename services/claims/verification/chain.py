"""The accumulators of a person's year: every settlement begins where the one before it ended.

What a household has paid and what a fund has spent are moved by other people's settlements as well; their
sums are the business of ``verify-ledger``.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.claims.verification.records import (
    OWN_PAYMENT,
    Difference,
    Findings,
    Moved,
    Settled,
    held_by_county,
)


class Chain:
    """Follows the settlements of one person and year in the order in which they were posted."""

    def __init__(self, person_id: UUID) -> None:
        self._person_id = person_id
        self._now: dict[str, int] = {}
        self._last: UUID | None = None

    def pass_over(self, settlement_id: UUID, moved: Iterable[Moved]) -> None:
        """A settlement that is not looked at, or cannot be: it moved what its movements say."""
        self._last = settlement_id
        for each in moved:
            if each.holder == self._person_id and not held_by_county(each.kind):
                self._now[each.kind] = self._now.get(each.kind, 0) + each.amount_fen

    def follow(self, settled: Settled, found: Findings) -> None:
        """Every step of a settlement finds the accumulators as the steps before it left them."""
        self._last = settled.id
        for no, row in enumerate(settled.steps, 1):
            for kind, before, after in row[4]:
                if not held_by_county(kind):
                    found.expect(no, f"accumulators/{kind}/before", before, self._now.get(kind, 0))
                    self._now[kind] = after
        self._now[OWN_PAYMENT] = self._now.get(OWN_PAYMENT, 0) + settled.person_pays_fen

    def end(self, used: Mapping[str, int]) -> list[Difference]:
        """The accumulators themselves are what the last settlement left."""
        if self._last is None:
            return []
        found = Findings(self._last)
        for kind in sorted(kind for kind in self._now.keys() | used.keys() if not held_by_county(kind)):
            found.expect(None, f"accumulators/{kind}", used.get(kind, 0), self._now.get(kind, 0))
        return found.all
