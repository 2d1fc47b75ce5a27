"""The one path on which bills are settled: single visits, batches and previews, always as a set.

Four round trips for any number of visits: find, claim, lock, write. Visits are posted in the order in which
they are given; several visits of one person see each other's movements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.adjudicate import Decision, adjudicate
from services.claims.burden import rules as burden
from services.claims.problems import VISIT_CONFLICT
from services.claims.settlements import posting, reading_repository, repository
from services.claims.settlements.checks import check
from services.claims.settlements.movements import keys_of, moves_of
from services.claims.settlements.policies import Policies
from services.claims.settlements.record import Settlement
from services.claims.settlements.repository import Connection, Found, Settled
from services.claims.settlements.schemas import SettlementRequest
from services.claims.settlements.visit import AccumulatorKey, Asked, Visit, visit_of
from shared.auth import Caller
from shared.clock import business_date
from shared.crypto import BlindIndex
from shared.db import raw
from shared.ids import new_id
from shared.problems import Problem


@dataclass(frozen=True, slots=True)
class Desk:
    """By which policies and keys bills are settled; ``bases`` remembers explanations already stored."""

    policies: Policies
    blind_index: BlindIndex
    bases: posting.StoredBases


class Submission(NamedTuple):
    """A message and who sent it."""

    caller: Caller
    request: SettlementRequest


class Done(NamedTuple):
    """A settled visit; ``created`` is false when the same content had been settled before."""

    settlement: Settlement
    created: bool


Outcome = Done | Problem
VisitKey = tuple[str, str]


class _Candidate(NamedTuple):
    """A visit to be settled under a new id, and the accumulators it may move."""

    id: UUID
    visit: Visit
    keys: tuple[AccumulatorKey, ...]
    anew: bool
    """The visit number was settled with other content, and that settlement is reversed."""


async def settle_many(
    session: AsyncSession, desk: Desk, now: datetime, submissions: Sequence[Submission]
) -> list[Outcome]:
    """Settle visits in the given order; one outcome per message, refusals as problems. The edge commits.

    The same visit number again with equal content gives the settlement that exists, with other content
    ``claims.visit_conflict``; also inside one call. A refused message writes nothing. The transaction has
    been entered for the callers (``shared.http.enter``).
    """
    connection = await raw(session)
    round_ = await _Round.examine(connection, desk, now, submissions)
    candidates = round_.candidates()
    if candidates:
        free = await _claim(connection, candidates)
        await round_.give_up(connection, [each for each in candidates if each.id not in free])
        posted = [each for each in candidates if each.id in free]
        used = await repository.lock(connection, _keys(posted))
        decided = _decide(desk.policies, posted, used)
        round_.settled(await posting.post(session, connection, now, desk.bases, decided))
    return await round_.outcomes(connection)


async def preview_many(
    session: AsyncSession, desk: Desk, now: datetime, submissions: Sequence[Submission]
) -> list[Outcome]:
    """What settling now would give, from the accumulators as they stand; locks and writes nothing."""
    connection = await raw(session)
    round_ = await _Round.examine(connection, desk, now, submissions)
    candidates = round_.candidates()
    used = await repository.read(connection, _keys(candidates)) if candidates else {}
    decided = _decide(desk.policies, candidates, used)
    round_.settled([posting.settlement_of(each, now) for each in decided])
    return await round_.outcomes(connection)


class _Round:
    """The messages of one call on their way to an outcome each."""

    def __init__(self, desk: Desk, now: datetime, count: int) -> None:
        self._desk = desk
        self._now = now
        self._outcomes: list[Outcome | None] = [None] * count
        self._candidates: dict[VisitKey, _Candidate] = {}
        # Lines whose outcome is that of a settlement posted now or earlier, by line.
        self._same_as: dict[int, UUID] = {}
        self._created_by: dict[UUID, int] = {}
        self._settlements: dict[UUID, Settlement] = {}

    @classmethod
    async def examine(
        cls, connection: Connection, desk: Desk, now: datetime, submissions: Sequence[Submission]
    ) -> "_Round":
        """Check every message, look up what it names, and sort out what can be settled."""
        round_ = cls(desk, now, len(submissions))
        asked: dict[int, Asked] = {}
        today = business_date(now)
        for line, (caller, request) in enumerate(submissions):
            try:
                asked[line] = check(request, caller, desk.blind_index, today)
            except Problem as problem:
                round_._outcomes[line] = problem
        found = await repository.find(connection, list(asked.values())) if asked else []
        for (line, message), known in zip(asked.items(), found, strict=True):
            round_._sort(line, message, known)
        return round_

    def candidates(self) -> list[_Candidate]:
        """The visits that can be settled, in the order of the requests."""
        return list(self._candidates.values())

    def settled(self, settlements: Sequence[Settlement]) -> None:
        """Remember what was posted or previewed."""
        self._settlements.update((settlement.id, settlement) for settlement in settlements)

    async def give_up(self, connection: Connection, lost: Sequence[_Candidate]) -> None:
        """Someone else posted these visit numbers meanwhile: their settlement is the outcome."""
        if not lost:
            return
        found = await repository.find(connection, [candidate.visit.asked for candidate in lost])
        for candidate, known in zip(lost, found, strict=True):
            same = known.settled.same(candidate.visit.asked.digest) if known.settled else None
            lines = [line for line, id_ in self._same_as.items() if id_ == candidate.id]
            for line in lines:
                del self._same_as[line]
                if same is not None:
                    self._same_as[line] = same
                else:
                    self._outcomes[line] = _conflict(candidate.visit.asked)

    async def outcomes(self, connection: Connection) -> list[Outcome]:
        """One outcome per request."""
        earlier = {id_ for id_ in self._same_as.values() if id_ not in self._settlements}
        if earlier:
            self.settled(await reading_repository.by_ids(connection, sorted(earlier)))
        for line, id_ in self._same_as.items():
            created = self._created_by.get(id_) == line
            self._outcomes[line] = Done(self._settlements[id_], created)
        return [outcome for outcome in self._outcomes if outcome is not None]

    def _sort(self, line: int, asked: Asked, found: Found) -> None:
        key = (asked.request.facility_code, asked.request.visit_no)
        twin = self._candidates.get(key)
        known = found.settled
        if known is not None and (known.same(asked.digest) or not known.reversed):
            self._repeat(line, asked, known)
        elif twin is not None:
            self._repeat(line, asked, Settled(twin.id, twin.visit.asked.digest))
        else:
            try:
                visit = visit_of(asked, found.provider, found.insured, self._desk.policies, self._now)
            except Problem as problem:
                self._outcomes[line] = problem
                return
            keys = keys_of(visit.insured, visit.year, visit.version, visit.facts)
            candidate = _Candidate(new_id(), visit, keys, anew=found.settled is not None)
            self._candidates[key] = candidate
            self._same_as[line] = candidate.id
            self._created_by[candidate.id] = line

    def _repeat(self, line: int, asked: Asked, known: Settled) -> None:
        same = known.same(asked.digest)
        if same is None:
            self._outcomes[line] = _conflict(asked)
        else:
            self._same_as[line] = same


def _conflict(asked: Asked) -> Problem:
    return Problem(VISIT_CONFLICT, pointer="/visit_no", visit_no=asked.request.visit_no)


def _keys(candidates: Sequence[_Candidate]) -> list[AccumulatorKey]:
    return sorted({key for candidate in candidates for key in candidate.keys})


async def _claim(connection: Connection, candidates: Sequence[_Candidate]) -> set[UUID]:
    freed = [_visit_row(each) for each in candidates if each.anew]
    divisions = {key: each.visit.insured.division_code for each in candidates for key in each.keys}
    # Numbers of reversed visits first: whoever corrects locks visits before accumulators as well.
    taken = await repository.claim_again(connection, freed) if freed else set()
    fresh = [_visit_row(each) for each in candidates if not each.anew]
    return taken | await repository.claim(connection, fresh, sorted(divisions.items()))


def _visit_row(candidate: _Candidate) -> repository.Claim:
    asked, insured = candidate.visit.asked, candidate.visit.insured
    return (
        asked.request.facility_code,
        asked.request.visit_no,
        candidate.id,
        asked.digest,
        insured.division_code,
    )


def _decide(
    policies: Policies, candidates: Sequence[_Candidate], used: Mapping[AccumulatorKey, int]
) -> list[posting.Decided]:
    """Adjudicate in posting order, each visit on what the ones before it left."""
    now_used = dict(used)
    decided = []
    for id_, visit, keys, _ in candidates:
        before = {key.kind: now_used.get(key, 0) for key in keys}
        decision: Decision = adjudicate(visit.version, visit.facts, before)
        moves = moves_of(visit.insured, visit.year, decision)
        book = policies.for_division(visit.insured.division_code)
        crossed = burden.crossings(burden.thresholds_of(book, visit.year), now_used, moves)
        for key, amount in moves.items():
            now_used[key] = now_used.get(key, 0) + amount
        decided.append(posting.Decided(id_, visit, decision, crossed))
    return decided
