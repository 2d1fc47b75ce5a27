"""What the other services are told about settlements."""

import msgspec

from services.claims.settlements.record import Settlement
from shared.events.claims import ClaimSettled
from shared.messaging.contract import Written
from shared.messaging.event_log import NewEvent


def claim_settled(settlement: Settlement) -> NewEvent:
    """``ClaimSettled``, written directly: it is made for every line of a batch."""
    said = {
        "settlement_id": settlement.id,
        "person_id": settlement.person_id,
        "household_id": settlement.household_id,
        "facility_code": settlement.facility_code,
        "visit_type": settlement.visit_type,
        "discharged_on": settlement.discharged_on,
        "year": settlement.year,
        "total_fen": settlement.total_fen,
        "eligible_fen": settlement.eligible_fen,
        "payers": [{"payer": payer, "amount_fen": amount} for payer, amount in settlement.payers],
        "person_pays_fen": settlement.person_pays_fen,
        "policy_pack": settlement.policy_pack,
        "policy_version": settlement.policy_version,
    }
    data = Written(ClaimSettled.TYPE, msgspec.json.encode(said).decode())
    return NewEvent(data, settlement.household_id, settlement.division_code)
