"""The report as files: CSV with one figure a row, XLSX as a county prints it."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple
from urllib.parse import quote

from services.claims.reports import workbook
from services.claims.reports.book import ROUNDINGS
from services.claims.reports.definitions import definitions
from services.claims.reports.groups import ALL, HELD, MAIN
from services.claims.reports.schemas import Definition, FigureReply, NcmsReport
from shared.clock import SHANGHAI
from shared.money import format_rate, format_yuan

Format = Literal["json", "csv", "xlsx"]
CSV, XLSX = "csv", "xlsx"
MEDIA_TYPES: Final = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

COLUMNS: Final = (
    *(
        "县级代码",
        "医疗机构",
        "月份",
        "部分",
        "项目",
        "人群",
        "期间",
        "指标",
        "数值",
        "单位",
        "分子",
        "分子名称",
        "分母",
    ),
    *("分母名称", "分母年度", "口径版本", "取整方式", "数据时间", "说明"),
)
# What is the same in every row stands in the head of the workbook's sheets.
_ON_TOP: Final = {"县级代码", "医疗机构", "月份", "口径版本", "取整方式", "数据时间", "分子名称"}
_IN_WORKBOOK: Final = [place for place, name in enumerate(COLUMNS) if name not in _ON_TOP]
_NUMBERS: Final = {"数值", "分子", "分母"}
_PARTS: Final = {MAIN: "受益·按主要身份（相加等于全部）", HELD: "受益·按持有身份（重叠，不得相加）"}
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class Entry(NamedTuple):
    """One figure and where it stands."""

    part: str
    item: str
    group: str
    period: str
    definition: Definition
    figure: FigureReply


def accepted(accept: str) -> Format:
    """The format that an Accept header asks for; JSON unless it names a file format."""
    wanted = accept.lower()
    if "text/csv" in wanted:
        return "csv"
    return "xlsx" if MEDIA_TYPES[XLSX] in wanted else "json"


def headers(report: NcmsReport, format_: str) -> dict[str, str]:
    """Headers of a file: its Chinese name, and that it is not kept."""
    name = quote(f"基金运行月报-{report.county}-{report.month}.{format_}")
    plain = f"ncms-{report.county}-{report.month}.{format_}"
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{name}",
        "Cache-Control": "no-store",
    }


def printed(report: NcmsReport, format_: str, *, bom: bool = False) -> bytes:
    """The file; a byte order mark makes Excel read a CSV as UTF-8."""
    every = list(entries(report))
    if format_ == XLSX:
        rows = [[row[place] for place in _IN_WORKBOOK] for row in (cells(report, each) for each in every)]
        names = [COLUMNS[place] for place in _IN_WORKBOOK]
        numbers = [place for place, name in enumerate(names) if name in _NUMBERS]
        return workbook.workbook(report, names, rows, numbers)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([safe(cell) for cell in cells(report, each)] for each in every)
    return out.getvalue().encode("utf-8-sig" if bom else "utf-8")


def entries(report: NcmsReport) -> Iterator[Entry]:
    """Every figure of the report, in its order."""
    known = definitions()
    named = {part: {each.id: each for each in described} for part, described in report.definitions.items()}
    year_to_date, everybody = known.periods["year_to_date"], known.groups[ALL].title
    service = named["service"]
    for figure in report.fund:
        yield Entry("基金", "全县", everybody, year_to_date, named["fund"][figure.id], figure)
    for source in report.sources:
        for figure in source.figures:
            yield Entry("筹资来源", source.title, everybody, year_to_date, named["source"][figure.id], figure)
    [paid] = known.payer.values()
    for payer in report.payers:
        for period, amount in (("month", payer.month), ("year_to_date", payer.year_to_date)):
            shown = format_yuan(amount)
            figure = FigureReply(
                id=paid.id, value=shown, numerator=shown, denominator=None, denominator_name=None,
                denominator_year=None, version=paid.version,
            )  # fmt: skip
            yield Entry(
                "支付方", payer.title, everybody, known.periods[period], named["payer"][paid.id], figure
            )
    kinds = {each.id: each.kind for each in report.groups}
    for line in (*report.lines, *report.categories):
        part = _PARTS.get(kinds[line.group], "受益")
        for figure in line.figures:
            yield Entry(part, line.title, line.group_title, line.period_title, service[figure.id], figure)
    for ceiling in report.ceilings:
        title = f"个人自付上限 {format_rate(ceiling.ceiling)}"
        for figure in ceiling.figures:
            yield Entry(
                "个人自付控制", title, ceiling.group_title, ceiling.period_title, service[figure.id], figure
            )


def cells(report: NcmsReport, entry: Entry) -> Sequence[str]:
    """One row of the CSV."""
    definition, figure = entry.definition, entry.figure
    return (
        report.county, report.facility_code or "", report.month,
        entry.part, entry.item, entry.group, entry.period, definition.title,
        figure.value or "", definition.unit_title, figure.numerator or "", definition.numerator,
        figure.denominator or "", figure.denominator_name or "", str(figure.denominator_year or ""),
        figure.version, ROUNDINGS[report.rounding],
        f"{report.counted_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}", figure.reason_title or "",
    )  # fmt: skip


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers, also negative ones, stay as they are."""
    if not cell.startswith(_FORMULA_SIGNS) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(cell: str) -> bool:
    digits = cell.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit()
