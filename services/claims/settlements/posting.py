"""From decisions to rows: what is written when visits are posted."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from services.claims.accumulators.held import Held, Whose, rows
from services.claims.benefits.adjudicate import Decision
from services.claims.benefits.steps import Basis, basis_as_dict, step_as_row
from services.claims.burden import rules as burden
from services.claims.burden.events import burden_crossed
from services.claims.ledger.postings import settlement_postings
from services.claims.settlements import lines, movements, repository
from services.claims.settlements.events import claim_settled
from services.claims.settlements.record import Settlement
from services.claims.settlements.repository import Batch, Connection
from services.claims.settlements.visit import Visit
from shared.db import Transaction, when_committed
from shared.identity import mask
from shared.messaging import event_log
from shared.messaging.event_log import NewEvent

PART: Final = 25
"""Visits written by one execution of the statement."""
_STORED = Settlement._fields.index("payers")
CEILING_LAYER = "fund"
"""Ceilings of a visit begin their values with the amount they are a share of, and the ceiling."""


class Decided(NamedTuple):
    """A visit and what every payer pays for it."""

    id: UUID
    visit: Visit
    decision: Decision
    whose: Whose
    moves: Mapping[str, int]
    """By what it moves accumulators, by kind."""
    crossings: tuple[burden.Crossing, ...]
    """Thresholds of the year's own payment that this visit crosses."""


class StoredBases:
    """Which explanation bases are known to be in the database, so that they are not sent again."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    async def store(
        self, transaction: Transaction, connection: Connection, decisions: Iterable[Decision]
    ) -> None:
        """Store what these decisions refer to and may not be stored yet."""
        missing = self._missing(decisions)
        if missing:
            rows = [(id_, json.dumps(basis_as_dict(basis), ensure_ascii=False)) for id_, basis in missing]
            await repository.add_bases(connection, rows)
            self.remember_when_committed(transaction, [id_ for id_, _ in missing])

    def _missing(self, decisions: Iterable[Decision]) -> list[tuple[str, Basis]]:
        found = {
            step.basis.id: step.basis
            for decision in decisions
            for step in decision.steps
            if step.basis.id not in self._ids
        }
        return sorted(found.items())

    def remember_when_committed(self, transaction: Transaction, ids: Sequence[str]) -> None:
        """Count them as stored once the transaction that stores them is committed."""
        when_committed(transaction, lambda: self._ids.update(ids))


async def post(
    transaction: Transaction,
    connection: Connection,
    now: datetime,
    bases: StoredBases,
    decided: Iterator[Decided],
    held: Held,
    meanwhile: Callable[[Settlement], None] | None = None,
) -> list[Settlement]:
    """Write visits as they are decided, with everything that belongs to them; the settlements, in that order.

    While the database writes one part of them the next parts are worked out. ``held`` is what the
    accumulators hold, moved by each visit as it is decided; ``meanwhile`` gets each settlement before the
    database has it.
    """
    posted: list[Settlement] = []
    decisions: list[Decision] = []
    events: list[NewEvent] = []

    def parts() -> Iterator[Batch]:
        while part := list(islice(decided, PART)):
            settlements = [settlement_of(each, now) for each in part]
            yield _batch(part, settlements, held)
            posted.extend(settlements)
            if meanwhile is not None:
                for settlement in settlements:
                    meanwhile(settlement)
            decisions.extend(each.decision for each in part)
            events.extend(_events(part, settlements))

    await repository.write(connection, parts())
    await event_log.append(transaction, events, now)
    # Once and in order: batches that need the same words wait for each other, and never in a circle.
    await bases.store(transaction, connection, decisions)
    return posted


def _events(decided: Sequence[Decided], settlements: Sequence[Settlement]) -> Iterator[NewEvent]:
    for each, settlement in zip(decided, settlements, strict=True):
        yield claim_settled(settlement)
        yield from burden_crossed(settlement, each.crossings)


def settlement_of(decided: Decided, now: datetime) -> Settlement:
    """The settlement as it is stored and shown."""
    visit, decision = decided.visit, decided.decision
    request, facts, insured = visit.asked.request, visit.facts, visit.insured
    ceiling_bp, ceiling_base_fen = ceiling_of(decision)
    return Settlement(
        id=decided.id,
        facility_code=request.facility_code,
        visit_no=request.visit_no,
        division_code=insured.division_code,
        person_id=insured.person_id,
        household_id=insured.household_id,
        id_number_masked=mask(visit.asked.id_number),
        visit_type=request.visit_type,
        admitted_on=facts.admitted_on,
        discharged_on=facts.discharged_on,
        year=visit.year,
        referral_no=request.referral_no,
        chronic_code=request.chronic_code,
        diagnoses=list(facts.diagnoses),
        place=facts.place,
        referral=facts.referral,
        provider_level=facts.provider_level,
        categories=sorted(facts.categories),
        policy_pack=visit.version.pack,
        policy_version=visit.version.version,
        settled_at=now,
        settled_by=visit.asked.sender,
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
        referral_reason=visit.referral_reason,
        designated_for=sorted(facts.designated_for),
        chronic_reason=visit.chronic_reason,
        payers=decision.payers,
    )


def steps_text(decision: Decision) -> str:
    """The explanation in short form, as it is stored."""
    return msgspec.json.encode([step_as_row(step) for step in decision.steps]).decode()


def ceiling_of(decision: Decision) -> tuple[int | None, int | None]:
    """The lowest ceiling of this visit that a fund worked towards, and the amount that it is a share of."""
    ceilings = [
        (values[1], values[0])
        for basis, _, values, _, _ in decision.steps
        if basis.layer == CEILING_LAYER and basis.arithmetic.parameters[1] == "ceiling_bp"
    ]
    rates = [(rate, whole) for rate, whole in ceilings if isinstance(rate, int) and isinstance(whole, int)]
    return min(rates, default=(None, None))


def _batch(decided: Sequence[Decided], settlements: Sequence[Settlement], held: Held) -> Batch:
    moved = [each.whose[kind] for each in decided for kind in each.moves]
    batch = Batch([], [], rows(held, moved))
    for each, settlement in zip(decided, settlements, strict=True):
        batch.settlements.append((*settlement[:_STORED], *_parts(each)))
        batch.transfers.extend(_transfer_rows(settlement, each.visit.insured.county_code))
    return batch


def _parts(decided: Decided) -> tuple[object, ...]:
    """What stands in the row of a settlement besides its figures: its lines, movements and payers."""
    return (
        *lines.stored(decided.visit.facts.charges),
        movements.stored(decided.whose, decided.moves),
        [payer for payer, _ in decided.decision.payers],
        [amount for _, amount in decided.decision.payers],
    )


def _transfer_rows(settlement: Settlement, county_code: str) -> list[tuple[object, ...]]:
    postings = settlement_postings(
        county_code,
        settlement.year,
        settlement.facility_code,
        settlement.payers,
        settlement.person_pays_fen,
    )
    head = (settlement.settled_at, county_code, settlement.year, settlement.facility_code)
    return [(*head, *posting, settlement.id) for posting in postings]
