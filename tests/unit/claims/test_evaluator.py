"""The independent evaluator agrees with what is posted and finds every number that was changed."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.claims.benefits.adjudicate import Decision, accumulator_kinds, adjudicate
from services.claims.benefits.facts import Facts
from services.claims.benefits.policy import PolicyVersion
from services.claims.benefits.steps import basis_as_dict, step_as_row
from services.claims.ledger.postings import settlement_postings
from services.claims.settlements.posting import ceiling_of
from services.claims.verification.arithmetic import Unreadable, priced, work_out
from services.claims.verification.chain import Chain
from services.claims.verification.evaluator import differences
from services.claims.verification.records import Booked, Difference, Findings, Line, Moved, Settled
from services.claims.verification.shapes import Shape, read_shape
from tests.support.books import shipped_book, shipped_versions
from tests.support.full_pack import full_pack
from tests.support.visits import charge, visit
from tests.unit.claims.test_properties import amounts, visits

VERSION = shipped_book("sample-county").on(date(2026, 3, 9))
VERSIONS = shipped_versions()
VERSIONS += [full_pack(yearly=False), full_pack(yearly=True)]
ID, PERSON, HOUSEHOLD = UUID(int=1), UUID(int=2), UUID(int=3)
HOSPITAL, DIVISION, YEAR = "H99010100001", "990101200203", 2026
Case = tuple[PolicyVersion, Facts, dict[str, int]]
Number = tuple[Any, Any]
"""A container and the key under which it holds a number."""


@st.composite
def cases(draw: st.DrawFn) -> tuple[PolicyVersion, Facts, dict[str, int]]:
    """A visit under any pack, and accumulators that earlier visits may have left behind."""
    version = draw(st.sampled_from(VERSIONS))
    facts = draw(visits())
    names = st.sampled_from(["XA01", "XB0199", "330100001", "rounds"])
    lines = [line._replace(item_code=draw(names), category=draw(names)) for line in facts.charges]
    facts = replace(facts, charges=tuple(lines))
    used = {kind: draw(st.integers(0, 200_000) | amounts) for kind in accumulator_kinds(version, facts)}
    return version, facts, used


def posted(
    version: PolicyVersion, facts: Facts, used: Mapping[str, int]
) -> tuple[Settled, dict[str, Shape], Chain]:
    """A settlement as posting it would store it, its shapes, and the accumulators before it."""
    decision = adjudicate(version, facts, used)
    shapes = {
        step.basis.id: read_shape(step.basis.id, json.loads(json.dumps(basis_as_dict(step.basis))))
        for step in decision.steps
    }
    chain = Chain(PERSON)
    chain.pass_over(UUID(int=0), [Moved(PERSON, YEAR, kind, amount) for kind, amount in used.items()])
    return stored(facts, decision), shapes, chain


def stored(facts: Facts, decision: Decision) -> Settled:
    ceiling_bp, ceiling_base_fen = ceiling_of(decision)
    own = {"own_payment": PERSON, "household.own_payment": HOUSEHOLD} if decision.person_pays_fen else {}
    moves = [(PERSON, YEAR, kind, amount) for kind, amount in decision.movements.items()]
    moves += [(holder, YEAR, kind, decision.person_pays_fen) for kind, holder in own.items()]
    booked = settlement_postings("990101", YEAR, HOSPITAL, decision.payers, decision.person_pays_fen)
    return Settled(
        id=ID,
        person_id=PERSON,
        household_id=HOUSEHOLD,
        year=YEAR,
        facility_code=HOSPITAL,
        division_code=DIVISION,
        total_fen=decision.total_fen,
        non_covered_fen=decision.non_covered_fen,
        over_limit_fen=decision.over_limit_fen,
        upfront_copay_fen=decision.upfront_copay_fen,
        eligible_fen=decision.eligible_fen,
        person_pays_fen=decision.person_pays_fen,
        personal_share_bp=decision.personal_share_bp,
        ceiling_bp=ceiling_bp,
        ceiling_base_fen=ceiling_base_fen,
        steps=json.loads(json.dumps([step_as_row(step) for step in decision.steps])),
        lines=tuple(
            Line(
                c.item_code,
                c.category,
                c.item_class,
                c.self_pay_rate_bp,
                c.quantity_milli,
                c.unit_price_e4,
                c.price_limit_e4,
                c.amount_fen,
            )
            for c in facts.charges
        ),
        payers=tuple((payer, amount) for payer, amount in decision.payers),
        moved=tuple(Moved(*moved) for moved in moves),
        booked=tuple(Booked(*posting) for posting in booked),
    )


def found(settled: Settled, shapes: Mapping[str, Shape], chain: Chain) -> list[Difference]:
    """Everything that the evaluator says about one settlement in its chain."""
    known = differences(settled, shapes)
    if any(each.field == "form" for each in known):
        return known
    findings = Findings(settled.id)
    chain.follow(settled, findings)
    return known + findings.all


def numbers(value: Any) -> Iterator[Number]:
    """Every place in plain data that holds a number."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            if type(part) is int:
                yield value, key
            else:
                yield from numbers(part)


