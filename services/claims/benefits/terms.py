"""What a benefit pays once its rules are resolved: what runs for every visit."""

from dataclasses import dataclass

from services.claims.benefits.arithmetic import Tiers, Value, tiered
from services.claims.benefits.bill import Bill
from services.claims.benefits.limits import Cap, within_caps
from services.claims.benefits.steps import Basis, Movement
from shared.money import Fen, share


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

    def settle(self, bill: Bill, counted: tuple[Movement, ...] = ()) -> None:
        """Pay the rate of the open eligible cost above the deductible, as far as the caps allow."""
        base = bill.open[0]
        deductible = self.deductible_fen
        if self.deductible_kind:
            before = bill.used(self.deductible_kind)
            left = max(0, deductible - before)
            counted = (*counted, bill.move(self.deductible_kind, before, min(base, left)))
            values: list[Value] = [deductible, before, self.rate_bp]
        else:
            left = deductible
            values = [deductible, self.rate_bp]
        amount = share(base - left, self.rate_bp) if base > left else 0
        amount, capped, paid = within_caps(self.caps, amount, bill)
        bill.pay(self.basis, self.payer, base, (*values, *capped), amount, (*counted, *paid))


@dataclass(frozen=True, slots=True)
class AdmissionTerms:
    """Rate terms that change with the n-th admission of the year, which they count."""

    payer: str
    counter: str
    from_admission: tuple[tuple[int, RateTerms], ...]
    """Each with the admission from which it applies, rising from the first."""
    year_kinds: tuple[str, ...]
    day_kinds: tuple[str, ...]

    def settle(self, bill: Bill) -> None:
        """Count this admission and pay by the terms that have begun with it."""
        before = bill.used(self.counter)
        counted = bill.move(self.counter, before, 1)
        begun = [terms for number, terms in self.from_admission if number <= counted.after]
        begun[-1].settle(bill, (counted,))


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


@dataclass(frozen=True, slots=True)
class TierTerms:
    """Marginal tiers above a deductible, within caps, on a yearly accumulator or on the visit."""

    basis: Basis
    payer: str
    accumulator: str
    deductible_fen: Fen
    tiers: Tiers
    caps: tuple[Cap, ...]
    year_kinds: tuple[str, ...]
    day_kinds: tuple[str, ...]

    def settle(self, bill: Bill) -> None:
        """Add the open eligible cost to what the person bore before and pay the tiers it reaches."""
        base = bill.open[0]
        moved: tuple[Movement, ...] = ()
        before = 0
        if self.accumulator:
            before = bill.used(self.accumulator)
            moved = (bill.move(self.accumulator, before, base),)
        amount = tiered(before, before + base, self.deductible_fen, self.tiers)
        amount, capped, counted = within_caps(self.caps, amount, bill)
        values = (before, self.deductible_fen, self.tiers, *capped)
        bill.pay(self.basis, self.payer, base, values, amount, (*moved, *counted))
