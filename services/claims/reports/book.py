"""The formats of the printed workbook, and what stands above and below every table."""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from services.claims.reports.schemas import FigureReply, NcmsReport
from shared.clock import SHANGHAI
from shared.money import Fen, format_yuan

ROUNDINGS: Final = {"half_up": "四舍五入", "truncate": "截尾"}
_TITLE: Final = "城乡居民基本医疗保险基金运行与受益情况表"
_SIGNED: Final = "　　　　　　".join(
    f"{each}：" for each in ("填报单位", "负责人", "审核人", "制表人", "填报日期")
)
_NOTHING: Final = "—"
_COUNTS: Final = {"person_times", "persons"}
_EXACT_DIGITS: Final = 15
"""What a spreadsheet's numbers hold; a longer number is written as text, so that no digit is lost."""


class Book:
    """A workbook with the formats of the printed table; totals are bold."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        self.book = xlsxwriter.Workbook(
            self.out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self.title = self._format(bold=True, font_size=14, align="center")
        self.head = self._format(bold=True, align="center", text_wrap=True, border=1, bg_color="#EDEDED")
        self.band = self._format(bold=True, border=1, bg_color="#F7F7F7")
        self.note = self._format(text_wrap=True, valign="top", font_size=9)
        self.texts, self.numbers, self.counts, self.dashes = (
            tuple(self._format(border=1, bold=bold, **properties) for bold in (False, True))
            for properties in ({}, {"num_format": "#,##0.00"}, {"num_format": "#,##0"}, {"align": "right"})
        )

    def _format(self, **properties: Any) -> Any:
        return self.book.add_format({"valign": "vcenter", **properties})

    def sheet(self, name: str, widths: Sequence[int]) -> Any:
        """A new sheet for printing across, with page numbers."""
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(8)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&A　第 &P 页，共 &N 页")
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        return sheet

    def text(self, sheet: Any, row: int, column: int, text: str, *, bold: bool = False) -> None:
        """A text in a cell with a border."""
        sheet.write_string(row, column, text, self.texts[bold])

    def figure(
        self, sheet: Any, row: int, column: int, figure: FigureReply, unit: str, *, bold: bool = False
    ) -> None:
        """A number as a number; what cannot be computed as a dash."""
        if figure.value is None:
            sheet.write_string(row, column, _NOTHING, self.dashes[bold])
        else:
            form = self.counts[bold] if unit in _COUNTS else self.numbers[bold]
            sheet.write_number(row, column, Decimal(figure.value), form)

    def part(self, sheet: Any, row: int, column: int, part: str | None) -> None:
        """A numerator or denominator: yuan with two decimals, counts without."""
        if part is None:
            sheet.write_string(row, column, "", self.texts[False])
        elif not holds(part):
            sheet.write_string(row, column, part, self.dashes[False])
        else:
            form = self.numbers[False] if "." in part else self.counts[False]
            sheet.write_number(row, column, Decimal(part), form)

    def money(self, sheet: Any, row: int, column: int, fen: Fen, *, bold: bool = False) -> None:
        """An amount in yuan."""
        sheet.write_number(row, column, Decimal(format_yuan(fen)), self.numbers[bold])


def holds(number: str) -> bool:
    """Whether a spreadsheet holds a number to its last digit."""
    return len(number) - ("." in number) - ("-" in number) <= _EXACT_DIGITS


def title(book: Book, sheet: Any, report: NcmsReport, columns: int) -> None:
    """Two rows: which table of which month; whose, by what day, as of when, how rounded."""
    year, month = report.month.split("-")
    sheet.merge_range(0, 0, 0, columns - 1, f"{year}年{int(month)}月 {_TITLE}", book.title)
    counted = f"{report.counted_at.astimezone(SHANGHAI):%Y年%m月%d日 %H:%M:%S}"
    rounded = ROUNDINGS[report.rounding]
    provider = f"医疗机构：{report.facility_code}　" if report.facility_code else ""
    group = "".join(f"人群：{each.title}　" for each in report.groups if each.id == report.group)
    whose = f"县级代码：{report.county}　{provider}{group}"
    head = f"{whose}按出院日期统计　数据时间：{counted}　商的取整：{rounded}"
    sheet.merge_range(1, 0, 1, columns - 1, head, book.note)


def notes(
    book: Book,
    sheet: Any,
    row: int,
    report: NcmsReport,
    figures: Sequence[FigureReply],
    columns: int,
    more: Sequence[str] = (),
) -> None:
    """Footnotes: how it was rounded, what a dash means, which definitions are not confirmed; signatures."""
    reasons = dict.fromkeys(each.reason_title or "" for each in figures if each.reason)
    every = [*report.definitions["fund"], *report.definitions["service"]]
    unconfirmed = "、".join(each.title for each in every if not each.verified)
    lines = [
        f"金额以元计，精确到分；商保留两位小数，{ROUNDINGS[report.rounding]}；指标口径版本"
        f" {report.definitions_version}，分子、分母见“指标口径”和“全部数字”。",
        f"“{_NOTHING}”表示不能计算：{'；'.join(reasons) or '本表没有'}。",
        f"来源未说明口径、须由经办机构确认的指标：{unconfirmed}。",
        *more,
    ]
    if report.population_source:
        lines.append(f"应参保人口来源：{report.population_source}。")
    for number, line in enumerate(lines, start=1):
        before = "注：" if number == 1 else ""
        sheet.merge_range(row, 0, row, columns - 1, f"{before}{number}. {line}", book.note)
        sheet.set_row(row, 26)
        row += 1
    sheet.merge_range(row + 1, 0, row + 1, columns - 1, _SIGNED, book.note)
