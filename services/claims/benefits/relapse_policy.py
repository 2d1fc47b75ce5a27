"""The group policy behind the relapse insurance (防贫保, DOMAIN S-46): what fills its pool.

The county takes it out for a share of its rural people, none of them named: 10 % of 720,000 people at 50 yuan
each are 3,600,000 yuan.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from services.claims.benefits.comparison import Difference, FailedExample
from services.claims.benefits.sections import Row, Section
from services.claims.benefits.steps import Rule
from shared.money import FULL_RATE_BP, Fen, div_half_up, format_yuan

REFUSE, FLAG = "refuse", "flag"
WHEN_EMPTY: Final = (REFUSE, FLAG)
"""What becomes of a payout that the pool does not hold: it is refused, or paid and said to be beyond."""


class PremiumExample(NamedTuple):
    """A worked example: how many people are insured for what premium."""

    name: str
    rural_population: int
    insured: int
    premium_fen: Fen


@dataclass(frozen=True, slots=True)
class RelapsePolicy:
    """The part ``policy`` of the section ``relapse_insurance``; ``paid_by`` is who takes it out."""

    paid_by: str
    premium: Row
    coverage: Row
    when_empty: str
    empty_rule: Rule
    examples: tuple[PremiumExample, ...]


class Premium(NamedTuple):
    """What a policy costs; ``step`` explains it as JSON-able data (amounts in fen, rate in basis points)."""

    insured: int
    premium_fen: Fen
    step: dict[str, Any]


def premium_of(policy: RelapsePolicy, rural_population: int) -> Premium:
    """How many people are insured, half-up to whole people, and for how much."""
    rate_bp, per_head_fen = policy.coverage.value or 0, policy.premium.value or 0
    insured = div_half_up(rural_population * rate_bp, FULL_RATE_BP)
    premium_fen = insured * per_head_fen
    step = {
        "rural_population": rural_population,
        "coverage_bp": rate_bp,
        "insured": insured,
        "per_head_fen": per_head_fen,
        "premium_fen": premium_fen,
        "paid_by": policy.paid_by,
        "rules": [_told(name, row.rule) for name, row in _rows(policy)],
    }
    return Premium(insured, premium_fen, step)


def premium_sentences(step: dict[str, Any]) -> list[str]:
    """The premium in Chinese: how it was worked out, and on what grounds."""
    percent = f"{step['coverage_bp'] // 100}.{step['coverage_bp'] % 100:02d}".rstrip("0").rstrip(".")
    grounds = "；".join(
        f"{rule['source_title']}：{rule['clause']}{'' if rule['verified'] else '（待核实）'}"
        for rule in step["rules"]
    )
    return [
        f"农村人口{step['rural_population']}人的{percent}%计{step['insured']}人，"
        f"每人保费{format_yuan(step['per_head_fen'])}元，共{format_yuan(step['premium_fen'])}元。",
        f"依据：{grounds}。",
    ]


def beyond(balance_fen: Fen, payout_fen: Fen) -> Fen:
    """How much of a payout the pool does not hold."""
    return max(0, payout_fen - max(0, balance_fen))


def failed_premiums(policy: RelapsePolicy) -> list[FailedExample]:
    """Worked examples of the premium that do not come out."""
    failures = []
    for name, population, insured, premium_fen in policy.examples:
        found = premium_of(policy, population)
        differences = []
        if found.insured != insured:
            differences.append(Difference("insured_count", found.insured, insured))
        if found.premium_fen != premium_fen:
            differences.append(Difference("premium", found.premium_fen, premium_fen))
        if differences:
            failures.append(FailedExample(name, "", tuple(differences)))
    return failures


def read_policy(section: Section) -> RelapsePolicy:
    """Read the part ``policy`` of the section ``relapse_insurance``."""
    empty = section.section("when_empty")
    premium, coverage = section.section("premium").row("amount"), section.section("coverage").row("rate")
    if not premium.value or not coverage.value:
        raise section.fail("premium", "a policy has a premium and covers somebody")
    return RelapsePolicy(
        paid_by=section.text("paid_by"),
        premium=premium,
        coverage=coverage,
        when_empty=empty.word("action", WHEN_EMPTY),
        empty_rule=empty.rule(),
        examples=tuple(map(_read_example, section.sections("examples"))),
    )


def _read_example(part: Section) -> PremiumExample:
    population, insured = part.whole("rural_population"), part.whole("insured_count")
    return PremiumExample(part.text("name"), population, insured, part.amount("premium") or 0)


def _rows(policy: RelapsePolicy) -> tuple[tuple[str, Row], ...]:
    return (("coverage", policy.coverage), ("per_head", policy.premium))


def _told(parameter: str, rule: Rule) -> dict[str, Any]:
    return {
        "parameter": parameter,
        "rule": rule.id,
        "source": rule.source,
        "source_title": rule.source_title,
        "clause": rule.clause,
        "verified": rule.verified,
    }
