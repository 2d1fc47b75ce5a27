"""What holds for every pack, every bill and every state of the year: random packs over all kinds of layers.

The formulation of "a dearer charge": no condition looks at an amount, no limit is shared across a fund, and
nobody pays more than what is open; so of every further fen all payers together and the person each carry
between nothing and that fen. That holds for fixed subsidies too, as they end where nothing is open.
"""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.claims.benefits.adjudicate import Decision, accumulator_kinds, adjudicate
from services.claims.benefits.explain import sentences
from services.claims.benefits.left_out import left_out
from services.claims.benefits.policy import held_by_county
from services.claims.benefits.steps import Step, steps_as_dicts
from shared.money import share_down
from tests.support.packs import Case, cases
from tests.support.rederive import parameters_from_rules, rederived, replayed, stated_parameters


def paid(decision: Decision) -> int:
    return sum(amount for _, amount in decision.payers)


@given(cases())
def test_payers_and_person_together_pay_the_bill(case: Case) -> None:
    version, facts, used = case
    decision = adjudicate(version, facts, used)
    assert paid(decision) + decision.person_pays_fen == decision.total_fen == facts.total_fen
    assert decision.person_pays_fen >= 0
    assert all(amount > 0 for _, amount in decision.payers)
    payers = [payer for payer, _ in decision.payers]
    assert len(payers) == len(set(payers))


@given(cases())
def test_no_payer_exceeds_its_base_or_a_limit(case: Case) -> None:
    version, facts, used = case
    for step in adjudicate(version, facts, used).steps:
        assert 0 <= step.amount_fen <= step.base_fen
        assert step.amount_fen <= left_of_limits(step)

        assert all(after >= 0 for _, _, after in step.accumulators)


def left_of_limits(step: Step) -> int:
    """The least that any limit of a step leaves."""
    numbers = {name: value for name, value in step.parameters.items() if isinstance(value, int)}
    limits = [name for name in numbers if name.startswith("limit_") and not name.endswith("_used")]
    left = [max(0, numbers[name] - numbers.get(f"{name}_used", 0)) for name in limits]
    return min(left, default=step.amount_fen)


@given(cases(), st.integers(0, 3), st.integers(1, 10) | st.integers(1, 10**7))
def test_a_dearer_charge_lowers_neither_what_the_payers_pay_nor_what_the_person_pays(
    case: Case, line: int, more: int
) -> None:
    version, facts, used = case
    bill = list(facts.charges)
    line %= len(bill)
    bill[line] = bill[line]._replace(amount_fen=bill[line].amount_fen + more)
    dearer = replace(facts, charges=tuple(bill), total_fen=facts.total_fen + more)
    before, after = adjudicate(version, facts, used), adjudicate(version, dearer, used)
    assert paid(after) >= paid(before)
    assert after.person_pays_fen >= before.person_pays_fen


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(case: Case, shuffle: Any) -> None:
    version, facts, used = case
    bill = [*facts.charges, *facts.charges[:1]]
    facts = replace(facts, charges=tuple(bill), total_fen=sum(line.amount_fen for line in bill))
    shuffle.shuffle(bill)
    assert adjudicate(version, replace(facts, charges=tuple(bill)), used) == adjudicate(version, facts, used)


@given(cases())
def test_only_named_accumulators_move_and_the_county_holds_the_balances(case: Case) -> None:
    version, facts, used = case
    kinds = accumulator_kinds(version, facts)
    decision = adjudicate(version, facts, used)
    assert set(decision.movements) <= set(kinds)
    assert all(decision.movements.values())
    plan = version.plan(facts)
    assert set(plan.county_kinds) == {kind for kind in kinds if held_by_county(kind)}
    assert all(moved > 0 for moved in decision.movements.values())


@given(cases())
def test_the_ceiling_is_kept_whenever_the_funds_can(case: Case) -> None:
    """After a fund the person is at the ceiling, unless a limit, the balance or its cover ended first."""
    decision = adjudicate(*case)
    for step in decision.steps:
        if step.layer != "fund" or step.payer in {"provider", "county_finance"}:
            continue
        numbers: dict[str, Any] = step.parameters
        whole = next(numbers[name] for name in ("total", "eligible") if name in numbers)
        borne = numbers.get("person_before", 0) + step.base_fen - step.amount_fen
        at_ceiling = borne <= share_down(numbers.get("whole_before", 0) + whole, numbers["ceiling_bp"])
        spent = any(name.startswith("limit_") for name in numbers) and step.amount_fen == left_of_limits(step)
        assert at_ceiling or spent or step.amount_fen == numbers["covered_open"]


@given(cases())
def test_every_amount_base_and_parameter_follows_from_the_explanation_alone(case: Case) -> None:
    decision = adjudicate(*case)
    steps = json.loads(json.dumps(steps_as_dicts(decision.steps)))
    assert [rederived(step) for step in steps] == [step.amount_fen for step in decision.steps]
    payers, person, moved = replayed(steps)
    assert payers == dict(decision.payers)
    assert person == decision.person_pays_fen
    assert moved == decision.movements
    for step in steps:
        stated, by_rules = stated_parameters(step), parameters_from_rules(step)
        assert by_rules == {name: stated[name] for name in by_rules}
    assert len(sentences(decision)) == 2 * len(steps)


@given(cases())
def test_every_layer_has_a_step_or_a_reason(case: Case) -> None:
    version, facts, used = case
    explained = {step.payer for step in adjudicate(version, facts, used).steps}
    missing = {each.payer for each in left_out(version, facts)}
    carriers = {"provider", "county_finance"}
    assert explained | missing | carriers >= {layer.payer for layer in version.layers}


@given(cases(), st.lists(st.integers(0, 40), min_size=1, max_size=5))
def test_a_balance_and_yearly_limits_are_never_overspent_in_a_year(case: Case, hundreds: list[int]) -> None:
    version, facts, _ = case
    used: Counter[str] = Counter()
    limits: dict[str, int] = {}
    for part in hundreds:
        bill = tuple(line._replace(amount_fen=line.amount_fen + part * 10_000) for line in facts.charges)
        visit = replace(facts, charges=bill, total_fen=sum(line.amount_fen for line in bill))
        decision = adjudicate(version, visit, used)
        used.update(decision.movements)
        for terms in version.plan(visit).terms:
            for cap in (*getattr(terms, "caps", ()), *getattr(terms, "balance", ())):
                if cap.per in {"year", "balance"} and cap.amount_fen is not None:
                    # Layers that share a limit may each state another amount: the highest bounds them all.
                    limits[cap.kind] = max(limits.get(cap.kind, 0), cap.amount_fen)
    assert all(used[kind] <= limit for kind, limit in limits.items())
