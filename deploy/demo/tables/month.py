"""The county's month table: person-times, cost, what each payer paid, the personal share and its ceiling."""

from collections.abc import Mapping, Sequence

from rich.console import Console

from deploy.demo.replies import MonthLine, MonthTable
from deploy.demo.tables import words
from deploy.demo.tables.layout import Column, Number, table
from deploy.demo.tables.words import count, percent, short_percent, word, yuan
from shared.money import Fen, ratio_bp

_GROUPS = {"poor": "贫困人口", "other": "其他居民"}


def show(out: Console, months: Sequence[MonthTable]) -> None:
    """Print a row for each month and the year so far, then the last month in detail."""
    out.print("[bold]各月汇总（按出院月份，金额单位：元）[/bold]")
    out.print(table([Column("月份"), *_columns()], [_month(each) for each in months], _sum(months)))
    last = months[-1]
    out.print(f"[bold]{last.month} 明细（按就诊类型和人群）[/bold]")
    rows = [(_name(line), *_amounts(line)) for line in last.lines]
    out.print(table([Column("就诊类型"), *_columns()], rows, ("合计", *_amounts(last.total))))
    out.print("[bold]个人自付比例与控制目标（全部月份，受目标约束的就诊）[/bold]")
    out.print(_ceilings(months))
    out.print("仅列政策规定受控制目标约束的就诊；普通门诊、未依规转诊的县外住院等不在其内。")


def faults(months: Sequence[MonthTable]) -> list[str]:
    """Lines whose payers and person do not make the total, and visits above their ceiling."""
    found = [
        f"{month.month} {word(words.VISIT_TYPES, line.visit_type)}：各方支付与个人自付之和不等于总费用"
        for month in months
        for line in [*month.lines, month.total]
        if sum(payer.amount for payer in line.payers) + line.person_pays != line.total
    ]
    above = sum(line.above_ceiling for month in months for line in month.ceilings)
    return [*found, f"{above} 人次个人自付超过控制目标"] if above else found


def person_times(months: Sequence[MonthTable]) -> int:
    """How many visits the months hold."""
    return sum(month.total.person_times for month in months)


def _columns() -> Sequence[Column]:
    payers = ("基本医保", "大病保险", "医疗救助", "扶贫基金", "其他")
    return [Number(name) for name in ("人次", "总费用", *payers, "个人自付", "比例")]


def _name(line: MonthLine) -> str:
    return f"{word(words.VISIT_TYPES, line.visit_type)}·{word(_GROUPS, line.group)}"


def _month(month: MonthTable) -> tuple[str, ...]:
    return (month.month, *_amounts(month.total))


def _amounts(line: MonthLine) -> tuple[str, ...]:
    paid = {each.payer: each.amount for each in line.payers}
    share = percent(line.personal_share.rate)
    return (count(line.person_times), yuan(line.total), *_payers(paid), yuan(line.person_pays), share)


def _payers(paid: Mapping[str, Fen]) -> list[str]:
    """The usual payers, then the sum of all others."""
    usual = [paid.get(payer, 0) for payer in words.PAYERS]
    return [yuan(fen) for fen in (*usual, sum(paid.values()) - sum(usual))]


def _sum(months: Sequence[MonthTable]) -> tuple[str, ...]:
    totals = [month.total for month in months]
    paid: dict[str, Fen] = dict.fromkeys(words.PAYERS, 0)
    for each in (payer for total in totals for payer in total.payers):
        paid[each.payer] = paid.get(each.payer, 0) + each.amount
    cost, person = sum(each.total for each in totals), sum(each.person_pays for each in totals)
    share = percent(ratio_bp(person, cost))
    return (
        "合计",
        count(sum(each.person_times for each in totals)),
        yuan(cost),
        *_payers(paid),
        yuan(person),
        share,
    )


def _ceilings(months: Sequence[MonthTable]) -> object:
    """One row for each ceiling; the share is the sum of what people paid in the sum of the costs."""
    lines = [line for month in months for line in month.ceilings]
    rows = []
    for ceiling in sorted({line.ceiling for line in lines}):
        under = [line for line in lines if line.ceiling == ceiling]
        paid = sum(line.personal_share.numerator_fen for line in under)
        base = sum(line.personal_share.denominator_fen for line in under)
        above = sum(line.above_ceiling for line in under)
        target = f"≤ {short_percent(ceiling)}" if ceiling else "零自付"
        rows.append(
            (target, count(sum(line.person_times for line in under)), yuan(base), yuan(paid),
             percent(ratio_bp(paid, base)), count(above))
        )  # fmt: skip
    names = ("人次", "总费用", "个人自付", "实际比例", "超目标人次")
    return table([Column("控制目标"), *(Number(name) for name in names)], rows)
