"""One step of an explanation, derived again: base, parameters, amount, accumulators."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.claims.verification.arithmetic import Unreadable, number, work_out
from services.claims.verification.bills import Bill
from services.claims.verification.records import Findings, held_by_county
from services.claims.verification.shapes import Shape

_TIERS, _COVERED_OPEN, _WAIVER = "tiers", "covered_open", "waiver"
_AS_VISIT_FOUND = frozenset({"whole_before", "person_before"})
_TIMES_SUFFIX = "_count"
_SHORT_FORM = 5
Parameters = dict[str, Any]
Counted = tuple[str, int, int]
"""Accumulator, before, after."""


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
        for kind, before, _ in self.counted:
            bill.found.setdefault(_name(kind), before)
        found.expect(no, "basis", "changed" if not self.shape.right else "", "")
        known = {self.shape.base_name: self.base, **self.parameters}
        results = _work_out(self.shape, known)
        found.expect(no, "amount", self.amount, results["amount"])
        if self.shape.layer == _WAIVER:
            self._check_waiver(found, no, bill)
            return
        found.expect(no, "base", self.base, bill.base(self.shape.base_name))
        self._check_parameters(found, no, bill)
        relieved = self._pay(found, no, bill)
        self._check_counted(found, no, bill, known, relieved)
        self._leave(bill, known)

    def _check_waiver(self, found: Findings, no: int, bill: Bill) -> None:
        """The lines that belong to the item leave the bill whole."""
        division = bill.waived(self.shape)
        found.expect(no, "base", self.base, sum(division.values()))
        given = {f"waived_{part}": amount for part, amount in division.items()}
        given["person_open"] = bill.person_open
        for name, value in self.parameters.items():
            found.expect(no, f"parameters/{name}", value, given.get(name))
        found.expect(no, "accumulators", self.counted, [])
        bill.waive(division)

    def _check_parameters(self, found: Findings, no: int, bill: Bill) -> None:
        for name, value in self.parameters.items():
            if name == _TIERS:
                _check_tiers(found, no, self.shape, value)
            else:
                found.expect(no, f"parameters/{name}", value, self._given(name, bill))

    def _given(self, name: str, bill: Bill) -> int | None:
        """A parameter by its rules, its accumulator, or the bill; what none of them gives is nothing."""
        if name in self.shape.from_rules:
            return self.shape.from_rules[name] or 0
        if name in _AS_VISIT_FOUND:
            return bill.found.get(self.shape.accumulator_of.get(name, ""))
        if name in self.shape.accumulator_of:
            kind = self.shape.accumulator_of[name]
            return next((before for each, before, _ in self.counted if _name(each) == kind), None)
        if name == _COVERED_OPEN:
            return bill.covered(self.shape.covers)
        return bill.amount_called(name) or 0

    def _pay(self, found: Findings, no: int, bill: Bill) -> int:
        """Take the amount over; how much of it was eligible cost."""
        if self.shape.payer is None:
            return 0
        covered = bill.covered(self.shape.covers)
        found.expect(no, "amount/covered", max(self.amount, covered), covered)
        found.expect(no, "amount/sign", min(self.amount, 0), 0)
        return bill.take(self.shape.covers, self.amount)

    def _check_counted(
        self, found: Findings, no: int, bill: Bill, known: Mapping[str, Any], eligible: int
    ) -> None:
        role = {kind: name for name, kind in self.shape.accumulator_of.items()}
        for kind, before, after in self.counted:
            name = _name(kind)
            if name in bill.burdens:
                by = -(self.amount if bill.burdens[name] else eligible)
            else:
                by = self._moved(name, role.get(name, ""), known)
            found.expect(no, f"accumulators/{kind}/after", after, before + by)

    def _moved(self, kind: str, role: str, known: Mapping[str, Any]) -> int:
        """By how much an accumulator goes up: times by one, what is limited by the amount paid."""
        if kind.endswith(_TIMES_SUFFIX):
            return 1
        if role == "own_before":
            return self.base
        if role == "deductible_used":
            return min(self.base, number(known["deductible_left"]))
        if role == "whole_before":
            return number(known[self.shape.names[0]])
        return self.base - self.amount if role == "person_before" else self.amount

    def _leave(self, bill: Bill, known: Mapping[str, Any]) -> None:
        """What later steps go on with: a burden that is now counted, what a balance did not suffice for."""
        burden = self.shape.accumulator_of.get("person_before")
        if burden:
            bill.burdens[burden] = self.shape.base_name == "person_open"
        if any(held_by_county(kind) for kind, _, _ in self.counted):
            bill.unfunded = self._unfunded(known)
        elif "unfunded" in self.parameters and self.shape.lines[-1][0] == "at_most":
            bill.unfunded -= self.amount

    def _unfunded(self, known: Mapping[str, Any]) -> int:
        """The last limit of a fund with a balance is the balance; what it took away."""
        op, _, (allowed, *_) = self.shape.lines[-1]
        limited = any(held_by_county(kind) for kind in self.shape.accumulator_of.values())
        return number(known[allowed]) - self.amount if limited and op == "at_most" else 0


def _name(kind: str) -> str:
    """An accumulator without its day."""
    return kind.partition("@")[0]


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
    """Every result of the step by name, also added to what is known; the last is the amount."""
    results: dict[str, int] = {}
    for op, result, names in shape.lines:
        missing = [name for name in names if name not in known]
        if missing:
            raise Unreadable(f"nothing is called {missing[0]!r}"[:200])
        known[result] = results[result] = number(work_out(op, [known[name] for name in names]))
    if "amount" not in results:
        raise Unreadable("the arithmetic gives no amount")
    return results
