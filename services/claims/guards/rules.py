"""Which nights a stay takes, and how much of an item a day allows. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, Final, NamedTuple

from services.claims.benefits.facts import Charge, Facts
from services.claims.guards.problems import ITEM_OVER_LIMIT
from shared.problems import FieldError, Problem

STAYS: Final = frozenset({"inpatient", "delivery"})
"""Visit types that occupy a bed."""

_FIRST_DAY: Final = date(2000, 1, 1)
_MAX_ERRORS: Final = 100
_WITH_OTHERS: Final[dict[str, Any]] = {
    "why_zh": "本次与当日其他结算合计超出",
    "why_en": "with other bills of the day it is exceeded",
}


class HalfDays(NamedTuple):
    """Half days since 2000, end exclusive: from the evening of admission to before the day of discharge.

    So a patient may be discharged and admitted elsewhere on one day. A stay that begins and ends on one day
    takes its morning: it collides with a stay around it and with another of its kind, not with one that
    begins or ends that day.
    """

    first: int
    end: int


class ItemUse(NamedTuple):
    """What one visit uses of an item's limit of a day, in thousandths."""

    item_code: str
    day: date
    quantity_milli: int
    limit_milli: int


@dataclass(frozen=True, slots=True)
class ItemLimits:
    """Daily limits by item code, in thousandths, each with the title of its source."""

    per_day_milli: Mapping[str, int]
    sources: Mapping[str, str]


def half_days(facts: Facts) -> HalfDays | None:
    """The half days that a visit occupies a bed, ``None`` for outpatients."""
    if facts.visit_type not in STAYS:
        return None
    first, last = ((day - _FIRST_DAY).days for day in (facts.admitted_on, facts.discharged_on))
    return HalfDays(2 * first + (last > first), 2 * last + (last == first))


def item_uses(facts: Facts, limits: ItemLimits) -> tuple[ItemUse, ...]:
    """What a visit of one day uses of the day's limits; none for longer stays, whose days are their own.

    Raises the Problem of items that exceed their limit on this bill alone.
    """
    per_day = limits.per_day_milli
    used = _quantities(facts.charges, per_day)
    if not used:
        return ()
    days = (facts.discharged_on - facts.admitted_on).days + 1
    over = {code: quantity for code, quantity in used.items() if quantity > per_day[code] * days}
    if over:
        raise _over_on_this_bill(facts, limits, days, over)
    if days > 1:
        return ()
    day = facts.discharged_on
    return tuple([ItemUse(code, day, quantity, per_day[code]) for code, quantity in used.items() if quantity])


def over_limit(item_code: str, limits: ItemLimits) -> Problem:
    """The refusal of an item that other visits of the day have used up."""
    return Problem(ITEM_OVER_LIMIT, pointer="/charges", **_words(item_code, limits), **_WITH_OTHERS)


def _quantities(charges: Iterable[Charge], per_day_milli: Mapping[str, int]) -> dict[str, int]:
    """Quantity of every limited item of a bill, in the order of the lines."""
    used: dict[str, int] = {}
    for charge in charges:
        code = charge.item_code
        if code in per_day_milli:
            used[code] = used.get(code, 0) + charge.quantity_milli
    return used


def _over_on_this_bill(facts: Facts, limits: ItemLimits, days: int, over: Mapping[str, int]) -> Problem:
    """The refusal of items that exceed their limit on one bill, each told at its first line."""
    codes = [charge.item_code for charge in facts.charges]
    errors = [
        FieldError(
            f"/charges/{codes.index(code)}/quantity",
            ITEM_OVER_LIMIT,
            {**_words(code, limits), **_on_this_bill(days, limits.per_day_milli[code], quantity)},
        )
        for code, quantity in islice(over.items(), _MAX_ERRORS)
    ]
    return Problem(ITEM_OVER_LIMIT, errors=errors, **errors[0].params)


def _words(item_code: str, limits: ItemLimits) -> dict[str, Any]:
    limit = _number(limits.per_day_milli[item_code])
    return {"item_code": item_code, "limit": limit, "source": limits.sources[item_code]}


def _on_this_bill(days: int, per_day_milli: int, quantity_milli: int) -> dict[str, Any]:
    most, found = _number(per_day_milli * days), _number(quantity_milli)
    return {
        "why_zh": f"本次就诊 {days} 天（首尾都算）最多 {most}，账单为 {found}",
        "why_en": f"this visit of {days} day(s), first and last included, allows {most}, not {found}",
    }


def _number(milli: int) -> str:
    whole, part = divmod(milli, 1000)
    return f"{whole}.{part:03d}".rstrip("0") if part else str(whole)
