"""Whether a chronic disease that a visit names counts (门诊慢特病认定, DOMAIN S-43). Pure.

Without a valid certificate the visit is not refused: it is an ordinary outpatient visit, and told to be one.
A certificate that is entered late then makes the year due, as a category would.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from services.claims.coverage.insured import Insured

REASONS: Final[Mapping[str, str]] = {
    "no_certificate": "患者没有该病种的门诊慢特病认定，按普通门诊结算",
    "certificate_later": "患者该病种的认定日期晚于本次就诊，按普通门诊结算",
    "certificate_ended": "患者该病种的认定已到期或终止，按普通门诊结算",
}
"""Why a chronic disease did not count, as told to hospital and patient."""


def certificate_fault(insured: Insured, chronic_code: str, day: date) -> str | None:
    """Why a disease is not certified on a day; ``None`` when it is."""
    text = day.isoformat()
    spells = [held for held in insured.certificates if held.name == chronic_code]
    if any(held.on(text) for held in spells):
        return None
    if not spells:
        return "no_certificate"
    return "certificate_ended" if any(held.valid_from <= text for held in spells) else "certificate_later"
