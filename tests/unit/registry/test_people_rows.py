"""Each validator of a people file, on both sides of its edge."""

from datetime import date
from typing import Any

import pytest

from services.registry.imports.row_problems import WARNINGS
from services.registry.spells.rules import Wanted
from tests.support.claims import id_number
from tests.support.registry import person
from tests.unit.registry.reading import codes, read_one, read_rows

NUMBER: str = person(1)["证件号码"]
AID = "享受低保/特困政策情况"
RESIDENT, EMPLOYEE = "是否参加城乡居民基本医疗保险", "是否参加城镇职工基本医疗保险"


def with_birth(text: str) -> str:
    return NUMBER[:6] + text + NUMBER[14:]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"户编号": ""}, "户编号", "cell_missing"),
    ({"户编号": "户-1"}, "户编号", "bad_number"),
    ({"户编号": "1" * 21}, "户编号", "bad_number"),
    ({"人编号": "5.8990101E+17"}, "人编号", "lost_digits"),
    ({"姓名": "  "}, "姓名", "cell_missing"),
    ({"姓名": "杨" * 51}, "姓名", "text_too_long"),
    ({"姓名": "杨\x07"}, "姓名", "bad_text"),
    ({"证件号码": ""}, "证件号码", "cell_missing"),
    ({"证件号码": NUMBER[:17]}, "证件号码", "id_number_length"),
    ({"证件号码": NUMBER + "4"}, "证件号码", "id_number_length"),
    ({"证件号码": NUMBER + "451"}, "证件号码", "id_number_length"),
    ({"证件号码": NUMBER[:17] + ("1" if NUMBER[17] != "1" else "2")}, "证件号码", "id_number_checksum"),
    ({"证件号码": with_birth("19700931")}, "证件号码", "id_number_birth_date"),
    ({"证件号码": with_birth("19701301")}, "证件号码", "id_number_birth_date"),
    ({"证件号码": "9.90101197005170E+17"}, "证件号码", "lost_digits"),
    ({"证件号码": 990101197005170010.0}, "证件号码", "lost_digits"),
    ({"证件号码": id_number(1, date(2026, 6, 16))}, "证件号码", "id_number_future_birth"),
    ({"与户主关系": ""}, "与户主关系", "cell_missing"),
    ({"民族": "火星族"}, "民族", "unknown_ethnicity"),
    ({"民族": "02"}, "民族", "ambiguous_ethnicity"),
    ({"健康状况": "很好"}, "健康状况", "unknown_health"),
    ({"户类型": "大户"}, "户类型", "unknown_household_class"),
    ({"户类型": ""}, "户类型", "cell_missing"),
    ({"监测对象类别": "监测", "识别监测时间": "202505"}, "监测对象类别", "unknown_monitored_class"),
    ({"监测对象类别": "边缘易致贫户"}, "识别监测时间", "cell_missing"),
    ({"监测对象类别": "边缘易致贫户", "识别监测时间": "202613"}, "识别监测时间", "bad_month"),
    ({"监测对象类别": "边缘易致贫户", "识别监测时间": "2025-09-31"}, "识别监测时间", "bad_month"),
    ({"监测对象类别": "边缘易致贫户", "识别监测时间": "202607"}, "识别监测时间", "month_in_future"),
    ({"行政村代码": ""}, "行政村代码", "cell_missing"),
    ({"行政村代码": "990101100"}, "行政村代码", "bad_village"),
    ({"行政村代码": "990102100200"}, "行政村代码", "village_outside_county"),
    ({RESIDENT: "不知道"}, RESIDENT, "unknown_yes_no"),
    ({RESIDENT: "是", EMPLOYEE: "是"}, EMPLOYEE, "both_insurances"),
    ({AID: "低保、高保"}, AID, "unknown_aid"),
    ({"人员状态": "失联"}, "人员状态", "unknown_status"),
]


@pytest.mark.parametrize(("changes", "column", "code"), REFUSED)
def test_a_wrong_cell_refuses_its_row_with_its_own_code(
    changes: dict[str, Any], column: str, code: str
) -> None:
    parsed = read_one(**changes)
    assert (codes(parsed.faults), parsed.people) == ([(column, code)], [])


