"""Medical financial assistance on the eligible remainder, by identity (国办发〔2021〕42号).

One annual limit for inpatient and outpatient: give it once as the layer's own limit.
"""

from services.claims.benefits import proportional
from services.claims.benefits.policy import Layer
from services.claims.benefits.sections import Section


def read(section: Section) -> Layer:
    """Read a ``medical_assistance`` layer."""
    return proportional.read(section)
