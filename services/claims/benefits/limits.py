"""Caps shared by all layers: per visit, per day or per year, counted in named accumulators.

The balance of a fund is a cap too: what the fund has for a year, counted in an accumulator of the county.
"""

from typing import NamedTuple

from services.claims.benefits.arithmetic import Operation, Value
from services.claims.benefits.bill import Bill
from services.claims.benefits.facts import Facts
from services.claims.benefits.policy import COUNTY_PREFIX, held_by_county
from services.claims.benefits.sections import LIMIT, Row, Section, applied, first
from services.claims.benefits.steps import Arithmetic, Movement
from shared.money import Fen

PERIODS = ("visit", "day", "year")

BALANCE = "balance"

LABELS = {"visit": "单次限额", "day": "日限额", "year": "年度限额", BALANCE: "基金余额"}

USED = {"day": "当日已付", "year": "本年已付", BALANCE: "基金本年已支付"}


class Limit(NamedTuple):
    """A cap as the pack states it; where no row holds there is no cap, but the accumulator still moves."""

    per: str
    accumulator: str
    title: str
    by_chronic_code: bool
    rows: tuple[Row, ...]


class Cap(NamedTuple):
    """A limit resolved for one kind of visit."""

    per: str
    kind: str
    amount_fen: Fen | None
    row: Row | None
    title: str


def read_limits(section: Section) -> tuple[Limit, ...]:
    """Read the list ``limits`` of a layer or benefit."""
    return tuple(_read_limit(part) for part in section.sections("limits"))


def _read_limit(part: Section) -> Limit:
    per = part.word("per", PERIODS)
    by_code = part.raw.get("by") == "chronic_code"
    if by_code:
        part.reading.reads.add("chronic_codes")
    accumulator, title = ("", "") if per == "visit" else part.accumulator(LIMIT)
    if held_by_county(accumulator):
        raise part.fail("accumulator", f"{COUNTY_PREFIX}… is kept for balances of funds")

    return Limit(per, accumulator, title, by_code, part.rows("rows", "amount"))


def read_balance(part: Section) -> Limit:
    """Read the ``balance`` of a fund: its accumulator belongs to the county."""
    accumulator, title = part.accumulator(LIMIT)
    if not held_by_county(accumulator):
        raise part.fail("accumulator", f"the balance of a fund is counted under {COUNTY_PREFIX}…")
    return Limit(BALANCE, accumulator, title, False, part.rows("rows", "amount"))


def resolve_limits(limits: tuple[Limit, ...], facts: Facts) -> tuple[Cap, ...]:
    """The caps that apply to this kind of visit."""
    return tuple(_resolve(limit, facts) for limit in limits)


def _resolve(limit: Limit, facts: Facts) -> Cap:
    row = first(limit.rows, facts)
    kind, title = limit.accumulator, limit.title
    if limit.by_chronic_code and row is not None:
        codes = facts.chronic_codes & (row.condition.chronic_codes or facts.chronic_codes)
        kind, title = f"{kind}.{min(codes)}", f"{title} {min(codes)}"
    return Cap(limit.per, kind, row.value if row else None, row, title)


def kinds_of(caps: tuple[Cap, ...], per: str) -> tuple[str, ...]:
    """Accumulators of the caps of one period."""
    return tuple(cap.kind for cap in caps if cap.per == per)


def add_caps(core: Arithmetic, caps: tuple[Cap, ...]) -> Arithmetic:
    """Arithmetic that ends in ``amount``, followed by the caps on that amount."""
    capped = [cap for cap in caps if cap.amount_fen is not None]
    titles = {cap.kind: cap.title for cap in caps if cap.kind}
    if not capped:
        return core._replace(labels={**core.labels, **titles})
    last = core.operations[-1]._replace(result="before_limits")
    parts = [_describe(number, cap, number == len(capped)) for number, cap in enumerate(capped, 1)]
    labels = {**core.labels, **titles, "before_limits": "限额前应付"}
    return Arithmetic(
        core.parameters + tuple(name for part in parts for name in part.parameters),
        (*core.operations[:-1], last, *(line for part in parts for line in part.operations)),
        core.applied + tuple(rule for part in parts for rule in part.applied),
        labels | {name: label for part in parts for name, label in part.labels.items()},
        dict(shown for part in (core, *parts) for shown in part.accumulator_of.items()),
    )


def _describe(number: int, cap: Cap, is_last: bool) -> Arithmetic:
    limit, used, left = f"limit_{number}", f"limit_{number}_used", f"limit_{number}_left"
    operand = "before_limits" if number == 1 else f"within_limit_{number - 1}"
    result = "amount" if is_last else f"within_limit_{number}"
    rules = (applied(limit, cap.row),) if cap.row else ()
    labels = {limit: LABELS[cap.per], result: "支付金额" if is_last else "限额内"}
    if cap.per == "visit":
        return Arithmetic((limit,), (Operation("at_most", result, (operand, limit)),), rules, labels)
    labels |= {used: USED[cap.per], left: f"剩余{LABELS[cap.per]}"}
    if cap.per == BALANCE:
        labels |= {limit: "基金本年可用资金", left: LABELS[BALANCE]}
    lines = (Operation("less", left, (limit, used)), Operation("at_most", result, (operand, left)))
    return Arithmetic((limit, used), lines, rules, labels, {used: cap.kind})


def within_caps(caps: tuple[Cap, ...], amount: Fen, bill: Bill) -> tuple[Fen, list[Value], list[Movement]]:
    """Bring an amount within the caps and count it in every accumulator."""
    values: list[Value] = []
    counted: list[tuple[str, int]] = []
    for per, name, limit, _, _ in caps:
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