REMOVAL: list[tuple[dict[str, str], str | None]] = [
    ({"风险是否已消除": "是"}, "removed_without_month"),
    ({"风险是否已消除": "否", "消除监测时间": "202604"}, "removal_contradicts"),
    ({"风险是否已消除": "是", "消除监测时间": "202504"}, "removed_before_identified"),
    ({"风险是否已消除": "是", "消除监测时间": "202505"}, None),
    ({"风险是否已消除": "是", "消除监测时间": "202607"}, "month_in_future"),
    ({"风险是否已消除": "是", "消除监测时间": "202606"}, None),
    ({"风险是否已消除": "", "消除监测时间": "202604"}, None),
    ({"风险是否已消除": "或许", "消除监测时间": "202604"}, "unknown_yes_no"),
    ({"风险是否已消除": "是", "消除监测时间": "202506", "风险消除方式": "帮扶消除"}, "removed_early"),
    ({"风险是否已消除": "是", "消除监测时间": "202507", "风险消除方式": "帮扶消除"}, None),
    ({"风险是否已消除": "是", "消除监测时间": "202506", "风险消除方式": "自然消除"}, None),
]


@pytest.mark.parametrize(("changes", "code"), REMOVAL)
def test_the_columns_of_risk_removal_must_fit_together(changes: dict[str, str], code: str | None) -> None:
    parsed = read_one(监测对象类别="突发严重困难户", 识别监测时间="202505", **changes)
    assert [fault.code for fault in parsed.faults] == ([f"import.{code}"] if code else [])
    assert bool(parsed.people) is (code is None or f"import.{code}" in WARNINGS)


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({RESIDENT: "否"}, RESIDENT, "not_enrolled"),
        ({RESIDENT: "", EMPLOYEE: ""}, RESIDENT, "not_enrolled"),
        ({"是否参加大病保险": "否"}, "是否参加大病保险", "no_critical_illness"),
        ({"性别": "女"}, "性别", "sex_differs"),
        # 1 is 男 in GB/T 2261.1 but 女 in the older system's file, so a digit proves nothing (DOMAIN 3.4).
        ({"性别": "1"}, "性别", "sex_differs"),
        ({"与户主关系": "邻居"}, "与户主关系", "unknown_relation"),
        ({"联系电话": "无电话"}, "联系电话", "bad_phone"),
    ],
)
def test_a_doubtful_cell_is_listed_and_its_row_imported(
    changes: dict[str, str], column: str, code: str
) -> None:
    parsed = read_one(**changes)
    assert codes(parsed.faults) == [(column, code)]
    assert parsed.faults[0].severity == "warning"
    assert len(parsed.people) == 1


