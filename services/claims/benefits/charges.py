"""Arithmetic of the bill itself: do the lines add up, and which part of each line is eligible."""

from collections.abc import Sequence
from typing import NamedTuple

from services.claims.benefits.facts import ITEM_CLASSES, Charge
from shared.money import FULL_RATE_BP, MAX_FEN, Fen, div_half_up, share

E4_MILLI_PER_FEN = 100_000
"""Unit price (1/10,000 yuan) × quantity (1/1,000) per fen."""


COMPONENTS = ("eligible", "upfront_copay", "over_limit", "non_covered")
"""Parts of a bill, in the order in which a payer that covers several of them takes them over."""


class Split(NamedTuple):
    """Where an amount goes: the four ``COMPONENTS``, which add up to it."""

    eligible_fen: Fen
    upfront_copay_fen: Fen
    over_limit_fen: Fen
    non_covered_fen: Fen


class ChargeFinding(NamedTuple):
    """One thing wrong with a bill. ``line`` is the index of the charge, ``None`` for the bill as a whole."""

    code: str
    line: int | None
    expected_fen: Fen | None
    found_fen: Fen | None


def priced_fen(quantity_milli: int, price_e4: int) -> Fen:
    """Quantity × unit price in fen, half-up."""
    return div_half_up(quantity_milli * price_e4, E4_MILLI_PER_FEN)


def split_charge(charge: Charge) -> Split:
    """Divide one line: not covered, over the price limit, up-front copay, eligible, in this order."""
    amount = charge.amount_fen
    if charge.item_class == "C":
        return Split(0, 0, 0, amount)
    over = 0
    if charge.price_limit_e4 is not None:
        over = max(0, amount - priced_fen(charge.quantity_milli, charge.price_limit_e4))
    upfront = share(amount - over, charge.self_pay_rate_bp) if charge.item_class == "B" else 0
    return Split(amount - over - upfront, upfront, over, 0)


def split_charges(charges: Sequence[Charge]) -> Split:
    """Divide a whole bill; each line rounds on its own, so the order of lines does not matter."""
    eligible = upfront = over = non_covered = 0
    for charge in charges:
        if charge.item_class == "A" and charge.price_limit_e4 is None:
            eligible += charge.amount_fen
            continue
        part_eligible, part_upfront, part_over, part_non_covered = split_charge(charge)
        eligible += part_eligible
        upfront += part_upfront
        over += part_over
        non_covered += part_non_covered
    return Split(eligible, upfront, over, non_covered)


def check_charges(charges: Sequence[Charge], total_fen: Fen) -> list[ChargeFinding]:
    """Find everything that does not add up; an empty list means that the bill may be settled.

    Codes: ``negative_amount``, ``negative_quantity``, ``negative_price``, ``amount_too_large``,
    ``unknown_class``, ``self_pay_rate_out_of_range``, ``class_a_self_pay``, ``amount_mismatch``
    (quantity × unit price, half-up to the fen), ``no_charges``, ``total_mismatch``.
    """
    findings = [finding for line, charge in enumerate(charges) for finding in _check_line(line, charge)]
    if not charges:
        findings.append(ChargeFinding("no_charges", None, None, None))
    total = sum([charge.amount_fen for charge in charges])
    if total != total_fen:
        findings.append(ChargeFinding("total_mismatch", None, total, total_fen))
    return findings


def _check_line(line: int, charge: Charge) -> list[ChargeFinding]:
    _, _, _, item_class, self_pay_rate_bp, quantity_milli, unit_price_e4, amount, price_limit_e4 = charge
    codes: list[str] = []
    if amount < 0:
        codes.append("negative_amount")
    if quantity_milli < 0:
        codes.append("negative_quantity")
    if unit_price_e4 < 0 or (price_limit_e4 is not None and price_limit_e4 < 0):
        codes.append("negative_price")
    if amount > MAX_FEN:
        codes.append("amount_too_large")
    if item_class not in ITEM_CLASSES:
        codes.append("unknown_class")
    if not 0 <= self_pay_rate_bp <= FULL_RATE_BP:
        codes.append("self_pay_rate_out_of_range")
    elif item_class == "A" and self_pay_rate_bp:
        codes.append("class_a_self_pay")
    expected = priced_fen(quantity_milli, unit_price_e4)
    if not codes and expected == amount:
        return []
    findings = [ChargeFinding(code, line, None, amount) for code in codes]
    if expected != amount:
        findings.append(ChargeFinding("amount_mismatch", line, expected, amount))
    return findings
