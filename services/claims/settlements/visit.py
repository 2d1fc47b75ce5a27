"""From a hospital's message and what we know of provider and patient to the facts of the rules. Pure."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.claims.benefits.facts import Charge, Facts
from services.claims.benefits.policy import GOVERNING_DATES, NoPolicyInForce, PolicyVersion
from services.claims.coverage.insured import Insured
from services.claims.problems import (
    NO_POLICY,
    NOT_ENROLLED,
    PATIENT_NOT_FOUND,
    PROVIDER_NOT_DESIGNATED,
    UNKNOWN_PROVIDER,
    VISIT_TYPE_NOT_LICENSED,
)
from services.claims.referrals.data import referral_rules
from services.claims.referrals.problems import UNKNOWN_REFERRAL
from services.claims.referrals.rules import Referral, Treated, standing
from services.claims.settlements.policies import Policies
from services.claims.settlements.record import Settlement
from services.claims.settlements.schemas import ChargeLine, SettlementRequest
from shared.clock import business_date
from shared.problems import Problem

_CITY_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Provider:
    """A designated provider as far as settlement needs it; ``valid_to`` exclusive, null is open."""

    level: int
    division_code: str
    visit_types: Sequence[str]
    valid_from: date | None = None
    valid_to: date | None = None

    def designated_on(self, day: date) -> bool:
        """Whether the licence covers a day."""
        return (self.valid_from or day) <= day and (self.valid_to is None or day < self.valid_to)


class Asked(NamedTuple):
    """A message that is right in itself: its charges, the patient's blind index, a digest of its content."""

    sender: str
    request: SettlementRequest
    charges: tuple[Charge, ...]
    id_number: str
    id_index: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that can be settled: everything is known except what accumulators hold."""

    asked: Asked
    insured: Insured
    version: PolicyVersion
    facts: Facts
    year: int
    referral_reason: str | None


def charge_of(line: ChargeLine) -> Charge:
    """A line of the message as the rules read it."""
    return Charge(
        line.item_code,
        line.name,
        line.category,
        line.item_class,
        line.self_pay_rate,
        line.quantity,
        line.unit_price,
        line.amount,
        line.price_limit,
    )


def digest_of(request: SettlementRequest, charges: Sequence[Charge], id_index: bytes) -> bytes:
    """Equal for equal content, however it was written, in every release; holds no trace of the ID number.

    What is listed here, and in which order, must stay: retries of old visits are recognised by it.
    """
    content: list[Any] = [
        request.facility_code,
        request.visit_no,
        request.visit_type,
        request.admitted_on.isoformat(),
        request.discharged_on.isoformat(),
        request.referral_no,
        request.chronic_code,
        request.total,
        [[diagnosis.code, diagnosis.main] for diagnosis in request.diagnoses],
        charges,
    ]
    # Later additions count only where they are used, so that older digests stay what they were.
    if request.invoice_no is not None:
        content.append(["invoice_no", request.invoice_no])
    if request.replaces is not None:
        content.append(["replaces", str(request.replaces)])
    return hashlib.sha256(id_index + json.dumps(content).encode()).digest()


def place_of(provider_division: str, county_code: str) -> str:
    """Where a provider lies, seen from the person's county."""
    if provider_division.startswith(county_code):
        return "in_county"
    same_city = provider_division[:_CITY_DIGITS] == county_code[:_CITY_DIGITS]
    return "in_city" if same_city else "out_of_city"


def visit_of(
    asked: Asked,
    provider: Provider | None,
    insured: Insured | None,
    policies: Policies,
    now: datetime,
    referral: Referral | None = None,
) -> Visit:
    """The visit with the policy that governs it; raises the Problem that stands in its way."""
    request = asked.request
    provider = licensed(provider, request.facility_code, request.visit_type, request.admitted_on)
    if insured is None:
        raise Problem(PATIENT_NOT_FOUND, pointer="/patient/id_number")
    if request.referral_no and referral is None:
        raise Problem(UNKNOWN_REFERRAL, pointer="/referral_no", referral_no=request.referral_no)
    settled_on = business_date(now)
    version, day = _policy(request, insured, policies, settled_on)
    if not insured.enrolled_on(day):
        raise Problem(NOT_ENROLLED, pointer="/patient/id_number", day=day.isoformat())
    place = place_of(provider.division_code, insured.county_code)
    treated = Treated(insured.person_id, request.facility_code, provider.level, place, request.admitted_on)
    word, reason = standing(place, referral, treated, referral_rules())
    facts = _facts(asked, provider.level, insured, day, settled_on, (place, word))
    return Visit(asked, insured, version, facts, day.year, reason)


