"""What does not add up in yearly figures that a county enters by hand. Pure; nothing is corrected or guessed.

Published tables close in their money and not in their counts, state totals that no sum gives, and rates whose
base nobody names (DOMAIN O-29 to O-33). Each finding says what was stated and what the other numbers give.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shared.money import HALF_UP, TRUNCATE, Fen, divide, format_decimal, format_yuan

PERSONAL = "personal"
_PERCENT = 100


class Percent(NamedTuple):
    """A stated percentage with the decimals that it was stated with: 99.3 is (993, 1)."""

    scaled: int
    decimals: int

    def __str__(self) -> str:
        return format_decimal(self.scaled, self.decimals)

    def is_of(self, part: int, whole: int) -> bool:
        """Whether the quotient gives it, half-up or truncated."""
        number = part * _PERCENT * 10**self.decimals
        return any(divide(number, whole, mode) == self.scaled for mode in (HALF_UP, TRUNCATE))


class Stated(NamedTuple):
    """Yearly figures as entered; what was not entered is ``None`` or missing."""

    enrolled: int | None
    population: int | None
    per_head_fen: Fen | None
    personal_per_head_fen: Fen | None
    raised: Mapping[str, Fen]
    raised_total: Fen | None
    paid: Mapping[str, Fen]
    paid_total: Fen | None
    visits: Mapping[str, int]
    visits_total: int | None
    enrolment_rate: Percent | None
    utilisation: Percent | None


class Finding(NamedTuple):
    """Something that does not add up; ``difference`` is stated less computed."""

    code: str
    title: str
    stated: str
    computed: str
    difference: str | None
    note: str


def findings(stated: Stated) -> list[Finding]:
    """Everything that does not add up, in the order of the table."""
    return [*_totals(stated), *_financing(stated), *_rates(stated), *_lines(stated)]


def averages(stated: Stated, rounding: str) -> dict[str, str]:
    """Paid per visit by line, where both were entered."""
    return {
        line: format_yuan(divide(fen, stated.visits[line], rounding))
        for line, fen in stated.paid.items()
        if stated.visits.get(line)
    }


def _totals(stated: Stated) -> Iterator[Finding]:
    sums = (
        ("raised_total", "筹资合计", stated.raised, stated.raised_total, True),
        ("paid_total", "支出合计", stated.paid, stated.paid_total, True),
        ("visits_total", "受益人次合计", stated.visits, stated.visits_total, False),
    )
    for code, title, parts, total, money in sums:
        if total is not None and parts and sum(parts.values()) != total:
            yield _difference(code, title, total, sum(parts.values()), "各项之和不等于所报合计", money=money)


def _financing(stated: Stated) -> Iterator[Finding]:
    if stated.enrolled is None:
        return
    total = _raised(stated)
    if stated.per_head_fen is not None and total is not None:
        product = stated.enrolled * stated.per_head_fen
        if product != total:
            yield _difference(
                "raised_per_head", "筹资总额", total, product, "参保人数×人均标准不等于筹资总额"
            )
    personal = stated.raised.get(PERSONAL)
    if stated.personal_per_head_fen is not None and personal is not None:
        product = stated.enrolled * stated.personal_per_head_fen
        if product != personal:
            per_head = format_yuan(divide(personal, stated.enrolled, HALF_UP)) if stated.enrolled else "—"
            note = f"所报个人缴费合每人 {per_head} 元，与个人缴费标准不符"
            yield _difference("personal_per_head", "个人缴费", personal, product, note)


def _rates(stated: Stated) -> Iterator[Finding]:
    rate = stated.enrolment_rate
    enrolled, population = stated.enrolled, stated.population
    if rate is not None and enrolled is not None and population and not rate.is_of(enrolled, population):
        computed = _percent(enrolled, population, rate.decimals)
        note = "参保人数÷应参保人口不是所报的比率"
        yield Finding("enrolment_rate", "参保率", str(rate), computed, None, note)
    rate, paid = stated.utilisation, _paid(stated)
    if rate is not None and rate.scaled and paid is not None:
        bases = {name: base for name, base in _bases(stated).items() if base}
        if not any(rate.is_of(paid, base) for base in bases.values()):
            computed = "；".join(
                f"{_percent(paid, base, rate.decimals)}（{name}）" for name, base in bases.items()
            )
            implied = divide(paid * _PERCENT * 10**rate.decimals, rate.scaled, HALF_UP)
            note = f"没有一个已报的分母能得出这一比率；它要求分母为 {format_yuan(implied)} 元，请写明分母"
            yield Finding("utilisation", "基金使用率", str(rate), computed or "—", None, note)


def _lines(stated: Stated) -> Iterator[Finding]:
    for line in sorted(set(stated.paid) ^ set(stated.visits)):
        if stated.paid and stated.visits:
            has, lacks = ("支出", "人次") if line in stated.paid else ("人次", "支出")
            yield Finding("line_incomplete", line, has, "—", None, f"只报了{has}，没有报{lacks}")


def _bases(stated: Stated) -> dict[str, Fen | None]:
    product = None
    if stated.enrolled is not None and stated.per_head_fen is not None:
        product = stated.enrolled * stated.per_head_fen
    return {
        "所报筹资合计": stated.raised_total,
        "各来源之和": sum(stated.raised.values()),
        "人数×标准": product,
    }


def _raised(stated: Stated) -> Fen | None:
    if stated.raised_total is not None:
        return stated.raised_total
    return sum(stated.raised.values()) if stated.raised else None


def _paid(stated: Stated) -> Fen | None:
    if stated.paid_total is not None:
        return stated.paid_total
    return sum(stated.paid.values()) if stated.paid else None


def _percent(part: int, whole: int, decimals: int) -> str:
    return format_decimal(divide(part * _PERCENT * 10**decimals, whole, HALF_UP), decimals)


def _difference(
    code: str, title: str, stated: int, computed: int, note: str, *, money: bool = True
) -> Finding:
    shown = format_yuan if money else str
    return Finding(code, title, shown(stated), shown(computed), shown(stated - computed), note)