@given(cases())
def test_nothing_differs_in_what_was_posted(case: Case) -> None:
    assert found(*posted(*case)) == []


@given(cases(), st.data())
def test_any_number_changed_in_the_steps_is_found(case: Case, data: Any) -> None:
    settled, shapes, chain = posted(*case)
    steps = copy.deepcopy(settled.steps)
    holder, key = data.draw(st.sampled_from(list(numbers(steps))))
    holder[key] += data.draw(st.integers(-10_000, 10_000).filter(bool))
    assert found(replace(settled, steps=steps), shapes, chain)


@given(cases(), st.data())
def test_any_number_changed_in_the_rules_is_found(case: Case, data: Any) -> None:
    settled, shapes, chain = posted(*case)
    step = data.draw(st.sampled_from(adjudicate(*case).steps))
    content = json.loads(json.dumps(basis_as_dict(step.basis)))
    places = list(numbers(content))
    assume(places)
    holder, key = data.draw(st.sampled_from(places))
    holder[key] += data.draw(st.integers(-10_000, 10_000).filter(bool))
    changed = {**shapes, step.basis.id: read_shape(step.basis.id, content)}
    assert any(each.field == "basis" for each in found(settled, changed, chain))


FIGURES = [
    "total_fen",
    "non_covered_fen",
    "over_limit_fen",
    "upfront_copay_fen",
    "eligible_fen",
    "person_pays_fen",
    "personal_share_bp",
]


@given(cases(), st.sampled_from(FIGURES), st.integers(-10_000, 10_000).filter(bool))
def test_any_figure_changed_is_found(case: Case, name: str, by: int) -> None:
    settled, shapes, chain = posted(*case)
    assert found(replace(settled, **{name: getattr(settled, name) + by}), shapes, chain)


