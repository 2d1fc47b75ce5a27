"""From which deposits a fund pays: first in first out, or by ratio. Pure, integers only.

Every movement of one fund (a payer's money of a county and year) is taken in a recorded order:

- a *deposit* adds money with an earmark (whose money it is);
- a *use* takes money from deposits; what no deposit covers is *unfunded* until more money comes;
- a *return* gives a part of a use back to the deposits from which it was taken;
- a *reversal* restores exactly what its original took, or moves what a withdrawn deposit had paid to others.

Unfunded money and money left never exist side by side: what comes in makes the oldest use good.
Nothing here knows a clock or a database, so the same order always gives the same entries.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from shared.money import Fen, apportion

FIFO, RATIO = "fifo", "ratio"
RULES: Final = (FIFO, RATIO)
DEPOSIT, USE, RETURN, REVERSAL = "deposit", "use", "return", "reversal"
UNFUNDED: Final = 0
"""In the place of a deposit's number: money that no deposit has covered yet."""
RECOVERED: Final = "recovered"
"""Earmark of money that comes back without a use that had taken as much."""

Parts = dict[int, Fen]
"""By deposit number."""


class Movement(NamedTuple):
    """One transfer as the fund sees it. ``use_no`` is the first transfer of the use that it belongs to."""

    no: int
    kind: str
    amount_fen: Fen
    use_no: int
    reverses: int | None = None
    earmark: str = ""


class Entry(NamedTuple):
    """So much of a transfer is (or is no longer, negative) a deposit's money."""

    use_no: int
    transfer_no: int
    deposit_no: int
    amount_fen: Fen


@dataclass(slots=True)
class Deposit:
    """Money with an earmark and what is left of it."""

    no: int
    earmark: str
    amount_fen: Fen
    left_fen: Fen
    withdrawn: bool = False


