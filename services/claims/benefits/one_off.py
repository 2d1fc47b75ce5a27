"""One-off assistance in fixed tiers by disease, applied for in batches (DOMAIN S-44): data of the pack."""

from dataclasses import dataclass
from typing import NamedTuple

from services.claims.benefits.arithmetic import Operation
from services.claims.benefits.conditions import Condition
from services.claims.benefits.facts import CATEGORIES
from services.claims.benefits.policy import PolicyVersion
from services.claims.benefits.programmes import Programme
from services.claims.benefits.sections import Section
from services.claims.benefits.steps import Applied, Arithmetic, Basis, Rule, Step
from shared.money import Fen

LABELS = {"already_given": "本年已救助", "tier": "救助标准", "amount": "救助金额"}


class OneOffTier(NamedTuple):
    """Who gets one amount: by diagnosis or programme, and by category where categories are named."""

    title: str
    illness: Condition
    categories: frozenset[str]
    amount_fen: Fen
    rule: Rule

    def fits(self, diagnoses: tuple[str, ...], age: int, categories: frozenset[str]) -> bool:
        """Whether a person with these diagnoses belongs to the tier."""
        known = not self.categories or not self.categories.isdisjoint(categories)
        return known and self.illness.illness_fits(diagnoses, age)


@dataclass(frozen=True, slots=True)
class OneOffAid:
    """The section ``one_off`` of a pack."""

    payer: str
    title: str
    rule: Rule
    tiers: tuple[OneOffTier, ...]


class OneOffDecision(NamedTuple):
    """What a person gets once in the year; ``step`` explains it."""

    tier: str
    amount_fen: Fen
    step: Step


def one_off_aid(
    version: PolicyVersion,
    diagnoses: tuple[str, ...],
    age: int,
    categories: frozenset[str],
    already_given_fen: Fen = 0,
) -> OneOffDecision | None:
    """The first tier that fits, less what was given in the year; ``None`` where no tier fits."""
    aid = version.one_off
    tier = next((t for t in aid.tiers if t.fits(diagnoses, age, categories)), None) if aid else None
    if aid is None or tier is None:
        return None
    lines = (Operation("less", "amount", ("tier", "already_given")),)
    rules = (Applied("tier", tier.amount_fen, tier.rule),)
    arithmetic = Arithmetic(("tier",), lines, rules, LABELS)
    basis = Basis(
        "one_off", aid.payer, f"{aid.title}·{tier.title}", tier.rule, "already_given", arithmetic, ()
    )
    amount = max(0, tier.amount_fen - already_given_fen)
    return OneOffDecision(
        tier.rule.id, amount, Step(basis, already_given_fen, (tier.amount_fen,), amount, ())
    )


def read_one_off(pack: Section) -> OneOffAid | None:
    """Read the optional section ``one_off`` of a pack."""
    if not pack.has("one_off"):
        return None
    section = pack.section("one_off")
    tiers = tuple(_read_tier(part) for part in section.sections("tiers"))
    if not tiers:
        raise section.fail("tiers", "expected tiers")
    return OneOffAid(section.text("payer"), section.text("title"), section.rule(), tiers)


def _read_tier(part: Section) -> OneOffTier:
    programmes: tuple[Programme, ...] | None = (
        part.programmes("programmes") if part.has("programmes") else None
    )
    illness = Condition(diagnoses=part.texts("diagnoses") or None, programmes=programmes)
    categories = frozenset(part.texts("categories"))
    amount = part.amount("amount")
    if illness == Condition() or not amount or not categories <= set(CATEGORIES):
        raise part.fail("amount", "a tier names diseases, known categories if any, and an amount")
    return OneOffTier(part.text("title"), illness, categories, amount, part.rule())
