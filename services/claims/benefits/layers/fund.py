"""A fund that brings the person's share down to a ceiling (DOMAIN S-30, S-31, S-41).

The first ceiling whose condition holds applies. ``share_of: total`` limits what the person pays of the whole
bill, ``share_of: eligible`` what the person pays of the eligible cost. ``covers`` says which parts of the
bill the fund may take over; what it does not cover stays with the person even above the ceiling. The person's
ceiling is rounded down to the fen, so that the share is never above it, not even by a fraction of a fen.
"""

from dataclasses import dataclass

from services.claims.benefits.arithmetic import Operation
from services.claims.benefits.bill import COMPONENTS, Bill
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
from services.claims.benefits.steps import Arithmetic, Basis, Rule
from shared.money import share_down

SHARES_OF = ("total", "eligible")

LABELS = {
    "person_open": "个人尚需负担",
    "eligible_open": "尚未支付的政策范围内费用",
    "total": "总费用",
    "eligible": "政策范围内费用",
    "ceiling_bp": "个人自付比例上限",
    "covered_open": "基金可承担部分",
    "ceiling": "个人自付上限",
    "above_ceiling": "超过上限部分",
    "amount": "支付金额",
}


@dataclass(frozen=True, slots=True)
class FundLayer:
    """The layer as the pack states it."""

    rule: Rule
    payer: str
    title: str
    fund_pay_type: str
    condition: Condition
    share_of: str
    covers: tuple[int, ...]
    ceilings: tuple[Row, ...]
    limits: tuple[Limit, ...]

    def terms(self, facts: Facts) -> "CeilingTerms | None":
        """The ceiling for this kind of visit, ``None`` where no ceiling holds."""
        ceiling = first(self.ceilings, facts)
        if ceiling is None or not self.condition.holds(facts):
            return None
        caps = resolve_limits(self.limits, facts)
        return CeilingTerms(
            basis=self._basis(ceiling, caps),
            payer=self.payer,
            of_total=self.share_of == "total",
            covers=self.covers,
            ceiling_bp=ceiling.value or 0,
            caps=caps,
            year_kinds=kinds_of(caps, "year"),
            day_kinds=kinds_of(caps, "day"),
        )

    def _basis(self, ceiling: Row, caps: tuple[Cap, ...]) -> Basis:
        base_name = "person_open" if self.share_of == "total" else "eligible_open"
        core = Arithmetic(
            parameters=(self.share_of, "ceiling_bp", "covered_open"),
            operations=(
                Operation("at_rate_down", "ceiling", (self.share_of, "ceiling_bp")),
                Operation("less", "above_ceiling", (base_name, "ceiling")),
                Operation("at_most", "amount", ("above_ceiling", "covered_open")),
            ),
            applied=(applied("ceiling_bp", ceiling),),
            labels=LABELS,
        )
        return Basis("fund", self.payer, self.title, ceiling.rule, base_name, add_caps(core, caps))


@dataclass(frozen=True, slots=True)
class CeilingTerms:
    """A ceiling on the person's share, and what the fund may take over to reach it."""

    basis: Basis
    payer: str
    of_total: bool
    covers: tuple[int, ...]
    ceiling_bp: int
    caps: tuple[Cap, ...]
    year_kinds: tuple[str, ...]
    day_kinds: tuple[str, ...]

    def settle(self, bill: Bill) -> None:
        """Pay what the person would bear above the ceiling, as far as the fund covers it."""
        whole = bill.total_fen if self.of_total else bill.eligible_fen
        base = bill.person_fen if self.of_total else bill.open[0]
        covered = sum([bill.open[component] for component in self.covers])
        above = base - share_down(whole, self.ceiling_bp)
        amount, capped, counted = within_caps(self.caps, max(0, min(above, covered)), bill)
        values = (whole, self.ceiling_bp, covered, *capped)
        bill.pay(self.basis, self.payer, base, values, amount, tuple(counted), self.covers)


def read(section: Section) -> FundLayer:
    """Read a ``fund`` layer; a ceiling on the eligible cost can only cover eligible cost."""
    section.word("per", ("visit",))
    share_of = section.word("share_of", SHARES_OF)
    covers = section.raw.get("covers")
    if not isinstance(covers, list) or not covers or not set(covers) <= set(COMPONENTS):
        raise section.fail("covers", f"expected some of {', '.join(COMPONENTS)}")
    if share_of == "eligible" and covers != ["eligible"]:
        raise section.fail("covers", "a ceiling on the eligible cost covers eligible cost only")
    return FundLayer(
        rule=section.rule(),
        payer=section.text("payer"),
        title=section.text("title"),
        fund_pay_type=section.text("fund_pay_type"),
        condition=section.condition(),
        share_of=share_of,
        covers=tuple(sorted(COMPONENTS.index(name) for name in covers)),
        ceilings=section.rows("ceilings", "rate"),
        limits=read_limits(section),
    )
