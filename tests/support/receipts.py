"""Lists of money received, as finance bureaus keep them."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

HEADER = ("序号", "所属基金", "资金来源", "到账金额（元）", "到账日期", "银行流水号", "拨款文号", "备注")
TITLE = "样例县2026年度到位资金登记表"
ROWS: Sequence[Sequence[str]] = (
    ("1", "城乡居民基本医疗保险", "中央财政", "1,000.50", "2026-03-12", "B-0001", "财社〔2026〕11号", ""),
    ("2", "城乡居民基本医疗保险", "省级财政", "2000", "2026/5/15", "B-0002", "省财社〔2026〕23号", "第一批"),
    ("3", "医疗救助", "县级财政", "300.25", "20260630", "B-0003", "样财社〔2026〕5号", ""),
)
TOTAL = ("合计", "", "", "3300.75", "", "", "", "")


def changed(row: int, **changes: str) -> list[list[str]]:
    """The rows with some cells of one of them changed, by column."""
    rows = [list(each) for each in ROWS]
    for column, value in changes.items():
        [place] = [place for place, name in enumerate(HEADER) if name.startswith(column)]
        rows[row][place] = value
    return rows


def as_csv(
    rows: Sequence[Sequence[str]] = ROWS, total: Sequence[str] | None = TOTAL, encoding: str = "gb18030"
) -> bytes:
    """A CSV file with a title above the header and the sum below."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([TITLE])
    writer.writerow(HEADER)
    writer.writerows(rows)
    if total is not None:
        writer.writerow(total)
        writer.writerow(["经办人：", "", "", "", "复核："])
    return text.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Sequence[Any]] = ROWS, total: Sequence[Any] = TOTAL) -> bytes:
    """A workbook that begins in column B, with a title, headings over two rows, and one fund over many."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("到位")
        sheet.merge_range(0, 1, 0, len(HEADER), TITLE)
        for place, name in enumerate(HEADER, 1):
            sheet.merge_range(2, place, 3, place, name)
        for line, row in enumerate([*rows, total], 4):
            for place, value in enumerate(row, 1):
                if value != "":
                    sheet.write(line, place, value)
        fund, first = 2, 4
        while first < 4 + len(rows):
            last = first
            while last + 1 < 4 + len(rows) and rows[last + 1 - 4][1] == rows[first - 4][1]:
                last += 1
            if last > first:
                sheet.merge_range(first, fund, last, fund, rows[first - 4][1])
            first = last + 1
        sheet.write(5 + len(rows), 1, "经办人：")
    return file.getvalue()
