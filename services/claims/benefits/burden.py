"""Thresholds of the year's own payment at which a case is to be looked at (DOMAIN 3.4): data of the pack.

What counts is everything the person pays of settled bills, eligible or not, per person or summed over the
household. A threshold is an amount, or a share of the disposable income per head that the pack states.
"""

from typing import NamedTuple

from services.claims.benefits.sections import Section
from services.claims.benefits.steps import Rule
from shared.money import BasisPoints, Fen, share

HOLDERS = ("person", "household")


class BurdenThreshold(NamedTuple):
    """One line that a year's own payment crosses when it was below before and is not below afterwards.

    ``income_fen`` and ``share_bp`` say how ``amount_fen`` came about; ``None`` where it is stated in yuan.
    """

    id: str
    per: str
    title: str
    amount_fen: Fen
    income_fen: Fen | None
    share_bp: BasisPoints | None
    rule: Rule

    def crossed(self, before_fen: Fen, after_fen: Fen) -> int:
        """1 when the year's own payment has just reached the threshold, −1 when it fell back, else 0."""
        return (after_fen >= self.amount_fen) - (before_fen >= self.amount_fen)


def read_burden(pack: Section) -> tuple[BurdenThreshold, ...]:
    """Read the optional list ``burden`` of a pack."""
    return tuple(_read_threshold(part) for part in pack.sections("burden"))


def _read_threshold(part: Section) -> BurdenThreshold:
    income = part.amount("income")
    share_bp = part.rate("share") if part.has("share") else None
    if (income is None) != (share_bp is None) or part.has("amount") == (share_bp is not None):
        raise part.fail("amount", "expected either an amount, or a share of an income")
    amount = part.amount("amount") if income is None or share_bp is None else share(income, share_bp)
    if not amount:
        raise part.fail("amount", "a threshold is more than nothing")
    rule = part.rule()
    per, title = part.word("per", HOLDERS), part.text("title")
    return BurdenThreshold(rule.id, per, title, amount, income, share_bp, rule)
