"""People by category: once by the main one, and in each that they hold (DOMAIN S-11, S-12)."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.facts import CATEGORIES as RULE_CATEGORIES
from services.claims.benefits.facts import PLACES, VISIT_TYPES
from services.claims.reports.counting import Where, counted
from services.claims.reports.groups import Category, groups
from tests.unit.claims.test_report_figures import DOCUMENT, KNOWN, row

CATEGORIES = [group.any_of[0] for group in KNOWN.of_kind("held")]
HELD = st.sets(st.sampled_from([*CATEGORIES, "of_tomorrow"]))
ROWS = st.lists(
    st.builds(
        row, categories=HELD.map(sorted), in_month=st.booleans(), before=st.booleans(),
        visit_type=st.sampled_from(VISIT_TYPES), provider_level=st.integers(0, 3),
        place=st.sampled_from(PLACES), visits=st.integers(0, 9),
    )
)  # fmt: skip


@given(ROWS)
def test_main_categories_add_up_to_everybody_and_those_of_the_poor_to_the_poor(rows: list[Any]) -> None:
    found = counted(rows, KNOWN.lines.values(), ["visits"], KNOWN.groups.values()).lines
    main = [group.id for group in KNOWN.of_kind("main")]
    poor = [f"main_{category}" for category in KNOWN.poor]
    lines = ("total", "inpatient_out_of_county", "level_1")
    for line, period, name in product(lines, KNOWN.periods, ("visits", "visits_before")):
        seen = {id_: found.get(Where(line, id_, period), {}).get(name, 0) for id_ in KNOWN.groups}
        assert sum(seen[id_] for id_ in main) == seen["all"] == seen["poor"] + seen["other"]
        assert sum(seen[id_] for id_ in poor) == seen["poor"]
        assert all(seen[f"main_{each}"] <= seen[f"held_{each}"] <= seen["all"] for each in CATEGORIES)


@given(HELD)
def test_a_visit_has_one_main_category_and_is_counted_in_each_that_is_held(categories: set[str]) -> None:
    holding = [group for group in KNOWN.groups.values() if group.holds(categories)]
    [main] = [group for group in holding if group.kind == "main"]
    known = [each for each in CATEGORIES if each in categories]
    other = "main_unlisted" if categories else "main_none"
    assert main.id == (f"main_{known[0]}" if known else other)
    assert [group.id for group in holding if group.kind == "held"] == [f"held_{each}" for each in known]


def test_every_category_of_the_rules_is_a_line_and_the_poor_come_first() -> None:
    assert set(CATEGORIES) == set(RULE_CATEGORIES)
    with pytest.raises(ValueError, match="poor come before"):
        groups(dict.fromkeys(("all", "poor", "other", "unlisted", "none"), ""),
               [Category("a", "", poor=False), Category("b", "", poor=True)])  # fmt: skip


def test_the_document_lists_every_category_in_the_order_of_the_main_one() -> None:
    listed = [f"`{each}`" for each in CATEGORIES]
    text = DOCUMENT.read_text(encoding="utf-8")
    places = [text.index(each) for each in listed]
    assert places == sorted(places)
    assert f"（版本 {KNOWN.version}）" in text
