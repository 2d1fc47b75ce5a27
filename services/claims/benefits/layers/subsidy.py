"""Subsidies for an event or a person-year (五补助, DOMAIN S-35), never more than what is still open.

The first subsidy whose condition holds applies. Its amount is the most it pays, per event (one visit) or per
person-year (counted in an accumulator). ``channels`` limits the sum of what all payers of the stack give for
the event, this one included (delivery: 3,500 yuan over all channels); waived items are no such payment.
"""

from dataclasses import dataclass

from services.claims.benefits.arithmetic import Operation
from services.claims.benefits.bill import Bill
from services.claims.benefits.ceilings import read_covers
from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import Facts
from services.claims.benefits.limits import Cap, Limit, add_caps, kinds_of, resolve_limits, within_caps
from services.claims.benefits.policy import Gate, Layer
from services.claims.benefits.sections import LIMIT, Row, Section, applied, first
from services.claims.benefits.steps import Arithmetic, Basis, Rule
from shared.money import Fen

PERIODS = ("event", "person_year")

LABELS = {
    "person_open": "个人尚需负担",
    "covered_open": "补助可承担部分",
    "coverable": "可补助费用",
    "channels": "各渠道补助合计限额",
    "given": "各方已支付",
    "channels_left": "各渠道补助合计剩余限额",
    "amount": "补助金额",
}


@dataclass(frozen=True, slots=True)
class Subsidy:
    """One subsidy; its amount is the first of its ``limits``."""

    rule: Rule
    title: str
    condition: Condition
    covers: tuple[int, ...]
    amount: Limit
    channels: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class SubsidyLayer:
    """A payer with one or more subsidies."""

    payer: str
    title: str
    fund_pay_type: str
    subsidies: tuple[Subsidy, ...]
    kind: str = "subsidy"

    def terms(self, facts: Facts) -> "SubsidyTerms | None":
        """The first subsidy that fits the visit and has an amount for it."""
        subsidy = self._first(facts)
        if subsidy is None or first(subsidy.amount.rows, facts) is None:
            return None
        caps = resolve_limits((subsidy.amount,), facts)
        channels = first(subsidy.channels, facts)
        return SubsidyTerms(
            basis=self._basis(subsidy, add_caps(_arithmetic(channels), caps)),
            payer=self.payer,
            channels_fen=channels.value if channels else None,
            caps=caps,
            year_kinds=kinds_of(caps, "year"),
        )

    def gates(self, facts: Facts) -> tuple[Gate, ...]:
        """The conditions of all subsidies, or where one fits those of its amounts."""
        subsidy = self._first(facts)
        if subsidy is not None:
            title = f"{self.title}·{subsidy.title}"
            return tuple(Gate(title, row.rule, row.condition) for row in subsidy.amount.rows)
        return tuple(Gate(f"{self.title}·{part.title}", part.rule, part.condition) for part in self.subsidies)

    def _first(self, facts: Facts) -> Subsidy | None:
        return next((part for part in self.subsidies if part.condition.holds(facts)), None)

    def _basis(self, subsidy: Subsidy, arithmetic: Arithmetic) -> Basis:
        title = f"{self.title}·{subsidy.title}"
        return Basis(self.kind, self.payer, title, subsidy.rule, "person_open", arithmetic, subsidy.covers)


def _arithmetic(channels: Row | None) -> Arithmetic:
    coverable = Operation("at_most", "amount", ("person_open", "covered_open"))
    if channels is None or channels.value is None:
        return Arithmetic(("covered_open",), (coverable,), (), LABELS)
    lines = (
        coverable._replace(result="coverable"),
        Operation("less", "channels_left", ("channels", "given")),
        Operation("at_most", "amount", ("coverable", "channels_left")),
    )
    return Arithmetic(("covered_open", "channels", "given"), lines, (applied("channels", channels),), LABELS)


@dataclass(frozen=True, slots=True)
class SubsidyTerms:
    """What is open and covered, within the amount of the subsidy and what all channels may give."""

    basis: Basis
    payer: str
    channels_fen: Fen | None
    caps: tuple[Cap, ...]
    year_kinds: tuple[str, ...]
    day_kinds: tuple[str, ...] = ()

    def settle(self, bill: Bill) -> None:
        """Pay the subsidy as far as something is open for it."""
        base = bill.person_fen
        amount = covered = sum([bill.open[component] for component in self.basis.covers])
        values: tuple[Fen, ...] = (covered,)
        if self.channels_fen is not None:
            given = bill.total_fen - base
            values = (covered, self.channels_fen, given)
            amount = max(0, min(covered, self.channels_fen - given))
        amount, capped, counted = within_caps(self.caps, amount, bill)
        bill.pay(self.basis, self.payer, base, (*values, *capped), amount, tuple(counted))


def read(section: Section) -> tuple[Layer, ...]:
    """Read a ``subsidy`` layer."""
    return (
        SubsidyLayer(
            payer=section.text("payer"),
            title=section.text("title"),
            fund_pay_type=section.text("fund_pay_type"),
            subsidies=tuple(_read_subsidy(part) for part in section.sections("subsidies")),
        ),
    )


def _read_subsidy(part: Section) -> Subsidy:
    yearly = part.word("per", PERIODS) == "person_year"
    if yearly != part.has("accumulator"):
        raise part.fail("accumulator", "a subsidy per person-year counts in an accumulator, others do not")
    amounts = part.rows("amounts", "amount")
    if yearly:
        limit = Limit("year", *part.accumulator(LIMIT), False, amounts)
    else:
        limit = Limit("visit", "", "", False, amounts)
    return Subsidy(
        rule=part.rule(),
        title=part.text("title"),
        condition=part.condition(),
        covers=read_covers(part),
        amount=limit,
        channels=part.rows("channels", "amount"),
    )
