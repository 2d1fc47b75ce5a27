"""Lists of money received, as they come: encodings, titles, merged cells, sums, files that end too early."""

import re
import zipfile
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.funds.receipt_rows import Format, ReceiptFile, ReceiptRow, read
from shared.money import format_yuan
from shared.problems import Problem
from shared.sheets import workbooks
from tests.support.receipts import HEADER, ROWS, TITLE, TOTAL, as_csv, as_xlsx, changed


def found(body: bytes, form: Format = "csv") -> ReceiptFile:
    return read(BytesIO(body), form)


def faults(body: bytes, form: Format = "csv") -> list[tuple[str, str]]:
    return [(each.pointer, each.spec.code) for each in found(body, form).faults]


def expected(first_row: int) -> list[ReceiptRow]:
    basic, aid = "basic_insurance", "medical_assistance"
    rows = [
        (basic, "central", 100_050, date(2026, 3, 12), "B-0001", "财社〔2026〕11号", None, None),
        (basic, "province", 200_000, date(2026, 5, 15), "B-0002", "省财社〔2026〕23号", None, "第一批"),
        (aid, "county", 30_025, date(2026, 6, 30), "B-0003", "样财社〔2026〕5号", None, None),
    ]
    return [ReceiptRow(no, *row) for no, row in enumerate(rows, first_row)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table_is_read_in_whatever_encoding_it_comes(encoding: str) -> None:
    assert found(as_csv(encoding=encoding)) == ReceiptFile(expected(3), [], 330_075, ["序号"])


def test_a_workbook_may_have_titles_double_headings_and_merged_cells() -> None:
    assert found(as_xlsx(), "xlsx") == ReceiptFile(expected(5), [], 330_075, ["序号"])


def test_amounts_and_days_may_be_numbers_and_sums_of_a_spreadsheet() -> None:
    rows = [["1", "居民医保", "中央", 0.1 + 0.2, "2026年3月12日", "B-1", "文", ""]]
    file = found(as_xlsx(rows, ["合计", "", "", 0.3, "", "", "", ""]), "xlsx")
    assert (file.faults, file.rows[0].amount, file.stated_fen) == ([], 30, 30)


def with_merged(ranges: list[str]) -> bytes:
    """The workbook with other merged cells than a spreadsheet would write."""
    file = BytesIO()
    cells = "".join(f'<mergeCell ref="{each}"/>' for each in ranges)
    with zipfile.ZipFile(BytesIO(as_xlsx())) as book, zipfile.ZipFile(file, "w") as spoiled:
        for entry in book.infolist():
            body = book.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                text = re.sub(
                    r"<mergeCells.*</mergeCells>", f"<mergeCells>{cells}</mergeCells>", body.decode()
                )
                body = text.encode()
            spoiled.writestr(entry.filename, body)
    return file.getvalue()


def test_merged_cells_that_no_spreadsheet_makes_exhaust_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for ranges in (["B5:B1048576"] * 500, ["B5:XFD1048576"] * 500):
        with pytest.raises(Problem) as refused:
            found(with_merged(ranges), "xlsx")
        assert refused.value.spec.code == "import.file_unreadable"
    monkeypatch.setattr(workbooks, "MAX_MERGED", 3)
    with pytest.raises(Problem) as refused:
        found(as_xlsx(), "xlsx")
    assert refused.value.spec.code == "import.sheet_merged"


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("所属基金", "居民医疗", "unknown_fund_or_source"),
        ("所属基金", "", "cell_missing"),
        ("资金来源", "海外", "unknown_fund_or_source"),
        ("到账金额", "12.345", "bad_amount"),
        ("到账金额", "-1.00", "bad_amount"),
        ("到账金额", "1E+07", "bad_amount"),
        ("到账金额", "约三千", "bad_amount"),
        ("到账金额", "99999999999999999.00", "bad_amount"),
        ("到账日期", "2026-02-30", "bad_date"),
        ("银行流水号", "6.21700001234E+17", "lost_digits"),
        ("银行流水号", "流水一", "bad_bank_reference"),
        ("银行流水号", "B-0001", "bank_reference_repeated"),
        ("拨款文号", "文" * 65, "text_too_long"),
        ("备注", "a\x00b", "bad_text"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_column(column: str, value: str, code: str) -> None:
    [(pointer, told)] = faults(as_csv(changed(1, **{column: value})))
    assert told == f"import.{code}"
    row, name = pointer.removeprefix("/rows/").split("/")
    # Headings are told in their standard form.
    assert (row, name) == ("4", {"所属基金": "基金"}.get(column, column))


def test_every_row_tells_all_its_faults() -> None:
    rows = changed(0, 到账金额="x", 到账日期="y")
    rows[2][5] = ""
    assert faults(as_csv(rows)) == [
        ("/rows/3/到账金额", "import.bad_amount"),
        ("/rows/3/到账日期", "import.bad_date"),
        ("/rows/5/银行流水号", "import.cell_missing"),
    ]


@pytest.mark.parametrize("heading", ["到账金额（万元）", "到账金额"])
def test_amounts_in_ten_thousands_are_refused_wherever_the_file_says_so(heading: str) -> None:
    body = as_csv(encoding="utf-8").decode()
    body = body.replace("到账金额（元）", heading)
    if heading == "到账金额":
        body = body.replace(TITLE, f"{TITLE}\r\n单位：万元")
    with pytest.raises(Problem) as refused:
        found(body.encode())
    assert refused.value.spec.code == "funds.receipt_file_unit"


def test_a_file_cut_off_anywhere_is_refused_has_a_fault_or_lacks_its_sum() -> None:
    body = as_csv(encoding="utf-8")
    whole = found(body)
    end = body.index("合计".encode())
    for length in range(end):
        try:
            part = found(body[:length])
        except Problem:
            continue
        assert part.faults or part.stated_fen is None
        assert part.rows == whole.rows[: len(part.rows)] or part.stated_fen is None


def test_nothing_but_signatures_stands_behind_the_sum() -> None:
    rows = [*ROWS[:2], TOTAL, ROWS[2]]
    assert faults(as_csv(rows, None)) == [("/rows/6", "import.behind_total")]
    assert faults(as_csv([*ROWS, ("", "小计", "", "3300.75", "", "", "", "")])) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["居民医保", "大病保险", "医疗救助"]),
            st.sampled_from(["中央", "省级", "捐赠"]),
            st.integers(0, 10**11),
            st.dates(date(2020, 1, 1), date(2030, 12, 31)),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_what_is_written_is_read_from_a_table_and_a_workbook_alike(
    stated: list[tuple[str, str, int, date]],
) -> None:
    rows = [
        [str(no), fund, source, format_yuan(fen), day.isoformat(), f"R{no}", "文", ""]
        for no, (fund, source, fen, day) in enumerate(stated)
    ]
    total = ["合计", "", "", format_yuan(sum(fen for _, _, fen, _ in stated)), "", "", "", ""]
    table, book = found(as_csv(rows, total)), found(as_xlsx(rows, total), "xlsx")
    assert [(row.amount, row.received_on) for row in table.rows] == [(fen, day) for _, _, fen, day in stated]
    assert [row[1:] for row in book.rows] == [row[1:] for row in table.rows]
    assert table.stated_fen == book.stated_fen == sum(row.amount for row in table.rows)


@given(st.binary(max_size=300), st.sampled_from(["csv", "xlsx"]))
def test_no_bytes_break_the_reader(content: bytes, form: Format) -> None:
    for body in (content, ",".join(HEADER).encode() + b"\n" + content):
        try:
            found(body, form)
        except Problem as problem:
            assert problem.spec.code.startswith(("import.", "funds."))
