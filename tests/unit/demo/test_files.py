"""The import files: read back by the libraries that an importer uses, with the headings that offices send."""

import csv
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from deploy.demo import county, exports, untidy
from deploy.demo.bad_rows import bad_rows
from deploy.demo.columns import ENROLMENTS, PEOPLE
from deploy.demo.exports import ImportFile
from deploy.demo.model import County
from shared.identity import BadIdentity, for_import

Files = dict[str, ImportFile]
XLSX, UTF8, GB18030 = (
    "people-townships-01-10.xlsx",
    "people-townships-11-15.csv",
    "people-townships-16-20.gb18030.csv",
)


def _csv(file: ImportFile, encoding: str) -> list[dict[str, str]]:
    with file.path.open(encoding=encoding, newline="") as opened:
        return list(csv.DictReader(opened))


def _sheet(file: ImportFile) -> list[list[object]]:
    return [list(row) for row in CalamineWorkbook.from_path(file.path).get_sheet_by_index(0).to_python()]


def _people(files: Files) -> Iterator[dict[str, str]]:
    for row in _sheet(files[XLSX])[2:]:
        yield dict(zip(PEOPLE, (str(cell) for cell in row), strict=True))
    yield from _csv(files[UTF8], "utf-8-sig")
    yield from _csv(files[GB18030], "gb18030")


def test_the_workbook_has_a_title_above_the_header_and_only_text_cells(files: Files) -> None:
    title, header, *rows = _sheet(files[XLSX])
    assert "样例县" in str(title[0])
    assert not any(title[1:])
    assert header == list(PEOPLE)
    assert len(rows) == files[XLSX].rows
    assert all(isinstance(cell, str) for row in rows for cell in row)


@pytest.mark.parametrize(("name", "encoding"), [(UTF8, "utf-8-sig"), (GB18030, "gb18030")])
def test_the_csv_files_have_the_same_headings_in_their_own_encoding(
    files: Files, name: str, encoding: str
) -> None:
    rows = _csv(files[name], encoding)
    assert tuple(rows[0]) == PEOPLE
    assert len(rows) == files[name].rows


def test_the_utf8_file_starts_with_a_byte_order_mark_and_the_other_is_not_utf8(files: Files) -> None:
    assert files[UTF8].path.read_bytes().startswith(b"\xef\xbb\xbf")
    with pytest.raises(UnicodeDecodeError):
        files[GB18030].path.read_text(encoding="utf-8")


def test_the_three_files_together_hold_everybody_exactly_once(files: Files, small: County) -> None:
    numbers = [row["人编号"] for row in _people(files)]
    expected = [person.person_no for household in small.households for person in household.people]
    assert sorted(numbers) == sorted(expected)


def test_every_id_number_in_the_files_is_importable_and_names_the_right_person(
    files: Files, small: County
) -> None:
    by_number = {person.person_no: person for each in small.households for person in each.people}
    for row in _people(files):
        read = for_import(row["证件号码"])
        person = by_number[row["人编号"]]
        assert read.number == person.id_number
        assert (read.disability_grade is not None) == (person.disability is not None)


def test_every_kind_of_untidy_spelling_occurs_at_full_size(sample: County) -> None:
    chosen = untidy.choose(sample.seed, sample.households)
    assert {spell.__name__ for spell in chosen.values()} == {
        "full_width",
        "lower_case_x",
        "trailing_spaces",
        "ideographic_space",
        "trailing_tab",
        "old_number",
    }
    assert 0.02 <= len(chosen) / len(sample.households) <= 0.05


def test_insurance_columns_agree_with_the_enrolment_file(files: Files) -> None:
    history = _csv(files["enrolments-2025-2026.csv"], "utf-8-sig")
    assert tuple(history[0]) == ENROLMENTS
    assert {row["参保年度"] for row in history} == {"2025", "2026"}
    resident = {
        row["人编号"]
        for row in history
        if row["参保年度"] == "2026" and row["险种"] == "城乡居民基本医疗保险"
    }
    for row in _people(files):
        assert (row["是否参加城乡居民基本医疗保险"] == "是") == (row["人编号"] in resident)
        assert not (row["是否参加城乡居民基本医疗保险"] == row["是否参加城镇职工基本医疗保险"] == "是")


def test_all_bad_rows_but_the_first_name_the_wrong_column(files: Files) -> None:
    written = _csv(files["people-bad-rows.csv"], "utf-8-sig")
    expected = bad_rows()
    assert [tuple(row.values()) for row in written] == [each.row for each in expected]
    assert [bool(each.column) for each in expected] == [False] + [True] * 9
    assert all(each.column in PEOPLE and each.why for each in expected[1:])


def test_the_bad_id_numbers_are_really_bad() -> None:
    wrong = [dict(zip(PEOPLE, each.row, strict=True)) for each in bad_rows() if each.column == "证件号码"]
    assert len(wrong) == 3
    for row in wrong:
        with pytest.raises(BadIdentity):
            for_import(row["证件号码"])


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_another_process(files: Files, tmp_path: Path) -> None:
    here = next(iter(files.values())).path.parent
    program = (
        "import sys; from pathlib import Path; from deploy.demo import county, exports;"
        "exports.write_all(county.generate(seed=7, households=600), Path(sys.argv[1]))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "4711"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, env=environment)
    assert _digest(tmp_path) == _digest(here)


def test_another_seed_gives_other_bytes(files: Files, tmp_path: Path) -> None:
    exports.write_all(county.generate(seed=8, households=600), tmp_path)
    assert _digest(tmp_path) != _digest(next(iter(files.values())).path.parent)


def test_the_certificates_are_of_people_who_are_ill_for_long(files: Files, small: County) -> None:
    people = {person.person_no: person for household in small.households for person in household.people}
    rows = _csv(files["certificates.csv"], "utf-8-sig")
    assert len(rows) == files["certificates.csv"].rows > 0
    for row in rows:
        person = people[row["人编号"]]
        assert (row["证件号码"], person.health != "健康") == (person.id_number, True)
        assert row["认定日期"] < "2026-01-01"
    assert {row["有效期至"] for row in rows} <= {"", "2026-06-30"}
