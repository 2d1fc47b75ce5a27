"""A fund that brings the person's share down to a ceiling (DOMAIN S-30, S-31, S-38, S-41).

The first ceiling whose condition holds applies. ``share_of: total`` limits what the person pays of the whole
bill, ``share_of: eligible`` what the person pays of the eligible cost, ``per`` visit or year. ``covers`` says
which parts of the bill the fund may take over; what it does not cover stays with the person even above the
ceiling. ``rest`` says who carries what the fund may not pay because of its ``limits``, and ``when_empty`` of
its ``balance`` who carries what the fund cannot pay because its money of the year is spent: the person, the
next fund of the pack, or a payer named there, which follows the fund as a layer of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.claims.benefits.arithmetic import Operation
from services.claims.benefits.bill import Bill
from services.claims.benefits.ceilings import Ceiling, read_ceiling
from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Facts
from services.claims.benefits.limits import (
    BALANCE,
    Cap,
    Limit,
    add_caps,
    kinds_of,
    read_balance,
    read_limits,
    resolve_limits,
    within_caps,
)
from services.claims.benefits.policy import Gate, Layer, PackError
from services.claims.benefits.sections import Row, Section, first
from services.claims.benefits.steps import Arithmetic, Basis, Movement, Rule

PERSON, NEXT = "person", "next"


@dataclass(frozen=True, slots=True)
class FundLayer:
    """The layer as the pack states it; ``limits`` ends with the balance if the fund has one."""

    rule: Rule
    payer: str
    title: str
    fund_pay_type: str
    condition: Condition
    ceiling: Ceiling
    ceilings: tuple[Row, ...]
    limits: tuple[Limit, ...]
    leaves_to: frozenset[str]
    """The words ``person`` and ``next`` where the pack says so of what the fund leaves."""
    kind: str = "fund"

    def terms(self, facts: Facts) -> "CeilingTerms | None":
        """The ceiling for this kind of visit, ``None`` where no ceiling holds."""
        ceiling = first(self.ceilings, facts) if self.condition.holds(facts) else None
        if ceiling is None:
            return None
        caps = resolve_limits(self.limits, facts)
        arithmetic = add_caps(self.ceiling.arithmetic(ceiling), caps)
        return CeilingTerms(
            basis=_basis(self, ceiling.rule, arithmetic),
            payer=self.payer,
            ceiling=self.ceiling,
            ceiling_bp=ceiling.value or 0,
            caps=tuple(cap for cap in caps if cap.per != BALANCE),
            balance=tuple(cap for cap in caps if cap.per == BALANCE),
            year_kinds=(*kinds_of(caps, "year"), *kinds_of(caps, BALANCE), *self.ceiling.kinds),
            day_kinds=kinds_of(caps, "day"),
        )

    def gates(self, facts: Facts) -> tuple[Gate, ...]:
        """The condition of the fund, or where it holds those of its ceilings."""
        if not self.condition.holds(facts):
            return (Gate(self.title, self.rule, self.condition),)
        return tuple(Gate(self.title, row.rule, row.condition) for row in self.ceilings)


@dataclass(frozen=True, slots=True)
class RestLayer:
    """Who carries what a fund leaves above the ceiling; follows its fund. See ``RestTerms``."""

    rule: Rule
    payer: str
    title: str
    fund_pay_type: str
    fund: FundLayer
    unfunded: str
    kind: str = "fund"

    def terms(self, facts: Facts) -> "RestTerms | None":
        """The same ceiling as the fund's, without its limits."""
        ceiling = first(self.fund.ceilings, facts) if self.fund.condition.holds(facts) else None
        if ceiling is None:
            return None
        return RestTerms(
            basis=_basis(self, self.rule, self._arithmetic(ceiling)),
            payer=self.payer,
            ceiling=self.fund.ceiling,
            ceiling_bp=ceiling.value or 0,
            unfunded=self.unfunded,
            year_kinds=self.fund.ceiling.kinds,
        )

    def gates(self, facts: Facts) -> tuple[Gate, ...]:
        """None: it follows its fund."""
        return ()

    def _arithmetic(self, ceiling: Row) -> Arithmetic:
        core = self.fund.ceiling.arithmetic(ceiling)
        if not self.unfunded:
            return core
        last = core.operations[-1]._replace(result="coverable")
        by_balance = Operation(self.unfunded, "amount", ("coverable", "unfunded"))
        labels = {
            **core.labels,
            "coverable": "应由基金支付而未支付部分",
            "unfunded": "因基金余额不足未支付部分",
        }
        lines = (*core.operations[:-1], last, by_balance)
        names = (*core.parameters, "unfunded")
        return Arithmetic(names, lines, core.applied, labels, core.accumulator_of)


