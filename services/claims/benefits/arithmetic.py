"""The few operations that explanations are made of, as integers in fen and basis points.

``less``          max(0, a − b)
``plus``          a + b
``at_most``       min(a, b)
``at_rate``       a × b / 10,000, half-up
``at_rate_down``  a × b / 10,000, rounded down (a ceiling, not a payment)
``tiers``         before, after, deductible, tiers = [[up_to | null, rate_bp], …]: each tier takes the part of
                  the stretch from max(before, deductible) to after that lies between the previous ``up_to``
                  and its own, times its rate; the sum is rounded once, half-up
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from shared.money import FULL_RATE_BP, Fen, div_half_up, share, share_down

Tiers = tuple[tuple[int | None, int], ...]
"""Marginal tiers in rising order: (upper end in fen or None for open, rate in basis points)."""

Value = int | Tiers


class Operation(NamedTuple):
    """One line of arithmetic: what is done, the name of the result, the names it is made from."""

    op: str
    result: str
    arguments: tuple[str, ...]


def tiered(before: Fen, after: Fen, deductible: Fen, tiers: Tiers) -> Fen:
    """What marginal tiers give for the stretch between two states of an accumulator, rounded once."""
    start = before if before > deductible else deductible
    lower = weighted = 0
    for up_to, rate_bp in tiers:
        upper = after if up_to is None or up_to > after else up_to
        floor = start if start > lower else lower
        if upper > floor:
            weighted += (upper - floor) * rate_bp
        if upper == after:
            break
        lower = upper
    return div_half_up(weighted, FULL_RATE_BP)


OPERATIONS: Final[Mapping[str, Callable[..., int]]] = {
    "less": lambda a, b: max(0, a - b),
    "plus": lambda a, b: a + b,
    "at_most": min,
    "at_rate": share,
    "at_rate_down": share_down,
    "tiers": tiered,
}


def evaluate(operations: Sequence[Operation], known: Mapping[str, Any]) -> dict[str, int]:
    """Every result by name, in order, from named numbers."""
    names = dict(known)
    found: dict[str, int] = {}
    for op, result, arguments in operations:
        names[result] = found[result] = OPERATIONS[op](*(names[name] for name in arguments))
    return found