POOR = posted(
    VERSION,
    visit(
        (charge(876_600), charge(100_000, "B", 1_000), charge(20_000, "C")),
        categories=frozenset({"registered_poor"}),
    ),
    {"critical_illness.own_payment": 700_000},
)
CHANGES: Mapping[str, tuple[str, Callable[[Settled], Settled]]] = {
    "a payer's line": ("payers", lambda s: replace(s, payers=((s.payers[0][0], 1), *s.payers[1:]))),
    "a payer left out": ("payers", lambda s: replace(s, payers=s.payers[1:])),
    "payers in another order": ("payers", lambda s: replace(s, payers=s.payers[::-1])),
    "the amount of a transfer": (
        "transfers",
        lambda s: replace(s, booked=(s.booked[0]._replace(amount_fen=1), *s.booked[1:])),
    ),
    "the account of a transfer": (
        "transfers",
        lambda s: replace(s, booked=(s.booked[0]._replace(debit_account="fund:x"), *s.booked[1:])),
    ),
    "a transfer twice": ("transfers", lambda s: replace(s, booked=(*s.booked, s.booked[0]))),
    "a movement": ("movements", lambda s: replace(s, moved=s.moved[1:])),
    "a movement of somebody else": (
        "movements",
        lambda s: replace(s, moved=(s.moved[0]._replace(holder=ID), *s.moved[1:])),
    ),
    "a line of the bill": ("total", lambda s: replace(s, lines=s.lines[1:])),
    "the class of a line": (
        "non_covered",
        lambda s: replace(s, lines=(s.lines[0]._replace(item_class="C"), *s.lines[1:])),
    ),
    "the price of a line": (
        "lines",
        lambda s: replace(s, lines=(s.lines[0]._replace(unit_price_e4=1), *s.lines[1:])),
    ),
    "the ceiling": ("ceiling", lambda s: replace(s, ceiling_bp=1_000)),
    "no steps": ("form", lambda s: replace(s, steps=[])),
    "steps that are none": ("form", lambda s: replace(s, steps={"a": 1})),
    "a step without its basis": ("form", lambda s: replace(s, steps=[["unknown", 0, [], 0, []]])),
    "a text for a number": ("form", lambda s: replace(s, steps=[[s.steps[0][0], "1", [0, 0, 0], 0, []]])),
    "a number beyond all bounds": (
        "form",
        lambda s: replace(s, steps=[[s.steps[0][0], 10**40, [0, 0, 0], 0, []]]),
    ),
    "a step left out": ("base", lambda s: replace(s, steps=[s.steps[0], *s.steps[2:]])),
    "the division left out": ("basis", lambda s: replace(s, steps=s.steps[1:])),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_named(change: str) -> None:
    settled, shapes, _ = POOR
    field, make = CHANGES[change]
    assert differences(settled, shapes) == []
    fields = {each.field.partition("/")[0] for each in differences(make(settled), shapes)}
    assert field in fields


def test_a_difference_says_settlement_step_field_and_both_values_in_two_languages() -> None:
    assert str(Difference(ID, 3, "amount", 145_158, 145_159)) == (
        f"差异：结算 {ID} 第3步 支付金额（amount）存储 145158，重算 145159"
        f" | difference: settlement {ID}, step 3, amount: stored 145158, derived 145159"
    )
    assert "整单 台账（transfers）" in str(Difference(ID, None, "transfers", [], ["a→b 1"]))


def test_a_settlement_begins_where_the_one_before_ended() -> None:
    settled, _, _ = POOR
    chain, findings = Chain(PERSON), Findings(ID)
    chain.follow(settled, findings)
    assert {each.field for each in findings.all} == {"accumulators/critical_illness.own_payment/before"}
    [first] = findings.all
    assert (first.stored, first.derived) == (700_000, 0)


def test_the_accumulators_are_what_the_last_settlement_left() -> None:
    settled, _, chain = POOR
    used = {kind: after for step in settled.steps for kind, _, after in step[4]}
    used["own_payment"] = settled.person_pays_fen
    followed = copy.deepcopy(chain)
    followed.follow(settled, Findings(ID))
    assert followed.end(used) == []
    kind = next(iter(used))
    [short] = followed.end({**used, kind: used[kind] - 1})
    assert (short.field, short.stored, short.derived) == (f"accumulators/{kind}", used[kind] - 1, used[kind])
    assert followed.end({}) != []


TIERS = [[5_000_000, 6_000], [10_000_000, 7_000], [None, 8_000]]


@pytest.mark.parametrize(
    ("op", "given_", "result"),
    [
        ("less", [5, 3], 2),
        ("less", [3, 5], 0),
        ("plus", [3, 5], 8),
        ("at_most", [3, 5], 3),
        ("at_most", [5, 3], 3),
        ("at_rate", [1, 5_000], 1),
        ("at_rate", [1, 4_999], 0),
        ("at_rate", [10**15, 9_999], 999_900_000_000_000),
        ("at_rate_down", [199, 500], 9),
        ("at_rate_down", [200, 500], 10),
        ("tiers", [4_800_000, 5_200_000, 1_000_000, TIERS], 260_000),
        ("tiers", [0, 1_000_000, 1_000_000, TIERS], 0),
        ("tiers", [0, 1_000_001, 1_000_000, TIERS], 1),
        ("tiers", [11_000_000, 11_000_001, 1_000_000, TIERS], 1),
    ],
)
def test_each_operation_is_worked_out_by_its_words(op: str, given_: list[Any], result: int) -> None:
    assert work_out(op, given_) == result


@pytest.mark.parametrize(("op", "given_"), [("times", [1, 2]), ("less", [1]), ("tiers", [1, 2, 3])])
def test_an_operation_that_does_not_exist_is_no_explanation(op: str, given_: list[Any]) -> None:
    with pytest.raises(Unreadable):
        work_out(op, given_)


def test_prices_round_half_up_to_the_fen() -> None:
    assert [priced(500, 100), priced(499, 100), priced(3_000, 3_333)] == [1, 0, 100]
