"""Explanation as data: every amount with its base, rules, parameters and arithmetic.

A step is cheap to make: words, rules and the shape of the arithmetic (``Basis``) exist once per policy
version and kind of visit; a settlement adds only numbers. Two forms leave this module:

``step_as_dict(step)`` is complete: with the operations of ``arithmetic`` anybody can compute ``amount_fen``
again from that dict alone, and each parameter from the rules it names (a parameter is the sum of the values
of its rules; a rate stays between 0 and 10,000), from the accumulator it shows (``accumulator_of``), or from
the bill.

``covers`` says which components of the bill the amount takes over: as much as is still open of the first,
then of the next. So the base of every step follows from the steps before it: ``eligible_open`` is the
eligible cost less what was taken of it, ``person_open`` the total less all amounts. A step of the layer
``waiver`` takes instead from each component the number called ``waived_<component>``, and takes it out of the
bill: ``total`` and ``eligible`` of later steps are without it.

``step_as_row(step)`` is the same in about a hundred bytes, for storing with every settlement: it names its
basis by ``Basis.id``; keep each basis once (``basis_as_dict``) and ``row_as_dict`` gives the complete form.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from services.claims.benefits.arithmetic import Operation, Value, evaluate
from services.claims.benefits.charges import COMPONENTS
from shared.money import Fen


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


class Arithmetic(NamedTuple):
    """How an amount is worked out: parameter names, operations on them, the rules that gave the parameters.

    The last operation yields ``amount``. ``labels`` names base, parameters, results and accumulators in
    Chinese. Names that end in ``_bp`` are rates, ``tiers`` are tiers, everything else is an amount.
    ``accumulator_of`` names the accumulator that a parameter shows as the step finds it; ``whole_before`` and
    ``person_before`` show theirs as the visit found it.
    """

    parameters: tuple[str, ...]
    operations: tuple[Operation, ...]
    applied: tuple[Applied, ...]
    labels: Mapping[str, str]
    accumulator_of: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything about a step that does not depend on the amounts of the visit."""

    layer: str
    payer: str | None
    title: str
    rule: Rule
    base_name: str
    arithmetic: Arithmetic
    covers: tuple[int, ...] = (0,)
    """Which components of the bill (indices into ``COMPONENTS``) the amount takes over, in this order."""
    item_codes: tuple[str, ...] = ()
    """By which lines of the bill belong to a waived item: beginnings of their codes, or their category."""
    charge_categories: tuple[str, ...] = ()
    id: str = field(init=False)
    """Digest of the content: equal content, equal id, in every process."""

    def __post_init__(self) -> None:
        """Work out the digest once; bases are made once per version and kind of visit."""
        text = json.dumps(basis_as_dict(self), ensure_ascii=False, sort_keys=True)
        object.__setattr__(self, "id", hashlib.sha256(text.encode()).hexdigest()[:32])


class Movement(NamedTuple):
    """An accumulator before and after a step. One whose name ends in ``_count`` counts times, not fen."""

    kind: str
    before: int
    after: int


def counts_times(kind: str) -> bool:
    """Whether an accumulator counts times (admissions) instead of fen."""
    return kind.endswith("_count")


class Step(NamedTuple):
    """One amount and how it came about; ``values`` stand in the order of ``basis.arithmetic.parameters``."""

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
        return dict(zip(self.basis.arithmetic.parameters, self.values, strict=True))


def step_as_dict(step: Step) -> dict[str, Any]:
    """The step as JSON-able data (amounts in fen, rates in basis points), complete enough to re-derive it."""
    return row_as_dict(step_as_row(step), basis_as_dict(step.basis))


def steps_as_dicts(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """All steps of a decision as JSON-able data, in order."""
    return [step_as_dict(step) for step in steps]


def step_as_row(step: Step) -> list[Any]:
    """The short JSON-able form: ``[basis id, base, values, amount, [[kind, before, after], …]]``."""
    return [step.basis.id, step.base_fen, step.values, step.amount_fen, step.accumulators]


def basis_as_dict(basis: Basis) -> dict[str, Any]:
    """The part of the complete form that many steps share, JSON-able."""
    parameters, operations, applied, labels, accumulator_of = basis.arithmetic
    return {
        "layer": basis.layer,
        "payer": basis.payer,
        "title": basis.title,
        **_rule_as_dict(basis.rule),
        "covers": [COMPONENTS[component] for component in basis.covers],
        "base_name": basis.base_name,
        "parameter_names": list(parameters),
        "rules": [
            {"parameter": parameter, "value": value, **_rule_as_dict(rule)}
            for parameter, value, rule in applied
        ],
        "arithmetic": [
            {"op": op, "result": result, "arguments": list(arguments)} for op, result, arguments in operations
        ],
        "labels": dict(labels),
        "accumulator_of": dict(accumulator_of),
        **(_waived_lines(basis) if basis.item_codes or basis.charge_categories else {}),
    }


def _waived_lines(basis: Basis) -> dict[str, Any]:
    return {"item_codes": list(basis.item_codes), "charge_categories": list(basis.charge_categories)}


def row_as_dict(row: Sequence[Any], basis: Mapping[str, Any]) -> dict[str, Any]:
    """The complete form from a short one (also after a round trip through JSON) and its basis."""
    _, base_fen, values, amount_fen, accumulators = row
    shape = dict(basis)
    base_name, names = shape.pop("base_name"), shape.pop("parameter_names")
    parameters = dict(zip(names, values, strict=True))
    operations = [Operation(line["op"], line["result"], line["arguments"]) for line in shape["arithmetic"]]
    found = evaluate(operations, {base_name: base_fen, **parameters})
    return {
        **shape,
        "base": {"name": base_name, "fen": base_fen},
        "parameters": {name: _jsonable(value) for name, value in parameters.items()},
        "arithmetic": [{**line, "value": found[line["result"]]} for line in shape["arithmetic"]],
        "accumulators": [
            {"kind": kind, "before": before, "after": after} for kind, before, after in accumulators
        ],
        "amount_fen": amount_fen,
    }


def _rule_as_dict(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "source": rule.source,
        "source_title": rule.source_title,
        "clause": rule.clause,
        "verified": rule.verified,
    }


def _jsonable(value: Any) -> int | list[list[int | None]]:
    return value if isinstance(value, int) else [list(tier) for tier in value]
