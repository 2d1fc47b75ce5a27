"""Builders of import files: rows as provinces export them, written as CSV, XLSX or NDJSON."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter

from tests.support.claims import id_number
from tests.support.platform import ndjson

COUNTY = "990101"
VILLAGE = "990101100200"
NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
TODAY = date(2026, 6, 15)
TITLE = "全国防止返贫监测信息系统 2026年人员信息导出"

Row = dict[str, Any]


def person(order: int = 1, **changes: Any) -> Row:
    """A correct row: the head of a household of one, enrolled as a resident."""
    row: Row = {
        "户编号": f"5899010100{order:04d}",
        "人编号": f"5899010100{order:04d}01",
        "姓名": "杨测试",
        "证件号码": id_number(order, date(1970, 5, 17)),
        "与户主关系": "户主",
        "性别": "",
        "民族": "汉族",
        "健康状况": "健康",
        "户类型": "一般户",
        "监测对象类别": "",
        "行政村代码": VILLAGE,
        "识别监测时间": "",
        "消除监测时间": "",
        "风险是否已消除": "",
        "风险消除方式": "",
        "是否参加城乡居民基本医疗保险": "是",
        "是否参加城镇职工基本医疗保险": "否",
        "是否参加大病保险": "是",
        "享受低保/特困政策情况": "无",
        "联系电话": "",
    }
    assert changes.keys() <= row.keys() | {"人员状态"}, changes
    return {**row, **changes}


def people(count: int, **changes: Any) -> list[Row]:
    """Several correct rows, each a household."""
    return [person(order, **changes) for order in range(1, count + 1)]


def as_csv(rows: Sequence[Mapping[str, Any]], encoding: str = "utf-8-sig", title: str = "") -> bytes:
    """A CSV file, with a title line above the header if one is given."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if title:
        writer.writerow([title])
    writer.writerow(list(rows[0]))
    writer.writerows([list(row.values()) for row in rows])
    return text.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Mapping[str, Any]], title: str = TITLE) -> bytes:
    """A workbook with a merged title row above the header."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("人员信息")
        sheet.merge_range(0, 0, 0, len(rows[0]) - 1, title)
        sheet.write_row(1, 0, list(rows[0]))
        for line, row in enumerate(rows, start=2):
            for column, value in enumerate(row.values()):
                if isinstance(value, str):
                    sheet.write_string(line, column, value)
                else:
                    sheet.write(line, column, value)
    return file.getvalue()


def as_ndjson(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """One object a line."""
    return ndjson(rows)
