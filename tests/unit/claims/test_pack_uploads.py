"""Reading an uploaded pack: whatever is sent is either a pack or a refusal that says where and why."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.policy import PolicyBook
from services.claims.packs.faults import example_faults
from services.claims.packs.parse import label_of, labelled, parse_json, parse_text, parse_yaml
from services.claims.packs.reading import MAX_ENTRIES, Unreadable, read_text
from shared.problems import Problem, render
from tests.support.uploads import TEXT, as_yaml, outpatient_pack, pack, place
from tests.support.visits import rule

ROW = "layers/0/benefits/0/rate/rows/0"


def refusal(data: Any) -> Problem:
    with pytest.raises(Problem) as refused:
        parse_json(json.dumps(data).encode())
    return refused.value


def test_the_shipped_pack_reads_the_same_from_yaml_and_from_json() -> None:
    from_yaml = parse_yaml(TEXT.encode())
    from_json = parse_json(json.dumps(from_yaml.raw).encode())
    assert from_yaml.raw == from_json.raw
    assert from_yaml.version.version == from_json.version.version == "2026-01-01"
    assert from_yaml.text == TEXT
    assert from_yaml.digest != from_json.digest
    assert parse_yaml(b"\xef\xbb\xbf" + TEXT.encode()).digest == from_yaml.digest


@pytest.mark.parametrize(
    ("path", "value", "pointer", "says"),
    [
        ("effective_from", "2026-02-30", "/effective_from", "实际存在的日期"),
        ("effective_from", "1999-12-31", "/effective_from", "2000 至 2099"),
        ("jurisdiction", "99\n", "/jurisdiction", "格式"),
        ("jurisdiction", "9９", "/jurisdiction", "格式"),
        ("governing_date", "birthday", "/governing_date", "admission、discharge、settlement"),
        ("layers", [], "/layers", "至少要有 1 项，现有 0 项"),
        ("layers/0/title", "", "/layers/0/title", "不能为空"),
        ("layers/0/benefits/0/source", "hearsay", "/layers/0/benefits/0/source", "没有名为 hearsay 的出处"),
        (f"{ROW}/rate", 0.85, f"/{ROW}/rate", "应为带引号的文字"),
        ("layers/0/benefits/0/rate/rows/0/id", "basic.rate.2", "/layers/0/benefits/0/rate/rows/1/id", "重复"),
        (f"{ROW}/when", {"levels": [7]}, f"/{ROW}/when/levels/0", "0、1、2、3"),
        ("examples/0/charges/0/surprise", 1, "/examples/0/charges/0", "不认识的键 surprise"),
        ("examples", [], "/examples", "至少要有 12 项"),
    ],
)
def test_a_mistake_is_named_by_pointer_in_chinese_and_english(
    path: str, value: Any, pointer: str, says: str
) -> None:
    data = pack("county", "990101")
    place(data, path, value)
    problem = refusal(data)
    chinese, english = render(problem, "zh"), render(problem, "en")
    assert chinese["code"] == "claims.pack_invalid"
    found = {error["pointer"]: error["detail"] for error in chinese["errors"]}
    assert says in found[pointer]
    assert not re.search("[\u4e00-\u9fff]", "".join(error["detail"] for error in english["errors"]))


def test_several_mistakes_are_told_together() -> None:
    data = pack("county", "990101")
    del data["title"], data["layers"][3]["covers"]
    place(data, "layers/0/fund_pay_type", "39")
    pointers = {error.pointer for error in refusal(data).errors}
    assert pointers == {"", "/layers/3", "/layers/0/fund_pay_type"}


def test_an_example_that_fails_is_told_with_found_and_stated_amounts() -> None:
    data = outpatient_pack("county", "990101", "2026-01-01", "0.50")
    data["examples"][1]["expect"]["payers"] = {"basic_insurance": "90.00", "fund": "10.00"}
    version = parse_yaml(as_yaml(data)).version
    faults = example_faults(PolicyBook([version]), version)
    assert [(fault.pointer, fault.params["found"], fault.params["stated"]) for fault in faults] == [
        ("/examples/1/expect/payers/basic_insurance", "100.00", "90.00"),
        ("/examples/1/expect/payers/fund", "0.00", "10.00"),
    ]


def test_an_example_of_the_relapse_insurance_that_fails_is_told_by_its_place() -> None:
    data = outpatient_pack("county", "990101", "2026-01-01", "0.50")
    worked = {"class": "poor", "own_payment": "10000.00"}
    data["relapse_insurance"] = {
        **rule("relapse"),
        "payer": "relapse_insurance",
        "title": "防贫保",
        "classes": [rule("relapse.poor", **{"class": "poor"}, title="脱贫户", amount="5000.00")],
        "tiers": [rule("relapse.1", up_to=None, rate="0.50")],
        "examples": [
            {"name": "算得一致", **worked, "pays": "2500.00"},
            {"name": "多写一分", **worked, "pays": "2500.01"},
        ],
    }
    version = parse_yaml(as_yaml(data)).version
    [fault] = example_faults(PolicyBook([version]), version)
    assert (fault.pointer, fault.params["found"]) == ("/relapse_insurance/examples/1/pays", "2500.00")


def test_an_example_has_to_lie_in_the_time_of_its_own_version() -> None:
    first, second = (
        parse_yaml(as_yaml(outpatient_pack("county", "990101", begins, "0.50"))).version
        for begins in ("2026-01-01", "2026-07-01")
    )
    book = PolicyBook([first, second])
    assert example_faults(book, first) == example_faults(book, second) == []
    late = outpatient_pack("county", "990101", "2026-01-01", "0.50")
    late["examples"][0]["visit"]["discharged_on"] = "2026-07-01"
    moved = parse_yaml(as_yaml(late)).version
    [fault] = example_faults(PolicyBook([moved, second]), moved)
    assert (fault.pointer, fault.params["in_force"]) == ("/examples/0/visit", "2026-07-01")


def test_a_correction_has_a_name_of_its_own() -> None:
    version = parse_text(TEXT).version
    assert [labelled(version, revision).version for revision in (1, 2)] == ["2026-01-01", "2026-01-01.r2"]
    assert label_of(version.effective_from, 3) == "2026-01-01.r3"
    assert version.version == "2026-01-01"


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing but a remark",
        "pack: [",
        "pack: a\npack: b",
        "a: 1\n---\nb: 2",
        "a: &a [*a]",
        BOMB,
        "[" * 40 + "]" * 40,
        "[" * 5_000 + "]" * 5_000,
        "".join(f"k{no}: 1\n" for no in range(MAX_ENTRIES + 1)),
        "a: " + "1" * 5_000,
        "a: !!int abc",
        "a: !!int ''",
        "a: !!bool perhaps",
        "a: !!timestamp 2026-13-45",
        "a: !!python/object/apply:os.system [x]",
        "a: !!binary '*'",
        "? [a]\n: b",
        "<<: {a: 1}",
        'a: "\\0"',
        'a: "\\ud800"',
        'a: "\\x1b[2J"',
        "a: \x07",
    ],
    ids=lambda text: repr(text[:30]),
)
def test_a_text_that_could_do_harm_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_text(text)
    assert re.search("[\u4e00-\u9fff]", refused.value.zh)
    assert not re.search("[\u4e00-\u9fff]", refused.value.en)


def test_aliases_and_quoted_dates_read_as_authors_mean_them() -> None:
    assert read_text("a: &poor {x: [1]}\nb: *poor\nc: 2026-01-01") == {
        "a": {"x": [1]},
        "b": {"x": [1]},
        "c": "2026-01-01",
    }


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_PLACES = [
    "pack", "effective_from", "jurisdiction", "sources", "accumulators", "layers", "layers/0",
    "layers/0/benefits/0/when", "layers/0/benefits/0/rate/rows/0", "layers/0/benefits/0/rate/rows/0/rate",
    "examples/0", "examples/0/visit", "examples/0/visit/level", "examples/0/charges/0",
    "examples/0/expect/payers",
]  # fmt: skip


@given(st.sampled_from(_PLACES), _JSON)
def test_whatever_stands_in_a_pack_is_read_or_refused(path: str, value: Any) -> None:
    data = outpatient_pack("county", "990101", "2026-01-01", "0.50")
    place(data, path, value)
    try:
        assert parse_json(json.dumps(data).encode()).version.pack
    except Problem as problem:
        assert problem.spec.status < 500
        render(problem, "zh")


@given(st.text(max_size=60) | st.text("ab:-[]{}&*!|>'\"\n 01<?", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_text(text)
    except Problem as problem:
        assert problem.spec.status < 500
