"""The bill while the steps of an explanation are gone through: what is open, what later steps refer to."""

from collections.abc import Mapping, Sequence

from services.claims.verification.arithmetic import Unreadable, part_of, priced, rounded
from services.claims.verification.records import Line
from services.claims.verification.shapes import PARTS, Shape

Division = dict[str, int]
"""Amounts by part of the bill."""


def divided(line: Line) -> Division:
    """Class C is not covered; what exceeds the price limit is own cost; of class B a part comes first."""
    division = dict.fromkeys(PARTS, 0)
    if line.item_class == "C":
        division["non_covered"] = line.amount_fen
        return division
    if line.price_limit_e4 is not None:
        limit = priced(line.quantity_milli, line.price_limit_e4)
        division["over_limit"] = max(line.amount_fen - limit, 0)
    rest = line.amount_fen - division["over_limit"]
    if line.item_class == "B":
        division["upfront_copay"] = rounded(part_of(rest, line.self_pay_rate_bp))
    division["eligible"] = rest - division["upfront_copay"]
    return division


class Bill:
    """Figures of the whole and what is open of each part; both shrink by what is waived."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = [(line, divided(line)) for line in lines]
        self.open = {part: sum(division[part] for _, division in self._lines) for part in PARTS}
        self.whole: dict[str, int] = {"total": sum(self.open.values()), **self.open}
        self.found: dict[str, int] = {}
        """Accumulators as the visit found them."""
        self.unfunded = 0
        """What the last fund would have paid had its balance sufficed."""
        self.burdens: dict[str, bool] = {}
        """Accumulators of what the person bears this year: whether of the whole bill, or of eligible cost."""

    @property
    def person_open(self) -> int:
        """What nobody has paid so far."""
        return sum(self.open.values())

    def amount_called(self, name: str) -> int | None:
        """An amount of the bill by the name that explanations use."""
        if name == "person_open":
            return self.person_open
        if name == "eligible_open":
            return self.open["eligible"]
        if name == "given":
            return self.whole["total"] - self.person_open
        return self.unfunded if name == "unfunded" else self.whole.get(name)

    def base(self, name: str) -> int:
        """The amount that a step begins with."""
        amount = self.amount_called(name)
        if amount is None:
            raise Unreadable(f"no amount of the bill is called {name!r}"[:200])
        return amount

    def covered(self, parts: Sequence[str]) -> int:
        """What is open of some parts."""
        return sum(self.open[part] for part in parts)

    def take(self, parts: Sequence[str], amount: int) -> int:
        """A payer takes over an amount, the first part first; how much of it was eligible cost."""
        eligible = self.open["eligible"]
        for part in parts:
            taken = min(amount, self.open[part])
            self.open[part] -= taken
            amount -= taken
        return eligible - self.open["eligible"]

    def waived(self, shape: Shape) -> Division:
        """What the lines of a waived item come to; a line belongs to the first item that names it."""
        mine = [each for each in self._lines if _named(each[0], shape)]
        self._lines = [each for each in self._lines if not _named(each[0], shape)]
        return {part: sum(division[part] for _, division in mine) for part in PARTS}

    def waive(self, division: Mapping[str, int]) -> None:
        """Take an item out of the bill, whoever carries it."""
        for part, amount in division.items():
            self.open[part] -= amount
        self.whole["total"] -= sum(division.values())
        self.whole["eligible"] -= division["eligible"]


def _named(line: Line, shape: Shape) -> bool:
    return line.category in shape.charge_categories or line.item_code.startswith(shape.item_codes)