UNTIDY: list[tuple[dict[str, Any], str, object]] = [
    ({"证件号码": "".join(chr(ord(sign) + 0xFEE0) for sign in NUMBER)}, "id_number", NUMBER),
    ({"证件号码": f"\u3000{NUMBER.lower()}\t"}, "id_number", NUMBER),
    ({"证件号码": f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}"}, "id_number", NUMBER),
    ({"证件号码": NUMBER[:6] + NUMBER[8:17]}, "id_number", NUMBER),
    ({"证件号码": f"{NUMBER}42"}, "disability_grade", "2"),
    ({"证件号码": f"{NUMBER}43B1"}, "disability_kind", "4"),
    ({"姓名": "张　三"}, "name", "张三"),
    ({"姓名": "古丽•买买提"}, "name", "古丽·买买提"),
    ({"姓名": "John  Smith"}, "name", "John Smith"),
    ({"户编号": 58990101001.0}, "household_no", "58990101001"),
    ({"民族": "汉"}, "ethnicity", "01"),
    ({"民族": ""}, "ethnicity", None),
    ({"与户主关系": "之孙女"}, "relation", "42"),
    ({"行政村代码": "９９０１０１１００２００"}, "village", "990101100200"),
    ({"联系电话": "0839-1234567"}, "phone", "08391234567"),
    ({"人员状态": "死亡"}, "status", "dead"),
    ({"健康状况": "长期慢性病"}, "health", "chronic"),
    ({RESIDENT: "有 "}, "resident", True),
]


@pytest.mark.parametrize(("changes", "field", "value"), UNTIDY)
def test_untidy_cells_are_read_as_they_are_meant(changes: dict[str, Any], field: str, value: object) -> None:
    parsed = read_one(**changes)
    assert parsed.faults == []
    assert getattr(parsed.people[0].person, field) == value


CATEGORIES: list[tuple[dict[str, Any], set[Wanted]]] = [
    ({}, set()),
    ({"户类型": "脱贫户"}, {Wanted("registered_poor")}),
    ({AID: "农村低保"}, {Wanted("dibao")}),
    ({AID: "特困供养，孤儿; 无"}, {Wanted("extreme_poverty"), Wanted("orphan")}),
    ({AID: "低保边缘/因病致贫重病患者"}, {Wanted("dibao_margin"), Wanted("illness_poverty")}),
    ({"证件号码": f"{NUMBER}42"}, {Wanted("severe_disability")}),
    ({"证件号码": f"{NUMBER}43"}, set()),
    (
        {"户类型": "脱贫户", "监测对象类别": "脱贫不稳定户", "识别监测时间": "2024年3月"},
        {Wanted("registered_poor"), Wanted("unstable_exited", date(2024, 3, 1), None)},
    ),
    (
        {
            "监测对象类别": "突发严重困难户",
            "识别监测时间": "202211",
            "消除监测时间": "202312",
            "风险是否已消除": "是",
        },
        {Wanted("sudden_hardship", date(2022, 11, 1), date(2024, 1, 1))},
    ),
]


@pytest.mark.parametrize(("changes", "expected"), CATEGORIES)
def test_the_columns_of_a_row_give_its_categories(changes: dict[str, Any], expected: set[Wanted]) -> None:
    assert set(read_one(**changes).people[0].person.categories) == expected


@pytest.mark.parametrize(
    ("code", "system", "ethnicity"),
    [("02", "gbt3304", "02"), ("02", "ab01", "11"), ("4", "ab01", "02"), ("1", "gbt3304", "01")],
)
def test_a_numeric_ethnicity_means_what_its_system_says_and_is_kept_as_written(
    code: str, system: Any, ethnicity: str
) -> None:
    # DOMAIN 3.4: 02 is 蒙古 in GB/T 3304 and 满 in the older poverty-alleviation system.
    found = read_rows([person(1, 民族=code)], code_system=system).people[0].person
    assert (found.ethnicity, found.ethnicity_source, found.ethnicity_system) == (ethnicity, code, system)


def test_a_code_that_its_system_does_not_explain_is_refused() -> None:
    parsed = read_rows([person(1, 民族="33")], code_system="ab01")
    assert codes(parsed.faults) == [("民族", "unknown_ethnicity")]


def test_a_repeated_person_or_number_is_a_fault_of_the_later_row() -> None:
    again = {**person(2), "人编号": person(1)["人编号"]}
    same_number = {**person(3), "证件号码": person(1)["证件号码"]}
    parsed = read_rows([person(1), again, same_number])
    assert codes(parsed.faults) == [("人编号", "duplicate_person"), ("证件号码", "duplicate_id_number")]
    assert [fault.params["other"] for fault in parsed.faults] == [2, 2]
    assert [each.person.person_no for each in parsed.people] == [person(1)["人编号"]]


def test_a_refused_row_does_not_stand_in_the_way_of_a_correct_one() -> None:
    parsed = read_rows([person(1, 姓名=""), person(1)])
    assert codes(parsed.faults) == [("姓名", "cell_missing")]
    assert len(parsed.people) == 1


@pytest.mark.parametrize("changes", [{"户类型": "脱贫户"}, {"行政村代码": "990101100201"}])
def test_members_of_a_household_must_agree_about_it(changes: dict[str, str]) -> None:
    member = {**person(2, **changes), "户编号": person(1)["户编号"]}
    parsed = read_rows([person(1), member])
    assert codes(parsed.faults) == [(next(iter(changes)), "household_differs")]


def test_one_row_can_have_several_faults() -> None:
    parsed = read_one(姓名="", 民族="?", 户类型="?")
    assert [column for column, _ in codes(parsed.faults)] == ["民族", "户类型", "姓名"]


def test_the_same_statement_has_the_same_hash_and_any_other_another() -> None:
    def hash_of(**changes: Any) -> bytes:
        return read_one(**changes).people[0].content_hash

    same = hash_of()
    assert hash_of(姓名="杨测试 ", 民族="汉族\u3000") == same
    others = [hash_of(姓名="杨"), hash_of(联系电话="13900001234"), hash_of(户类型="脱贫户")]
    assert len({same, *others}) == 4
