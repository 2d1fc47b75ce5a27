"""Files as counties send them: headers below titles, encodings, separators, and files that are no files."""

import io
import re
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.imports.codes import HEADINGS
from services.registry.imports.order import Format
from services.registry.imports.report import errors_csv, safe_cell
from services.registry.imports.row_problems import BY_CODE, RowFault
from shared.problems import Problem
from shared.sheets import table_files, workbooks
from shared.sheets.cells import cell_text, parse_day, parse_month, shown
from tests.support.registry import as_csv, as_ndjson, as_xlsx, people, person
from tests.unit.registry.reading import codes, read, read_rows

HEADER = list(person(1))


def refusal(content: bytes, format_: Format = "csv") -> str:
    with pytest.raises(Problem) as refused:
        read(content, format_)
    return refused.value.spec.code.removeprefix("import.")


@pytest.mark.parametrize("format_", ["csv", "xlsx", "ndjson"])
def test_every_format_reads_the_same(format_: Format) -> None:
    parsed = read_rows(people(3), format_)
    assert parsed.faults == []
    assert [each.person[1:] for each in parsed.people] == [
        each.person[1:] for each in read_rows(people(3)).people
    ]


def test_row_numbers_are_those_of_the_file() -> None:
    rows = [person(1), person(2, 姓名=""), person(3)]
    assert [fault.row for fault in read_rows(rows, "xlsx").faults] == [4]
    assert [fault.row for fault in read_rows(rows, "csv").faults] == [3]
    assert [fault.row for fault in read_rows(rows, "ndjson").faults] == [2]
    blank_lines = as_csv(rows).replace(b"\r\n", b"\r\n,,,\r\n")
    assert [fault.row for fault in read(blank_lines).faults] == [5]


def test_title_rows_notes_and_other_spellings_of_headings_are_understood() -> None:
    titled = "某县人员信息\n填表日期：2026-06-15,,审核人：\n\n".encode() + as_csv(people(1), "utf-8")
    assert len(read(titled).people) == 1
    spelled = (
        titled.decode()
        .replace("证件号码", "＊身份证号 （必填）")
        .replace("户编号", " 户\u3000编号")
        .replace("行政村代码", '"行政村\n代码"')
    )
    assert len(read(spelled.encode()).people) == 1


def test_headings_under_a_merged_heading_are_found_in_the_row_below() -> None:
    rows = people(2)
    grouped = {"是否参加城乡居民基本医疗保险": "参保情况", "是否参加城镇职工基本医疗保险": ""}
    above = [grouped.get(name, name) for name in HEADER]
    below = [name if name in grouped else "" for name in HEADER]
    body = as_csv(rows, "utf-8").decode().partition("\r\n")[2]
    parsed = read(f"{','.join(above)}\n{','.join(below)}\n{body}".encode())
    assert [each.person[1:] for each in parsed.people] == [each.person[1:] for each in read_rows(rows).people]
    assert parsed.ignored_columns == []


def test_unknown_columns_are_ignored_and_named() -> None:
    odd = {"务工地点": "浙江", "": "x", "列\x00名": "y", "990101197005170010": "z"}
    parsed = read_rows([{**person(1), **odd}])
    assert len(parsed.people) == 1
    assert parsed.ignored_columns == ["务工地点", "列名", "990***********0010"]


