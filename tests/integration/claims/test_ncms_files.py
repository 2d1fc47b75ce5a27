"""The standard table as files, as a county opens them."""

import csv
import io
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from tests.integration.claims.conftest import World
from tests.integration.claims.test_ncms_report import MARCH, REPORT, ask, busy, figures, read

pytestmark = pytest.mark.integration
BASIC = ("支付方", "城乡居民基本医疗保险", "本年累计")
SHEETS = [
    *("基金", "本月", "本年累计", "本月·分身份", "本年累计·分身份"),
    *("个人自付控制", "指标口径", "全部数字"),
]


async def test_files_hold_the_same_figures_in_chinese(world: World) -> None:
    await busy(world)
    report = await read(world)
    asked = await world.client.get(
        REPORT, params=MARCH, headers={**world.headers("agency"), "Accept": "text/csv"}
    )
    assert asked.headers["content-type"] == "text/csv; charset=utf-8"
    with_mark = await ask(world, format="csv", bom="true")
    assert with_mark.content.startswith("\ufeff县级代码".encode())
    rows = list(csv.DictReader(io.StringIO(asked.text)))
    [visits] = [
        row for row in rows
        if (row["项目"], row["人群"], row["期间"], row["指标"]) == ("县外住院", "全部", "本月", "结算人次")
    ]  # fmt: skip
    assert visits["数值"] == figures(report, "inpatient_out_of_county")["visits"]["value"]
    printed = [*report["lines"], *report["categories"], *report["ceilings"], *report["sources"]]
    figures_of_lines = sum(len(line["figures"]) for line in printed)
    assert len(rows) == len(report["fund"]) + figures_of_lines + 2 * len(report["payers"])
    [paid] = [row["数值"] for row in rows if (row["部分"], row["项目"], row["期间"]) == BASIC]
    assert paid == report["payers"][0]["year_to_date"]
    book = CalamineWorkbook.from_filelike(io.BytesIO((await ask(world, format="xlsx")).content))
    assert book.sheet_names == SHEETS
    sheet = book.get_sheet_by_name("本月").to_python()
    assert "2026年3月" in str(sheet[0][0])
    assert (sheet[2][2], sheet[3][2]) == ("受益", "结算人次\n（人次）")
    assert (sheet[4][0], sheet[4][2]) == ("合计", float(figures(report)["visits"]["value"]))
    by_category = book.get_sheet_by_name("本月·分身份").to_python()[5:]
    main, everybody = by_category[:11], by_category[11]
    assert [str(row[1]).split("·")[0] for row in main] == ["主要身份"] * 11
    assert everybody[:2] == ["合计", "全部"]
    assert sum(Decimal(str(row[2])) for row in main) == Decimal(str(everybody[2]))
    numbers = book.get_sheet_by_name("全部数字").to_python()
    assert {type(row[5]) for row in numbers[1:]} == {float, str}
