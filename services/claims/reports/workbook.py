"""The report as a workbook: sheets as a county prints them, then all figures and what they mean."""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import xlsxwriter

from services.claims.reports.schemas import Definition, FigureReply, NcmsReport
from shared.clock import SHANGHAI
from shared.money import Fen, format_rate, format_yuan

_TITLE: Final = "城乡居民基本医疗保险基金运行与受益情况表"
ROUNDINGS: Final = {"half_up": "四舍五入", "truncate": "截尾"}
_NOTHING: Final = "—"
_TWO_DECIMALS: Final = "#,##0.00"


class _Book:
    """A workbook with the formats of the printed table."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        self.book = xlsxwriter.Workbook(
            self.out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self.title = self._format(bold=True, font_size=14, align="center")
        self.head = self._format(bold=True, align="center", text_wrap=True, border=1, bg_color="#EDEDED")
        self.text = self._format(border=1)
        self.note = self._format(text_wrap=True, valign="top", font_size=9)
        self.number = self._format(border=1, num_format=_TWO_DECIMALS)
        self.count = self._format(border=1, num_format="#,##0")
        self.missing = self._format(border=1, align="right")

    def _format(self, **properties: Any) -> Any:
        return self.book.add_format({"valign": "vcenter", **properties})

    def sheet(self, name: str, widths: Sequence[int]) -> Any:
        """A new sheet for printing across."""
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(8)
        sheet.fit_to_pages(1, 0)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        return sheet

    def figure(self, sheet: Any, row: int, column: int, figure: FigureReply, unit: str) -> None:
        """A number as a number; what cannot be computed as a dash."""
        if figure.value is None:
            sheet.write_string(row, column, _NOTHING, self.missing)
        else:
            form = self.count if unit in {"person_times", "persons"} else self.number
            sheet.write_number(row, column, Decimal(figure.value), form)

    def money(self, sheet: Any, row: int, column: int, fen: Fen | None) -> None:
        """An amount in yuan."""
        if fen is None:
            sheet.write_string(row, column, _NOTHING, self.missing)
        else:
            sheet.write_number(row, column, Decimal(format_yuan(fen)), self.number)


def workbook(report: NcmsReport, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """The file; ``rows`` are all figures, one a row, as in the CSV."""
    book = _Book()
    _fund(book, report)
    for period in ("month", "year_to_date"):
        _service(book, report, period)
    _ceilings(book, report)
    _definitions(book, report)
    _everything(book, columns, rows)
    book.book.close()
    return book.out.getvalue()


def _fund(book: _Book, report: NcmsReport) -> None:
    sheet = book.sheet("基金", (34, 22, 12, 46, 22, 12))
    _title(book, sheet, report, 6)
    for column, name in enumerate(("指标", "数值", "单位", "分母名称", "分母", "分母年度")):
        sheet.write_string(2, column, name, book.head)
    known = {each.id: each for each in report.definitions["fund"]}
    row = 3
    for figure in report.fund:
        definition = known[figure.id]
        sheet.write_string(row, 0, definition.title, book.text)
        book.figure(sheet, row, 1, figure, definition.unit)
        shown = (definition.unit_title, figure.denominator_name, figure.denominator, figure.denominator_year)
        for column, cell in enumerate(shown, start=2):
            sheet.write_string(row, column, str(cell or ""), book.text)
        row += 1
    row = _block(book, sheet, row + 1, ("筹资来源", "应筹（元）", "到位（元）"),
                 [(each.title, each.due, each.received) for each in report.sources])  # fmt: skip
    row = _block(book, sheet, row + 1, ("支付方", "本月（元）", "本年累计（元）"),
                 [(each.title, each.month, each.year_to_date) for each in report.payers])  # fmt: skip
    _notes(book, sheet, row + 1, report, [*report.fund], 6)


def _block(
    book: _Book,
    sheet: Any,
    row: int,
    names: Sequence[str],
    lines: Sequence[tuple[str, Fen | None, Fen | None]],
) -> int:
    for column, name in enumerate(names):
        sheet.write_string(row, column, name, book.head)
    for title, *amounts in lines:
        row += 1
        sheet.write_string(row, 0, title, book.text)
        for column, amount in enumerate(amounts, start=1):
            book.money(sheet, row, column, amount)
    return row + 1


def _service(book: _Book, report: NcmsReport, period: str) -> None:
    known = report.definitions["service"]
    lines = [line for line in report.lines if line.period == period]
    sheet = book.sheet(lines[0].period_title, (26, 12, *(14 for _ in known)))
    _title(book, sheet, report, len(known) + 2)
    _headings(book, sheet, known)
    units = {each.id: each.unit for each in known}
    for row, line in enumerate(lines, start=4):
        sheet.write_string(row, 0, line.title, book.text)
        sheet.write_string(row, 1, line.group_title, book.text)
        for column, figure in enumerate(line.figures, start=2):
            book.figure(sheet, row, column, figure, units[figure.id])
    sheet.freeze_panes(4, 2)
    sheet.repeat_rows(2, 3)
    _notes(
        book, sheet, len(lines) + 5, report, [each for line in lines for each in line.figures], len(known) + 2
    )


def _headings(book: _Book, sheet: Any, known: Sequence[Definition]) -> None:
    """Two rows: what belongs together above, the figures with their units below."""
    for column, name in enumerate(("项目", "人群")):
        sheet.merge_range(2, column, 3, column, name, book.head)
    column = 2
    for heading, group in groupby(known, key=lambda each: each.heading):
        below = list(group)
        if len(below) > 1:
            sheet.merge_range(2, column, 2, column + len(below) - 1, heading, book.head)
        else:
            sheet.write_string(2, column, heading, book.head)
        for definition in below:
            sheet.write_string(3, column, f"{definition.title}\n（{definition.unit_title}）", book.head)
            column += 1
    sheet.set_row(3, 48)


def _ceilings(book: _Book, report: NcmsReport) -> None:
    sheet = book.sheet("个人自付控制", (18, 12, 12, 18, 18, 18, 18, 18, 18))
    known = {each.id: each for each in report.definitions["service"]}
    _title(book, sheet, report, 9)
    names = ["个人自付上限", "人群", "期间"]
    for figure in report.ceilings[0].figures if report.ceilings else ():
        definition = known[figure.id]
        names += [definition.title, definition.numerator, str(definition.denominator)]
    for column, name in enumerate(names):
        sheet.write_string(2, column, name, book.head)
    for row, line in enumerate(report.ceilings, start=3):
        texts = (format_rate(line.ceiling), line.group_title, line.period_title)
        for column, text in enumerate(texts):
            sheet.write_string(row, column, text, book.text)
        for place, figure in enumerate(line.figures):
            column = 3 + 3 * place
            book.figure(sheet, row, column, figure, known[figure.id].unit)
            sheet.write_string(row, column + 1, figure.numerator or "", book.text)
            sheet.write_string(row, column + 2, figure.denominator or "", book.text)
    _notes(book, sheet, len(report.ceilings) + 4, report, [], 9)


def _definitions(book: _Book, report: NcmsReport) -> None:
    sheet = book.sheet("指标口径", (28, 12, 48, 40, 10, 60, 12))
    for column, name in enumerate(("指标", "单位", "分子", "分母", "版本", "来源", "已核实")):
        sheet.write_string(0, column, name, book.head)
    every = [*report.definitions["fund"], *report.definitions["service"]]
    for row, each in enumerate(every, start=1):
        verified = "是" if each.verified else "否"
        cells = (
            each.title,
            each.unit_title,
            each.numerator,
            each.denominator or "",
            each.version,
            each.source,
        )
        for column, cell in enumerate((*cells, verified)):
            sheet.write_string(row, column, cell, book.text)


def _everything(book: _Book, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    sheet = book.sheet("全部数字", [14 for _ in columns])
    for column, name in enumerate(columns):
        sheet.write_string(0, column, name, book.head)
    for row, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells):
            sheet.write_string(row, column, cell)
    sheet.autofilter(0, 0, len(rows), len(columns) - 1)


def _title(book: _Book, sheet: Any, report: NcmsReport, columns: int) -> None:
    year, month = report.month.split("-")
    sheet.merge_range(0, 0, 0, columns - 1, f"{year}年{int(month)}月 {_TITLE}", book.title)
    counted = f"{report.counted_at.astimezone(SHANGHAI):%Y年%m月%d日 %H:%M:%S}"
    rounded = ROUNDINGS[report.rounding]
    head = f"县级代码：{report.county}　按出院日期统计　数据时间：{counted}　商的取整：{rounded}"
    sheet.merge_range(1, 0, 1, columns - 1, head, book.note)


def _notes(
    book: _Book, sheet: Any, row: int, report: NcmsReport, figures: Sequence[FigureReply], columns: int
) -> None:
    """Footnotes: how it was rounded, what a dash means, which definitions are not confirmed."""
    reasons: Mapping[str, str] = {each.reason: each.reason_title or "" for each in figures if each.reason}
    every = [*report.definitions["fund"], *report.definitions["service"]]
    unconfirmed = "、".join(each.title for each in every if not each.verified)
    lines = [
        f"注：1. 金额以元计，精确到分；商保留两位小数，{ROUNDINGS[report.rounding]}；指标口径版本"
        f" {report.definitions_version}，分子、分母见“指标口径”和“全部数字”。",
        f"2. “{_NOTHING}”表示不能计算：{'；'.join(reasons.values()) or '本表没有'}。",
        f"3. 来源未说明口径、须由经办机构确认的指标：{unconfirmed}。",
    ]
    if report.population_source:
        lines.append(f"4. 应参保人口来源：{report.population_source}。")
    for number, line in enumerate(lines):
        sheet.merge_range(row + number, 0, row + number, columns - 1, line, book.note)
        sheet.set_row(row + number, 26)
