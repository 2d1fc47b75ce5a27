"""Whose premium of a year is sponsored, and how much by identity. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from services.claims.benefits.enrolment import EnrolmentRules, Sponsorship, sponsored_premium
from services.claims.benefits.facts import CATEGORIES
from services.claims.benefits.policy import PolicyVersion
from services.claims.benefits.steps import Step
from services.claims.coverage.insured import RESIDENT, Insured
from shared.money import Fen


class Sponsored(NamedTuple):
    """One person with the identity by which the premium is paid, and all identities held on the day."""

    insured: Insured
    identity: str
    categories: tuple[str, ...]
    sponsored_fen: Fen
    person_fen: Fen
    step: Step


class Total(NamedTuple):
    """What one identity comes to."""

    identity: str
    rule: str
    clause: str
    people: int
    sponsored_fen: Fen
    person_fen: Fen


def sponsored(
    version: PolicyVersion, people: Iterable[Insured], year: int, day: date, premium_fen: Fen
) -> list[Sponsored]:
    """Everybody enrolled in the resident scheme of the year whose identity on the day is sponsored."""
    known: dict[frozenset[str], Sponsorship] = {}
    found = []
    for insured in people:
        if not enrolled_in(insured, year):
            continue
        categories = insured.categories_on(day)
        premium = known.get(categories)
        if premium is None:
            premium = known[categories] = sponsored_premium(version, categories, premium_fen)
        if premium.step is not None and premium.sponsored_fen:
            identity = _identity(version.enrolment, premium.step, categories)
            amounts = (premium.sponsored_fen, premium.person_fen)
            found.append(Sponsored(insured, identity, tuple(sorted(categories)), *amounts, premium.step))
    return found


def enrolled_in(insured: Insured, year: int) -> bool:
    """Whether the person has an enrolment of the resident scheme in a year."""
    first, end = f"{year}-01-01", f"{year + 1}-01-01"
    return any(
        held.name == RESIDENT and held.valid_from < end and (held.valid_to is None or held.valid_to > first)
        for held in insured.enrolments
    )


def totals(people: Iterable[Sponsored]) -> list[Total]:
    """Sums by identity, in the order of the identities."""
    sums: dict[tuple[str, str, str], list[int]] = {}
    for each in people:
        rule = each.step.basis.rule
        parts = sums.setdefault((each.identity, rule.id, rule.clause), [0, 0, 0])
        for place, by in enumerate((1, each.sponsored_fen, each.person_fen)):
            parts[place] += by
    found = [Total(*key, *parts) for key, parts in sums.items()]
    return sorted(found, key=lambda total: CATEGORIES.index(total.identity))


def _identity(rules: EnrolmentRules | None, step: Step, categories: frozenset[str]) -> str:
    """The first identity of the rule that the person holds."""
    rows = rules.sponsorship if rules else ()
    [row] = [row for row in rows if row.rule is step.basis.rule]
    return next(name for name in CATEGORIES if name in row.categories and name in categories)
