"""Critical illness insurance: marginal tiers on the year's accumulated eligible own payment (DOMAIN S-39).

The open eligible cost of the visit joins the accumulator whole, then the visit is paid for the stretch it
added above the deductible: one deductible a year. A deductible that falls during the year (a category
granted) works from then on; what earlier visits would have got is the business of re-adjudication.
"""

from dataclasses import dataclass

from services.claims.benefits.arithmetic import Operation, Tiers, tiered
from services.claims.benefits.bill import Bill
from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Facts
from services.claims.benefits.limits import (
    Cap,
    Limit,
    add_caps,
    kinds_of,
    read_limits,
    resolve_limits,
    within_caps,
)
from services.claims.benefits.sections import Row, Section, applied, first
from services.claims.benefits.steps import Applied, Arithmetic, Basis, Rule
from services.claims.benefits.tiers import TierSet, read_tier_sets, resolve_tiers
from shared.money import Fen

LABELS = {
    "eligible_open": "本次政策范围内自付",
    "own_before": "本年此前累计自付",
    "own_after": "本年累计自付",
    "deductible": "起付线",
    "tiers": "分段支付比例",
    "amount": "支付金额",
}


@dataclass(frozen=True, slots=True)
class CriticalIllnessLayer:
    """The layer as the pack states it."""

    rule: Rule
    payer: str
    title: str
    fund_pay_type: str
    condition: Condition
    accumulator: str
    accumulator_title: str
    deductibles: tuple[Row, ...]
    tiers: tuple[TierSet, ...]
    points: tuple[Row, ...]
    limits: tuple[Limit, ...]

    def terms(self, facts: Facts) -> "TierTerms | None":
        """Deductible, tiers with points and caps for this kind of visit."""
        deductible = first(self.deductibles, facts)
        resolved = resolve_tiers(self.tiers, self.points, facts)
        if deductible is None or resolved is None or not self.condition.holds(facts):
            return None
        caps = resolve_limits(self.limits, facts)
        tiers, rules = resolved
        return TierTerms(
            basis=self._basis([applied("deductible", deductible), *rules], caps),
            payer=self.payer,
            accumulator=self.accumulator,
            deductible_fen=deductible.value or 0,
            tiers=tiers,
            caps=caps,
            year_kinds=(self.accumulator, *kinds_of(caps, "year")),
            day_kinds=kinds_of(caps, "day"),
        )

    def _basis(self, rules: list[Applied], caps: tuple[Cap, ...]) -> Basis:
        core = Arithmetic(
            parameters=("own_before", "deductible", "tiers"),
            operations=(
                Operation("plus", "own_after", ("own_before", "eligible_open")),
                Operation("tiers", "amount", ("own_before", "own_after", "deductible", "tiers")),
            ),
            applied=tuple(rules),
            labels={**LABELS, self.accumulator: self.accumulator_title},
        )
        arithmetic = add_caps(core, caps)
        return Basis("critical_illness", self.payer, self.title, self.rule, "eligible_open", arithmetic)


@dataclass(frozen=True, slots=True)
class TierTerms:
    """Marginal tiers above a deductible on a yearly accumulator, within caps."""

    basis: Basis
    payer: str
    accumulator: str
    deductible_fen: Fen
    tiers: Tiers
    caps: tuple[Cap, ...]
    year_kinds: tuple[str, ...]
    day_kinds: tuple[str, ...]

    def settle(self, bill: Bill) -> None:
        """Add the open eligible cost to the year's own payment and pay the tiers it reaches."""
        base = bill.open[0]
        before = bill.used(self.accumulator)
        own = bill.move(self.accumulator, before, base)
        amount = tiered(before, own.after, self.deductible_fen, self.tiers)
        amount, capped, counted = within_caps(self.caps, amount, bill)
        values = (before, self.deductible_fen, self.tiers, *capped)
        bill.pay(self.basis, self.payer, base, values, amount, (own, *counted))


def read(section: Section) -> CriticalIllnessLayer:
    """Read a ``critical_illness`` layer; tiers must rise and only the last may be open."""
    return CriticalIllnessLayer(
        rule=section.rule(),
        payer=section.text("payer"),
        title=section.text("title"),
        fund_pay_type=section.text("fund_pay_type"),
        condition=section.condition(),
        accumulator=section.text("accumulator"),
        accumulator_title=section.accumulator_title(),
        deductibles=section.section("deductible").rows("rows", "amount"),
        tiers=read_tier_sets(section),
        points=section.rows("points", "points"),
        limits=read_limits(section),
    )
