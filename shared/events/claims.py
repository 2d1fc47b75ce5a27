"""What claims tells the other services about settled visits: who was paid for, by whom, how much."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.messaging.contract import EventData


class PayerShare(BaseModel):
    """What one payer pays of a bill, in fen."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    payer: str
    amount_fen: int


class ClaimSettled(EventData):
    """A visit was settled. ``total_fen`` is the sum of the payers' amounts and ``person_pays_fen``.

    ``year`` is the benefit year whose accumulators were used. Keyed by household.
    """

    TYPE: ClassVar[str] = "claims.claim_settled.v1"

    settlement_id: UUID
    person_id: UUID
    household_id: UUID
    facility_code: str
    visit_type: str
    discharged_on: date
    year: int
    total_fen: int
    eligible_fen: int
    payers: list[PayerShare]
    person_pays_fen: int
    policy_pack: str
    policy_version: str


CONTRACTS: tuple[type[EventData], ...] = (ClaimSettled,)
