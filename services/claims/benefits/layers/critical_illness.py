"""Critical illness insurance: marginal tiers on the year's accumulated eligible own payment (DOMAIN S-39).

The open eligible cost of the visit joins the accumulator whole, then the visit is paid for the stretch it
added above the deductible: one deductible a year. A deductible that falls during the year (a category
granted) works from then on; what earlier visits would have got is the business of re-adjudication.
"""

from dataclasses import dataclass

from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Facts
from services.claims.benefits.limits import Limit, read_limits, resolve_limits
from services.claims.benefits.policy import Gate, Layer
from services.claims.benefits.sections import Section
from services.claims.benefits.shapes import Head, TierShape, read_tiers_on
from services.claims.benefits.terms import TierTerms

LABELS = (("eligible_open", "本次政策范围内自付"),)


@dataclass(frozen=True, slots=True)
class CriticalIllnessLayer:
    """The layer as the pack states it."""

    head: Head
    fund_pay_type: str
    condition: Condition
    shape: TierShape
    limits: tuple[Limit, ...]

    @property
    def kind(self) -> str:
        """Kind of the layer."""
        return self.head.layer

    @property
    def payer(self) -> str:
        """Identifier of the insurance."""
        return self.head.payer

    @property
    def title(self) -> str:
        """Chinese name of the insurance."""
        return self.head.title

    def terms(self, facts: Facts) -> TierTerms | None:
        """Deductible, tiers with points and caps for this kind of visit."""
        if not self.condition.holds(facts):
            return None
        return self.shape.terms(self.head, facts, resolve_limits(self.limits, facts))

    def gates(self, facts: Facts) -> tuple[Gate, ...]:
        """The condition of the layer, or where it holds the rows inside."""
        if self.condition.holds(facts):
            return self.shape.gates(self.head, facts)
        return (Gate(self.title, self.head.rule, self.condition),)


def read(section: Section) -> tuple[Layer, ...]:
    """Read a ``critical_illness`` layer; tiers must rise and only the last may be open."""
    head = Head("critical_illness", section.text("payer"), section.text("title"), section.rule())
    return (
        CriticalIllnessLayer(
            head=head,
            fund_pay_type=section.text("fund_pay_type"),
            condition=section.condition(),
            shape=read_tiers_on(section, yearly=True, labels=LABELS),
            limits=read_limits(section),
        ),
    )
