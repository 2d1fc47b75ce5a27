"""From sums to figures: exact integers first, one rounding at the end. Pure.

A figure keeps its numerator and denominator, so that nobody has to trust the printed percent (DOMAIN, lessons
of 2.2): counts as they are, money in fen. What cannot be computed is no number, and says why.
"""

from collections.abc import Mapping
from typing import NamedTuple

from services.claims.reports.definitions import BEFORE, Figure, Quantity
from shared.money import divide, format_decimal, format_yuan

Sums = Mapping[str, int | None]
"""Measures and bases by id; ``None`` is a base that nobody has stated."""

DENOMINATOR_ZERO = "denominator_zero"
UNKNOWN = "unknown:"


class Parts(NamedTuple):
    """Numerator and denominator of a figure; both integers, ``None`` where unknown."""

    numerator: int | None
    denominator: int | None


class Value(NamedTuple):
    """A figure as it is printed; ``reason`` says why there is no value."""

    text: str | None
    numerator: str | None
    denominator: str | None
    reason: str | None


def parts(figure: Figure, sums: Sums) -> Parts:
    """What a figure is made of.

    The change of an average on the year before is (a·d − c·b) / (c·b) for averages a/b now and c/d before.
    """
    numerator = sums[figure.numerator.id]
    if figure.denominator is None:
        return Parts(numerator, None)
    denominator = sums[figure.denominator.id]
    if figure.change_of is None:
        return Parts(numerator, denominator)
    before, of_before = sums[figure.numerator.id + BEFORE], sums[figure.denominator.id + BEFORE]
    if numerator is None or denominator is None or before is None or of_before is None:
        return Parts(None, None)
    if not of_before:
        return Parts(numerator * of_before, 0)
    return Parts(numerator * of_before - before * denominator, before * denominator)


def value(figure: Figure, sums: Sums, rounding: str) -> Value:
    """The figure, rounded once."""
    numerator, denominator = parts(figure, sums)
    shown = _shown(figure.numerator, numerator), _shown(figure.denominator, denominator)
    if figure.change_of is not None:
        shown = _products(numerator), _products(denominator)
    for quantity, number in ((figure.numerator, numerator), (figure.denominator, denominator)):
        if quantity is not None and number is None:
            return Value(None, *shown, f"{UNKNOWN}{quantity.id}")
    assert numerator is not None
    if figure.denominator is None:
        return Value(shown[0], shown[0], None, None)
    if not denominator:
        return Value(None, *shown, DENOMINATOR_ZERO)
    unit = figure.unit
    factor = unit.times * 10**unit.decimals if unit.times else 1
    return Value(
        format_decimal(divide(numerator * factor, denominator, rounding), unit.decimals), *shown, None
    )


def numerator_title(figure: Figure) -> str:
    """In words what is above the line."""
    if figure.change_of is None or figure.denominator is None:
        return figure.numerator.title
    now, of = figure.numerator.title, figure.denominator.title
    return f"本期{now}×上年同期{of}－上年同期{now}×本期{of}"


def denominator_title(figure: Figure) -> str | None:
    """In words what is below the line."""
    if figure.denominator is None:
        return None
    if figure.change_of is None:
        return figure.denominator.title
    return f"上年同期{figure.numerator.title}×本期{figure.denominator.title}"


def _shown(quantity: Quantity | None, number: int | None) -> str | None:
    if quantity is None or number is None:
        return None
    return format_yuan(number) if quantity.is_money else str(number)


def _products(number: int | None) -> str | None:
    """A product of yuan and visits; exact, whatever a reader's floats can hold."""
    return None if number is None else format_yuan(number)
