"""The shapes a benefit's own arithmetic can have: a rate, a fixed amount, or marginal tiers.

Each shape resolves to terms for one kind of visit, or to ``None`` where none of its rows holds.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from services.claims.benefits.arithmetic import Operation
from services.claims.benefits.facts import Facts
from services.claims.benefits.limits import Cap, add_caps, kinds_of
from services.claims.benefits.policy import Gate, Terms
from services.claims.benefits.sections import Row, Section, adjusted, applied, first
from services.claims.benefits.steps import Applied, Arithmetic, Basis, Rule
from services.claims.benefits.terms import AdmissionTerms, FixedTerms, RateTerms, TierTerms
from services.claims.benefits.tiers import TierSet, read_tier_sets, resolve_tiers

LABELS = {
    "eligible_open": "尚未支付的政策范围内费用",
    "deductible": "起付线",
    "deductible_used": "本年已计起付线",
    "deductible_left": "尚余起付线",
    "above_deductible": "起付线以上费用",
    "rate_bp": "支付比例",
    "fixed": "定额标准",
    "own_before": "本年此前累计自付",
    "own_after": "本年累计自付",
    "tiers": "分段支付比例",
    "amount": "支付金额",
}


class Head(NamedTuple):
    """What a shape has to say about itself in an explanation."""

    layer: str
    payer: str
    title: str
    rule: Rule

    def basis(self, arithmetic: Arithmetic) -> Basis:
        """The basis of a step that pays open eligible cost by this arithmetic."""
        return Basis(self.layer, self.payer, self.title, self.rule, "eligible_open", arithmetic)


class Shape(Protocol):
    """How a benefit works out its amount."""

    def terms(self, head: Head, facts: Facts, caps: tuple[Cap, ...]) -> Terms | None:
        """The numbers for this kind of visit."""

    def gates(self, head: Head, facts: Facts) -> tuple[Gate, ...]:
        """The rows of which one has to hold."""


def gates_of(rows: tuple[Row, ...], title: str) -> tuple[Gate, ...]:
    """Every row as a way in."""
    return tuple(Gate(title, row.rule, row.condition) for row in rows)


class Deductible(NamedTuple):
    """``per`` visit, year or admission; the number of a row is the admission from which it counts."""

    per: str
    accumulator: str
    title: str
    rows: tuple[tuple[int, Row], ...]

    def on_admission(self, number: int, facts: Facts) -> Row | None:
        """The first row that holds and has begun with the n-th admission."""
        return next(
            (row for begins, row in self.rows if begins <= number and row.condition.holds(facts)), None
        )


@dataclass(frozen=True, slots=True)
class RateShape:
    """A rate, with points, on what exceeds a deductible."""

    deductible: Deductible
    rates: tuple[Row, ...]
    points: tuple[Row, ...]

    def terms(self, head: Head, facts: Facts, caps: tuple[Cap, ...]) -> RateTerms | AdmissionTerms | None:
        """Rate terms; by admission where the deductible changes with it."""
        if first(self.rates, facts) is None:
            return None
        if self.deductible.per != "admission":
            return self._terms(head, facts, caps, self.deductible.on_admission(1, facts))
        numbers = sorted({1, *(begins for begins, _ in self.deductible.rows)})
        rows = [(number, self.deductible.on_admission(number, facts)) for number in numbers]
        parts = [(number, self._terms(head, facts, caps, row)) for number, row in rows]
        return AdmissionTerms(
            payer=head.payer,
            counter=self.deductible.accumulator,
            from_admission=tuple(parts),
            year_kinds=(self.deductible.accumulator, *kinds_of(caps, "year")),
            day_kinds=kinds_of(caps, "day"),
        )

    def gates(self, head: Head, facts: Facts) -> tuple[Gate, ...]:
        """The rows of the rate."""
        return gates_of(self.rates, head.title)

    def _terms(self, head: Head, facts: Facts, caps: tuple[Cap, ...], deductible: Row | None) -> RateTerms:
        rate = next(row for row in self.rates if row.condition.holds(facts))
        rate_bp, points = adjusted(rate.value or 0, self.points, facts)
        rules = [applied("deductible", deductible)] if deductible else []
        rules += [applied("rate_bp", row) for row in (rate, *points)]
        kind = self.deductible.accumulator if self.deductible.per == "year" else ""
        return RateTerms(
            basis=head.basis(add_caps(self._arithmetic(rules), caps)),
            payer=head.payer,
            deductible_fen=(deductible.value or 0) if deductible else 0,
            deductible_kind=kind,
            rate_bp=rate_bp,
            caps=caps,
            year_kinds=kinds_of(caps, "year") + ((kind,) if kind else ()),
            day_kinds=kinds_of(caps, "day"),
        )

    def _arithmetic(self, rules: list[Applied]) -> Arithmetic:
        names: tuple[str, ...] = ("deductible", "rate_bp")
        lines: tuple[Operation, ...] = ()
        left, labels = "deductible", LABELS
        if self.deductible.accumulator:
            labels = {**LABELS, self.deductible.accumulator: self.deductible.title}
        shown: dict[str, str] = {}
        if self.deductible.per == "year":
            shown = {"deductible_used": self.deductible.accumulator}
            names, left = ("deductible", "deductible_used", "rate_bp"), "deductible_left"
            lines = (Operation("less", left, ("deductible", "deductible_used")),)
        lines += (
            Operation("less", "above_deductible", ("eligible_open", left)),
            Operation("at_rate", "amount", ("above_deductible", "rate_bp")),
        )
        return Arithmetic(names, lines, tuple(rules), labels, shown)


@dataclass(frozen=True, slots=True)
class FixedShape:
    """A fixed amount per visit, never more than the open eligible cost."""

    fixed: tuple[Row, ...]

    def terms(self, head: Head, facts: Facts, caps: tuple[Cap, ...]) -> FixedTerms | None:
        """Fixed terms by the first row that holds."""
        fixed = first(self.fixed, facts)
        if fixed is None:
            return None
        at_fixed = Operation("at_most", "amount", ("eligible_open", "fixed"))
        core = Arithmetic(("fixed",), (at_fixed,), (applied("fixed", fixed),), LABELS)
        return FixedTerms(
            basis=head.basis(add_caps(core, caps)),
            payer=head.payer,
            fixed_fen=fixed.value or 0,
            caps=caps,
            year_kinds=kinds_of(caps, "year"),
            day_kinds=kinds_of(caps, "day"),
        )

    def gates(self, head: Head, facts: Facts) -> tuple[Gate, ...]:
        """The rows of the fixed amount."""
        return gates_of(self.fixed, head.title)


@dataclass(frozen=True, slots=True)
class TierShape:
    """Marginal tiers above a deductible; ``accumulator`` is empty where each visit stands alone."""

    accumulator: str
    accumulator_title: str
    deductibles: tuple[Row, ...]
    tiers: tuple[TierSet, ...]
    points: tuple[Row, ...]
    labels: tuple[tuple[str, str], ...] = ()

    def terms(self, head: Head, facts: Facts, caps: tuple[Cap, ...]) -> TierTerms | None:
        """Deductible, tiers with points and caps for this kind of visit."""
        deductible = first(self.deductibles, facts)
        resolved = resolve_tiers(self.tiers, self.points, facts)
        if resolved is None or (deductible is None and self.deductibles):
            return None
        tiers, rules = resolved
        if deductible is not None:
            rules.insert(0, applied("deductible", deductible))
        core = self._arithmetic(rules)
        own = (self.accumulator,) if self.accumulator else ()
        return TierTerms(
            basis=head.basis(add_caps(core, caps)),
            payer=head.payer,
            accumulator=self.accumulator,
            deductible_fen=(deductible.value or 0) if deductible else 0,
            tiers=tiers,
            caps=caps,
            year_kinds=(*own, *kinds_of(caps, "year")),
            day_kinds=kinds_of(caps, "day"),
        )

    def gates(self, head: Head, facts: Facts) -> tuple[Gate, ...]:
        """The rows of the deductible, or where one holds the sets of tiers."""
        if self.deductibles and first(self.deductibles, facts) is None:
            return gates_of(self.deductibles, head.title)
        return tuple(Gate(head.title, part.tiers[0][1].rule, part.condition) for part in self.tiers)

    def _arithmetic(self, rules: list[Applied]) -> Arithmetic:
        names = {self.accumulator: self.accumulator_title} if self.accumulator else {}
        return Arithmetic(
            parameters=("own_before", "deductible", "tiers"),
            operations=(
                Operation("plus", "own_after", ("own_before", "eligible_open")),
                Operation("tiers", "amount", ("own_before", "own_after", "deductible", "tiers")),
            ),
            applied=tuple(rules),
            labels={**LABELS, **dict(self.labels), **names},
            accumulator_of={"own_before": self.accumulator} if self.accumulator else {},
        )


def read_shape(part: Section) -> Shape:
    """Read the one of ``rate``, ``fixed`` and ``tiers`` that a benefit has."""
    shapes = [name for name in ("rate", "fixed", "tiers") if part.has(name)]
    if len(shapes) != 1 or (part.has("deductible") and shapes != ["rate"]):
        raise part.fail("rate", "a benefit has one of rate (with its deductible), fixed and tiers")
    if part.has("fixed"):
        return FixedShape(part.rows("fixed", "amount"))
    if part.has("tiers"):
        return _read_tier_shape(part.section("tiers"))
    rate = part.section("rate")
    return RateShape(_read_deductible(part), rate.rows("rows", "rate"), rate.rows("points", "points"))


def _read_tier_shape(part: Section) -> TierShape:
    yearly = part.word("per", ("visit", "year")) == "year"
    if yearly != part.has("accumulator"):
        raise part.fail("accumulator", "tiers per year count in an accumulator, tiers per visit do not")
    return read_tiers_on(part, yearly)


def read_tiers_on(part: Section, yearly: bool, labels: tuple[tuple[str, str], ...] = ()) -> TierShape:
    """Read deductible, tiers and points of a section; ``deductible`` may be left out (nothing)."""
    deductible = part.section("deductible").rows("rows", "amount") if part.has("deductible") else ()
    accumulator, title = part.accumulator("tiers") if yearly else ("", "")
    return TierShape(
        accumulator=accumulator,
        accumulator_title=title,
        deductibles=deductible,
        tiers=read_tier_sets(part),
        points=part.rows("points", "points"),
        labels=labels,
    )


def _read_deductible(part: Section) -> Deductible:
    if not part.has("deductible"):
        return Deductible("visit", "", "", ())
    section = part.section("deductible")
    per = section.word("per", ("visit", "year", "admission"))
    rows = tuple((row.whole("from_admission", 1), row.row("amount")) for row in section.sections("rows"))
    if per == "visit":
        return Deductible(per, "", "", rows)
    accumulator, title = section.accumulator("admissions" if per == "admission" else "deductible")
    if (per == "admission") != accumulator.endswith("_count"):
        raise section.fail("accumulator", "admissions, and only they, are counted under a name in _count")
    return Deductible(per, accumulator, title, rows)
