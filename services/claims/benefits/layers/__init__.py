"""Kinds of layers. A kind is one module: ``read`` turns its section of a pack into layers
(usually one)."""

from collections.abc import Callable, Mapping
from typing import Final

from services.claims.benefits.layers import (
    basic_insurance,
    critical_illness,
    fund,
    medical_assistance,
    subsidy,
    waiver,
)
from services.claims.benefits.policy import Layer
from services.claims.benefits.sections import Section

KINDS: Final[Mapping[str, Callable[[Section], tuple[Layer, ...]]]] = {
    "waiver": waiver.read,
    "basic_insurance": basic_insurance.read,
    "critical_illness": critical_illness.read,
    "medical_assistance": medical_assistance.read,
    "fund": fund.read,
    "subsidy": subsidy.read,
}
