"""Decide what every payer pays for one visit. Pure and total: valid facts always get a decision.

Always: eligible = total − non-covered − over-limit − up-front copay, and Σ payers + person = total.

    version = book.on(day)                          # or book.governing(facts)
    kinds = accumulator_kinds(version, facts)       # lock exactly these, in this order
    decision = adjudicate(version, facts, used)     # used: kind → value so far this year, absent means 0
    # then add decision.movements to the accumulators

A dearer charge never lowers what all payers together pay, nor what the person pays: no condition looks at an
amount, of every further fen that is open a layer pays between nothing and that fen, and no pack is accepted
in which layers count the same payment twice or share a limit across a fund (``read``).

The year of the accumulators is that of ``version.governing_day(facts)``. A kind is an opaque string (ASCII,
at most 80 characters). One that ends in ``@2026-03-01`` counts a single day, one that ends in ``_count``
counts times, and one that begins with ``fund.`` belongs to the county (``policy.held_by_county``).
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from services.claims.benefits.arithmetic import Operation
from services.claims.benefits.bill import Bill
from services.claims.benefits.charges import Split, split_charges
from services.claims.benefits.facts import Facts
from services.claims.benefits.policy import Plan, PolicyVersion
from services.claims.benefits.steps import Arithmetic, Basis, Rule, Step
from shared.money import BasisPoints, Fen, ratio_bp


class PayerAmount(NamedTuple):
    """What one payer pays; never zero."""

    payer: str
    amount_fen: Fen


class Decision(NamedTuple):
    """What one visit costs whom; ``payers`` and ``steps`` in the pack's order, movements never negative."""

    total_fen: Fen
    non_covered_fen: Fen
    over_limit_fen: Fen
    upfront_copay_fen: Fen
    eligible_fen: Fen
    payers: tuple[PayerAmount, ...]
    person_pays_fen: Fen
    personal_share_bp: BasisPoints
    movements: dict[str, int]
    steps: tuple[Step, ...]


NHSA_IDENTITY: Final = Rule(
    id="charges.split",
    source="nhsa_interface",
    source_title="国家医保信息平台接口规范（2304 住院结算输出）",
    clause="inscp_scp_amt = medfee_sumamt − fulamt_ownpay_amt − overlmt_selfpay − preselfpay_amt",
    verified=False,
)

CHARGES: Final = Basis(
    layer="charges",
    payer=None,
    title="费用划分",
    rule=NHSA_IDENTITY,
    base_name="total",
    arithmetic=Arithmetic(
        parameters=("non_covered", "over_limit", "upfront_copay"),
        operations=(
            Operation("less", "covered", ("total", "non_covered")),
            Operation("less", "within_limits", ("covered", "over_limit")),
            Operation("less", "amount", ("within_limits", "upfront_copay")),
        ),
        applied=(),
        labels={
            "total": "总费用",
            "non_covered": "全自费",
            "over_limit": "超限价自费",
            "upfront_copay": "乙类先行自付",
            "covered": "扣除全自费后",
            "within_limits": "扣除超限价后",
            "amount": "政策范围内费用",
        },
    ),
    covers=(),
)


def accumulator_kinds(version: PolicyVersion, facts: Facts, plan: Plan | None = None) -> tuple[str, ...]:
    """Exactly the accumulators that a decision on these facts may read or move, sorted, without repeats.

    ``plan`` is ``version.plan(facts)``, where the caller has it at hand.
    """
    plan = plan or version.plan(facts)
    if not plan.day_kinds:
        return plan.year_kinds
    day = version.governing_day(facts).isoformat()
    return tuple(sorted((*plan.year_kinds, *(f"{kind}@{day}" for kind in plan.day_kinds))))


def adjudicate(
    version: PolicyVersion, facts: Facts, used: Mapping[str, int], plan: Plan | None = None
) -> Decision:
    """Run the version's layers over a visit. Moves nothing itself: the caller books ``movements``.

    ``plan`` is ``version.plan(facts)``, where the caller has it at hand.
    """
    plan = plan or version.plan(facts)
    split = split_charges(facts.charges)
    day = version.governing_day(facts).isoformat() if plan.day_kinds else ""
    total = facts.total_fen
    bill = Bill(facts, split, used, day)
    bill.steps.append(_charges_step(total, split))
    for terms in plan.terms:
        terms.settle(bill)
    paid = _by_payer(bill.paid) if plan.shares_payers else bill.paid
    return Decision(
        total,
        split.non_covered_fen,
        split.over_limit_fen,
        split.upfront_copay_fen,
        split.eligible_fen,
        tuple(map(PayerAmount._make, paid)),
        bill.person_fen,
        ratio_bp(bill.person_fen, total),
        bill.moved(),
        tuple(bill.steps),
    )


def _by_payer(paid: Sequence[tuple[str, Fen]]) -> list[tuple[str, Fen]]:
    """One amount per payer, in the order in which they first paid."""
    sums: dict[str, Fen] = {}
    for payer, amount in paid:
        sums[payer] = sums.get(payer, 0) + amount
    return list(sums.items())


def _charges_step(total: Fen, split: Split) -> Step:
    eligible, upfront, over, non_covered = split
    return Step(CHARGES, total, (non_covered, over, upfront), eligible, ())