def test_every_missing_column_is_named_at_once() -> None:
    rows = [{name: cell for name, cell in person(1).items() if name not in {"姓名", "民族"}}]
    with pytest.raises(Problem) as refused:
        read_rows(rows)
    assert refused.value.params == {"columns": "姓名、民族"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le"])
def test_the_encoding_is_found_out(encoding: str) -> None:
    bom = b"\xff\xfe" if encoding == "utf-16-le" else b""
    parsed = read(bom + as_csv(people(2), encoding))
    assert [each.person.name for each in parsed.people] == ["杨测试"] * 2


def test_tabs_may_separate_the_cells() -> None:
    assert len(read(as_csv(people(1), "utf-8").replace(b",", b"\t")).people) == 1


def test_a_row_cut_off_is_refused_even_if_only_optional_cells_are_missing() -> None:
    parsed = read(as_csv(people(2), "utf-8").rstrip()[:-20])
    assert codes(parsed.faults) == [("", "short_row")]
    assert parsed.faults[0].params["expected"] == len(HEADER)


def test_a_line_that_is_no_object_is_a_fault_of_that_line() -> None:
    parsed = read(as_ndjson(people(1)) + b'{"a":\n' + b'{"\xe5\xa7\x93\xe5\x90\x8d": [1]}\n', "ndjson")
    assert [(fault.row, fault.code) for fault in parsed.faults] == [
        (2, "import.bad_json"),
        (3, "import.bad_json"),
    ]


def test_english_field_names_are_headings_too() -> None:
    names = HEADINGS["people"].field_of
    rows = [{names[heading]: cell for heading, cell in person(1).items()}]
    assert len(read_rows(rows, "ndjson").people) == 1


@pytest.mark.parametrize(
    ("content", "format_", "code"),
    [
        (b"", "csv", "file_empty"),
        (b"", "ndjson", "file_empty"),
        (b"\n\n", "csv", "header_not_found"),
        ("户编号,姓名\n1,2\n".encode(), "csv", "column_missing"),
        (as_csv(people(1)) + b'"', "csv", "file_unreadable"),
        (b"PK\x03\x04", "xlsx", "file_unreadable"),
        (as_xlsx(people(1))[:-40], "xlsx", "file_unreadable"),
        (b"x" * (64 * 1024 + 1), "ndjson", "file_unreadable"),
    ],
)
def test_what_cannot_be_read_is_refused_as_a_whole(content: bytes, format_: Format, code: str) -> None:
    assert refusal(content, format_) == code


def repacked(*changes: tuple[str, str], sheet: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A workbook of two people with texts of its sheet replaced, and the sheet moved elsewhere."""
    moved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx(people(2)))) as source, zipfile.ZipFile(moved, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode().replace("worksheets/sheet1.xml", sheet.removeprefix("xl/"))
            for before, after in changes if name.endswith("sheet1.xml") else ():
                text = re.sub(before, after, text)
            target.writestr(sheet if name.endswith("sheet1.xml") else name, text)
    return moved.getvalue()


@pytest.mark.parametrize("cell", ["XFD1048576", "IW4", "A300000", "xfd4", "A00300000", "AAAA4"])
@pytest.mark.parametrize("written", [' r="{}"', " r='{}'", ' foo=">" r = "{}"'])
def test_a_workbook_with_a_stray_far_cell_is_refused_before_it_fills_the_memory(
    cell: str, written: str
) -> None:
    assert refusal(repacked((' r="B4"', written.format(cell))), "xlsx") == "sheet_too_wide"


@pytest.mark.parametrize(
    "changes",
    [
        [('<c r="[A-Z]+4"', "<c"), ('<row r="4"', '<row r="99999999"')],
        [("</sheetData>", "<row>" + "<c><v>1</v></c>" * 257 + "</row></sheetData>")],
        [("</sheetData>", "<row/>" * 300_000 + "<row><c/></row></sheetData>")],
        [('<c r="B4"', f'<c foo="{"x" * 3_000_000}" r="B4"')],
    ],
)
def test_cells_that_follow_one_another_do_not_lead_far_either(changes: list[tuple[str, str]]) -> None:
    assert refusal(repacked(*changes), "xlsx") == "sheet_too_wide"


def test_a_sheet_is_looked_through_wherever_it_lies_in_the_archive() -> None:
    assert (
        refusal(repacked((' r="B4"', ' r="XFD4"'), sheet="xl/media/sheet1.xml"), "xlsx") == "sheet_too_wide"
    )


def test_cells_without_a_place_and_an_empty_last_row_are_read_as_they_are() -> None:
    nameless = repacked(('<c r="[A-Z]+[0-9]+"', "<c"))
    ended = repacked(("</sheetData>", '<row r="1048576" ht="12.8"/></sheetData>'))
    assert [len(read(content, "xlsx").people) for content in (nameless, ended)] == [2, 2]


def test_a_workbook_of_another_kind_in_the_same_archive_is_not_read() -> None:
    archive = io.BytesIO(repacked())
    with zipfile.ZipFile(archive, "a") as other:
        other.writestr("content.xml", "<office:document-content/>")
    assert refusal(archive.getvalue(), "xlsx") == "file_unreadable"


def test_a_workbook_that_would_unpack_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = as_xlsx(people(2))
    monkeypatch.setattr(workbooks, "MAX_UNPACKED_MB", 0)
    assert refusal(content, "xlsx") == "file_too_large_unpacked"


def test_a_file_may_have_so_many_rows_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "MAX_ROWS", 3)
    assert read_rows(people(3)).rows == 3
    assert refusal(as_csv(people(4))) == "file_too_many_rows"


def test_an_archive_without_a_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(file.getvalue(), "xlsx") == "file_unreadable"


cells = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(
        ["是", "否", "202613", "２０２５０５", "990101197005170010", "\x00", "=1+1", "1E9", "", "无"]
    ),
)


@given(st.lists(cells, min_size=len(HEADER), max_size=len(HEADER)))
def test_no_text_in_a_cell_breaks_the_reader_and_every_fault_can_be_told(texts: list[str]) -> None:
    parsed = read_rows([person(1), dict(zip(HEADER, texts, strict=True))])
    refused = {fault.row for fault in parsed.faults if fault.severity == "error"}
    assert parsed.rows == len(parsed.people) + len(refused)
    errors_csv(parsed.faults, "zh")
    errors_csv(parsed.faults, "en")


@given(st.binary(max_size=400), st.sampled_from(["csv", "xlsx", "ndjson"]))
def test_no_bytes_break_the_reader(content: bytes, format_: Format) -> None:
    try:
        read(content, format_)
    except Problem as problem:
        assert problem.spec.code.startswith("import.")


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans(), st.none(), st.dates()))
def test_any_cell_has_a_text(cell: Any) -> None:
    text = cell_text(cell)
    assert text == text.strip()
    shown(text)
    parse_day(text)
    parse_month(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", "2026-03-01"),
        ("2026/3/1", "2026-03-01"),
        ("20260301", "2026-03-01"),
        ("2026年3月1日", "2026-03-01"),
        ("2026.3.1", "2026-03-01"),
        ("2026-09-30", "2026-09-30"),
        ("2026-09-31", None),
        ("2026-02-29", None),
        ("2024-02-29", "2024-02-29"),
        ("45000", None),
        ("3月1日", None),
        ("1899-12-31", None),
    ],
)
def test_days_are_read_in_every_usual_form_and_only_if_they_exist(text: str, day: str | None) -> None:
    found = parse_day(text)
    assert (found.isoformat() if found else None) == day


@pytest.mark.parametrize(
    ("text", "month"),
    [("202305", "2023-05-01"), ("2023-5", "2023-05-01"), ("2023-05-31", "2023-05-01"), ("202300", None)],
)
def test_months_are_read_in_every_usual_form(text: str, month: str | None) -> None:
    found = parse_month(text)
    assert (found.isoformat() if found else None) == month


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("火星族", "火星族"),
        ("990102100200", "990102100200"),
        ("990101197005170010", "990***********0010"),
        ("9901 0119 7005 1700 10", "990***********0010"),
        ("９９０１０１１９７００５１７００１０", "990***********0010"),
        ("电话13900001234", "电话139****1234"),
        ("a\x00b\nc", "abc"),
        ("长" * 50, "长" * 24),
    ],
)
def test_a_told_cell_never_holds_a_whole_number_of_a_person(text: str, told: str) -> None:
    assert shown(text) == told


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1"])
def test_no_cell_of_the_error_list_can_be_taken_for_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell("民族") == "民族"


def test_every_fault_can_be_told_in_both_languages() -> None:
    params = dict.fromkeys(("value", "other", "county", "column", "limit", "found", "expected"), "1")
    params |= {"year": "2026", "stated_on": "2026-01-01"}
    faults = [RowFault(1, "", code, params) for code in BY_CODE]
    chinese, english = errors_csv(faults, "zh").decode("utf-8-sig"), errors_csv(faults, "en").decode()
    assert chinese.count("\r\n") == english.count("\r\n") == len(faults) + 1
