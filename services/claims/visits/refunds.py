"""Refund lines: what a line with a negative quantity takes off the lines charged before it. Pure.

A refund belongs to a charge of the same item, price and class: to the line that it names, else first to one
of the same quantity, then to the latest lines. What is left of a bill is what is settled. Parts are taken in
their order, so a later part never changes what an earlier refund was about.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from services.claims.benefits.charges import Split, priced_fen, split_charge
from services.claims.benefits.facts import Charge


class Uploaded(NamedTuple):
    """A line as a hospital sent it; ``refund_of`` is the line that a refund names, if it names one."""

    part_no: int
    line_id: str
    refund_of: str | None
    charge: Charge


class Net(NamedTuple):
    """What is left of a bill, in the order of its lines, and what each refund took off."""

    lines: list[tuple[str, Charge]]
    taken: Mapping[str, Split]


class Fault(StrEnum):
    """Why a refund cannot stand."""

    NOT_CHARGED = "not_charged"
    EXCEEDS = "exceeds"
    AMOUNT = "amount"


class RefundFault(Exception):
    """A refund that cannot stand; ``expected`` is the quantity left (1/1,000) or the amount in fen."""

    def __init__(self, fault: Fault, line_id: str, expected: int = 0) -> None:
        super().__init__(fault, line_id)
        self.fault, self.line_id, self.expected = fault, line_id, expected


def is_refund(charge: Charge) -> bool:
    """Whether a line takes something back."""
    return charge.quantity_milli < 0 and charge.amount_fen <= 0


def turned(charge: Charge) -> Charge:
    """A refund as the charge that it takes back."""
    return charge._replace(quantity_milli=-charge.quantity_milli, amount_fen=-charge.amount_fen)


def net(lines: Iterable[Uploaded]) -> Net:
    """The bill without what was refunded; raises ``RefundFault`` for the first refund that cannot stand."""
    bill = _Bill()
    taken: dict[str, Split] = {}
    for _, part in groupby(lines, key=lambda line: line.part_no):
        refunds = []
        for line in part:
            if is_refund(line.charge):
                refunds.append(line)
            else:
                bill.charge(line)
        # Those that name their line first: the others must not take it from them.
        for refund in sorted(refunds, key=lambda line: line.refund_of is None):
            taken[refund.line_id] = bill.refund(refund)
    return Net(bill.left(), taken)


class _Bill:
    """What is left of the lines charged so far."""

    def __init__(self) -> None:
        self._lines: dict[str, Charge] = {}
        self._by_item: dict[tuple[str, int, str], list[str]] = {}
        self._emptied: set[str] = set()

    def charge(self, line: Uploaded) -> None:
        self._lines[line.line_id] = line.charge
        self._by_item.setdefault(_item(line.charge), []).append(line.line_id)

    def refund(self, line: Uploaded) -> Split:
        """Take a refund off; its own division, the negative of what it took."""
        back = turned(line.charge)
        matching = self._matching(line, back)
        if not matching:
            raise RefundFault(Fault.NOT_CHARGED, line.line_id)
        present = sum(self._lines[line_id].quantity_milli for line_id in matching)
        if present < back.quantity_milli:
            raise RefundFault(Fault.EXCEEDS, line.line_id, present)
        reduced = self._reduced(matching, back.quantity_milli)
        before = _sum(split_charge(self._lines[line_id]) for line_id in reduced)
        after = _sum(split_charge(charge) for charge in reduced.values())
        taken = Split(*(now - then for now, then in zip(after, before, strict=True)))
        if sum(taken) != line.charge.amount_fen:
            raise RefundFault(Fault.AMOUNT, line.line_id, sum(taken))
        self._lines.update(reduced)
        self._emptied.update(line_id for line_id, charge in reduced.items() if not charge.quantity_milli)
        return taken

    def left(self) -> list[tuple[str, Charge]]:
        return [(line_id, charge) for line_id, charge in self._lines.items() if line_id not in self._emptied]

    def _matching(self, line: Uploaded, back: Charge) -> list[str]:
        """Ids of the lines that a refund may take from, in the order in which it does."""
        alike = self._by_item.get(_item(back), [])
        if line.refund_of is not None:
            return [line_id for line_id in alike if line_id == line.refund_of]
        whole = back.quantity_milli
        return sorted(reversed(alike), key=lambda line_id: self._lines[line_id].quantity_milli != whole)

    def _reduced(self, matching: Sequence[str], quantity_milli: int) -> dict[str, Charge]:
        reduced: dict[str, Charge] = {}
        for line_id in matching:
            charge = self._lines[line_id]
            off = min(quantity_milli, charge.quantity_milli)
            if off:
                reduced[line_id] = _with_quantity(charge, charge.quantity_milli - off)
                quantity_milli -= off
        return reduced


def _item(charge: Charge) -> tuple[str, int, str]:
    return charge.item_code, charge.unit_price_e4, charge.item_class


def _with_quantity(charge: Charge, quantity_milli: int) -> Charge:
    amount = priced_fen(quantity_milli, charge.unit_price_e4)
    return charge._replace(quantity_milli=quantity_milli, amount_fen=amount)


def _sum(splits: Iterable[Split]) -> Split:
    return Split(*map(sum, zip(*splits, strict=True)))
