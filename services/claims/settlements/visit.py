"""From a hospital's message and what we know of provider and patient to the facts of the rules. Pure."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from services.claims.benefits.facts import Charge, Facts
from services.claims.benefits.policy import GOVERNING_DATES, NoPolicyInForce, Plan, PolicyVersion
from services.claims.coverage.certificates import certificate_fault
from services.claims.coverage.insured import Held, Insured
from services.claims.coverage.problems import CHRONIC_UNCERTIFIED
from services.claims.designations.rules import designated_for
from services.claims.enrolment.rules import waiting_on
from services.claims.problems import (
    NO_POLICY,
    NOT_ENROLLED,
    PATIENT_NOT_FOUND,
    PROVIDER_NOT_DESIGNATED,
    UNKNOWN_PROVIDER,
    VISIT_TYPE_NOT_LICENSED,
    WAITING_PERIOD,
)
from services.claims.referrals.data import referral_rules
from services.claims.referrals.problems import UNKNOWN_REFERRAL
from services.claims.referrals.rules import Referral, Treated, standing
from services.claims.settlements.message import Message
from services.claims.settlements.policies import Policies
from services.claims.settlements.record import Settlement
from shared.problems import Problem

_CITY_DIGITS = 4
# Without looking for lists that hold themselves: a message has none.
_CONTENT = json.JSONEncoder(check_circular=False)
_CHRONIC, _ORDINARY = "chronic_outpatient", "outpatient"


class Provider(NamedTuple):
    """A designated provider as far as settlement needs it; ``valid_to`` exclusive, null is open."""

    level: int
    division_code: str
    visit_types: Sequence[str]
    valid_from: date | None = None
    valid_to: date | None = None
    programmes: Sequence[Held] = ()

    def designated_on(self, day: date) -> bool:
        """Whether the licence covers a day."""
        return (self.valid_from or day) <= day and (self.valid_to is None or day < self.valid_to)


class Asked(NamedTuple):
    """A message that is right in itself, the patient's number, its blind index, a digest of all."""

    sender: str
    request: Message
    id_number: str
    id_index: bytes
    digest: bytes


class Visit(NamedTuple):
    """A visit that can be settled: everything is known except what accumulators hold."""

    asked: Asked
    insured: Insured
    version: PolicyVersion
    facts: Facts
    plan: Plan
    """The layers of the version that apply."""
    year: int
    referral_reason: str | None
    chronic_reason: str | None


def digest_of(message: Message, id_index: bytes) -> bytes:
    """Equal for equal content, however it was written, in every release; holds no trace of the ID number.

    What is listed here, and in which order, must stay: retries of old visits are recognised by it.
    """
    content: list[Any] = [
        message.facility_code,
        message.visit_no,
        message.visit_type,
        message.admitted_on.isoformat(),
        message.discharged_on.isoformat(),
        message.referral_no,
        message.chronic_code,
        message.total,
        [[diagnosis.code, diagnosis.main] for diagnosis in message.diagnoses],
        message.charges,
    ]
    # Later additions count only where they are used, so that older digests stay what they were.
    if message.invoice_no is not None:
        content.append(["invoice_no", message.invoice_no])
    if message.replaces is not None:
        content.append(["replaces", str(message.replaces)])
    return hashlib.sha256(id_index + _CONTENT.encode(content).encode()).digest()


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
    settled_on: date,
    referral: Referral | None = None,
) -> Visit:
    """The visit with the policy that governs it; raises the Problem that stands in its way."""
    request = asked.request
    provider = licensed(provider, request.facility_code, request.visit_type, request.admitted_on)
    if insured is None:
        raise Problem(PATIENT_NOT_FOUND, pointer="/patient/id_number")
    if request.referral_no and referral is None:
        raise Problem(UNKNOWN_REFERRAL, pointer="/referral_no", referral_no=request.referral_no)
    version, day = _policy(request, insured, policies, settled_on)
    if not insured.enrolled_on(day):
        raise Problem(NOT_ENROLLED, pointer="/patient/id_number", day=day.isoformat())
    _check_waiting(version, insured, day)
    place = place_of(provider.division_code, insured.county_code)
    treated = Treated(insured.person_id, request.facility_code, provider.level, place, request.admitted_on)
    word, reason = standing(place, referral, treated, referral_rules())
    chronic = chronic_reason(version, request.chronic_code, insured, day)
    if chronic and _ORDINARY not in provider.visit_types:
        raise Problem(
            CHRONIC_UNCERTIFIED,
            pointer="/chronic_code",
            chronic_code=request.chronic_code,
            day=day.isoformat(),
        )
    facts = _facts(asked, provider, _Case(version, insured, day, settled_on, place, word, chronic))
    return Visit(asked, insured, version, facts, version.plan(facts), day.year, reason, chronic)