@dataclass(slots=True)
class Fund:
    """One fund in the middle of its history: deposits in order of arrival, and what uses hold of them.

    Only the uses that the movements to come refer to need to be known.
    """

    rule: str
    deposits: dict[int, Deposit] = field(default_factory=dict)
    uses: dict[int, dict[int, Parts]] = field(default_factory=dict)
    unfunded: dict[int, Fen] = field(default_factory=dict)
    _waiting: list[int] = field(default_factory=list)

    def remember(self, entries: Iterable[Entry]) -> None:
        """Take over what uses hold from before."""
        for entry in entries:
            self._hold(entry)

    def apply(self, movements: Sequence[Movement]) -> Iterator[tuple[Movement, list[Entry]]]:
        """Take movements in the order given; every movement with the entries that it leads to.

        What a movement leaves unfunded is made good at its end; reversals of one use count as one movement.
        """
        following: list[Movement | None] = [*movements[1:], None]
        for movement, after in zip(movements, following, strict=False):
            entries = self._take(movement)
            if not _same_reversal(movement, after):
                entries += self._make_good()
            yield movement, entries

    def _take(self, movement: Movement) -> list[Entry]:
        if movement.kind == DEPOSIT:
            return self._deposit(movement, movement.earmark)
        if movement.kind == USE:
            return self._enter(movement, self._drawn(movement.amount_fen))
        if movement.kind == RETURN:
            held = self._held_by(movement.use_no)
            if sum(held.values()) < movement.amount_fen:
                return self._deposit(movement, RECOVERED)
            back = self._given_back(held, movement.amount_fen)
            return self._enter(movement, {no: -amount for no, amount in back.items()})
        if movement.reverses in self.deposits:
            return self._withdraw(self.deposits[movement.reverses])
        return self._restore(movement)

    def _deposit(self, movement: Movement, earmark: str) -> list[Entry]:
        amount = movement.amount_fen
        self.deposits[movement.no] = Deposit(movement.no, earmark, amount, amount)
        return []

    def _drawn(self, amount: Fen) -> Parts:
        """An amount from the deposits by the fund's rule; what they lack is unfunded."""
        left = self._left_by_earmark() if self.rule == RATIO else {}
        parts: Parts = {}
        if left and amount < sum(left.values()):
            shares = apportion([amount * each for each in left.values()], sum(left.values()))
            for earmark, share in zip(left, shares, strict=True):
                parts |= self._oldest(share, earmark)
        else:
            parts = self._oldest(amount, None)
        lacking = amount - sum(parts.values())
        return {**parts, UNFUNDED: lacking} if lacking else parts

    def _left_by_earmark(self) -> dict[str, Fen]:
        left: dict[str, Fen] = {}
        for deposit in self.deposits.values():
            if deposit.left_fen:
                left[deposit.earmark] = left.get(deposit.earmark, 0) + deposit.left_fen
        return left

    def _oldest(self, amount: Fen, earmark: str | None) -> Parts:
        parts: Parts = {}
        for deposit in self.deposits.values():
            if not amount:
                break
            if deposit.left_fen and earmark in (None, deposit.earmark):
                parts[deposit.no] = part = min(amount, deposit.left_fen)
                amount -= part
        return parts

    def _given_back(self, held: Parts, amount: Fen) -> Parts:
        """What a use gives back first: what nobody had paid, then the newest money, or a part of all."""
        free = min(held.pop(UNFUNDED, 0), amount)
        back = {UNFUNDED: free} if free else {}
        rest = amount - free
        if self.rule == RATIO and rest:
            whole = sum(held.values())
            shares = apportion([rest * each for each in held.values()], whole)
            return back | {no: share for no, share in zip(held, shares, strict=True) if share}
        order = {no: place for place, no in enumerate(self.deposits)}
        for no in sorted(held, key=order.__getitem__, reverse=True):
            part = min(rest, held[no])
            if part:
                back[no] = part
            rest -= part
        return back

    def _withdraw(self, deposit: Deposit) -> list[Entry]:
        """A deposit that was reversed: what it paid is unfunded until other money makes it good."""
        entries = []
        paid = [use_no for use_no in sorted(self.uses) if self._held_by(use_no).get(deposit.no)]
        for use_no in paid:
            for transfer_no, parts in sorted(self.uses[use_no].items()):
                amount = parts.get(deposit.no, 0)
                if amount:
                    entries.append(self._record(Entry(use_no, transfer_no, deposit.no, -amount)))
                    entries.append(self._record(Entry(use_no, transfer_no, UNFUNDED, amount)))
        deposit.left_fen, deposit.withdrawn = 0, True
        return entries

    def _restore(self, movement: Movement) -> list[Entry]:
        """Exactly the opposite of what the original holds now.

        What the use gave back to a deposit is taken from it again: from what is left there, or from what the
        reversals before this one have put back, also if the deposit was withdrawn and so has nothing left.
        """
        original = self.uses.get(movement.use_no, {}).get(movement.reverses or 0, {})
        held = self._held_by(movement.use_no)
        parts: Parts = {}
        for no, amount in sorted(original.items()):
            back = -amount
            if no != UNFUNDED and back > 0:
                taken = min(back, max(self.deposits[no].left_fen, -held.get(no, 0)))
                parts[no] = parts.get(no, 0) + taken
                back, no = back - taken, UNFUNDED
            parts[no] = parts.get(no, 0) + back
        return self._enter(movement, parts)

    def _make_good(self) -> list[Entry]:
        """Cover the oldest unfunded uses as far as there is money."""
        entries: list[Entry] = []
        while self._waiting and any(deposit.left_fen for deposit in self.deposits.values()):
            use_no = self._waiting[0]
            wanted = self.unfunded.get(use_no, 0)
            if wanted <= 0:
                self.unfunded.pop(heapq.heappop(self._waiting), None)
                continue
            for deposit_no, amount in self._drawn(wanted).items():
                if deposit_no != UNFUNDED:
                    entries += self._cover(use_no, deposit_no, amount)
        return entries

    def _cover(self, use_no: int, deposit_no: int, amount: Fen) -> list[Entry]:
        entries = []
        for transfer_no, parts in sorted(self.uses[use_no].items()):
            part = min(amount, max(parts.get(UNFUNDED, 0), 0))
            if part:
                entries.append(self._record(Entry(use_no, transfer_no, UNFUNDED, -part)))
                entries.append(self._record(Entry(use_no, transfer_no, deposit_no, part)))
                amount -= part
        return entries

    def _enter(self, movement: Movement, parts: Mapping[int, Fen]) -> list[Entry]:
        return [
            self._record(Entry(movement.use_no, movement.no, no, amount))
            for no, amount in parts.items()
            if amount
        ]

    def _record(self, entry: Entry) -> Entry:
        self._hold(entry)
        deposit = self.deposits.get(entry.deposit_no)
        if deposit is not None and not deposit.withdrawn:
            deposit.left_fen -= entry.amount_fen
        return entry

    def _hold(self, entry: Entry) -> None:
        use_no, transfer_no, deposit_no, amount = entry
        parts = self.uses.setdefault(use_no, {}).setdefault(transfer_no, {})
        parts[deposit_no] = parts.get(deposit_no, 0) + amount
        if deposit_no == UNFUNDED:
            if use_no not in self.unfunded:
                heapq.heappush(self._waiting, use_no)
            self.unfunded[use_no] = self.unfunded.get(use_no, 0) + amount

    def _held_by(self, use_no: int) -> Parts:
        held: Parts = {}
        for parts in self.uses.get(use_no, {}).values():
            for no, amount in parts.items():
                held[no] = held.get(no, 0) + amount
        return {no: amount for no, amount in sorted(held.items()) if amount}


def in_order(movements: Iterable[Movement]) -> list[Movement]:
    """By transfer number, but reversals of one use right behind its first: together they restore it."""
    ordered = sorted(movements)
    first: dict[int, int] = {}
    for movement in ordered:
        if movement.kind == REVERSAL:
            first.setdefault(movement.use_no, movement.no)
    return sorted(
        ordered,
        key=lambda each: (first[each.use_no] if each.kind == REVERSAL else each.no, each.no),
    )


def _same_reversal(one: Movement, other: Movement | None) -> bool:
    return other is not None and one.kind == other.kind == REVERSAL and one.use_no == other.use_no
