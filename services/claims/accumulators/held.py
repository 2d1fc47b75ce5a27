"""What holders have in their accumulators of a year, while it is read, moved and written. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from services.claims.settlements.visit import AccumulatorKey
from shared.money import Fen

HolderYear: TypeAlias = tuple[UUID, int]
"""Whose accumulators of which year: locked together, in the order in which these sort."""


class Holder(NamedTuple):
    """Who a holder is (``person``, ``household`` or ``county``), and where."""

    kind: str
    division_code: str


Held: TypeAlias = dict[HolderYear, dict[str, Fen]]
"""Amounts by kind of accumulator; a kind that was never moved is left out."""


def year_of(key: AccumulatorKey) -> HolderYear:
    """The holder and year that an accumulator belongs to."""
    return key[:2]


def amount(held: Held, key: AccumulatorKey) -> Fen:
    """What one accumulator holds."""
    return held[year_of(key)].get(key.kind, 0)


def move(held: Held, moves: Mapping[AccumulatorKey, Fen]) -> None:
    """Move accumulators by these amounts."""
    for key, by in moves.items():
        year = held[year_of(key)]
        year[key.kind] = year.get(key.kind, 0) + by


def rows(held: Held, keys: Iterable[AccumulatorKey]) -> list[tuple[UUID, int, str]]:
    """What is stored for the holders of these accumulators, each once."""
    years = dict.fromkeys(year_of(key) for key in keys)
    return [(*year, msgspec.json.encode(held[year]).decode()) for year in years]
