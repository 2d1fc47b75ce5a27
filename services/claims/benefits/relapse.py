"""Insurance against relapse into poverty (防贫保, DOMAIN S-46, S-47): a claim of its own, after settlement.

It looks at what one person (or household, as the county's contract says) has paid in a year, whatever the
bills were made of. The class of the household decides on the deductible; above it marginal tiers pay, as
absolute ranges of the year's own payment. A later claim of the same year gets the difference to what the year
now gives; nothing is ever taken back here.
"""

from dataclasses import dataclass
from typing import NamedTuple

from services.claims.benefits.arithmetic import Operation, Tiers, tiered
from services.claims.benefits.burden import HOLDERS
from services.claims.benefits.comparison import Difference, FailedExample
from services.claims.benefits.policy import PolicyVersion
from services.claims.benefits.relapse_policy import RelapsePolicy, failed_premiums, read_policy
from services.claims.benefits.sections import Row, Section, applied
from services.claims.benefits.steps import Applied, Arithmetic, Basis, Rule, Step
from services.claims.benefits.tiers import TierRows, plain_tiers, read_tiers
from shared.money import Fen

NOTICE_DAYS = 5
"""Least length of a public notice (national procedure of relapse monitoring, DOMAIN 3.4)."""

LABELS = {
    "own_payment": "本年累计个人负担",
    "own_before": "起算点",
    "deductible": "起付线",
    "tiers": "分段赔付比例",
    "due": "本年应赔付",
    "limit": "年度赔付限额",
    "limited": "限额内应赔付",
    "already_paid": "本年已赔付",
    "amount": "赔付金额",
}


class NotInsured(LookupError):
    """The pack has no insurance against relapse, or none for this class of household."""


@dataclass(frozen=True, slots=True)
class RelapseClass:
    """One class of households: its deductible and its tiers."""

    id: str
    title: str
    deductible: Row
    tiers: TierRows


class RelapseExample(NamedTuple):
    """A worked example: what a claim must pay (amounts in fen)."""

    name: str
    household_class: str
    own_payment_fen: Fen
    already_paid_fen: Fen
    pays_fen: Fen


@dataclass(frozen=True, slots=True)
class RelapseInsurance:
    """The section ``relapse_insurance`` of a pack; ``limit`` is the most a year pays (``None``: no limit)."""

    rule: Rule
    payer: str
    title: str
    classes: tuple[RelapseClass, ...]
    limit: Row | None
    examples: tuple[RelapseExample, ...]
    per: str = "household"
    """Whose own payment of the year counts: of the ``household`` or of the ``person``."""
    policy: RelapsePolicy | None = None
    """The group policy that fills the pool; without one nothing is said about the pool."""
    notice_days: int = NOTICE_DAYS
    """For how many days the public notice stands before a claim may be paid."""

    def class_called(self, household_class: str) -> RelapseClass:
        """The class with this id; raises ``NotInsured``."""
        for found in self.classes:
            if found.id == household_class:
                return found
        raise NotInsured(household_class)


@dataclass(frozen=True, slots=True)
class RelapseDecision:
    """What a claim pays: ``due_fen`` for the whole year so far, ``payout_fen`` on top of what was paid."""

    household_class: str
    class_title: str
    own_payment_fen: Fen
    due_fen: Fen
    already_paid_fen: Fen
    payout_fen: Fen
    step: Step


def relapse_payout(
    version: PolicyVersion, household_class: str, own_payment_fen: Fen, already_paid_fen: Fen
) -> RelapseDecision:
    """What the year's own payment gives now; raises ``NotInsured`` only.

    Amounts are of one year and not negative. The step explains like those of a settlement
    (``steps.step_as_dict``, ``explain.step_sentences``).
    """
    insurance = version.relapse
    if insurance is None:
        raise NotInsured(household_class)
    found = insurance.class_called(household_class)
    tiers, rules = plain_tiers(found.tiers)
    deductible = found.deductible.value or 0
    values: list[int | Tiers] = [0, deductible, tiers]
    due = tiered(0, own_payment_fen, deductible, tiers)
    limit = insurance.limit.value if insurance.limit else None
    if limit is not None:
        values.append(limit)
        due = min(due, limit)
    payout = max(0, due - already_paid_fen)
    basis = _basis(insurance, found, rules, limit is not None)
    step = Step(basis, own_payment_fen, (*values, already_paid_fen), payout, ())
    return RelapseDecision(found.id, found.title, own_payment_fen, due, already_paid_fen, payout, step)


