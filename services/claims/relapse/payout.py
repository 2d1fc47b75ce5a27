"""What the pack says a claim pays, and how it is told."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from services.claims.benefits.explain import step_sentences
from services.claims.benefits.policy import NoPolicyInForce, PolicyVersion
from services.claims.benefits.relapse import NotInsured, RelapseDecision, RelapseInsurance, relapse_payout
from services.claims.benefits.steps import step_as_dict
from services.claims.problems import RELAPSE_CLASS, RELAPSE_NOT_INSURED
from services.claims.relapse.schemas import PolicyRef, RelapsePayout, TierLine
from services.claims.settlements.policies import Policies
from shared.money import FULL_RATE_BP, Fen, apportion
from shared.problems import Problem

Tiers = Sequence[tuple[Fen | None, int]]


def insured_version(
    policies: Policies, division_code: str, day: date
) -> tuple[PolicyVersion, RelapseInsurance]:
    """The policy in force for a division on a day, and its relapse insurance; a Problem without one."""
    book = policies.for_division(division_code)
    try:
        version = book.on(day) if book else None
    except NoPolicyInForce:
        version = None
    if version is None or version.relapse is None:
        raise Problem(RELAPSE_NOT_INSURED, division=division_code[:6], day=day.isoformat())
    return version, version.relapse


def decide(
    version: PolicyVersion, household_class: str, own_payment_fen: Fen, already_paid_fen: Fen
) -> RelapseDecision:
    """What is paid now; a Problem for a class that the pack does not have."""
    try:
        return relapse_payout(version, household_class, own_payment_fen, already_paid_fen)
    except NotInsured as missing:
        classes = version.relapse.classes if version.relapse else ()
        known = "、".join(each.id for each in classes) or "-"
        raise Problem(
            RELAPSE_CLASS, pointer="/class", household_class=household_class, known=known
        ) from missing


def told(version: PolicyVersion, decision: RelapseDecision) -> RelapsePayout:
    """A decision with deductible, tiers, rule and sentences."""
    step = step_as_dict(decision.step)
    deductible, tiers = step["parameters"]["deductible"], step["parameters"]["tiers"]
    rule = decision.step.basis.rule
    return RelapsePayout(
        household_class=decision.household_class,
        class_title=decision.class_title,
        own_payment=decision.own_payment_fen,
        deductible=deductible,
        tiers=tier_lines(decision.own_payment_fen, deductible, tiers),
        due=decision.due_fen,
        already_paid=decision.already_paid_fen,
        payout=decision.payout_fen,
        payer=str(decision.step.payer),
        policy=PolicyRef(pack=version.pack, version=version.version),
        rule=rule.id,
        clause=rule.clause,
        source=rule.source_title,
        verified=rule.verified,
        sentences=step_sentences(step),
        detail=step,
    )


def tier_lines(own_fen: Fen, deductible_fen: Fen, tiers: Tiers) -> list[TierLine]:
    """What each tier that is reached adds; their amounts add up to the tiers' sum, rounded once."""
    ends = [min(own_fen, end) if end is not None else own_fen for end, _ in tiers]
    edges = [max(edge, deductible_fen) for edge in (0, *ends)]
    parts = [
        (above, up_to, rate_bp)
        for (above, up_to), (_, rate_bp) in zip(pairwise(edges), tiers, strict=True)
        if up_to > above
    ]
    amounts = apportion([(up_to - above) * rate_bp for above, up_to, rate_bp in parts], FULL_RATE_BP)
    return [
        TierLine(above=above, up_to=up_to, rate=rate_bp, amount=amount)
        for (above, up_to, rate_bp), amount in zip(parts, amounts, strict=True)
    ]
