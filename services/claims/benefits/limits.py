"""Caps shared by all layers: per visit, per day or per year, counted in named accumulators."""

from typing import NamedTuple

from services.claims.benefits.bill import Bill
from services.claims.benefits.facts import Facts
from services.claims.benefits.sections import Row, Section, applied, first
from services.claims.benefits.steps import Applied, Movement, Operation, Value
from shared.money import Fen

PERIODS = ("visit", "day", "year")


class Limit(NamedTuple):
    """A cap as the pack states it; where no row holds there is no cap, but the accumulator still moves."""

    per: str
    accumulator: str
    by_chronic_code: bool
    rows: tuple[Row, ...]


class Cap(NamedTuple):
    """A limit resolved for one kind of visit."""

    per: str
    kind: str
    amount_fen: Fen | None
    row: Row | None


def read_limits(section: Section) -> tuple[Limit, ...]:
    """Read the list ``limits`` of a layer or benefit."""
    return tuple(_read_limit(part) for part in section.sections("limits"))


def _read_limit(part: Section) -> Limit:
    per = part.word("per", PERIODS)
    by_code = part.raw.get("by") == "chronic_code"
    if by_code:
        part.reading.reads.add("chronic_codes")
    accumulator = "" if per == "visit" else part.text("accumulator")
    return Limit(per, accumulator, by_code, part.rows("rows", "amount"))


def resolve_limits(limits: tuple[Limit, ...], facts: Facts) -> tuple[Cap, ...]:
    """The caps that apply to this kind of visit."""
    return tuple(_resolve(limit, facts) for limit in limits)


def _resolve(limit: Limit, facts: Facts) -> Cap:
    row = first(limit.rows, facts)
    kind = limit.accumulator
    if limit.by_chronic_code and row is not None:
        codes = facts.chronic_codes & (row.condition.chronic_codes or facts.chronic_codes)
        kind = f"{kind}.{min(codes)}"
    return Cap(limit.per, kind, row.value if row else None, row)


def kinds_of(caps: tuple[Cap, ...], per: str) -> tuple[str, ...]:
    """Accumulators of the caps of one period."""
    return tuple(cap.kind for cap in caps if cap.per == per)


def describe_caps(caps: tuple[Cap, ...], operand: str) -> tuple[list[str], list[Operation], list[Applied]]:
    """Parameters, arithmetic and rules of caps on the result ``operand``; the last result is ``amount``."""
    names: list[str] = []
    operations: list[Operation] = []
    rules: list[Applied] = []
    capped = [cap for cap in caps if cap.amount_fen is not None]
    for number, cap in enumerate(capped, 1):
        limit, result = f"limit_{number}", "amount" if number == len(capped) else f"within_limit_{number}"
        names.append(limit)
        if cap.row is not None:
            rules.append(applied(limit, cap.row))
        left = limit
        if cap.per != "visit":
            names.append(f"limit_{number}_used")
            left = f"limit_{number}_left"
            operations.append(Operation("less", left, (limit, f"limit_{number}_used")))
        operations.append(Operation("at_most", result, (operand, left)))
        operand = result
    return names, operations, rules


def within_caps(caps: tuple[Cap, ...], amount: Fen, bill: Bill) -> tuple[Fen, list[Value], list[Movement]]:
    """Bring an amount within the caps and count it in every accumulator."""
    values: list[Value] = []
    counted: list[tuple[str, int]] = []
    for per, name, limit, _ in caps:
        kind = f"{name}@{bill.day}" if per == "day" else name
        before = bill.used(kind) if kind else 0
        if kind:
            counted.append((kind, before))
        if limit is None:
            continue
        values.append(limit)
        if kind:
            values.append(before)
        left = limit - before
        if amount > left:
            amount = left if left > 0 else 0
    return amount, values, [bill.move(kind, before, amount) for kind, before in counted]
