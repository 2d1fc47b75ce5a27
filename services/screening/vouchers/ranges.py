"""Arithmetic of serial ranges: what a holder has is a set of ranges, and moving it conserves serials."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True, order=True)
class SerialRange:
    """The serials from ``first`` to ``last``, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many serials there are."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Holding:
    """A range of vouchers of one batch (so of one year) in one hand."""

    serials: SerialRange
    batch_id: UUID
    year: int


class Split(NamedTuple):
    """What was asked for and held, and what stays with the holder."""

    taken: list[Holding]
    left: list[Holding]


def split(held: Iterable[Holding], wanted: Sequence[SerialRange]) -> Split:
    """Part holdings into the serials that are wanted and the rest. ``wanted`` ranges do not overlap."""
    taken: list[Holding] = []
    left: list[Holding] = []
    wanted = sorted(wanted)
    ends = [want.last for want in wanted]
    for holding in held:
        free = holding.serials.first
        for number in range(bisect_left(ends, free), len(wanted)):
            if wanted[number].first > holding.serials.last:
                break
            first = max(wanted[number].first, holding.serials.first)
            last = min(wanted[number].last, holding.serials.last)
            left += _part(holding, free, first - 1)
            taken += _part(holding, first, last)
            free = last + 1
        left += _part(holding, free, holding.serials.last)
    return Split(taken, left)


def _part(holding: Holding, first: int, last: int) -> list[Holding]:
    return [replace(holding, serials=SerialRange(first, last))] if first <= last else []


def joined(holdings: Iterable[Holding]) -> list[Holding]:
    """The same serials in as few ranges as possible; ranges of different batches stay apart."""
    result: list[Holding] = []
    for holding in sorted(holdings, key=lambda holding: holding.serials):
        last = result[-1] if result else None
        if last and last.batch_id == holding.batch_id and last.serials.last + 1 == holding.serials.first:
            result[-1] = replace(last, serials=SerialRange(last.serials.first, holding.serials.last))
        else:
            result.append(holding)
    return result


def as_ranges(serials: Iterable[int]) -> list[SerialRange]:
    """Serials in any order, without repeats, as the fewest ranges."""
    result: list[SerialRange] = []
    for serial in sorted(serials):
        if result and result[-1].last + 1 == serial:
            result[-1] = SerialRange(result[-1].first, serial)
        else:
            result.append(SerialRange(serial, serial))
    return result


def quantity(holdings: Iterable[Holding]) -> int:
    """How many vouchers there are in some holdings."""
    return sum(holding.serials.size for holding in holdings)
