"""The shipped packs, and what makes a pack be refused."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from services.claims.benefits.examples import ExamplesFailed, check_examples
from services.claims.benefits.facts import CATEGORIES, PLACES, PROVIDER_LEVELS, REFERRALS, VISIT_TYPES
from services.claims.benefits.layers import KINDS
from services.claims.benefits.policy import PackError, PolicyBook
from services.claims.benefits.read import read_version
from services.claims.policies import compile_pack, load_book, load_books, parse_pack
from services.claims.policies.load import HERE, SCHEMA, VALIDATOR
from tests.support.packs import packs
from tests.support.visits import rule
from tests.unit.claims.test_enrolment_rules import ONE_OFF, SPONSORSHIP, WAITING
from tests.unit.claims.test_relapse import insurance as relapse_section

TEXT = (HERE / "sample-county" / "2026-01-01.yaml").read_text(encoding="utf-8")
DATA: dict[str, Any] = yaml.safe_load(TEXT)
PLAIN: dict[str, Any] = yaml.safe_load(
    (HERE / "sample-county" / "2025-01-01.yaml").read_text(encoding="utf-8")
)
"""A pack whose first layer is basic insurance, without waivers and deductibles by admission."""


def changed(path: str, value: Any) -> dict[str, Any]:
    """The sample pack with one place changed."""
    data: dict[str, Any] = copy.deepcopy(DATA)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: Any = data
    for part in parents:
        place = place[part]
    place[last] = value
    return data


def test_every_shipped_pack_loads_and_its_examples_come_out() -> None:
    books = load_books()
    assert [version.version for version in books["sample-county"].versions] == [
        "2025-01-01",
        "2026-01-01",
        "2026-07-01",
    ]
    assert all(len(version.examples) >= 12 for book in books.values() for version in book.versions)


def test_a_pack_survives_being_written_and_read() -> None:
    assert parse_pack(json.dumps(DATA, ensure_ascii=False)).version == "2026-01-01"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("effective_from", "2026-02-30"),
        ("governing_date", "birthday"),
        ("layers", []),
        ("layers/0/kind", "magic"),
        ("layers/1/payer", "basic_insurance"),
        ("layers/0/benefits/0/source", "hearsay"),
        ("layers/0/benefits/0/verified", "yes"),
        ("layers/0/benefits/0/rate/rows/0/rate", 0.85),
        ("layers/0/benefits/0/rate/rows/0/rate", "1.10"),
        ("layers/0/benefits/0/rate/rows/0/clause", ""),
        ("layers/0/benefits/0/rate/rows/0/id", "basic.rate.2"),
        ("layers/0/benefits/0/rate/rows/0/when", {}),
        ("layers/0/benefits/0/rate/rows/0/when", {"levels": [7]}),
        ("layers/0/benefits/0/rate/rows/0/when", {"categories": ["poor"]}),
        ("layers/0/benefits/0/rate/rows/0/when", {"categories": "dibao"}),
        ("layers/0/benefits/0/rate/rows/0/when", {"weather": ["rain"]}),
        ("layers/0/benefits/0/rate/points/0/points", "0.10"),
        ("layers/0/benefits/0/deductible/rows/0/amount", "-300.00"),
        ("layers/0/benefits/0/deductible/rows/0/amount", 300),
        ("layers/0/benefits/0/deductible/per", "year"),
        ("layers/0/benefits/1/rate", {"rows": []}),
        ("layers/0/limits/0/accumulator", "basic_insurance.unknown"),
        ("layers/0/limits/0/per", "century"),
        ("layers/1/tiers/0/up_to", "100000.00"),
        ("layers/1/tiers/1/up_to", None),
        ("layers/1/tiers/2/up_to", "300000.00"),
        ("layers/3/share_of", "eligible"),
        ("layers/3/covers", []),
        ("layers/3/covers", ["everything"]),
        ("layers/3/per", "person_year"),
        ("examples", DATA["examples"][:11]),
        ("examples/0/visit/level", 4),
        ("examples/0/charges/0/amount", "600"),
        ("surprise", "a key nobody asked for"),
    ],
)
def test_a_pack_with_a_mistake_is_refused(path: str, value: Any) -> None:
    with pytest.raises(PackError) as refusal:
        compile_pack(changed(path, value))
    assert refusal.value.message


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("layers/0/benefits/0/source", "hearsay", "layers/0/benefits/0/source"),
        ("layers/3/covers", ["everything"], "layers/3/covers/0"),
        ("layers/1/tiers/1/up_to", None, "layers/1/tiers"),
    ],
)
def test_a_refusal_names_the_place(path: str, value: Any, place: str) -> None:
    with pytest.raises(PackError) as refusal:
        compile_pack(changed(path, value))
    assert refusal.value.path == place


@pytest.mark.parametrize("text", ["", "[]", "pack: [", "pack: a\npack: b", "- 1", "null"])
def test_text_that_is_no_pack_is_refused(text: str) -> None:
    with pytest.raises(PackError):
        parse_pack(text)


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(PackError, match="twice"):
        parse_pack(TEXT.replace('jurisdiction: "990101"', 'jurisdiction: "990101"\njurisdiction: "990102"'))


def folder_with(tmp_path: Path, name: str, text: str | dict[str, Any]) -> Path:
    """A folder that holds one version; JSON is YAML too."""
    text = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
    (tmp_path / "sample-county").mkdir()
    (tmp_path / "sample-county" / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("examples/2/expect/person_pays", "2641.51", "person_pays 2641.50 instead of 2641.51"),
        ("examples/2/expect/eligible", "8765.99", "eligible 8766.00 instead of 8765.99"),
        ("examples/2/expect/payers", {}, "payers/basic_insurance 6124.50 instead of 0.00"),
        ("examples/2/expect/movements", {}, "movements/basic_insurance.paid 6124.50 instead of 0.00"),
        ("examples/2/visit/discharged_on", "2025-12-31", "lies before the first version"),
        ("layers/0/benefits/0/rate/rows/1/rate", "0.76", "县级住院，普通居民"),
    ],
)
def test_a_pack_is_refused_when_one_of_its_examples_fails(
    tmp_path: Path, path: str, value: Any, says: str
) -> None:
    with pytest.raises(ExamplesFailed, match=says):
        load_book("sample-county", folder_with(tmp_path, "2026-01-01.yaml", changed(path, value)))


def test_an_example_must_lie_in_the_time_of_its_version(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "2026-01-01.yaml", TEXT)
    later = json.dumps(changed("effective_from", "2026-03-09"), ensure_ascii=False)
    (folder / "sample-county" / "2026-03-09.yaml").write_text(later, encoding="utf-8")
    with pytest.raises(ExamplesFailed, match="the version of 2026-03-09 is in force"):
        load_book("sample-county", folder)


def test_a_file_is_named_after_its_date(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="named after"):
        load_book("sample-county", folder_with(tmp_path, "2026-01-02.yaml", TEXT))


def test_the_schema_knows_the_same_words_as_the_rules() -> None:
    words = SCHEMA["$defs"]["condition"]["properties"]
    assert words["visit_types"]["items"]["enum"] == list(VISIT_TYPES)
    assert words["places"]["items"]["enum"] == list(PLACES)
    assert words["referrals"]["items"]["enum"] == list(REFERRALS)
    assert words["levels"]["items"]["enum"] == list(PROVIDER_LEVELS)
    assert words["categories"]["items"]["enum"] == list(CATEGORIES)
    assert SCHEMA["$defs"]["layer"]["properties"]["kind"]["enum"] == list(KINDS)


def numbers(node: Any) -> list[dict[str, Any]]:
    """Every mapping of a pack's layers that carries a number."""
    if isinstance(node, list):
        return [found for item in node for found in numbers(item)]
    if not isinstance(node, dict):
        return []
    is_number = "amount" in node or any(isinstance(node.get(key), str) for key in ("rate", "points"))
    return [node] * is_number + [found for item in node.values() for found in numbers(item)]


