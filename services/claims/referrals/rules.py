"""What a filed referral is worth for a visit. Pure; the numbers are in ``rules.yaml``."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple
from uuid import UUID

REASONS: Final[dict[str, str]] = {
    "withdrawn": "转诊单已撤销，按未转诊结算",
    "other_person": "转诊单属于其他患者，按未转诊结算",
    "other_facility": "转诊单不是转往本机构（或本级别、本地区），按未转诊结算",
    "not_yet_filed": "转诊单在入院后超过补办期限才登记，按未转诊结算",
    "expired": "入院日已超过转诊单有效期，按未转诊结算",
    "not_compliant": "转诊单不是由规定级别的县级医疗机构办理，按备案结算，不享受依规转诊待遇",
}
"""Why a referral did not make a visit a compliant referral, as told to hospital and patient."""


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral as far as settlement needs it. Of the three goals those that are set must all fit."""

    person_id: UUID
    to_facility_code: str | None
    to_level: int | None
    to_place: str | None
    filed_on: date
    valid_until: date
    compliant: bool
    withdrawn: bool


class Treated(NamedTuple):
    """Who was admitted where, seen from the person's county, and when."""

    person_id: UUID
    facility_code: str
    level: int
    place: str
    admitted_on: date


@dataclass(frozen=True, slots=True)
class ReferralRules:
    """The numbers of ``rules.yaml``; ``compliant_rule`` cites the rule."""

    compliant_levels: frozenset[int]
    compliant_rule: str
    months: int
    limit_months: int
    late_days: int


def standing(
    place: str, referral: Referral | None, treated: Treated, rules: ReferralRules
) -> tuple[str, str | None]:
    """The visit's ``referral`` fact, and a key of ``REASONS`` where a referral counts for less or nothing.

    Treatment in the own county needs none; outside, only one by the rule keeps ceiling and points
    (依规转诊, DOMAIN S-30, S-41).
    """
    if place == "in_county":
        return "not_needed", None
    if referral is None:
        return "none", None
    fault = _fault(referral, treated, rules)
    if fault:
        return "none", fault
    return ("compliant", None) if referral.compliant else ("filed", "not_compliant")


def _fault(referral: Referral, treated: Treated, rules: ReferralRules) -> str | None:
    if referral.withdrawn:
        return "withdrawn"
    if referral.person_id != treated.person_id:
        return "other_person"
    goals = (
        (referral.to_facility_code, treated.facility_code),
        (referral.to_level, treated.level),
        (referral.to_place, treated.place),
    )
    if any(goal is not None and goal != found for goal, found in goals):
        return "other_facility"
    if referral.filed_on > treated.admitted_on + timedelta(days=rules.late_days):
        return "not_yet_filed"
    return "expired" if treated.admitted_on > referral.valid_until else None


def is_compliant(level: int, place: str, rules: ReferralRules) -> bool:
    """Whether a referral that this provider files is one by the rule."""
    return place == "in_county" and level in rules.compliant_levels


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
