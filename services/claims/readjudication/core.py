"""A person's year worked out anew: every settlement in posting order, from nothing, with the facts now known.

Pure. The result depends on the bills that stand, on the facts and on the policies alone, never on how the
year came to be what it is: that is what makes it equal to settling everything from scratch.

What stays as it was settled: bill, provider, place, referral, disease, the county whose policy governs, and
the year. What is taken anew: the person's categories, certificates and age and the provider's designation for
disease programmes on the governing day, and the version of the policy in force on it. A reversed settlement
is left out.

Three things are for a person to decide, so they carry a flag and never post by themselves:

``not_enrolled``  the enrolment was withdrawn for the governing day. The visit stays settled and is worked out
                  as if it were covered: the hospital and the patient relied on it. Whoever decides that it
                  shall not stand reverses it; that takes it out of the year.
``waiting_period``  as the history is now known, benefits had not begun on the governing day; treated alike.
``no_policy``     no policy version governs the visit any more, or only one that counts it in another year. It
                  keeps its figures and what it moved.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple
from uuid import UUID

from services.claims.benefits.adjudicate import Decision, accumulator_kinds, adjudicate
from services.claims.benefits.facts import Charge, Facts
from services.claims.benefits.policy import PolicyVersion
from services.claims.coverage.insured import Held, Insured
from services.claims.enrolment.rules import waiting_on
from services.claims.settlements.correcting import differences
from services.claims.settlements.movements import keyed, moves_of, whose_of
from services.claims.settlements.policies import Policies
from services.claims.settlements.posting import ceiling_of, steps_text
from services.claims.settlements.record import REVERSED, Settlement
from services.claims.settlements.visit import AccumulatorKey, facts_again, known_anew, policy_of
from shared.clock import business_date
from shared.money import Fen

NOT_ENROLLED: Final = "not_enrolled"
WAITING_PERIOD: Final = "waiting_period"
NO_POLICY: Final = "no_policy"


class Standing(NamedTuple):
    """A settlement with its current figures, its bill, and by what it has moved accumulators so far."""

    settlement: Settlement
    posting_no: int
    charges: tuple[Charge, ...]
    moved: Mapping[AccumulatorKey, int]


@dataclass(frozen=True, slots=True)
class PersonYear:
    """All settlements of a person's year in posting order; the person and the providers as now known."""

    person_id: UUID
    year: int
    insured: Insured
    standings: Sequence[Standing]
    programmes: Mapping[str, Sequence[Held]] = field(default_factory=dict)
    """For which disease programmes providers are designated, by provider."""


