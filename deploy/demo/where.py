"""Which hospital people go to: near home for small things, to the county, city or province for the rest."""

from collections.abc import Sequence
from random import Random

from deploy.demo import places
from deploy.demo.model import COUNTY_CODE, Provider

_NEAR, _COUNTY, _TRADITIONAL, _MATERNITY = "near", "county", "traditional", "maternity"
_CITY, _PROVINCE, _CLINIC = "city", "province", "clinic"
_HABITS = {
    "inpatient": ((_NEAR, 32), (_COUNTY, 35), (_TRADITIONAL, 15), (_CITY, 11), (_PROVINCE, 7)),
    "outpatient": ((_NEAR, 55), (_CLINIC, 15), (_COUNTY, 20), (_TRADITIONAL, 8), (_CITY, 2)),
    "chronic_outpatient": ((_NEAR, 62), (_COUNTY, 24), (_TRADITIONAL, 10), (_CITY, 4)),
    "delivery": ((_MATERNITY, 62), (_COUNTY, 28), (_NEAR, 8), (_CITY, 2)),
}
_FIXED = {
    _COUNTY: places.COUNTY_HOSPITAL,
    _TRADITIONAL: places.TRADITIONAL_HOSPITAL,
    _MATERNITY: places.MATERNITY_HOSPITAL,
    _CITY: places.CITY_HOSPITAL,
    _PROVINCE: places.PROVINCIAL_HOSPITAL,
}


class Where:
    """Answers where a patient of a township is treated, and what kind of hospital a code stands for."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._providers = {provider.facility_code: provider for provider in providers}
        self._clinics = {
            provider.division_code[:9]: provider.facility_code for provider in places.village_clinics()
        }
        self._townships = [township.code for township in places.townships()]

    def treated(self, rng: Random, visit_type: str, township_order: int) -> str:
        """The facility code for one visit of somebody from this township."""
        habits = _HABITS[visit_type]
        habit = rng.choices([name for name, _ in habits], [percent for _, percent in habits])[0]
        if habit in _FIXED:
            return _FIXED[habit]
        near = places.township_hospital(township_order)
        if habit == _CLINIC:
            return self._clinics.get(self._townships[township_order], near)
        return near

    def level(self, facility_code: str) -> int:
        return self._providers[facility_code].level

    def inside_county(self, facility_code: str) -> bool:
        return self._providers[facility_code].division_code.startswith(COUNTY_CODE)
