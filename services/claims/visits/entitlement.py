"""What a patient is entitled to on the day of admission, and what the visit will probably cost each payer."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.coverage.certificates import REASONS as CHRONIC_REASONS
from services.claims.coverage.insured import Insured
from services.claims.problems import NOT_ENROLLED, WAITING_PERIOD
from services.claims.providers import service as providers
from services.claims.referrals.rules import REASONS
from services.claims.settlements.schemas import (
    ChargeLine,
    ChronicReason,
    PolicyRef,
    ReferralReason,
    SettlementRequest,
)
from services.claims.settlements.settle import Desk, Estimate, Submission, estimate
from services.claims.settlements.visit import Visit, place_of
from services.claims.visits.data import deposit_waivers
from services.claims.visits.repository import HoldRow
from services.claims.visits.rules import Arrival, waiver_for
from services.claims.visits.schemas import AdmissionRequest, Entitlements, PayerRef, ProgrammeRef, Waiver
from shared.auth import Caller
from shared.money import Fen
from shared.problems import Problem

_WHOLE_MILLI = 1_000
_E4_PER_FEN = 100


class Entitled(NamedTuple):
    """The answer to an admission, and what is to be held for it."""

    entitlements: Entitlements
    holds: list[HoldRow]


async def entitled(
    session: AsyncSession,
    desk: Desk,
    now: datetime,
    caller: Caller,
    request: AdmissionRequest,
    insured: Insured,
) -> Entitled:
    """By the rules and accumulators of the day of admission, as if the patient were discharged that day.

    Who is not enrolled, or waits for benefits, is admitted all the same, with a deposit and without holds.
    """
    try:
        found = await estimate(session, desk, now, Submission(caller, _expected(request)))
    except Problem as problem:
        if problem.spec not in (NOT_ENROLLED, WAITING_PERIOD):
            raise
        return await _not_entitled(session, request, insured)
    return Entitled(_entitlements(request, found), _holds(found, insured.county_code))


def _expected(request: AdmissionRequest) -> SettlementRequest:
    """The visit as one line of the estimated total, wholly eligible, so that holds err on the safe side."""
    total = request.estimated_total or 0
    return SettlementRequest.model_construct(
        facility_code=request.facility_code,
        visit_no=request.visit_no,
        visit_type=request.visit_type,
        patient=request.patient,
        admitted_on=request.admitted_on,
        discharged_on=request.admitted_on,
        referral_no=request.referral_no,
        chronic_code=request.chronic_code,
        diagnoses=request.diagnoses,
        charges=[_line(total)],
        total=total,
        invoice_no=None,
        replaces=None,
    )


def _line(total: Fen) -> ChargeLine:
    return ChargeLine.model_construct(
        item_code="ESTIMATE",
        name="预计总费用",
        category="estimate",
        item_class="A",
        self_pay_rate=0,
        quantity=_WHOLE_MILLI,
        unit_price=total * _E4_PER_FEN,
        amount=total,
        price_limit=None,
    )


def _entitlements(request: AdmissionRequest, found: Estimate) -> Entitlements:
    settlement, facts, version = found.settlement, found.visit.facts, found.visit.version
    arrival = Arrival(request.admitted_on, facts.categories, request.visit_type, facts.place, facts.referral)
    waiver = waiver_for(arrival, deposit_waivers())
    reason, chronic = settlement.referral_reason, settlement.chronic_reason
    return Entitlements(
        on=request.admitted_on,
        enrolled=True,
        categories=settlement.categories,
        place=facts.place,
        referral=facts.referral,
        referral_reason=ReferralReason(code=reason, text=REASONS[reason]) if reason else None,
        chronic_reason=ChronicReason(code=chronic, text=CHRONIC_REASONS[chronic]) if chronic else None,
        programmes=_programmes(found.visit),
        policy=PolicyRef(pack=version.pack, version=version.version),
        payers=[PayerRef(payer=payer, title=title) for payer, title in _payers(found.visit).items()],
        deposit_waived=waiver is not None,
        waiver=Waiver(id=waiver.id, title=waiver.title, source=waiver.source, verified=waiver.verified)
        if waiver
        else None,
    )


def _programmes(visit: Visit) -> list[ProgrammeRef]:
    """The disease programmes that the diagnoses belong to at the patient's age."""
    facts = visit.facts
    return [
        ProgrammeRef(
            programme=programme.id,
            title=programme.title,
            designated=programme.id in facts.designated_for,
        )
        for programme in visit.version.programmes
        if programme.disease(facts.diagnoses, facts.age) is not None
    ]


def _payers(visit: Visit) -> dict[str, str]:
    """Payers with a layer for such visits, by the title of the first, in the pack's order."""
    payers: dict[str, str] = {}
    for layer in visit.version.layers:
        if layer.terms(visit.facts) is not None:
            payers.setdefault(layer.payer, layer.title)
    return payers


def _holds(found: Estimate, county_code: str) -> list[HoldRow]:
    """One hold a payer, also where a pack lets a payer pay in several layers."""
    sums: dict[str, Fen] = {}
    for payer, amount in found.settlement.payers:
        sums[payer] = sums.get(payer, 0) + amount
    return [HoldRow(payer, county_code, found.visit.year, amount) for payer, amount in sums.items() if amount]


async def _not_entitled(session: AsyncSession, request: AdmissionRequest, insured: Insured) -> Entitled:
    provider = await providers.known(session, request.facility_code, "/facility_code")
    place = place_of(provider.division_code, insured.county_code)
    entitlements = Entitlements(
        on=request.admitted_on,
        enrolled=insured.enrolled_on(request.admitted_on),
        categories=sorted(insured.categories_on(request.admitted_on)),
        place=place,
        referral="not_needed" if place == "in_county" else "none",
        referral_reason=None,
        programmes=[],
        policy=None,
        payers=[],
        deposit_waived=False,
        waiver=None,
    )
    return Entitled(entitlements, [])
