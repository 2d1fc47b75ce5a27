"""Bills that add up: quantity times unit price, each line rounded half-up to the fen."""

from random import Random
from typing import NamedTuple

from deploy.demo import catalogue
from deploy.demo.catalogue import Item
from deploy.demo.diseases import ChronicDisease, Disease
from deploy.demo.settlement_request import Charge
from shared.money import Fen, div_half_up, format_yuan

_PRICE_FACTOR_BP = {0: 8_000, 1: 8_500, 2: 10_000, 3: 13_500}
_DOSES_A_DAY = {0: 1, 1: 1, 2: 2, 3: 3}
_COSTLY_PERCENT = {0: 0, 1: 0, 2: 35, 3: 75}
_SUPPORT_PERCENT = {0: 0, 1: 0, 2: 18, 3: 45}
_INTENSIVE_PERCENT = {0: 0, 1: 0, 2: 3, 3: 15}
_SINGLE_ROOM_PERCENT = 5
_ONCE_CATEGORIES = {"examination", "surgery", "laboratory"}
_WHOLE = 1_000
"""Quantities are counted in thousandths: half a box, 12.5 grams."""


class Line(NamedTuple):
    item: Item
    quantity_milli: int
    unit_price_fen: Fen

    @property
    def amount_fen(self) -> Fen:
        return div_half_up(self.unit_price_fen * self.quantity_milli, _WHOLE)


class Bill(NamedTuple):
    charges: list[Charge]
    total_fen: Fen


def _percent(rng: Random, percent: int) -> bool:
    return rng.randrange(100) < percent


class _Lines:
    """Collects lines at the price level of one hospital; the same item twice is one line."""

    def __init__(self, level: int) -> None:
        self.level = level
        self._factor_bp = _PRICE_FACTOR_BP[level]
        self._quantities: dict[Item, int] = {}

    def add(self, item: Item, quantity: int) -> None:
        self.add_milli(item, quantity * _WHOLE)

    def add_milli(self, item: Item, quantity_milli: int) -> None:
        self._quantities[item] = self._quantities.get(item, 0) + quantity_milli

    def bill(self) -> Bill:
        lines = [
            Line(item, milli, max(1, div_half_up(item.price_fen * self._factor_bp, 10_000)))
            for item, milli in self._quantities.items()
        ]
        return Bill([_charge(line) for line in lines], sum(line.amount_fen for line in lines))


def _charge(line: Line) -> Charge:
    item = line.item
    return {
        "item_code": item.code,
        "name": item.name,
        "category": item.category,
        "class": item.item_class,
        "self_pay_rate": f"{item.self_pay_bp // 10_000}.{item.self_pay_bp % 10_000 // 100:02d}",
        "quantity": _quantity(line.quantity_milli),
        "unit_price": format_yuan(line.unit_price_fen),
        "amount": format_yuan(line.amount_fen),
    }


def _quantity(milli: int) -> str:
    whole, part = divmod(milli, _WHOLE)
    return f"{whole}.{part:03d}".rstrip("0") if part else str(whole)


def _daily(rng: Random, lines: _Lines, item: Item, days: int) -> None:
    """Operations, tests and pictures once; drugs, care and treatment by the day."""
    once = item.category in _ONCE_CATEGORIES or item.category == "material"
    doses = 1 if item.category == "treatment" else _DOSES_A_DAY[lines.level]
    lines.add(item, 1 if once else rng.choice((1, 1, 2)) * doses * days)


def _stay(rng: Random, lines: _Lines, days: int) -> None:
    lines.add(catalogue.BED, days)
    if _percent(rng, _SINGLE_ROOM_PERCENT):
        lines.add(catalogue.BED_SINGLE, days)
    lines.add(catalogue.NURSING, days)
    lines.add(catalogue.CONSULTATION, 1)


def inpatient(rng: Random, disease: Disease, level: int, days: int, *, herbs: bool) -> Bill:
    """A stay: bed and care by the day, the disease's own items, tests, infusions, and the costly things."""
    lines = _Lines(level)
    _stay(rng, lines, days)
    lines.add(rng.choice(catalogue.CARRIERS), 2 * days)
    lines.add(catalogue.INFUSION, days)
    for item in rng.sample(catalogue.LABORATORY, rng.randint(2 + level, 4 + level)):
        lines.add(item, rng.randint(1, 1 + level))
    for item in (*disease.typical, *(each for each in disease.others if _percent(rng, 55))):
        _daily(rng, lines, item, days)
    _costly(rng, lines, disease, days)
    if herbs:
        _herbs(rng, lines, days)
    return lines.bill()


def _costly(rng: Random, lines: _Lines, disease: Disease, days: int) -> None:
    """What makes a bill large: the disease's own costly items, supporting drugs, intensive care."""
    if _percent(rng, _COSTLY_PERCENT[lines.level]):
        for item in disease.costly:
            drug = item.category == "western_medicine"
            lines.add(item, rng.randint(2, 10) if drug else rng.choice((1, 1, 2)))
    for item in catalogue.COSTLY_SUPPORT:
        if _percent(rng, _SUPPORT_PERCENT[lines.level]):
            lines.add(item, days)
    if _percent(rng, _INTENSIVE_PERCENT[lines.level]):
        intensive_days = rng.randint(3, 24)
        lines.add(catalogue.INTENSIVE_CARE, intensive_days)
        lines.add(catalogue.VENTILATOR, intensive_days)


def _herbs(rng: Random, lines: _Lines, days: int) -> None:
    """A decoction a day; herbs are weighed, so grams have decimals."""
    for item in rng.sample(catalogue.HERBAL, 4):
        lines.add_milli(item, rng.randint(12, 60) * 500 * days)


def delivery(rng: Random, disease: Disease, level: int, days: int) -> Bill:
    """A birth in hospital, with or without the operation."""
    lines = _Lines(level)
    _stay(rng, lines, days)
    for item in disease.typical:
        lines.add(item, days if item.category == "nursing" else 1)
    for item in disease.others:
        if _percent(rng, 45):
            lines.add(item, 1)
    lines.add(catalogue.OXYTOCIN, 2)
    lines.add(catalogue.CARRIERS[0], days)
    for item in rng.sample(catalogue.LABORATORY, 3):
        lines.add(item, 1)
    return lines.bill()


def outpatient(rng: Random, disease: Disease, level: int, *, herbs: bool) -> Bill:
    """One consultation with a few drugs or tests."""
    lines = _Lines(level)
    lines.add(catalogue.CONSULTATION, 1)
    for item in disease.typical:
        lines.add(item, rng.randint(1, 2))
    for item in disease.others:
        if _percent(rng, 50):
            lines.add(item, 1)
    lines.add(rng.choice((catalogue.DANSHEN, catalogue.LIANHUA)), rng.randint(1, 2))
    if herbs:
        _herbs(rng, lines, rng.randint(3, 7))
    return lines.bill()


def chronic(rng: Random, disease: ChronicDisease, level: int) -> Bill:
    """A month or two of drugs for a recognised chronic disease, sometimes a test."""
    lines = _Lines(level)
    lines.add(catalogue.CONSULTATION, 1)
    for item in disease.typical:
        lines.add(item, rng.randint(2, 4))
    for item in disease.others:
        if _percent(rng, 45):
            lines.add(item, 1 if item.category in _ONCE_CATEGORIES else rng.randint(1, 3))
    return lines.bill()
