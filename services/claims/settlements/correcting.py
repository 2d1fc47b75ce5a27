"""What is written when settlements are reversed or adjusted: a revision each, and differences only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.accumulators.held import Held, amount, move, year_of
from services.claims.accumulators.held import rows as years_to_store
from services.claims.burden import rules as burden
from services.claims.burden.events import burden_crossed
from services.claims.ledger.postings import Posting, adjustment_postings
from services.claims.settlements import correcting_repository as repository
from services.claims.settlements.correcting_repository import Rows
from services.claims.settlements.policies import Policies
from services.claims.settlements.record import ADJUSTMENT, REVERSAL, Settlement
from services.claims.settlements.visit import AccumulatorKey
from shared.db import raw
from shared.divisions import county_of
from shared.events.claims import ClaimAdjusted, ClaimReversed, PayerShare
from shared.messaging import event_log
from shared.messaging.event_log import NewEvent


class Correction(NamedTuple):
    """A settlement as it stood and as it is to be; ``moved`` is by what accumulators change."""

    before: Settlement
    after: Settlement
    moved: Mapping[AccumulatorKey, int]
    reason: str
    recorded_by: str
    readjudication_id: UUID | None

    @property
    def kind(self) -> str:
        """``reversal`` or ``adjustment``."""
        return REVERSAL if self.readjudication_id is None else ADJUSTMENT

    @property
    def moves_money(self) -> bool:
        """Whether anybody pays another amount than before."""
        before, after = self.before, self.after
        return before.payers != after.payers or before.person_pays_fen != after.person_pays_fen


def differences(before: Settlement, after: Settlement) -> dict[str, int]:
    """By how much each payer pays more (or less, negative); payers without a difference are left out."""
    old, new = dict(before.payers), dict(after.payers)
    found = {payer: new.get(payer, 0) - old.get(payer, 0) for payer in dict.fromkeys((*old, *new))}
    return {payer: by for payer, by in found.items() if by}


async def post_corrections(
    session: AsyncSession,
    policies: Policies,
    now: datetime,
    corrections: Sequence[Correction],
    held: Held,
) -> None:
    """Write revisions with their transfers, movements, accumulator values and events, in two statements.

    The caller has locked the visits and every accumulator that is moved, so posting numbers and events of a
    person are in the order of posting. A reversal mirrors every transfer of the settlement that is not
    mirrored yet, linked to it; an adjustment books what changed between payers and person. ``held`` is what
    the accumulators hold, and is moved: what all corrections together cross of the year's thresholds is
    announced.
    """
    rows = Rows([], [], [], [], [])
    moved: dict[AccumulatorKey, int] = {}
    for each in corrections:
        rows.revisions.append(_revision_row(each, now))
        rows.transfers.extend(_transfer_rows(each, now))
        for key, by in each.moved.items():
            rows.movements.append(
                (each.before.id, key.kind, key.person_id, key.year, by, each.after.revision)
            )
            moved[key] = moved.get(key, 0) + by
        if each.kind == REVERSAL:
            rows.reversed.append((each.before.id, f"{REVERSAL}/{each.before.id}"))
    events = [*_events(corrections), *_crossings(corrections, policies, held, moved)]
    for key, by in moved.items():
        move(held, year_of(key), key.kind, by)
    rows.years.extend(years_to_store(held, map(year_of, moved)))
    await repository.write(await raw(session), rows, now)
    await event_log.append(session, events, now)


def _revision_row(correction: Correction, now: datetime) -> tuple[Any, ...]:
    after = correction.after
    return (
        after.id,
        after.revision,
        correction.kind,
        correction.readjudication_id,
        after.facility_code,
        after.division_code,
        after.person_id,
        after.year,
        now,
        correction.recorded_by,
        correction.reason,
        after.categories,
        after.policy_pack,
        after.policy_version,
        after.total_fen,
        after.non_covered_fen,
        after.over_limit_fen,
        after.upfront_copay_fen,
        after.eligible_fen,
        after.person_pays_fen,
        after.personal_share_bp,
        after.ceiling_bp,
        after.ceiling_base_fen,
        after.steps,
        after.designated_for,
        after.chronic_reason,
        [payer for payer, _ in after.payers],
        [amount for _, amount in after.payers],
    )


def _transfer_rows(correction: Correction, now: datetime) -> list[tuple[Any, ...]]:
    if correction.kind == REVERSAL or not correction.moves_money:
        return []
    before, after = correction.before, correction.after
    county = county_of(before.division_code)
    by_payer = differences(before, after)
    by_person = after.person_pays_fen - before.person_pays_fen
    postings: list[Posting] = adjustment_postings(
        county, before.year, before.facility_code, by_payer, by_person
    )
    head = (now, county, before.year, before.facility_code)
    reference = f"readjudication/{correction.readjudication_id}"
    return [(*head, *posting, before.id, reference) for posting in postings]


def _events(corrections: Iterable[Correction]) -> list[NewEvent]:
    made = [_reversed(each) if each.kind == REVERSAL else _adjusted(each) for each in corrections]
    return [event for event in made if event is not None]


def _crossings(
    corrections: Sequence[Correction],
    policies: Policies,
    held: Held,
    moved: Mapping[AccumulatorKey, int],
) -> list[NewEvent]:
    """Thresholds that are crossed or taken back in the end, told with the last settlement that moved them."""
    last = {key: each.after for each in corrections for key in each.moved}
    events = []
    for key, settlement in last.items():
        book = policies.for_division(settlement.division_code)
        thresholds = burden.thresholds_of(book, settlement.year)
        crossed = burden.crossings(thresholds, {key.kind: amount(held, key)}, {key.kind: moved[key]})
        events.extend(burden_crossed(settlement, crossed))
    return events


def _reversed(correction: Correction) -> NewEvent:
    data = ClaimReversed(**_common(correction.after), **_amounts(correction.before))
    return NewEvent(data, correction.before.household_id, correction.before.division_code)


def _adjusted(correction: Correction) -> NewEvent | None:
    """Nothing for others to know when only the explanation or an accumulator changed."""
    before, after = correction.before, correction.after
    if not correction.moves_money:
        return None
    data = ClaimAdjusted(
        **_common(after),
        **_amounts(after),
        eligible_fen=after.eligible_fen,
        differences=[
            PayerShare.model_construct(payer=payer, amount_fen=by)
            for payer, by in differences(before, after).items()
        ],
        person_difference_fen=after.person_pays_fen - before.person_pays_fen,
        policy_pack=after.policy_pack,
        policy_version=after.policy_version,
    )
    return NewEvent(data, before.household_id, before.division_code)


def _common(settlement: Settlement) -> dict[str, Any]:
    names = ("person_id", "household_id", "facility_code", "visit_type", "discharged_on", "year", "revision")
    return {"settlement_id": settlement.id, **{name: getattr(settlement, name) for name in names}}


def _amounts(settlement: Settlement) -> dict[str, Any]:
    # Plain numbers of our own: thousands are made at once.
    payers = [
        PayerShare.model_construct(payer=payer, amount_fen=amount) for payer, amount in settlement.payers
    ]
    return {
        "total_fen": settlement.total_fen,
        "payers": payers,
        "person_pays_fen": settlement.person_pays_fen,
    }