def failed_examples(version: PolicyVersion) -> list[FailedExample]:
    """Worked examples of the insurance, and of its policy's premium, that do not come out."""
    policy = version.relapse.policy if version.relapse else None
    failures = failed_premiums(policy) if policy else []
    for example in version.relapse.examples if version.relapse else ():
        name, household_class, own, already_paid, stated = example
        found = relapse_payout(version, household_class, own, already_paid).payout_fen
        if found != stated:
            failures.append(FailedExample(name, "", (Difference("pays", found, stated),)))
    return failures


def _basis(
    insurance: RelapseInsurance, found: RelapseClass, tier_rules: list[Applied], limited: bool
) -> Basis:
    rules = [applied("deductible", found.deductible), *tier_rules]
    names = ["own_before", "deductible", "tiers"]
    lines = [Operation("tiers", "due", ("own_before", "own_payment", "deductible", "tiers"))]
    if limited and insurance.limit:
        rules.append(applied("limit", insurance.limit))
        names.append("limit")
        lines.append(Operation("at_most", "limited", ("due", "limit")))
    lines.append(Operation("less", "amount", (lines[-1].result, "already_paid")))
    arithmetic = Arithmetic((*names, "already_paid"), tuple(lines), tuple(rules), LABELS)
    title = f"{insurance.title}·{found.title}"
    return Basis("relapse_insurance", insurance.payer, title, insurance.rule, "own_payment", arithmetic)


def read_relapse(pack: Section) -> RelapseInsurance | None:
    """Read the optional section ``relapse_insurance`` of a pack."""
    if not pack.has("relapse_insurance"):
        return None
    section = pack.section("relapse_insurance")
    shared_tiers = read_tiers(section) if section.has("tiers") else None
    classes = tuple(_read_class(part, shared_tiers) for part in section.sections("classes"))
    if not classes or len({part.id for part in classes}) < len(classes):
        raise section.fail("classes", "expected classes, each once")
    examples = tuple(_read_example(part) for part in section.sections("examples"))
    if not {example.household_class for example in examples} <= {part.id for part in classes}:
        raise section.fail("examples", "an example names a class that the section does not have")
    return RelapseInsurance(
        rule=section.rule(),
        payer=section.text("payer"),
        title=section.text("title"),
        classes=classes,
        limit=section.section("limit").row("amount") if section.has("limit") else None,
        examples=examples,
        per=section.word("per", HOLDERS) if section.has("per") else "household",
        policy=read_policy(section.section("policy")) if section.has("policy") else None,
        notice_days=_read_notice_days(section),
    )


def _read_notice_days(section: Section) -> int:
    days = section.raw.get("notice_days", NOTICE_DAYS)
    if not isinstance(days, int) or days < NOTICE_DAYS:
        raise section.fail("notice_days", f"a public notice stands for {NOTICE_DAYS} days or more")
    return days


def _read_class(part: Section, shared_tiers: TierRows | None) -> RelapseClass:
    tiers = read_tiers(part) if part.has("tiers") else shared_tiers
    if tiers is None:
        raise part.fail("tiers", "a class needs tiers of its own where the section has none")
    return RelapseClass(part.text("class"), part.text("title"), part.row("amount"), tiers)


def _read_example(part: Section) -> RelapseExample:
    own, already_paid = part.amount("own_payment") or 0, part.amount("already_paid") or 0
    return RelapseExample(part.text("name"), part.text("class"), own, already_paid, part.amount("pays") or 0)
