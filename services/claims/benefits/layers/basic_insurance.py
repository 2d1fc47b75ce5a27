"""Basic medical insurance: inpatient, outpatient pool, chronic outpatient, delivery (DOMAIN 3.3, S-39)."""

from services.claims.benefits import proportional
from services.claims.benefits.policy import Layer
from services.claims.benefits.sections import Section


def read(section: Section) -> tuple[Layer, ...]:
    """Read a ``basic_insurance`` layer."""
    return (proportional.read(section),)
