"""The report as a workbook: sheets as a county prints them, then all figures and what they mean."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from services.claims.reports.book import Book, holds, notes, title
from services.claims.reports.groups import ALL, HELD, MAIN, MAIN_TITLE
from services.claims.reports.schemas import Definition, NcmsReport, ReportLine
from shared.money import Fen, format_rate

_PERIODS: Final = ("month", "year_to_date")
_MAIN_BAND: Final = "按主要身份：每人次只计一次，相加等于全部"
_HELD_BAND: Final = "按持有身份：一人多种身份的在每种身份下各计一次，互相重叠，不得相加"


def workbook(
    report: NcmsReport, columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]
) -> bytes:
    """The file; ``rows`` are all figures, one a row, of which these columns are numbers."""
    book = Book()
    if report.fund:
        _fund(book, report)
    for period in _PERIODS:
        _service(book, report, period)
    if report.categories:
        for period in _PERIODS:
            _categories(book, report, period)
    if report.ceilings:
        _ceilings(book, report)
    _definitions(book, report)
    _everything(book, columns, rows, numbers)
    book.book.close()
    return book.out.getvalue()


def _fund(book: Book, report: NcmsReport) -> None:
    names = ("指标", "数值（本年累计）", "单位", "分子", "分母", "分母名称", "分母年度")
    sheet = book.sheet("基金", (34, 22, 12, 22, 22, 46, 12))
    title(book, sheet, report, len(names))
    _head(book, sheet, 2, names)
    known = {each.id: each for each in report.definitions["fund"]}
    row = 3
    for figure in report.fund:
        definition = known[figure.id]
        book.text(sheet, row, 0, definition.title)
        book.figure(sheet, row, 1, figure, definition.unit)
        book.text(sheet, row, 2, definition.unit_title)
        for column, part in enumerate((figure.numerator, figure.denominator), start=3):
            book.part(sheet, row, column, part)
        for column, text in enumerate((figure.denominator_name, figure.denominator_year), start=5):
            book.text(sheet, row, column, str(text or ""))
        row += 1
    row = _sources(book, sheet, row + 1, report)
    row = _block(book, sheet, row + 1, ("支付方", "本月（元）", "本年累计（元）"),
                 [(each.title, each.month, each.year_to_date) for each in report.payers])  # fmt: skip
    notes(book, sheet, row + 1, report, [*report.fund], len(names))


def _head(book: Book, sheet: Any, row: int, names: Sequence[str]) -> None:
    for column, name in enumerate(names):
        sheet.write_string(row, column, name, book.head)


def _sources(book: Book, sheet: Any, row: int, report: NcmsReport) -> int:
    """Due, received and their rate by source; the sum of all is among the figures above."""
    known = report.definitions["source"]
    _head(book, sheet, row, ("筹资来源", *(f"{each.title}（{each.unit_title}）" for each in known)))
    for source in report.sources:
        row += 1
        book.text(sheet, row, 0, source.title)
        for column, (definition, figure) in enumerate(zip(known, source.figures, strict=True), start=1):
            book.figure(sheet, row, column, figure, definition.unit)
    total = {each.id: each for each in report.fund}
    row += 1
    book.text(sheet, row, 0, "合计", bold=True)
    for column, definition in enumerate(known, start=1):
        book.figure(sheet, row, column, total[definition.id], definition.unit, bold=True)
    return row + 1


def _block(
    book: Book,
    sheet: Any,
    row: int,
    names: Sequence[str],
    lines: Sequence[tuple[str, Fen, Fen]],
) -> int:
    """Amounts with their sums."""
    _head(book, sheet, row, names)
    for name, *amounts in lines:
        row += 1
        book.text(sheet, row, 0, name)
        for column, amount in enumerate(amounts, start=1):
            book.money(sheet, row, column, amount)
    row += 1
    book.text(sheet, row, 0, "合计", bold=True)
    for column, amounts in enumerate(zip(*(line[1:] for line in lines), strict=True), start=1):
        book.money(sheet, row, column, sum(amounts), bold=True)
    return row + 1


def _service(book: Book, report: NcmsReport, period: str) -> None:
    known = report.definitions["service"]
    lines = [line for line in report.lines if line.period == period]
    sheet = book.sheet(lines[0].period_title, (26, 12, *(14 for _ in known)))
    _headed(book, sheet, report, known)
    for row, line in enumerate(lines, start=4):
        _line(book, sheet, row, line, known, bold=line.group == ALL)
    columns = len(known) + 2
    notes(book, sheet, len(lines) + 5, report, [each for line in lines for each in line.figures], columns)


def _categories(book: Book, report: NcmsReport, period: str) -> None:
    """Line by line, the main categories with everybody as their sum; below them the categories held."""
    lines = [line for line in report.categories if line.period == period]
    everybody = {line.line: line for line in report.lines if (line.period, line.group) == (period, ALL)}
    wanted = {figure.id for figure in lines[0].figures}
    known = [each for each in report.definitions["service"] if each.id in wanted]
    sheet = book.sheet(f"{lines[0].period_title}·分身份", (26, 34, *(16 for _ in known)))
    _headed(book, sheet, report, known)
    kinds = {each.id: each.kind for each in report.groups}
    columns, row = len(known) + 2, 4
    for kind, band in ((MAIN, _MAIN_BAND), (HELD, _HELD_BAND)):
        sheet.merge_range(row, 0, row, columns - 1, band, book.band)
        row += 1
        chosen = [line for line in lines if kinds[line.group] == kind]
        for id_, of_line in groupby(chosen, key=lambda line: line.line):
            for line in of_line:
                _line(book, sheet, row, line, known)
                row += 1
            if kind == MAIN:
                _line(book, sheet, row, everybody[id_], known, bold=True)
                row += 1
    shown = [each for line in lines for each in line.figures]
    main = [each.title.removeprefix(MAIN_TITLE) for each in report.groups if each.kind == MAIN]
    order = " → ".join(main)
    notes(book, sheet, row + 1, report, shown, columns, [f"主要身份按以下顺序取所持有的第一种：{order}。"])


def _headed(book: Book, sheet: Any, report: NcmsReport, known: Sequence[Definition]) -> None:
    """The title, and two rows: what belongs together above, the figures with their units below."""
    title(book, sheet, report, len(known) + 2)
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
    sheet.freeze_panes(4, 2)
    sheet.repeat_rows(2, 3)


def _line(
    book: Book, sheet: Any, row: int, line: ReportLine, known: Sequence[Definition], *, bold: bool = False
) -> None:
    figures = {each.id: each for each in line.figures}
    book.text(sheet, row, 0, line.title, bold=bold)
    book.text(sheet, row, 1, line.group_title, bold=bold)
    for column, definition in enumerate(known, start=2):
        book.figure(sheet, row, column, figures[definition.id], definition.unit, bold=bold)


def _ceilings(book: Book, report: NcmsReport) -> None:
    sheet = book.sheet("个人自付控制", (18, 12, 12, 18, 18, 18, 18, 18, 18))
    known = {each.id: each for each in report.definitions["service"]}
    title(book, sheet, report, 9)
    names = ["个人自付上限", "人群", "期间"]
    for figure in report.ceilings[0].figures:
        definition = known[figure.id]
        names.append(f"{definition.title}（{definition.unit_title}）")
        names += [definition.numerator, str(definition.denominator)]
    _head(book, sheet, 2, names)
    for row, line in enumerate(report.ceilings, start=3):
        texts = (format_rate(line.ceiling), line.group_title, line.period_title)
        for column, text in enumerate(texts):
            book.text(sheet, row, column, text)
        for place, figure in enumerate(line.figures):
            column = 3 + 3 * place
            book.figure(sheet, row, column, figure, known[figure.id].unit)
            book.part(sheet, row, column + 1, figure.numerator)
            book.part(sheet, row, column + 2, figure.denominator)
    notes(book, sheet, len(report.ceilings) + 4, report, [], 9)


def _definitions(book: Book, report: NcmsReport) -> None:
    sheet = book.sheet("指标口径", (28, 12, 48, 40, 10, 60, 12))
    _head(book, sheet, 0, ("指标", "单位", "分子", "分母", "版本", "来源（需求条目、文号）", "已核实"))
    every = [each for part in report.definitions.values() for each in part]
    for row, each in enumerate(every, start=1):
        verified = "是" if each.verified else "否"
        cells = (
            each.title,
            each.unit_title,
            each.numerator,
            each.denominator or "—",
            each.version,
            each.source,
        )
        for column, cell in enumerate((*cells, verified)):
            book.text(sheet, row, column, cell)
    sheet.freeze_panes(1, 1)


def _everything(
    book: Book, columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]
) -> None:
    """Every figure a row, to filter and to add up; what is no number to the last digit stays text."""
    sheet = book.sheet("全部数字", [16 for _ in columns])
    _head(book, sheet, 0, columns)
    for row, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells):
            if not cell:
                continue
            if column in numbers and holds(cell):
                sheet.write_number(row, column, Decimal(cell))
            else:
                sheet.write_string(row, column, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(columns) - 1)
