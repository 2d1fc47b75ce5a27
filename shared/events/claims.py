"""What claims tells the other services: who paid for settled visits, corrections, and what people bear."""

from datetime import date
from typing import ClassVar, Literal
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


class ClaimReversed(EventData):
    """A settlement was taken back. The amounts are what it came to until then; it now comes to nothing.

    ``revision`` counts the corrections of a settlement. Keyed by household.
    """

    TYPE: ClassVar[str] = "claims.claim_reversed.v1"

    settlement_id: UUID
    person_id: UUID
    household_id: UUID
    facility_code: str
    visit_type: str
    discharged_on: date
    year: int
    revision: int
    total_fen: int
    payers: list[PayerShare]
    person_pays_fen: int


class ClaimAdjusted(EventData):
    """A settled visit was worked out anew. The amounts are what everybody now pays; the total is as it was.

    ``differences`` and ``person_difference_fen`` are against the revision before and add up to zero: negative
    for who pays less. Keyed by household.
    """

    TYPE: ClassVar[str] = "claims.claim_adjusted.v1"

    settlement_id: UUID
    person_id: UUID
    household_id: UUID
    facility_code: str
    visit_type: str
    discharged_on: date
    year: int
    revision: int
    total_fen: int
    eligible_fen: int
    payers: list[PayerShare]
    person_pays_fen: int
    differences: list[PayerShare]
    person_difference_fen: int
    policy_pack: str
    policy_version: str


class BurdenCrossed(EventData):
    """The year's own payment of a person or a household reached a threshold, or fell below it again.

    Once for each threshold and crossing. ``crossed``: ``own_payment_fen`` has reached ``threshold_fen`` with
    ``settlement_id``. ``withdrawn``: a reversal or correction of that settlement took it below. ``person_id``
    is null for a household's threshold. Keyed by household.
    """

    TYPE: ClassVar[str] = "claims.burden_crossed.v1"

    holder: Literal["person", "household"]
    person_id: UUID | None
    household_id: UUID
    year: int
    threshold: str
    threshold_fen: int
    own_payment_fen: int
    state: Literal["crossed", "withdrawn"]
    settlement_id: UUID
    policy_pack: str
    policy_version: str


CONTRACTS: tuple[type[EventData], ...] = (ClaimSettled, ClaimReversed, ClaimAdjusted, BurdenCrossed)