def _check_waiting(version: PolicyVersion, insured: Insured, day: date) -> None:
    """Nobody pays for whoever is in a waiting period on the governing day, where the pack has one."""
    found = waiting_on(version, insured, day)
    if found is not None:
        raise Problem(
            WAITING_PERIOD,
            pointer="/patient/id_number",
            day=day.isoformat(),
            months=found.waiting.months,
            until=found.waiting.until.isoformat(),
            clauses="；".join(f"{rule.source_title} {rule.clause}" for rule in found.waiting.rules),
        )


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
        try:
            return book.on(day), day
        except NoPolicyInForce:
            continue
    return None, day


def _policy(
    request: Message, insured: Insured, policies: Policies, settled_on: date
) -> tuple[PolicyVersion, date]:
    version, day = policy_of(
        insured.division_code, request.admitted_on, request.discharged_on, settled_on, policies
    )
    if version is None:
        raise Problem(NO_POLICY, pointer="/discharged_on", division=insured.county_code, day=day.isoformat())
    return version, day


def chronic_reason(
    version: PolicyVersion, chronic_code: str | None, insured: Insured, day: date
) -> str | None:
    """Why the chronic disease that a visit names does not count; ``None`` when it does, or none is named."""
    if chronic_code is None or version.chronic_certificates is None:
        return None
    return certificate_fault(insured, chronic_code, day)


def decided_as(visit_type: str, chronic_reason: str | None) -> str:
    """The type by which a visit is decided: without a certificate a chronic visit is an ordinary one."""
    return _ORDINARY if visit_type == _CHRONIC and chronic_reason else visit_type


class _Case(NamedTuple):
    """What was found out about a visit: the policy, the person and the days, how and whether it counts."""

    version: PolicyVersion
    insured: Insured
    day: date
    settled_on: date
    place: str
    referral: str
    chronic_reason: str | None


def _facts(asked: Asked, provider: Provider, case: _Case) -> Facts:
    request, insured, day = asked.request, case.insured, case.day
    codes = [each.code for each in request.diagnoses if each.main]
    codes += [each.code for each in request.diagnoses if not each.main]
    return Facts(
        visit_type=decided_as(request.visit_type, case.chronic_reason),
        admitted_on=request.admitted_on,
        discharged_on=request.discharged_on,
        settled_on=case.settled_on,
        provider_level=provider.level,
        place=case.place,
        referral=case.referral,
        categories=insured.categories_on(day),
        chronic_codes=_counted(request.chronic_code, case.chronic_reason),
        diagnoses=tuple(codes),
        age=insured.age_on(day),
        sex=insured.sex,
        charges=request.charges,
        total_fen=request.total,
        designated_for=designated_for(provider.programmes, case.version.programmes, day),
    )


def _counted(chronic_code: str | None, reason: str | None) -> frozenset[str]:
    return frozenset() if chronic_code is None or reason else frozenset([chronic_code])


def facts_again(
    settlement: Settlement, charges: tuple[Charge, ...], insured: Insured, day: date, settled_on: date
) -> Facts:
    """The facts of a settled visit with the person as now known.

    Bill, place and referral are as settled, and so are ``designated_for`` and ``chronic_reason``: who wants
    them as now known puts that into the settlement first (``known_anew``).
    """
    return Facts(
        visit_type=decided_as(settlement.visit_type, settlement.chronic_reason),
        admitted_on=settlement.admitted_on,
        discharged_on=settlement.discharged_on,
        settled_on=settled_on,
        provider_level=settlement.provider_level,
        place=settlement.place,
        referral=settlement.referral,
        categories=insured.categories_on(day),
        chronic_codes=_counted(settlement.chronic_code, settlement.chronic_reason),
        diagnoses=tuple(settlement.diagnoses),
        age=insured.age_on(day),
        sex=insured.sex,
        charges=charges,
        total_fen=sum(charge.amount_fen for charge in charges),
        designated_for=frozenset(settlement.designated_for),
    )


def known_anew(
    settlement: Settlement, version: PolicyVersion, insured: Insured, programmes: Sequence[Held], day: date
) -> Settlement:
    """A settlement with what is now known of the provider's designation and of the person's certificates."""
    return settlement._replace(
        designated_for=sorted(designated_for(programmes, version.programmes, day)),
        chronic_reason=chronic_reason(version, settlement.chronic_code, insured, day),
    )


class AccumulatorKey(NamedTuple):
    """One accumulator of one person and year; keys are locked in the order in which they sort."""

    person_id: UUID
    year: int
    kind: str
