"""Register the county's providers with the claims service."""

from collections.abc import Sequence
from typing import Any

from deploy.demo.api import Api
from deploy.demo.model import COUNTY_CODE, Provider

_OUTPATIENT = ["chronic_outpatient", "outpatient"]
_EVERYTHING = ["chronic_outpatient", "delivery", "inpatient", "outpatient"]
_CLINIC_LEVEL = 0


def entry(provider: Provider) -> dict[str, Any]:
    """What is stated about a provider; a village clinic has no beds."""
    return {
        "name": provider.name,
        "level": provider.level,
        "division_code": provider.division_code,
        "visit_types": _OUTPATIENT if provider.level == _CLINIC_LEVEL else _EVERYTHING,
    }


async def register(api: Api, providers: Sequence[Provider]) -> int:
    """State every provider; repeating it changes nothing. Returns how many are registered."""
    for provider in providers:
        # The county's agency governs its own providers only; the two outside are the administrator's.
        role = "agency" if provider.division_code.startswith(COUNTY_CODE) else "admin"
        await api.put("claims", f"/v1/providers/{provider.facility_code}", role, entry(provider))
    return len(providers)
