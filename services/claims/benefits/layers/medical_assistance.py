"""Medical financial assistance on the eligible remainder, by identity (国办发〔2021〕42号).

One annual limit for inpatient and outpatient: give it once as the layer's own limit. Further assistance
(再救助) is a second layer of this kind with a payer of its own, whose benefits are ``tiers`` on what the
person still bears; layers share an annual limit by naming the same accumulator. Where the pool has paid all
of the eligible cost nothing eligible is open, so that no assistance is due.
"""

from services.claims.benefits import proportional
from services.claims.benefits.policy import Layer
from services.claims.benefits.sections import Section


def read(section: Section) -> tuple[Layer, ...]:
    """Read a ``medical_assistance`` layer."""
    return (proportional.read(section),)
