"""The accumulators of a person's year: every settlement begins where the one before it ended."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.claims.verification.records import Difference, Findings, Moved, Settled


class Chain:
    """Follows the settlements of one person and year in the order in which they were posted."""

    def __init__(self) -> None:
        self._now: dict[str, int] = {}
        self._last: UUID | None = None

    def pass_over(self, settlement_id: UUID, moved: Iterable[Moved]) -> None:
        """A settlement that is not looked at, or cannot be: it moved what its movements say."""
        self._last = settlement_id
        for each in moved:
            self._now[each.kind] = self._now.get(each.kind, 0) + each.amount_fen

    def follow(self, settled: Settled, found: Findings) -> None:
        """Every step of a settlement finds the accumulators as the steps before it left them."""
        self._last = settled.id
        for no, row in enumerate(settled.steps, 1):
            for kind, before, after in row[4]:
                found.expect(no, f"accumulators/{kind}/before", before, self._now.get(kind, 0))
                self._now[kind] = after

    def end(self, used: Mapping[str, int]) -> list[Difference]:
        """The accumulators themselves are what the last settlement left."""
        if self._last is None:
            return []
        found = Findings(self._last)
        for kind in sorted(self._now.keys() | used.keys()):
            found.expect(None, f"accumulators/{kind}", used.get(kind, 0), self._now.get(kind, 0))
        return found.all
