"""A small file in which all rows but the first are wrong; each must be refused by itself, with its reason."""

from typing import NamedTuple

from deploy.demo.columns import NO, NONE, ORDINARY, PEOPLE, YES, Row
from deploy.demo.id_numbers import with_check_digit
from deploy.demo.model import COUNTY_CODE

_HOUSEHOLD_NO = f"58{COUNTY_CODE}99999901"


class BadRow(NamedTuple):
    """A row, the column that is wrong (empty: the row is right) and why."""

    row: Row
    column: str
    why: str


def _person_no(order: int) -> str:
    return f"{_HOUSEHOLD_NO}{order:02d}"


def _right(order: int) -> dict[str, str]:
    values = dict.fromkeys(PEOPLE, "")
    return values | {
        "户编号": _HOUSEHOLD_NO,
        "人编号": _person_no(order),
        "姓名": "杨测试",
        "证件号码": _number(order),
        "与户主关系": "户主" if order == 1 else "其他",
        "性别": "男",
        "民族": "汉族",
        "健康状况": "健康",
        "户类型": ORDINARY,
        "行政村代码": f"{COUNTY_CODE}100200",
        "是否参加城乡居民基本医疗保险": YES,
        "是否参加城镇职工基本医疗保险": NO,
        "是否参加大病保险": YES,
        "享受低保/特困政策情况": NONE,
    }


def _number(order: int, birth: str = "19700101") -> str:
    """Order numbers from 901 up, which the county generator never reaches."""
    return with_check_digit(f"{COUNTY_CODE}{birth}{901 + 2 * order}")


def _wrong_check_digit(order: int) -> str:
    number = _number(order)
    return number[:-1] + ("1" if number[-1] == "0" else "0")


def bad_rows() -> tuple[BadRow, ...]:
    """One right row that must be taken all the same, then the wrong ones, in file order."""
    changes: tuple[tuple[dict[str, str], str, str], ...] = (
        ({"证件号码": _wrong_check_digit(2)}, "证件号码", "校验码错误"),
        (
            {"是否参加城镇职工基本医疗保险": YES},
            "是否参加城镇职工基本医疗保险",
            "城乡居民与城镇职工医疗保险同时为是",
        ),
        ({"证件号码": _number(4, "19700931")}, "证件号码", "出生日期为9月31日"),
        ({"人编号": _person_no(1)}, "人编号", "人编号与文件中另一行重复"),
        ({"姓名": ""}, "姓名", "缺少必填项"),
        ({"证件号码": _number(7)[:17]}, "证件号码", "证件号码长度不是18、20或22位"),
        ({"行政村代码": "990102100200"}, "行政村代码", "行政村不在本县"),
        ({"民族": "火星族"}, "民族", "民族不在GB/T 3304代码表内"),
        ({"识别监测时间": "202613", "监测对象类别": "边缘易致贫户"}, "识别监测时间", "没有13月"),
    )
    wrong = [
        BadRow(tuple((_right(order) | change).values()), column, why)
        for order, (change, column, why) in enumerate(changes, start=2)
    ]
    return (BadRow(tuple(_right(1).values()), "", ""), *wrong)