def _basis(layer: FundLayer | RestLayer, rule: Rule, arithmetic: Arithmetic) -> Basis:
    ceiling = layer.ceiling if isinstance(layer, FundLayer) else layer.fund.ceiling
    return Basis("fund", layer.payer, layer.title, rule, ceiling.base_name, arithmetic, ceiling.covers)


@dataclass(frozen=True, slots=True)
class CeilingTerms:
    """A ceiling on the person's share, and what the fund may take over to reach it."""

    basis: Basis
    payer: str
    ceiling: Ceiling
    ceiling_bp: int
    caps: tuple[Cap, ...]
    balance: tuple[Cap, ...]
    year_kinds: tuple[str, ...]
    day_kinds: tuple[str, ...]

    def settle(self, bill: Bill) -> None:
        """Pay what the person would bear above the ceiling, as far as the fund covers it."""
        above = self.ceiling.above(bill, self.ceiling_bp)
        base, values, amount, _ = above
        moved: list[Movement] = []
        if self.caps:
            amount, capped, moved = within_caps(self.caps, amount, bill)
            values = (*values, *capped)
        if self.balance:
            allowed = amount
            amount, capped, spent = within_caps(self.balance, amount, bill)
            bill.unfunded_fen = allowed - amount
            values, moved = (*values, *capped), moved + spent
        moved += self.ceiling.count(bill, above, amount)
        bill.pay(self.basis, self.payer, base, values, amount, tuple(moved))
        if self.ceiling.person_kind:
            bill.carry(self.ceiling.person_kind, self.ceiling.share_of == "total")


@dataclass(frozen=True, slots=True)
class RestTerms:
    """What a fund left above the ceiling, for another payer; no step where nothing was left.

    ``unfunded`` says which part: ``at_most`` what the fund's balance did not suffice for, ``less`` the other
    part, empty all of it.
    """

    basis: Basis
    payer: str
    ceiling: Ceiling
    ceiling_bp: int
    unfunded: str
    year_kinds: tuple[str, ...]
    day_kinds: tuple[str, ...] = ()

    def settle(self, bill: Bill) -> None:
        """Take over what the fund left."""
        if self.unfunded == "at_most" and not bill.unfunded_fen:
            return
        base, values, amount, _ = self.ceiling.above(bill, self.ceiling_bp)
        unfunded = bill.unfunded_fen
        if self.unfunded:
            values = (*values, unfunded)
            amount = min(amount, unfunded) if self.unfunded == "at_most" else max(0, amount - unfunded)
        if amount:
            bill.pay(self.basis, self.payer, base, values, amount, ())
        if self.unfunded == "at_most":
            bill.unfunded_fen -= amount


def read(section: Section) -> tuple[Layer, ...]:
    """Read a ``fund`` layer and the layers of those who carry what it leaves."""
    balance = section.section("balance") if section.has("balance") else None
    limits = read_limits(section)
    said = [section.raw.get("rest"), balance.raw.get("when_empty") if balance else None]
    fund = FundLayer(
        rule=section.rule(),
        payer=section.text("payer"),
        title=section.text("title"),
        fund_pay_type=section.text("fund_pay_type"),
        condition=section.condition(),
        ceiling=read_ceiling(section),
        ceilings=section.rows("ceilings", "rate"),
        limits=(*limits, read_balance(balance)) if balance else limits,
        leaves_to=frozenset(word for word in said if word in (PERSON, NEXT)),
    )
    empty = _read_rest(balance, "when_empty", fund, "at_most") if balance else ()
    left_over = "less" if balance and not empty else ""
    return (fund, *empty, *_read_rest(section, "rest", fund, left_over))


def check_what_funds_leave(layers: Sequence[Layer]) -> None:
    """Refuse a fund that leaves something to the next where none follows, or to the person where one does."""
    funds = [layer for layer in layers if isinstance(layer, FundLayer)]
    for fund in funds:
        wrong = NEXT if fund is funds[-1] else PERSON
        if wrong in fund.leaves_to:
            raise PackError("layers", f"{fund.payer} leaves something to {wrong}, but see which funds follow")


def _read_rest(part: Section, key: str, fund: FundLayer, unfunded: str) -> tuple[RestLayer, ...]:
    """The layer of the payer named under a key; none where the person or the next fund carries the rest."""
    if part.raw.get(key) in (None, PERSON, NEXT):
        return ()
    named = part.section(key)
    payer, title = named.text("payer"), named.text("title")
    return (RestLayer(named.rule(), payer, title, named.text("fund_pay_type"), fund, unfunded),)