def test_every_number_has_a_source_a_clause_and_says_whether_it_was_verified() -> None:
    found = numbers(DATA["layers"])
    assert len(found) > 40
    assert all({"id", "source", "clause", "verified"} <= set(number) for number in found)
    assert {number["source"] for number in found} <= set(DATA["sources"])


def test_every_layer_is_shown_paying_and_not_paying_by_an_example() -> None:
    version = read_version(DATA)
    for layer in version.layers:
        paying = [layer.payer in example.payers for example in version.examples]
        assert any(paying)
        assert not all(paying)


@given(packs())
def test_the_schema_knows_every_kind_of_layer(pack: dict[str, Any]) -> None:
    errors = VALIDATOR.iter_errors({**pack, "examples": DATA["examples"]})
    assert [(list(error.absolute_path), error.message) for error in errors] == []


SECTIONS: dict[str, Any] = {
    "programmes": [
        *PLAIN["programmes"],
        rule(
            "major",
            title="大病专项救治",
            diagnosis="main",
            diseases=[
                {"name": "耐多药肺结核", "icd10": ["A15"], "also": ["U84.3"], "min_age": 1, "max_age": 90}
            ],
        ),
    ],
    "burden": [
        rule("burden.person", per="person", title="一万元", amount="10000.00"),
        rule("burden.household", per="household", title="收入一半", income="20000.00", share="0.50"),
    ],
    "relapse_insurance": relapse_section(limit=rule("relapse.limit", amount="100000.00")),
    "enrolment": {"waiting": WAITING, "sponsorship": SPONSORSHIP},
    "one_off": ONE_OFF,
}


