"""A benefit that pays a rate, or a fixed amount, of the open eligible cost within deductible and caps.

Shared by basic insurance and medical assistance. The first benefit of a layer whose condition holds applies;
inside it the first row of the deductible and of the rate whose condition holds, all points that hold, and of
every limit the first row that holds. A layer's own ``limits`` apply to all of its benefits.
"""

from dataclasses import dataclass

from services.claims.benefits.arithmetic import Operation
from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Facts
from services.claims.benefits.limits import (
    Limit,
    add_caps,
    kinds_of,
    read_limits,
    resolve_limits,
)
from services.claims.benefits.sections import Row, Section, adjusted, applied, first
from services.claims.benefits.steps import Applied, Arithmetic, Basis, Rule
from services.claims.benefits.terms import FixedTerms, RateTerms

LABELS = {
    "eligible_open": "尚未支付的政策范围内费用",
    "deductible": "起付线",
    "deductible_used": "本年已计起付线",
    "deductible_left": "尚余起付线",
    "above_deductible": "起付线以上费用",
    "rate_bp": "支付比例",
    "fixed": "定额标准",
    "amount": "支付金额",
}


@dataclass(frozen=True, slots=True)
class Benefit:
    """One benefit as the pack states it: ``rates`` or ``fixed``, never both."""

    rule: Rule
    title: str
    condition: Condition
    deductibles: tuple[Row, ...]
    deductible_kind: str
    deductible_title: str
    rates: tuple[Row, ...]
    points: tuple[Row, ...]
    fixed: tuple[Row, ...]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class ProportionalLayer:
    """A payer with one or more proportional benefits."""

    kind: str
    payer: str
    title: str
    fund_pay_type: str
    benefits: tuple[Benefit, ...]

    def terms(self, facts: Facts) -> RateTerms | FixedTerms | None:
        """The first benefit that fits the visit, resolved; ``None`` where none fits or none has a rate."""
        benefit = next((part for part in self.benefits if part.condition.holds(facts)), None)
        if benefit is None:
            return None
        return _fixed_terms(self, benefit, facts) if benefit.fixed else _rate_terms(self, benefit, facts)


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
    deductible = part.section("deductible") if part.has("deductible") else None
    yearly = deductible is not None and deductible.word("per", ("visit", "year")) == "year"
    if part.has("rate") == part.has("fixed"):
        raise part.fail("rate", "a benefit has either a rate or a fixed amount")
    rate = part.section("rate") if part.has("rate") else None
    return Benefit(
        rule=part.rule(),
        title=part.text("title"),
        condition=part.condition(),
        deductibles=deductible.rows("rows", "amount") if deductible else (),
        deductible_kind=deductible.text("accumulator") if deductible and yearly else "",
        deductible_title=deductible.accumulator_title() if deductible and yearly else "",
        rates=rate.rows("rows", "rate") if rate else (),
        points=rate.rows("points", "points") if rate else (),
        fixed=part.rows("fixed", "amount"),
        limits=read_limits(part) + shared_limits,
    )


def _rate_terms(layer: ProportionalLayer, benefit: Benefit, facts: Facts) -> RateTerms | None:
    rate = first(benefit.rates, facts)
    if rate is None:
        return None
    rate_bp, points = adjusted(rate.value or 0, benefit.points, facts)
    deductible = first(benefit.deductibles, facts)
    caps = resolve_limits(benefit.limits, facts)
    rules = [applied("deductible", deductible)] if deductible else []
    rules += [applied("rate_bp", row) for row in (rate, *points)]
    kind = benefit.deductible_kind
    return RateTerms(
        basis=_basis(layer, benefit, add_caps(_rate_arithmetic(benefit, rules), caps)),
        payer=layer.payer,
        deductible_fen=(deductible.value or 0) if deductible else 0,
        deductible_kind=kind,
        rate_bp=rate_bp,
        caps=caps,
        year_kinds=kinds_of(caps, "year") + ((kind,) if kind else ()),
        day_kinds=kinds_of(caps, "day"),
    )


def _rate_arithmetic(benefit: Benefit, rules: list[Applied]) -> Arithmetic:
    names: tuple[str, ...] = ("deductible", "rate_bp")
    lines: tuple[Operation, ...] = ()
    left, labels = "deductible", LABELS
    if benefit.deductible_kind:
        names, left = ("deductible", "deductible_used", "rate_bp"), "deductible_left"
        lines = (Operation("less", left, ("deductible", "deductible_used")),)
        labels = {**LABELS, benefit.deductible_kind: benefit.deductible_title}
    lines += (
        Operation("less", "above_deductible", ("eligible_open", left)),
        Operation("at_rate", "amount", ("above_deductible", "rate_bp")),
    )
    return Arithmetic(names, lines, tuple(rules), labels)


def _fixed_terms(layer: ProportionalLayer, benefit: Benefit, facts: Facts) -> FixedTerms | None:
    fixed = first(benefit.fixed, facts)
    if fixed is None:
        return None
    caps = resolve_limits(benefit.limits, facts)
    at_fixed = Operation("at_most", "amount", ("eligible_open", "fixed"))
    core = Arithmetic(("fixed",), (at_fixed,), (applied("fixed", fixed),), LABELS)
    return FixedTerms(
        basis=_basis(layer, benefit, add_caps(core, caps)),
        payer=layer.payer,
        fixed_fen=fixed.value or 0,
        caps=caps,
        year_kinds=kinds_of(caps, "year"),
        day_kinds=kinds_of(caps, "day"),
    )


def _basis(layer: ProportionalLayer, benefit: Benefit, arithmetic: Arithmetic) -> Basis:
    title = f"{layer.title}·{benefit.title}"
    return Basis(layer.kind, layer.payer, title, benefit.rule, "eligible_open", arithmetic)
