"""Explanation as data: every amount with its base, rules, parameters and arithmetic.

A step is cheap to make: words, rules and the shape of the arithmetic (``Basis``) exist once per policy
version and kind of visit; a settlement adds only numbers. ``step_as_dict`` is complete: with the operations
below anybody can compute ``amount_fen`` again from that dict alone, and each parameter from the rules it
names (a parameter is the sum of the values of its rules; a rate stays between 0 and 10,000).

Operations (arguments are names of the base, of parameters or of earlier results; all integers):

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
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from shared.money import FULL_RATE_BP, Fen, div_half_up, share, share_down

Tiers = tuple[tuple[int | None, int], ...]
"""Marginal tiers in rising order: (upper end in fen or None for open, rate in basis points)."""

Value = int | Tiers


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a number comes from. ``source`` is a key of the pack's list of sources."""

    id: str
    source: str
    source_title: str
    clause: str
    verified: bool


class Applied(NamedTuple):
    """One rule and what it gave to one parameter."""

    parameter: str
    value: int | None
    rule: Rule


class Operation(NamedTuple):
    """One line of arithmetic: what is done, the name of the result, the names it is made from."""

    op: str
    result: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything about a step that does not depend on the amounts. The last operation yields ``amount``."""

    layer: str
    payer: str | None
    title: str
    rule: Rule
    base_name: str
    parameters: tuple[str, ...]
    operations: tuple[Operation, ...]
    applied: tuple[Applied, ...]


class Movement(NamedTuple):
    """A yearly accumulator before and after a step."""

    kind: str
    before: int
    after: int


class Step(NamedTuple):
    """One amount and how it came about; ``values`` stand in the order of ``basis.parameters``."""

    basis: Basis
    base_fen: Fen
    values: tuple[Value, ...]
    amount_fen: Fen
    accumulators: tuple[Movement, ...]

    @property
    def layer(self) -> str:
        """Kind of the layer, or ``charges`` for the division of the bill."""
        return self.basis.layer

    @property
    def payer(self) -> str | None:
        """Who pays the amount; ``None`` for the division of the bill."""
        return self.basis.payer

    @property
    def rule_id(self) -> str:
        """The rule that made this step apply."""
        return self.basis.rule.id

    @property
    def clause(self) -> str:
        """The clause of that rule, as text."""
        return self.basis.rule.clause

    @property
    def source(self) -> str:
        """Key of that rule's source in the pack."""
        return self.basis.rule.source

    @property
    def parameters(self) -> dict[str, Value]:
        """Parameter names with their values."""
        return dict(zip(self.basis.parameters, self.values, strict=True))


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


def results(step: Step) -> dict[str, int]:
    """Every intermediate result of a step by name, worked out from its base and parameters."""
    known: dict[str, Any] = {step.basis.base_name: step.base_fen, **step.parameters}
    found: dict[str, int] = {}
    for op, result, arguments in step.basis.operations:
        known[result] = found[result] = OPERATIONS[op](*(known[name] for name in arguments))
    return found


def step_as_dict(step: Step) -> dict[str, Any]:
    """The step as JSON-able data (amounts in fen, rates in basis points), complete enough to re-derive it."""
    basis, found = step.basis, results(step)
    return {
        "layer": basis.layer,
        "payer": basis.payer,
        "title": basis.title,
        "rule": basis.rule.id,
        "clause": basis.rule.clause,
        "source": basis.rule.source,
        "source_title": basis.rule.source_title,
        "verified": basis.rule.verified,
        "base": {"name": basis.base_name, "fen": step.base_fen},
        "parameters": {name: _jsonable(value) for name, value in step.parameters.items()},
        "rules": [_applied_as_dict(applied) for applied in basis.applied],
        "arithmetic": [
            {"op": op, "result": result, "arguments": list(arguments), "value": found[result]}
            for op, result, arguments in basis.operations
        ],
        "accumulators": [movement._asdict() for movement in step.accumulators],
        "amount_fen": step.amount_fen,
    }


def steps_as_dicts(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """All steps of a decision as JSON-able data, in order."""
    return [step_as_dict(step) for step in steps]


def _applied_as_dict(applied: Applied) -> dict[str, Any]:
    rule = applied.rule
    return {
        "parameter": applied.parameter,
        "value": applied.value,
        "rule": rule.id,
        "source": rule.source,
        "source_title": rule.source_title,
        "clause": rule.clause,
        "verified": rule.verified,
    }


def _jsonable(value: Value) -> int | list[list[int | None]]:
    return value if isinstance(value, int) else [list(tier) for tier in value]
