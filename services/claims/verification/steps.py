"""One step of an explanation, derived again: base, parameters, amount, accumulators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.claims.verification.arithmetic import Unreadable, number, work_out
from services.claims.verification.records import Findings
from services.claims.verification.shapes import Shape

_TIERS, _COVERED_OPEN = "tiers", "covered_open"
_SHORT_FORM = 5
Parameters = dict[str, Any]
Counted = tuple[str, int, int]
"""Accumulator, before, after."""


@dataclass(slots=True)
class Bill:
    """The bill while its steps are gone through: the figures of the whole, what is open of each part."""

    whole: Mapping[str, int]
    open: dict[str, int]

    def base(self, name: str) -> int:
        """The amount that a step begins with."""
        if name == "person_open":
            return sum(self.open.values())
        if name == "eligible_open":
            return self.open["eligible"]
        if name in self.whole:
            return self.whole[name]
        raise Unreadable(f"no amount of the bill is called {name!r}"[:200])

    def covered(self, parts: Sequence[str]) -> int:
        """What is open of some parts."""
        return sum(self.open[part] for part in parts)

    def take(self, parts: Sequence[str], amount: int) -> None:
        """A payer takes over an amount, the first part first."""
        for part in parts:
            taken = min(amount, self.open[part])
            self.open[part] -= taken
            amount -= taken


class Step:
    """A stored step with its shape; reading it may raise ``Unreadable``."""

    def __init__(self, row: Any, shapes: Mapping[str, Shape]) -> None:
        if not isinstance(row, list) or len(row) != _SHORT_FORM:
            raise Unreadable("a step has five parts")
        digest, base, values, amount, counted = row
        if digest not in shapes:
            raise Unreadable(f"no readable basis {digest!r}"[:200])
        self.shape = shapes[digest]
        self.base, self.amount = number(base), number(amount)
        self.parameters = _parameters(self.shape, values)
        self.counted = [_counted(entry) for entry in counted]

    def check(self, found: Findings, no: int, bill: Bill) -> None:
        """Derive everything about the step and note what differs; the bill goes on with what is stored."""
        shape = self.shape
        found.expect(no, "basis", "changed" if not shape.right else "", "")
        found.expect(no, "base", self.base, bill.base(shape.base_name))
        self._check_parameters(found, no, bill)
        results = _work_out(shape, {shape.base_name: self.base, **self.parameters})
        found.expect(no, "amount", self.amount, results["amount"])
        if shape.payer is not None:
            covered = bill.covered(shape.covers)
            found.expect(no, "amount/covered", max(self.amount, covered), covered)
            found.expect(no, "amount/sign", min(self.amount, 0), 0)
            bill.take(shape.covers, self.amount)
        self._check_counted(found, no, results)

    def _check_parameters(self, found: Findings, no: int, bill: Bill) -> None:
        before = {kind.partition("@")[0]: value for kind, value, _ in reversed(self.counted)}
        for name, value in self.parameters.items():
            field = f"parameters/{name}"
            if name == _TIERS:
                _check_tiers(found, no, self.shape, value)
            elif name in self.shape.from_rules:
                found.expect(no, field, value, self.shape.from_rules[name] or 0)
            elif name in self.shape.accumulator_of:
                found.expect(no, field, value, before.get(self.shape.accumulator_of[name]))
            elif name == _COVERED_OPEN:
                found.expect(no, field, value, bill.covered(self.shape.covers))
            else:
                # What no rule and no accumulator gives is of the bill, or nothing.
                found.expect(no, field, value, bill.whole.get(name, 0))

    def _check_counted(self, found: Findings, no: int, results: Mapping[str, int]) -> None:
        """The deductible counts what fell under it, the own payment the base, every other the amount."""
        for place, (kind, before, after) in enumerate(self.counted):
            by = self.amount
            if place == 0 and "own_before" in self.shape.names:
                by = self.base
            elif place == 0 and "deductible_used" in self.shape.names:
                by = min(self.base, results["deductible_left"])
            found.expect(no, f"accumulators/{kind}/after", after, before + by)


def _parameters(shape: Shape, values: Any) -> Parameters:
    if not isinstance(values, list) or len(values) != len(shape.names):
        raise Unreadable(f"{len(shape.names)} parameters, other values")
    named = zip(shape.names, values, strict=True)
    return {name: _tiers(value) if name == _TIERS else number(value) for name, value in named}


def _tiers(value: Any) -> list[tuple[int | None, int]]:
    if not isinstance(value, list) or not all(isinstance(tier, list) and len(tier) == 2 for tier in value):
        raise Unreadable("tiers are pairs of end and rate")
    return [(None if end is None else number(end), number(rate)) for end, rate in value]


def _counted(entry: Any) -> Counted:
    if not isinstance(entry, list) or len(entry) != 3 or not isinstance(entry[0], str):
        raise Unreadable("an accumulator has a name, before and after")
    return entry[0], number(entry[1]), number(entry[2])


def _check_tiers(found: Findings, no: int, shape: Shape, tiers: Sequence[tuple[int | None, int]]) -> None:
    rules = {name: value for name, value in shape.from_rules.items() if name.startswith("tiers/")}
    stated: dict[str, int | None] = {}
    for place, (end, rate_bp) in enumerate(tiers, 1):
        stated[f"tiers/{place}/rate_bp"] = rate_bp
        if end is not None:
            stated[f"tiers/{place}/up_to"] = end
    for name in sorted(stated.keys() | rules.keys()):
        found.expect(no, f"parameters/{name}", stated.get(name), rules.get(name))


def _work_out(shape: Shape, known: dict[str, Any]) -> dict[str, int]:
    """Every result of the step by name; the last is the amount."""
    results: dict[str, int] = {}
    for op, result, names in shape.lines:
        missing = [name for name in names if name not in known]
        if missing:
            raise Unreadable(f"nothing is called {missing[0]!r}"[:200])
        known[result] = results[result] = number(work_out(op, [known[name] for name in names]))
    if "amount" not in results:
        raise Unreadable("the arithmetic gives no amount")
    return results