def licensed(provider: Provider | None, facility_code: str, visit_type: str, admitted_on: date) -> Provider:
    """The provider, if it is known and designated for such visits on the day of admission."""
    if provider is None:
        raise Problem(UNKNOWN_PROVIDER, pointer="/facility_code", facility_code=facility_code)
    if visit_type not in provider.visit_types:
        raise Problem(
            VISIT_TYPE_NOT_LICENSED,
            pointer="/visit_type",
            facility_code=facility_code,
            visit_type=visit_type,
        )
    if not provider.designated_on(admitted_on):
        raise Problem(
            PROVIDER_NOT_DESIGNATED,
            pointer="/facility_code",
            facility_code=facility_code,
            day=admitted_on.isoformat(),
        )
    return provider


def policy_of(
    division_code: str, admitted_on: date, discharged_on: date, settled_on: date, policies: Policies
) -> tuple[PolicyVersion | None, date]:
    """The policy version that governs a visit, ``None`` where there is none, and the day that decides."""
    days = {"discharged_on": discharged_on, "admitted_on": admitted_on, "settled_on": settled_on}
    day = discharged_on
    for book in policies.covering(division_code):
        day = days[GOVERNING_DATES[book.governing_date]]
        with suppress(NoPolicyInForce):
            return book.on(day), day
    return None, day


def _policy(
    request: SettlementRequest, insured: Insured, policies: Policies, settled_on: date
) -> tuple[PolicyVersion, date]:
    version, day = policy_of(
        insured.division_code, request.admitted_on, request.discharged_on, settled_on, policies
    )
    if version is None:
        raise Problem(NO_POLICY, pointer="/discharged_on", division=insured.county_code, day=day.isoformat())
    return version, day


def _facts(
    asked: Asked,
    provider_level: int,
    insured: Insured,
    day: date,
    settled_on: date,
    where: tuple[str, str],
) -> Facts:
    request = asked.request
    place, referral = where
    main_first = sorted(request.diagnoses, key=lambda diagnosis: not diagnosis.main)
    return Facts(
        visit_type=request.visit_type,
        admitted_on=request.admitted_on,
        discharged_on=request.discharged_on,
        settled_on=settled_on,
        provider_level=provider_level,
        place=place,
        referral=referral,
        categories=insured.categories_on(day),
        chronic_codes=frozenset([request.chronic_code] if request.chronic_code else ()),
        diagnoses=tuple(diagnosis.code for diagnosis in main_first),
        age=insured.age_on(day),
        sex=insured.sex,
        charges=asked.charges,
        total_fen=request.total,
    )


def facts_again(
    settlement: Settlement, charges: tuple[Charge, ...], insured: Insured, day: date, settled_on: date
) -> Facts:
    """The facts of a settled visit as now known: bill, provider and referral as settled, the person anew."""
    return Facts(
        visit_type=settlement.visit_type,
        admitted_on=settlement.admitted_on,
        discharged_on=settlement.discharged_on,
        settled_on=settled_on,
        provider_level=settlement.provider_level,
        place=settlement.place,
        referral=settlement.referral,
        categories=insured.categories_on(day),
        chronic_codes=frozenset([settlement.chronic_code] if settlement.chronic_code else ()),
        diagnoses=tuple(settlement.diagnoses),
        age=insured.age_on(day),
        sex=insured.sex,
        charges=charges,
        total_fen=sum(charge.amount_fen for charge in charges),
    )


class AccumulatorKey(NamedTuple):
    """One accumulator of one person and year; keys are locked in the order in which they sort."""

    person_id: UUID
    year: int
    kind: str
