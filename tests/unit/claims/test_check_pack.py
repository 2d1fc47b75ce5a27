"""``check-pack`` tells the author of a pack what is wrong, where, and in Chinese."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.claims.__main__ import app
from services.claims.policies.check import check_pack
from services.claims.policies.load import HERE
from services.claims.policies.reasons import in_chinese

SHIPPED = sorted(HERE.glob("*/*.yaml"))
TEXT = (HERE / "gansu-poverty" / "2026-01-01.yaml").read_text(encoding="utf-8")
CLAIMS = HERE.parent


def run(file: Path, *options: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(app, ["check-pack", str(file), *options])
    return result.exit_code, result.output.splitlines()


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_shipped_version_is_found_right(file: Path) -> None:
    code, lines = run(file)
    assert code == 0
    assert lines[0].startswith(f"正确：{file.parent.name} {file.stem}")


def test_what_nobody_verified_is_listed_on_demand() -> None:
    _, short = run(SHIPPED[0])
    _, long = run(SHIPPED[0], "--unverified")
    assert "未核对原文" in short[1]
    assert len(long) == 2 + sum("verified: false" in line for line in SHIPPED[0].read_text().splitlines())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('rate: "0.85"', "rate: 0.85", "rate/rows/1/rate（basic.rate.1）：应为带引号的文字，不能是 0.85"),
        ('rate: "0.85"', 'rate: "85%"', '"85%" 写法不对：应为带引号的 0 至 1 之间的比例'),
        ('points: "+0.03"', 'points: "0.03"', "应为带引号、带正负号的百分点"),
        ("title: 民政医疗救助", "titel: 民政医疗救助", "layers/2：缺少 title"),
        ("title: 民政医疗救助", "title: 民政医疗救助\n    colour: red", "layers/2：不认识的键 colour"),
        ("levels: [2]}, amount", "levels: [5]}, amount", "不认识 5，只能是：0、1、2、3"),
        ("source: gansu_2016_poor, clause: 大病", "source: rumour, clause: 大病", "没有名为 rumour 的出处"),
        ("id: basic.rate.2", "id: basic.rate.3", "规则编号 basic.rate.3 重复"),
        ('up_to: "10000.00"', 'up_to: "30000.00"', "layers/1/tiers（critical）：分段上限必须逐段升高"),
        ("governing_date: discharge", "governing_date: birthday", '不认识 "birthday"，只能是：admission'),
        ('amount: "500.00", source', 'amount: "500", source', "应为带引号、两位小数的金额（元）"),
        ("examples:", "examples: []\nleft_over:", "examples：至少要有 12 项，现有 0 项"),
        ("layers:", "layers: [", "不是有效的 YAML"),
        ("title: 甘肃型", "pack: x\ntitle: 甘肃型", "键 pack 写了两次"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    code, lines = run(file)
    assert code == 1
    assert lines[0].startswith("不能使用")
    assert says in "\n".join(lines)


def test_a_mistake_is_told_with_its_line() -> None:
    text = TEXT.replace('rate: "0.85"', 'rate: "8.5"')
    line = next(number for number, part in enumerate(text.splitlines(), 1) if '"8.5"' in part)
    assert [mistake.line for mistake in check_pack(text).mistakes] == [line]


def test_a_failed_example_is_compared_amount_by_amount() -> None:
    text = TEXT.replace('rate: "0.80"', 'rate: "0.79"')
    mistakes = {mistake.place: mistake.reason for mistake in check_pack(text).mistakes}
    assert mistakes["examples/6（县级住院，普通居民，80%，大病起付线未到）"] == (
        "城乡居民基本医疗保险（新农合）支付例题写 8000.00 元，按规则算得 7900.00 元；"
        "个人负担例题写 2500.00 元，按规则算得 2600.00 元；"
        "累计项“基本医保统筹基金本年累计支付”例题写 8000.00 元，按规则算得 7900.00 元；"
        "累计项“本年累计政策范围内自付”例题写 2500.00 元，按规则算得 2600.00 元"
    )


def test_an_example_of_another_time_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "2026-01-01.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "2026-03-01.yaml").write_text(
        TEXT.replace('effective_from: "2026-01-01"', 'effective_from: "2026-03-01"'), encoding="utf-8"
    )
    code, lines = run(tmp_path / "2026-01-01.yaml")
    assert code == 1
    assert any("应适用 2026-03-01 的版本" in line for line in lines)


def test_a_broken_neighbour_is_named(tmp_path: Path) -> None:
    (tmp_path / "2026-01-01.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "2027-01-01.yaml").write_text("[]", encoding="utf-8")
    assert "同一文件夹中的 2027-01-01.yaml 有错误" in run(tmp_path / "2026-01-01.yaml")[1][1]


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "draft.yaml").write_bytes(TEXT.encode("gb18030"))
    assert run(tmp_path / "draft.yaml") == (1, ["不能使用，有 1 处错误：", "  整个文件：文件不是 UTF-8 编码"])


def refusals() -> Iterator[str]:
    """Every text with which the rules and the loader refuse a pack, values replaced by ``x``."""
    for path in [*(CLAIMS / "benefits").rglob("*.py"), *(CLAIMS / "policies").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and re.search(r"(PackError|\.fail)$", ast.unparse(node.func)):
                message = node.args[-1]
                if isinstance(message, ast.Constant):
                    yield str(message.value)
                if isinstance(message, ast.JoinedStr):
                    parts = (part.value if isinstance(part, ast.Constant) else "x" for part in message.values)
                    yield "".join(map(str, parts))


def test_every_reason_of_a_refusal_has_a_chinese_text() -> None:
    assert len(list(refusals())) > 20
    assert [text for text in refusals() if in_chinese(text) == text] == []
