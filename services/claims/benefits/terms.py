"""What a proportional or fixed benefit pays once its rules are resolved: what runs for every visit."""

from dataclasses import dataclass

from services.claims.benefits.arithmetic import Value
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
