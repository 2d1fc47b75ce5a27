"""The one path on which bills are settled: single visits, batches and previews, always as a set.

A few round trips for any number of visits: hold, find, claim, lock, write. Visits are posted in the order in
which they are given; several visits of one person see each other's movements.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.accumulators import repository as accumulators
from services.claims.accumulators.held import Held, Holder, HolderYear, amounts, move
from services.claims.benefits.adjudicate import Decision, accumulator_kinds, adjudicate
from services.claims.benefits.steps import steps_as_dicts
from services.claims.burden import rules as burden
from services.claims.guards import repository as guards
from services.claims.guards.data import item_limits
from services.claims.guards.repository import Claim
from services.claims.guards.rules import half_days, item_uses
from services.claims.problems import PERSON_ELSEWHERE, VISIT_CONFLICT
from services.claims.settlements import posting, reading_repository, repository
from services.claims.settlements.candidate import Candidate, claim_all, refusal_of
from services.claims.settlements.checks import check
from services.claims.settlements.message import Message
from services.claims.settlements.movements import holders_of, moves_of, whose_of
from services.claims.settlements.policies import Policies
from services.claims.settlements.record import Settlement
from services.claims.settlements.repository import Connection, Found, Settled
from services.claims.settlements.schemas import SettlementRequest
from services.claims.settlements.visit import Asked, Visit, visit_of
from services.claims.visits.problems import ADMITTED_OTHER
from shared.auth import Caller
from shared.clock import business_date
from shared.crypto import BlindIndex
from shared.db import Transaction, raw
from shared.ids import new_id
from shared.problems import Problem


@dataclass(frozen=True, slots=True)
class Desk:
    """By which policies and keys bills are settled; ``bases`` remembers explanations already stored."""

    policies: Policies
    blind_index: BlindIndex
    bases: posting.StoredBases


Said = SettlementRequest | Message


class Submission(NamedTuple):
    """A message and who sent it."""

    caller: Caller
    request: Said


class Done(NamedTuple):
    """A settled visit; ``created`` is false when the same content had been settled before."""

    settlement: Settlement
    created: bool


Outcome = Done | Problem
VisitKey = tuple[str, str]


async def settle_many(
    transaction: Transaction,
    desk: Desk,
    now: datetime,
    submissions: Sequence[Submission],
    meanwhile: Callable[[Settlement], None] | None = None,
) -> list[Outcome]:
    """Settle visits in the given order; one outcome per message, refusals as problems. The edge commits.

    The same visit number again with equal content gives the settlement that exists, with other content
    ``claims.visit_conflict``; also inside one call. A refused message writes nothing. The transaction has
    been entered for the callers (``shared.http.enter``). ``meanwhile`` gets each new settlement while the
    database writes others: what is done with it then takes little time under the locks.
    """
    connection = await raw(transaction)
    round_ = await _Round.examine(connection, desk, now, submissions, hold=True)
    candidates = round_.candidates()
    if candidates:
        claims = await claim_all(connection, candidates)
        lost = [(each, claims[each.id]) for each in candidates if not claims[each.id].free]
        await round_.give_up(connection, lost)
        posted = [each for each in candidates if claims[each.id].free]
        held = await accumulators.lock(connection, _holders(posted))
        decided = _decide(desk.policies, posted, held)
        posted_now = await posting.post(transaction, connection, now, desk.bases, decided, held, meanwhile)
        round_.settled(posted_now)
    return await round_.outcomes(connection)


async def preview_many(
    session: AsyncSession, desk: Desk, now: datetime, submissions: Sequence[Submission]
) -> list[Outcome]:
    """What settling now would give, from the accumulators as they stand; locks and writes nothing."""
    connection = await raw(session)
    round_ = await _Round.examine(connection, desk, now, submissions)
    candidates = round_.candidates()
    held = await accumulators.read(connection, _holders(candidates))
    decided = _decide(desk.policies, candidates, held)
    round_.settled([posting.settlement_of(each, now) for each in decided])
    return await round_.outcomes(connection)


class Explained(NamedTuple):
    """What settling now would give, with the complete steps of the decision; none where it is settled."""

    settlement: Settlement
    steps: list[dict[str, Any]]


async def preview_explained(
    session: AsyncSession, desk: Desk, now: datetime, submission: Submission
) -> Explained:
    """As ``preview_many`` for one visit, with its explanation; raises its refusal."""
    connection = await raw(session)
    round_ = await _Round.examine(connection, desk, now, [submission])
    candidates = round_.candidates()
    held = await accumulators.read(connection, _holders(candidates))
    decided = list(_decide(desk.policies, candidates, held))
    round_.settled([posting.settlement_of(each, now) for each in decided])
    [outcome] = await round_.outcomes(connection)
    if isinstance(outcome, Problem):
        raise outcome
    steps = [step for each in decided for step in steps_as_dicts(each.decision.steps)]
    return Explained(outcome.settlement, steps)


class Estimate(NamedTuple):
    """A visit as the rules see it, and what settling it now would give."""

    visit: Visit
    settlement: Settlement


async def estimate(session: AsyncSession, desk: Desk, now: datetime, submission: Submission) -> Estimate:
    """As ``preview_many`` for one visit that is not settled, with the facts behind it; raises its refusal."""
    connection = await raw(session)
    round_ = await _Round.examine(connection, desk, now, [submission])
    candidates = round_.candidates()
    if not candidates:
        [outcome] = await round_.outcomes(connection)
        request = submission.request
        raise outcome if isinstance(outcome, Problem) else Problem(VISIT_CONFLICT, visit_no=request.visit_no)
    held = await accumulators.read(connection, _holders(candidates))
    [decided] = _decide(desk.policies, candidates, held)
    return Estimate(decided.visit, posting.settlement_of(decided, now))


class _Round:
    """The messages of one call on their way to an outcome each."""

    def __init__(self, desk: Desk, today: date, count: int) -> None:
        self._desk = desk
        self._today = today
        self._outcomes: list[Outcome | None] = [None] * count
        self._candidates: dict[VisitKey, Candidate] = {}
        # Lines whose outcome is that of a settlement posted now or earlier, by line.
        self._same_as: dict[int, UUID] = {}
        self._created_by: dict[UUID, int] = {}
        self._settlements: dict[UUID, Settlement] = {}

    @classmethod
    async def examine(
        cls,
        connection: Connection,
        desk: Desk,
        now: datetime,
        submissions: Sequence[Submission],
        *,
        hold: bool = False,
    ) -> "_Round":
        """Check every message, look up what it names, and sort out what can be settled.

        With ``hold`` nothing about the patients changes until the transaction ends.
        """
        today = business_date(now)
        round_ = cls(desk, today, len(submissions))
        asked: dict[int, Asked] = {}
        for line, (caller, request) in enumerate(submissions):
            try:
                asked[line] = check(request, caller, desk.blind_index, today)
            except Problem as problem:
                round_._outcomes[line] = problem
        if hold and asked:
            await repository.hold_people(connection, [message.id_index for message in asked.values()])
        found = await repository.find(connection, list(asked.values())) if asked else []
        for (line, message), known in zip(asked.items(), found, strict=True):
            round_._sort(line, submissions[line].caller, message, known)
        return round_

    def candidates(self) -> list[Candidate]:
        """The visits that can be settled, in the order of the requests."""
        return list(self._candidates.values())

    def settled(self, settlements: Sequence[Settlement]) -> None:
        """Remember what was posted or previewed."""
        self._settlements.update((settlement.id, settlement) for settlement in settlements)

    async def give_up(self, connection: Connection, lost: Sequence[tuple[Candidate, Claim]]) -> None:
        """What these needed was not free: a settlement posted meanwhile is the outcome, else a refusal."""
        if not lost:
            return
        await guards.release(connection, [candidate.id for candidate, _ in lost])
        found = await repository.find(connection, [candidate.visit.asked for candidate, _ in lost])
        for (candidate, claim), known in zip(lost, found, strict=True):
            asked, settled = candidate.visit.asked, known.settled
            for line in [line for line, id_ in self._same_as.items() if id_ == candidate.id]:
                del self._same_as[line]
                if settled is None or (settled.reversed and not settled.same(asked.digest)):
                    self._outcomes[line] = refusal_of(candidate, claim)
                else:
                    self._repeat(line, asked, settled)

    async def outcomes(self, connection: Connection) -> list[Outcome]:
        """One outcome per request."""
        earlier = {id_ for id_ in self._same_as.values() if id_ not in self._settlements}
        if earlier:
            self.settled(await reading_repository.by_ids(connection, sorted(earlier)))
        for line, id_ in self._same_as.items():
            created = self._created_by.get(id_) == line
            self._outcomes[line] = Done(self._settlements[id_], created)
        return [outcome for outcome in self._outcomes if outcome is not None]

    def _sort(self, line: int, caller: Caller, asked: Asked, found: Found) -> None:
        key = (asked.request.facility_code, asked.request.visit_no)
        twin = self._candidates.get(key)
        known = found.settled
        if known is not None and (known.same(asked.digest) or not known.reversed):
            self._repeat(line, asked, known)
        elif twin is not None:
            self._repeat(line, asked, Settled(twin.id, twin.visit.asked.digest))
        else:
            try:
                candidate = self._candidate(caller, asked, found)
            except Problem as problem:
                self._outcomes[line] = problem
                return
            self._candidates[key] = candidate
            self._same_as[line] = candidate.id
            self._created_by[candidate.id] = line

    def _candidate(self, caller: Caller, asked: Asked, found: Found) -> Candidate:
        admitted = found.admitted
        if admitted is not None and admitted.state == "open" and admitted.id_index != asked.id_index:
            raise Problem(ADMITTED_OTHER, pointer="/patient/id_number", visit_no=asked.request.visit_no)
        policies = self._desk.policies
        visit = visit_of(asked, found.provider, found.insured, policies, self._today, found.referral)
        uses = item_uses(visit.facts, item_limits())
        kinds = accumulator_kinds(visit.version, visit.facts, visit.plan)
        whose = whose_of(visit.insured, visit.year, kinds)
        # Funds and ledger are the county's: a token for a part of it sees no balance and books nothing.
        if not caller.governs(visit.insured.county_code):
            raise Problem(PERSON_ELSEWHERE, pointer="/patient/id_number")
        return Candidate(new_id(), visit, whose, half_days(visit.facts), uses)

    def _repeat(self, line: int, asked: Asked, known: Settled) -> None:
        same = known.same(asked.digest)
        if same is None:
            self._outcomes[line] = _conflict(asked)
        else:
            self._same_as[line] = same


def _conflict(asked: Asked) -> Problem:
    return Problem(VISIT_CONFLICT, pointer="/visit_no", visit_no=asked.request.visit_no)


def _holders(candidates: Sequence[Candidate]) -> dict[HolderYear, Holder]:
    """Everybody whose accumulators the candidates may move."""
    found: dict[HolderYear, Holder] = {}
    for each in candidates:
        found |= holders_of(each.visit.insured.division_code, each.whose.items())
    return found


def _decide(policies: Policies, candidates: Sequence[Candidate], held: Held) -> Iterator[posting.Decided]:
    """Adjudicate in posting order, each visit on what the ones before it left."""
    for id_, visit, whose, *_ in candidates:
        before = amounts(held, whose)
        decision: Decision = adjudicate(visit.version, visit.facts, before, visit.plan)
        moves = moves_of(decision)
        book = policies.for_division(visit.insured.division_code)
        crossed = burden.crossings(burden.thresholds_of(book, visit.year), before, moves)
        for kind, by in moves.items():
            move(held, whose[kind], kind, by)
        yield posting.Decided(id_, visit, decision, whose, moves, crossed)
