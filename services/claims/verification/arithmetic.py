"""The operations of explanations, worked out by decimals.

Written from the words of the rules, not from the engine, which imports nothing from here and lends nothing:
two programs that agree on every amount are worth more than one that agrees with itself.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

_ENOUGH: Final = Context(prec=60)
_HUNDRED_PERCENT_DIGITS: Final = -4
_E4_MILLI_PER_FEN_DIGITS: Final = -5
_WHOLE: Final = Decimal(1)
LARGEST: Final = 10**18
"""No number of a stored explanation is larger; whatever is was not put there by a settlement."""


class Unreadable(ValueError):
    """A stored explanation that is no explanation: a missing part, a text where a number belongs."""


def number(value: Any) -> int:
    """A whole number of a bearable size."""
    if type(value) is not int or not -LARGEST <= value <= LARGEST:
        raise Unreadable(f"not a number: {value!r}"[:200])
    return value


def rounded(value: Decimal) -> int:
    """The nearest fen, half away from zero."""
    return int(value.quantize(_WHOLE, ROUND_HALF_UP, _ENOUGH))


def part_of(amount: int, rate_bp: int) -> Decimal:
    """An amount times a rate in hundredths of a percent, exactly."""
    return Decimal(amount * rate_bp).scaleb(_HUNDRED_PERCENT_DIGITS, _ENOUGH)


def priced(quantity_milli: int, price_e4: int) -> int:
    """Quantity (1/1,000) × unit price (1/10,000 yuan) in fen."""
    return rounded(Decimal(quantity_milli * price_e4).scaleb(_E4_MILLI_PER_FEN_DIGITS, _ENOUGH))


def share_bp(part: int, whole: int) -> int:
    """What share of the whole a part is, in hundredths of a percent; 0 of nothing."""
    return rounded(_ENOUGH.divide(Decimal(part * 10_000), Decimal(whole))) if whole else 0


def in_tiers(point: int, deductible: int, tiers: Sequence[Sequence[Any]]) -> Decimal:
    """What marginal tiers give from the deductible up to one point."""
    given, lower = Decimal(0), deductible
    for end, rate_bp in tiers:
        upper = point if end is None else min(point, number(end))
        if upper > lower:
            given += part_of(upper - lower, number(rate_bp))
            lower = upper
    return given


def _tiers(before: int, after: int, deductible: int, tiers: Any) -> int:
    return rounded(in_tiers(after, deductible, tiers) - in_tiers(before, deductible, tiers))


_OPERATIONS: Final[Mapping[str, tuple[int, Callable[..., int]]]] = {
    "less": (2, lambda a, b: a - b if a > b else 0),
    "plus": (2, lambda a, b: a + b),
    "at_most": (2, lambda a, b: b if a > b else a),
    "at_rate": (2, lambda a, b: rounded(part_of(a, b))),
    "at_rate_down": (2, lambda a, b: int(part_of(a, b).quantize(_WHOLE, ROUND_FLOOR, _ENOUGH))),
    "tiers": (4, _tiers),
}


def work_out(op: str, given: Sequence[Any]) -> int:
    """One line of arithmetic; ``Unreadable`` for an operation that does not exist or has other operands."""
    if op not in _OPERATIONS:
        raise Unreadable(f"no operation is called {op!r}"[:200])
    operands, operation = _OPERATIONS[op]
    if len(given) != operands:
        raise Unreadable(f"{op} has {operands} operands, not {len(given)}")
    return operation(*given)
