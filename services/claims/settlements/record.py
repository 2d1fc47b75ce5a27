"""One settlement as stored, and its reply. The same for a fresh, a replayed and a previewed settlement."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.claims.settlements.schemas import PayerShare, PolicyRef, SettlementReply


@dataclass(frozen=True, slots=True)
class Settlement:
    """Amounts in fen, the share in basis points; ``steps`` is the explanation in short form."""

    id: UUID
    facility_code: str
    visit_no: str
    division_code: str
    person_id: UUID
    household_id: UUID
    id_number_masked: str
    visit_type: str
    admitted_on: date
    discharged_on: date
    year: int
    referral_no: str | None
    chronic_code: str | None
    diagnoses: tuple[str, ...]
    place: str
    referral: str
    provider_level: int
    categories: tuple[str, ...]
    policy_pack: str
    policy_version: str
    settled_at: datetime
    settled_by: str
    total_fen: int
    non_covered_fen: int
    over_limit_fen: int
    upfront_copay_fen: int
    eligible_fen: int
    person_pays_fen: int
    personal_share_bp: int
    ceiling_bp: int | None
    ceiling_base_fen: int | None
    steps: list[Any]
    payers: tuple[tuple[str, int], ...]


def reply_of(settlement: Settlement, *, preview: bool = False) -> SettlementReply:
    """The reply to a hospital or an agency."""
    # Built from our own values, so they are not validated again.
    return SettlementReply.model_construct(
        id=None if preview else settlement.id,
        settled_at=None if preview else settlement.settled_at,
        facility_code=settlement.facility_code,
        visit_no=settlement.visit_no,
        visit_type=settlement.visit_type,
        patient=settlement.id_number_masked,
        admitted_on=settlement.admitted_on,
        discharged_on=settlement.discharged_on,
        year=settlement.year,
        place=settlement.place,
        referral=settlement.referral,
        categories=list(settlement.categories),
        policy=PolicyRef.model_construct(pack=settlement.policy_pack, version=settlement.policy_version),
        total=settlement.total_fen,
        non_covered=settlement.non_covered_fen,
        over_limit=settlement.over_limit_fen,
        upfront_copay=settlement.upfront_copay_fen,
        eligible=settlement.eligible_fen,
        payers=[PayerShare.model_construct(payer=name, amount=amount) for name, amount in settlement.payers],
        person_pays=settlement.person_pays_fen,
        personal_share=settlement.personal_share_bp,
        explanation=None if preview else f"/v1/settlements/{settlement.id}/explanation",
    )
