"""All postings of one person's year, one after the other."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from services.claims.verification.booking import Standing
from services.claims.verification.chain import Adjusted, Chain
from services.claims.verification.evaluator import differences
from services.claims.verification.records import Difference, Findings, Moved, Settled, is_reversal
from services.claims.verification.shapes import Shape


class Posting(NamedTuple):
    """A posting in its place; ``settled`` where it was asked for, else it only moves accumulators."""

    settlement_id: UUID
    revision: int
    run: UUID | None
    moved: tuple[Moved, ...]
    settled: Settled | None


class Year:
    """Checks postings as they come; those of one re-adjudication are followed together at its end."""

    def __init__(self, person_id: UUID, shapes: Mapping[str, Shape]) -> None:
        self._shapes = shapes
        self._chain = Chain(person_id)
        self._standing: dict[UUID, Standing] = {}
        self._run: UUID | None = None
        self._group: list[Adjusted] = []

    def take(self, posting: Posting) -> list[Difference]:
        """The next posting."""
        found = self._close(posting.run)
        settled = posting.settled
        if settled is not None:
            standing = self._standing.setdefault(settled.id, Standing())
            derived = differences(settled, self._shapes, standing)
            found += derived
            if any(each.field == "form" for each in derived):
                settled = None
        findings = Findings(posting.settlement_id, posting.revision)
        if posting.run is not None:
            self._group.append(Adjusted(posting.settlement_id, posting.moved, settled, findings))
        elif settled is None or settled.reverses:
            reverses = is_reversal(posting.revision, posting.run)
            self._chain.pass_over(posting.settlement_id, posting.moved, reverses=reverses)
        else:
            self._chain.follow(settled, findings)
        return found if self._group else found + findings.all

    def end(self, used: Mapping[str, int]) -> list[Difference]:
        """The accumulators at the end of the year."""
        return self._close(None) + self._chain.end(used)

    def _close(self, next_run: UUID | None) -> list[Difference]:
        """Follow the postings of a re-adjudication unless there are more to come."""
        if not self._group or next_run == self._run:
            self._run = next_run
            return []
        self._chain.work_out_again(self._group)
        found = [each for adjusted in self._group for each in adjusted.found.all]
        self._run, self._group = next_run, []
        return found
