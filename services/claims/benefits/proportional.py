"""A benefit that pays a rate, or a fixed amount, of the open eligible cost within deductible and caps.

Shared by basic insurance and medical assistance. The first benefit of a layer whose condition holds applies;
inside it the first row of the deductible and of the rate whose condition holds, all points that hold, and of
every limit the first row that holds. A layer's own ``limits`` apply to all of its benefits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.claims.benefits.bill import Bill
from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Facts
from services.claims.benefits.limits import (
    Cap,
    Limit,
    describe_caps,
    kinds_of,
    read_limits,
    resolve_limits,
    within_caps,
)
from services.claims.benefits.sections import Row, Section, adjusted, applied, first
from services.claims.benefits.steps import Applied, Basis, Movement, Operation, Rule, Value
from shared.money import Fen, share


@dataclass(frozen=True, slots=True)
class Benefit:
    """One benefit as the pack states it: ``rates`` or ``fixed``, never both."""

    rule: Rule
    title: str
    condition: Condition
    deductibles: tuple[Row, ...]
    deductible_kind: str
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

    def terms(self, facts: Facts) -> "RateTerms | FixedTerms | None":
        """The first benefit that fits the visit, resolved; ``None`` where none fits or none has a rate."""
        benefit = next((part for part in self.benefits if part.condition.holds(facts)), None)
        if benefit is None:
            return None
        return _fixed_terms(self, benefit, facts) if benefit.fixed else _rate_terms(self, benefit, facts)


@dataclass(frozen=True, slots=True)
class RateTerms:
    """A rate on what exceeds the deductible, within caps."""

    basis: Basis
    payer: str
    deductible_fen: Fen
    deductible_kind: str
    rate_bp: int
    caps: tuple[Cap, ...]
    year_kinds: tuple[str, ...]
    day_kinds: tuple[str, ...]

    def settle(self, bill: Bill) -> None:
        """Pay the rate of the open eligible cost above the deductible, as far as the caps allow."""
        base = bill.open[0]
        deductible = self.deductible_fen
        moved: list[Movement] = []
        if self.deductible_kind:
            before = bill.used(self.deductible_kind)
            left = max(0, deductible - before)
            moved.append(bill.move(self.deductible_kind, before, min(base, left)))
            values: list[Value] = [deductible, before, self.rate_bp]
        else:
            left = deductible
            values = [deductible, self.rate_bp]
        amount = share(base - left, self.rate_bp) if base > left else 0
        amount, capped, counted = within_caps(self.caps, amount, bill)
        bill.pay(self.basis, self.payer, base, (*values, *capped), amount, (*moved, *counted))


@dataclass(frozen=True, slots=True)
class FixedTerms:
    """A fixed amount per visit, never more than the open eligible cost, within caps."""

    basis: Basis
    payer: str
    fixed_fen: Fen
    caps: tuple[Cap, ...]
    year_kinds: tuple[str, ...]
    day_kinds: tuple[str, ...]

    def settle(self, bill: Bill) -> None:
        """Pay the fixed amount as far as cost and caps allow."""
        base = bill.open[0]
        amount, capped, counted = within_caps(self.caps, min(base, self.fixed_fen), bill)
        bill.pay(self.basis, self.payer, base, (self.fixed_fen, *capped), amount, tuple(counted))


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
        basis=_rate_basis(layer, benefit, rules, caps),
        payer=layer.payer,
        deductible_fen=(deductible.value or 0) if deductible else 0,
        deductible_kind=kind,
        rate_bp=rate_bp,
        caps=caps,
        year_kinds=kinds_of(caps, "year") + ((kind,) if kind else ()),
        day_kinds=kinds_of(caps, "day"),
    )


def _fixed_terms(layer: ProportionalLayer, benefit: Benefit, facts: Facts) -> FixedTerms | None:
    fixed = first(benefit.fixed, facts)
    if fixed is None:
        return None
    caps = resolve_limits(benefit.limits, facts)
    capped = any(cap.amount_fen is not None for cap in caps)
    at_fixed = Operation("at_most", "at_fixed" if capped else "amount", ("eligible_open", "fixed"))
    names, operations, cap_rules = describe_caps(caps, "at_fixed")
    basis = _basis(
        layer, benefit, ["fixed", *names], [at_fixed, *operations], [applied("fixed", fixed), *cap_rules]
    )
    return FixedTerms(
        basis=basis,
        payer=layer.payer,
        fixed_fen=fixed.value or 0,
        caps=caps,
        year_kinds=kinds_of(caps, "year"),
        day_kinds=kinds_of(caps, "day"),
    )


def _rate_basis(
    layer: ProportionalLayer, benefit: Benefit, rules: list[Applied], caps: tuple[Cap, ...]
) -> Basis:
    names, operations = ["deductible", "rate_bp"], []
    left = "deductible"
    if benefit.deductible_kind:
        names, left = ["deductible", "deductible_used", "rate_bp"], "deductible_left"
        operations.append(Operation("less", left, ("deductible", "deductible_used")))
    capped = any(cap.amount_fen is not None for cap in caps)
    operations += [
        Operation("less", "above_deductible", ("eligible_open", left)),
        Operation("at_rate", "at_rate" if capped else "amount", ("above_deductible", "rate_bp")),
    ]
    cap_names, cap_operations, cap_rules = describe_caps(caps, "at_rate")
    return _basis(layer, benefit, names + cap_names, operations + cap_operations, rules + cap_rules)


def _basis(
    layer: ProportionalLayer,
    benefit: Benefit,
    names: Sequence[str],
    operations: Sequence[Operation],
    rules: Sequence[Applied],
) -> Basis:
    return Basis(
        layer=layer.kind,
        payer=layer.payer,
        title=f"{layer.title}·{benefit.title}",
        rule=benefit.rule,
        base_name="eligible_open",
        parameters=tuple(names),
        operations=tuple(operations),
        applied=tuple(rules),
    )