@pytest.mark.parametrize("section", SECTIONS)
def test_the_schema_knows_the_other_sections(section: str) -> None:
    data = json.loads(
        json.dumps({**PLAIN, **SECTIONS, "sources": {**PLAIN["sources"], "notice": {"title": "测试"}}})
    )
    version = compile_pack(data)
    assert (version.burden, version.relapse, version.enrolment, version.one_off) != ((), None, None, None)
    with pytest.raises(PackError):
        compile_pack({**data, section: {"surprise": 1}})


def example_of(**parts: Any) -> dict[str, Any]:
    """The sample pack with its first example changed and a waiver, so that examples can state both."""
    item = rule("waiver.fee", title="一般诊疗费", item_codes=["1102"], charge_categories=["consultation"])
    waiver = rule(
        "waiver", kind="waiver", payer="provider", title="减免", fund_pay_type="999996", items=[item]
    )
    data = copy.deepcopy(PLAIN)
    data["sources"]["notice"] = {"title": "测试"}
    data["accumulators"]["basic_insurance.admission_count"] = "本年住院次数"
    deductible = data["layers"][0]["benefits"][0]["deductible"]
    deductible |= {"per": "admission", "accumulator": "basic_insurance.admission_count"}
    data["layers"].insert(0, waiver)
    charges = [
        {"class": "A", "amount": "8766.00"},
        {"class": "C", "amount": "10.00", "item_code": "110200001"},
        {"class": "A", "amount": "5.00", "category": "consultation"},
    ]
    moved = {
        "basic_insurance.admission_count": "1",
        "basic_insurance.paid": "6124.50",
        "critical_illness.own_payment": "2641.50",
    }
    expect = {
        "eligible": "8771.00",
        "payers": {"provider": "15.00", "basic_insurance": "6124.50"},
        "person_pays": "2641.50",
        "waived": "15.00",
        "movements": moved,
    }
    example = data["examples"][2]
    used = {"basic_insurance.admission_count": "4"}
    data["examples"][2] = {**example, "used": used, "charges": charges, "expect": {**expect, **parts}}
    for other in data["examples"]:
        if other is not data["examples"][2]:
            other["expect"].pop("movements", None)
    return data


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({}, ""),
        ({"waived": "14.99"}, "waived 15.00 instead of 14.99"),
        (
            {"movements": {"basic_insurance.admission_count": "2"}},
            "movements/basic_insurance.admission_count 1 instead of 2",
        ),
    ],
)
def test_examples_state_what_is_waived_and_which_admission_it_was(parts: dict[str, Any], says: str) -> None:
    book = PolicyBook([compile_pack(example_of(**parts))])
    if not says:
        check_examples(book)
        return
    with pytest.raises(ExamplesFailed, match=re.escape(says)):
        check_examples(book)