class Judged(NamedTuple):
    """A settlement that stands, with the facts and the policy by which it is to be decided."""

    standing: Standing
    known: Settlement
    """The settlement with what is now known of certificate and designation."""
    insured: Insured
    version: PolicyVersion | None
    facts: Facts
    keys: tuple[AccumulatorKey, ...]
    flag: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A settlement before and after; ``moved`` is by what accumulators change. ``decision`` unless kept."""

    before: Settlement
    after: Settlement
    moved: Mapping[AccumulatorKey, int]
    flag: str | None
    decision: Decision | None

    @property
    def changed(self) -> bool:
        """Whether a revision is needed: an amount, an accumulator, a category or the explanation differs."""
        return self.after is not self.before

    @property
    def difference_fen(self) -> Fen:
        """Sum of the absolute differences of all payers and the person."""
        by_payers = differences(self.before, self.after).values()
        return sum(map(abs, by_payers)) + abs(self.after.person_pays_fen - self.before.person_pays_fen)


def judged(year: PersonYear, policies: Policies) -> list[Judged]:
    """What is to be decided, in posting order; its keys are what has to be locked before deciding."""
    return [
        _judge(standing, year, policies)
        for standing in year.standings
        if standing.settlement.status != REVERSED
    ]


def _judge(standing: Standing, year: PersonYear, policies: Policies) -> Judged:
    settlement, insured = standing.settlement, year.insured
    # Amounts of a household and a county are counted where they were counted when the bill was settled.
    holder = insured
    counted_at = (settlement.household_id, settlement.division_code)
    if counted_at != (insured.household_id, insured.division_code):
        holder = replace(insured, household_id=counted_at[0], division_code=counted_at[1])
    settled_on = business_date(settlement.settled_at)
    version, day = policy_of(
        settlement.division_code, settlement.admitted_on, settlement.discharged_on, settled_on, policies
    )
    if version is None or day.year != settlement.year:
        facts = facts_again(settlement, standing.charges, insured, day, settled_on)
        return Judged(standing, settlement, holder, None, facts, tuple(standing.moved), NO_POLICY)
    programmes = year.programmes.get(settlement.facility_code, ())
    known = known_anew(settlement, version, insured, programmes, day)
    facts = facts_again(known, standing.charges, insured, day, settled_on)
    flag = None if insured.enrolled_on(day) else NOT_ENROLLED
    if flag is None and waiting_on(version, insured, day) is not None:
        flag = WAITING_PERIOD
    whose = whose_of(holder, settlement.year, accumulator_kinds(version, facts))
    keys = tuple(AccumulatorKey(*year, kind) for kind, year in whose.items())
    return Judged(standing, known, holder, version, facts, keys, flag)


def own_movements(standings: Iterable[Standing]) -> dict[AccumulatorKey, int]:
    """By what these settlements together have moved accumulators so far."""
    total: dict[AccumulatorKey, int] = {}
    for standing in standings:
        for key, by in standing.moved.items():
            total[key] = total.get(key, 0) + by
    return total


def decide(cases: Sequence[Judged], used_by_others: Mapping[AccumulatorKey, int]) -> list[Line]:
    """Settle the year again, each visit on what the ones before it left.

    ``used_by_others`` is what accumulators that are shared with other people (a household's, a fund's) hold
    besides these settlements; of the person's own it is nothing.
    """
    used = dict(used_by_others)
    lines = []
    for case in cases:
        line, moves = _line(case, used)
        for key, by in moves.items():
            used[key] = used.get(key, 0) + by
        lines.append(line)
    return lines


def _line(case: Judged, used: Mapping[AccumulatorKey, int]) -> tuple[Line, Mapping[AccumulatorKey, int]]:
    before, moved = case.standing.settlement, case.standing.moved
    if case.version is None:
        return Line(before, before, {}, case.flag, None), moved
    found = {key.kind: used.get(key, 0) for key in case.keys}
    decision = adjudicate(case.version, case.facts, found)
    moves = keyed(case.insured, before.year, moves_of(decision))
    by = {key: moves.get(key, 0) - moved.get(key, 0) for key in dict.fromkeys((*moved, *moves))}
    by = {key: amount for key, amount in by.items() if amount}
    after = settlement_after(case.known, decision, case.version, case.facts)
    if not by and _same(before, after):
        after = before
    return Line(before, after, by, case.flag, decision), moves


def settlement_after(
    before: Settlement, decision: Decision, version: PolicyVersion, facts: Facts
) -> Settlement:
    """The settlement with the figures of a decision, as its next revision."""
    ceiling_bp, ceiling_base_fen = ceiling_of(decision)
    return before._replace(
        categories=sorted(facts.categories),
        policy_pack=version.pack,
        policy_version=version.version,
        total_fen=decision.total_fen,
        non_covered_fen=decision.non_covered_fen,
        over_limit_fen=decision.over_limit_fen,
        upfront_copay_fen=decision.upfront_copay_fen,
        eligible_fen=decision.eligible_fen,
        person_pays_fen=decision.person_pays_fen,
        personal_share_bp=decision.personal_share_bp,
        ceiling_bp=ceiling_bp,
        ceiling_base_fen=ceiling_base_fen,
        steps=steps_text(decision),
        payers=tuple((payer, amount) for payer, amount in decision.payers),
        revision=before.revision + 1,
    )


def _same(before: Settlement, after: Settlement) -> bool:
    """Equal but for the number of the revision; explanations stored before they were kept as text
    (migration 0021) differ in their blanks.

    A designation that changes neither amount nor explanation is no reason for a revision: a hospital's whole
    year would get one.
    """
    kept = after._replace(revision=before.revision, steps=before.steps, designated_for=before.designated_for)
    if kept != before:
        return False
    compact = before.steps.replace(", ", ",")
    return compact == after.steps or json.loads(before.steps) == json.loads(after.steps)


def digest_of(lines: Sequence[Line]) -> bytes:
    """Equal when the same amounts and movements would be posted on the same figures, by the same rules."""
    content = [
        [
            str(line.before.id),
            line.before.revision,
            line.before.payers,
            line.before.person_pays_fen,
            line.flag,
            line.after.categories,
            line.after.policy_pack,
            line.after.policy_version,
            line.after.payers,
            line.after.person_pays_fen,
            sorted([str(key.person_id), key.year, key.kind, by] for key, by in line.moved.items()),
        ]
        for line in lines
    ]
    return hashlib.sha256(json.dumps(content).encode()).digest()
