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


Whose: TypeAlias = Mapping[str, HolderYear]
"""Whose accumulators a visit may read or move, by kind."""

Held: TypeAlias = dict[HolderYear, dict[str, Fen]]
"""Amounts by kind of accumulator; a kind that was never moved is left out."""


def year_of(key: AccumulatorKey) -> HolderYear:
    """The holder and year that an accumulator belongs to."""
    return key[:2]


def amounts(held: Held, whose: Whose) -> dict[str, Fen]:
    """What the accumulators of a visit hold, by kind."""
    return {kind: held[year].get(kind, 0) for kind, year in whose.items()}


def amount(held: Held, key: AccumulatorKey) -> Fen:
    """What one accumulator holds."""
    return held[year_of(key)].get(key.kind, 0)


def move(held: Held, holder: HolderYear, kind: str, by: Fen) -> None:
    """Move one accumulator."""
    kinds = held[holder]
    kinds[kind] = kinds.get(kind, 0) + by


def rows(held: Held, years: Iterable[HolderYear]) -> list[tuple[UUID, int, str]]:
    """What is stored for these holders, each once."""
    return [(*year, msgspec.json.encode(held[year]).decode()) for year in dict.fromkeys(years)]
