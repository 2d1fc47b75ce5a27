"""A payer with one or more benefits on the open eligible cost: basic insurance, medical assistance.

The first benefit of a layer whose condition holds applies; inside it the first row whose condition holds of
everything that has rows, and all points that hold. A layer's own ``limits`` apply to all of its benefits.
"""

from dataclasses import dataclass

from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Facts
from services.claims.benefits.limits import Limit, read_limits, resolve_limits
from services.claims.benefits.policy import Gate, Terms
from services.claims.benefits.sections import Section
from services.claims.benefits.shapes import Head, Shape, read_shape
from services.claims.benefits.steps import Rule


@dataclass(frozen=True, slots=True)
class Benefit:
    """One benefit as the pack states it."""

    rule: Rule
    title: str
    condition: Condition
    shape: Shape
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class ProportionalLayer:
    """A payer with one or more benefits."""

    kind: str
    payer: str
    title: str
    fund_pay_type: str
    benefits: tuple[Benefit, ...]

    def terms(self, facts: Facts) -> Terms | None:
        """The first benefit that fits the visit, resolved; ``None`` where none fits or none of its rows."""
        benefit = self._first(facts)
        if benefit is None:
            return None
        return benefit.shape.terms(self._head(benefit), facts, resolve_limits(benefit.limits, facts))

    def gates(self, facts: Facts) -> tuple[Gate, ...]:
        """The conditions of all benefits, or where one fits the rows inside it."""
        benefit = self._first(facts)
        if benefit is not None:
            return benefit.shape.gates(self._head(benefit), facts)
        return tuple(Gate(self._head(part).title, part.rule, part.condition) for part in self.benefits)

    def _first(self, facts: Facts) -> Benefit | None:
        return next((part for part in self.benefits if part.condition.holds(facts)), None)

    def _head(self, benefit: Benefit) -> Head:
        return Head(self.kind, self.payer, f"{self.title}·{benefit.title}", benefit.rule)


def read(section: Section) -> ProportionalLayer:
    """Read a layer of this shape; see ``pack.schema.json`` for the keys."""
    shared_limits = read_limits(section)
    return ProportionalLayer(
        kind=section.text("kind"),
        payer=section.text("payer"),
        title=section.text("title"),
        fund_pay_type=section.text("fund_pay_type"),
        benefits=tuple(_read_benefit(part, shared_limits) for part in section.sections("benefits")),
    )


def _read_benefit(part: Section, shared_limits: tuple[Limit, ...]) -> Benefit:
    return Benefit(
        rule=part.rule(),
        title=part.text("title"),
        condition=part.condition(),
        shape=read_shape(part),
        limits=read_limits(part) + shared_limits,
    )
