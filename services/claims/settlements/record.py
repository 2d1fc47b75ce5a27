"""One settlement as stored, and its reply. The same for a fresh, a replayed and a previewed settlement."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from services.claims.coverage import certificates
from services.claims.referrals.rules import REASONS
from services.claims.settlements.schemas import SettlementReply
from shared.money import format_rate, format_yuan

SETTLED, REVERSED = "settled", "reversed"
REVERSAL, ADJUSTMENT = "reversal", "adjustment"


class Settlement(NamedTuple):
    """Amounts in fen, the share in basis points. Up to ``payers`` in the order of ``posted_bill``.

    A plain tuple, because thousands are made and stored at once.
    """

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
    diagnoses: list[str]
    place: str
    referral: str
    provider_level: int
    categories: list[str]
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
    steps: str
    """The explanation in short form, as JSON; the words are in ``explanation_bases``."""
    referral_reason: str | None
    designated_for: list[str]
    """Programmes of the pack for which the provider counted as designated."""
    chronic_reason: str | None
    """Why the chronic disease that was named did not count."""
    payers: tuple[tuple[str, int], ...]
    revision: int = 0
    """0 as it was settled; each reversal or adjustment is the next one, with the figures of that revision."""
    status: str = SETTLED


def reply_json(settlement: Settlement, *, preview: bool = False) -> str:
    """``SettlementReply`` as JSON text, written directly: it is made for every line of a batch."""
    return msgspec.json.encode(_reply(settlement, preview)).decode()


def reply_of(settlement: Settlement, *, preview: bool = False) -> SettlementReply:
    """The reply to a hospital or an agency."""
    return SettlementReply.model_validate_json(reply_json(settlement, preview=preview))


def _reply(settlement: Settlement, preview: bool) -> dict[str, Any]:
    id_ = None if preview else str(settlement.id)
    return {
        "id": id_,
        "settled_at": None if preview else settlement.settled_at,
        "status": settlement.status,
        "revision": settlement.revision,
        "facility_code": settlement.facility_code,
        "visit_no": settlement.visit_no,
        "visit_type": settlement.visit_type,
        "patient": settlement.id_number_masked,
        "admitted_on": settlement.admitted_on,
        "discharged_on": settlement.discharged_on,
        "year": settlement.year,
        "place": settlement.place,
        "referral": settlement.referral,
        "referral_reason": _reason(settlement.referral_reason, REASONS),
        "chronic_reason": _reason(settlement.chronic_reason, certificates.REASONS),
        "designated_for": settlement.designated_for,
        "categories": settlement.categories,
        "policy": {"pack": settlement.policy_pack, "version": settlement.policy_version},
        "total": format_yuan(settlement.total_fen),
        "non_covered": format_yuan(settlement.non_covered_fen),
        "over_limit": format_yuan(settlement.over_limit_fen),
        "upfront_copay": format_yuan(settlement.upfront_copay_fen),
        "eligible": format_yuan(settlement.eligible_fen),
        "payers": [{"payer": name, "amount": format_yuan(amount)} for name, amount in settlement.payers],
        "person_pays": format_yuan(settlement.person_pays_fen),
        "personal_share": format_rate(settlement.personal_share_bp),
        "explanation": None if preview else f"/v1/settlements/{id_}/explanation",
    }


def _reason(code: str | None, texts: Mapping[str, str]) -> dict[str, str] | None:
    return None if code is None else {"code": code, "text": texts[code]}
