"""The standard table of the scheme: the fund, who benefited, what it cost, each rate with its two parts."""

from collections.abc import Mapping, Sequence

from rich.console import Console

from deploy.demo.model import COUNTY_CODE
from deploy.demo.replies import Figure, FigureDefinition, MonthTable, StandardLine, StandardTable
from deploy.demo.steps.reports import MONTH, PATH
from deploy.demo.tables.layout import Column, Number, table, wrap
from deploy.demo.tables.words import yuan
from shared.money import parse_yuan

_FUND = (
    *("enrolled", "enrolment_rate", "due", "due_personal", "due_subsidy", "received", "arrival_rate"),
    *("fund_paid", "fund_utilisation", "pooled_paid_rate", "inpatient_per_1000", "out_of_county_per_100k"),
)
_SERVICE = {
    "beneficiaries": "受益人次",
    "fund_paid": "统筹支付",
    "average_cost": "次均费用",
    "actual_reimbursement": "实际补偿比%",
    "personal_share": "自付占比%",
    "share_within_ceiling": "控费达标%",
    "out_referral": "外转率%",
    "drug_share": "药占比%",
}
_LINES = {
    "outpatient": "普通门诊",
    "chronic_outpatient": "特殊门诊",
    "inpatient_in_county": "县内住院",
    "inpatient_out_of_county": "县外住院",
    "delivery": "住院分娩",
    "inpatient_level_1": "住院·乡镇",
    "inpatient_level_2": "住院·县级",
    "inpatient_level_3": "住院·市省",
    "total": "合计",
}
_BY_CATEGORY = ("beneficiaries", "fund_paid", "average_cost", "actual_reimbursement", "personal_share")
_MAIN = "main_"
_MONEY = {"fund_paid", "average_cost", "due", "due_personal", "due_subsidy", "received"}
_CELLS, _NOTHING = 110, "—"


def show(out: Console, report: StandardTable) -> None:
    """Print the fund with numerators and denominators, then the year to date, of all and of the poor."""
    known = {each.id: each for each in report.definitions["fund"]}
    fund = {each.id: each for each in report.fund}
    rows = [_fund(known[name], fund[name]) for name in _FUND]
    columns = [
        Column("指标"),
        Number("数值"),
        Column("单位"),
        Number("分子"),
        Number("分母"),
        Column("分母名称与年度"),
    ]
    out.print("[bold]基金：本年累计[/bold]")
    out.print(table(columns, rows))
    out.print("[bold]受益：本年累计（金额单位：元）[/bold]")
    names = [Column("项目"), *(Number(name) for name in _SERVICE.values())]
    out.print(table(names, [_service(line) for line in _chosen(report)]))
    out.print("[bold]受益：本年累计，按主要身份（每人次只计一次，相加等于合计）[/bold]")
    kept = [name for name in _SERVICE if name in _BY_CATEGORY]
    names = [Column("身份"), Number("结算人次"), *(Number(_SERVICE[name]) for name in kept)]
    rows = [_category(line, ["visits", *kept]) for line in _main(report)]
    out.print(table(names, rows))
    missing = {figure.reason_title for figure in report.fund if figure.reason_title}
    note = (
        f"口径版本 {report.definitions_version}，商四舍五入。{_NOTHING} 为不能计算"
        f"{'（' + '；'.join(sorted(missing)) + '）' if missing else ''}。"
        f"XLSX、CSV 和逐笔下钻：GET {PATH}?county={COUNTY_CODE}&month={MONTH}&format=xlsx，"
        "以及各数字的 rows 链接。"
    )
    out.print(wrap(note, _CELLS))


def _main(report: StandardTable) -> list[StandardLine]:
    """Everybody's year to date by main category."""
    return [
        line
        for line in report.categories
        if line.group.startswith(_MAIN) and (line.line, line.period) == ("total", "year_to_date")
    ]


def _category(line: StandardLine, names: Sequence[str]) -> tuple[str, ...]:
    figures = {figure.id: figure for figure in line.figures}
    return (line.group_title.partition("·")[2], *(_shown(figures[name]) for name in names))


def faults(report: StandardTable, months: Sequence[MonthTable]) -> list[str]:
    """Where the year to date is not the sum of its months, or of the people by their main category."""
    [total] = [
        line
        for line in report.lines
        if (line.line, line.group, line.period) == ("total", "all", "year_to_date")
    ]
    figures = {figure.id: figure for figure in total.figures}
    found = []
    visits = sum(month.total.person_times for month in months)
    if int(figures["visits"].value or 0) != visits:
        found.append(f"累计 {figures['visits'].value} 人次，各月之和 {visits} 人次")
    for name, of_months in (
        ("total", sum(month.total.total for month in months)),
        ("person_pays", sum(month.total.person_pays for month in months)),
    ):
        if parse_yuan(figures[name].value or "0") != of_months:
            found.append(f"累计 {name} {figures[name].value} 元，各月之和 {yuan(of_months)} 元")
    by_category = sum(
        int(figure.value or 0) for line in _main(report) for figure in line.figures if figure.id == "visits"
    )
    if by_category != int(figures["visits"].value or 0):
        found.append(f"累计 {figures['visits'].value} 人次，各主要身份之和 {by_category} 人次")
    return found


def _fund(definition: FigureDefinition, figure: Figure) -> tuple[str, ...]:
    name = f"{figure.denominator_name}（{figure.denominator_year}年）" if figure.denominator else ""
    shown = (
        _shown(figure),
        definition.unit_title,
        figure.numerator or "",
        figure.denominator or "",
    )
    return (definition.title, *shown, name)


def _chosen(report: StandardTable) -> list[StandardLine]:
    lines: Mapping[tuple[str, str], StandardLine] = {
        (line.line, line.group): line for line in report.lines if line.period == "year_to_date"
    }
    return [lines[line, group] for line in _LINES for group in ("all", "poor")]


def _service(line: StandardLine) -> tuple[str, ...]:
    figures = {figure.id: figure for figure in line.figures}
    title = _LINES[line.line] if line.group == "all" else "  其中贫困"
    return (title, *(_shown(figures[name]) for name in _SERVICE))


def _shown(figure: Figure) -> str:
    """Amounts with thousands separators."""
    if figure.value is None:
        return _NOTHING
    return yuan(parse_yuan(figure.value)) if figure.id in _MONEY else figure.value
