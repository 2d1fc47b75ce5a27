"""Every piece of a policy pack that ``docs/policy-packs.md`` shows is compiled and its examples are run."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.claims.benefits.examples import check_examples
from services.claims.benefits.policy import PolicyBook
from services.claims.policies import compile_pack
from services.claims.policies.check import check_pack
from services.claims.policies.load import HERE, load_yaml
from tests.support.books import shipped_book
from tests.unit.claims.test_pack_examples import unnoticed

DOCUMENT = (Path(__file__).parents[3] / "docs" / "policy-packs.md").read_text(encoding="utf-8")
BLOCKS = {
    text.splitlines()[0].removeprefix("# "): text
    for text in re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
}
COMPLETE = "完整的政策包"
FROM_SHIPPED = "例题，见 sample-county 2026-01-01"
PIECES = sorted(set(BLOCKS) - {COMPLETE, FROM_SHIPPED})
PIECES_WITHOUT_VISITS = ("片段：防贫保和预警线", "片段：等待期、资助参保和一次性救助", "片段：慢特病认定")
ORDER = {"waiver": 0, "fund": 2}


def joined(base: Any, piece: Any) -> Any:
    """A piece put into a pack as the document says: layers of one payer are joined, funds come last."""
    if isinstance(base, dict):
        return {**base, **{key: joined(base.get(key), value) for key, value in piece.items()}}
    if not isinstance(base, list):
        return piece
    result = copy.deepcopy(base)
    for item in piece:
        payer = item.get("payer") if isinstance(item, dict) else None
        same = next((place for place, old in enumerate(result) if payer and old.get("payer") == payer), None)
        if same is None:
            result.append(item)
        else:
            result[same] = joined(result[same], item)
    # A stable sort: waivers move to the front and funds to the end.
    return sorted(
        result, key=lambda item: ORDER.get(str(item.get("kind")), 1) if isinstance(item, dict) else 1
    )


def run(raw: dict[str, Any]) -> None:
    check_examples(PolicyBook([compile_pack(raw)]))


def test_the_complete_pack_of_the_document_can_be_used_as_it_stands() -> None:
    report = check_pack(BLOCKS[COMPLETE])
    assert report.mistakes == ()
    assert unnoticed(load_yaml(BLOCKS[COMPLETE])) == []


@pytest.mark.parametrize("name", PIECES)
def test_a_piece_works_in_the_complete_pack(name: str) -> None:
    assert name.startswith("片段：")
    piece = load_yaml(BLOCKS[name])
    run(joined(load_yaml(BLOCKS[COMPLETE]), piece))
    assert piece["examples"] or name in PIECES_WITHOUT_VISITS


def test_all_pieces_work_together() -> None:
    raw = load_yaml(BLOCKS[COMPLETE])
    for name in PIECES:
        raw = joined(raw, {key: value for key, value in load_yaml(BLOCKS[name]).items() if key != "examples"})
    compile_pack(raw)


def test_the_worked_example_is_that_of_the_sample_county() -> None:
    shipped = yaml.safe_load((HERE / "sample-county" / "2026-01-01.yaml").read_text(encoding="utf-8"))
    [shown] = load_yaml(BLOCKS[FROM_SHIPPED])["examples"]
    assert shown in shipped["examples"]
    section = DOCUMENT.split("## 二、")[0]
    rules = re.findall(r"`((?:basic|critical|assistance|fund)\.[\w.]+)`", section)
    text = (HERE / "sample-county" / "2026-01-01.yaml").read_text(encoding="utf-8")
    assert rules
    assert [rule for rule in rules if f"id: {rule}," not in text] == []
    for amount in shown["expect"]["payers"].values():
        assert f"| {amount} |" in section


def test_the_packs_that_the_document_lists_are_the_shipped_ones() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| (\d{6}) \|", DOCUMENT, re.MULTILINE)
    shipped = {path.parent.name for path in HERE.glob("*/*.yaml")}
    assert {name for name, _ in listed} == shipped
    assert all(shipped_book(name).versions[-1].jurisdiction == code for name, code in listed)
