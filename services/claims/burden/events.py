"""What the other services are told about burdens."""

from collections.abc import Iterable

from services.claims.burden.rules import PERSON, Crossing
from services.claims.settlements.record import Settlement
from shared.events.claims import BurdenCrossed
from shared.messaging.event_log import NewEvent


def burden_crossed(settlement: Settlement, crossings: Iterable[Crossing]) -> list[NewEvent]:
    """One event for each threshold that a settlement, or the correction of one, crossed or took back."""
    return [_event(settlement, crossing) for crossing in crossings]


def _event(settlement: Settlement, crossing: Crossing) -> NewEvent:
    threshold = crossing.threshold
    data = BurdenCrossed(
        holder=threshold.per,
        person_id=settlement.person_id if threshold.per == PERSON else None,
        household_id=settlement.household_id,
        year=settlement.year,
        threshold=threshold.id,
        threshold_fen=threshold.amount_fen,
        own_payment_fen=crossing.own_payment_fen,
        state=crossing.state,
        settlement_id=settlement.id,
        policy_pack=settlement.policy_pack,
        policy_version=settlement.policy_version,
    )
    return NewEvent(data, settlement.household_id, settlement.division_code)
