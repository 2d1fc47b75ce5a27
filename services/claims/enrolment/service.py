"""What enrolling on a day would mean, and who pays the premium. Reads only."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.benefits.enrolment import (
    EnrolmentRules,
    WaitingRules,
    sponsored_premium,
    sponsorship_sentence,
)
from services.claims.benefits.facts import CATEGORIES
from services.claims.benefits.policy import NoPolicyInForce, PolicyVersion
from services.claims.benefits.steps import Rule, step_as_dict
from services.claims.coverage import service as coverage
from services.claims.coverage.insured import RESIDENT, Held, Insured
from services.claims.coverage.stretches import Stretch, stretches
from services.claims.enrolment.problems import (
    EMPTY_ENROLMENT,
    NO_SPONSORSHIP,
    NO_WAITING_RULES,
    ONE_WAY_TO_NAME,
    UNKNOWN_CATEGORY,
)
from services.claims.enrolment.rules import missed_years, wait_of
from services.claims.enrolment.schemas import (
    BuyBack,
    EnrolmentPreviewRequest,
    History,
    PolicyRef,
    RuleRef,
    SponsoredPremiumReply,
    SponsoredPremiumRequest,
    WaitingReply,
)
from services.claims.problems import OUTSIDE_JURISDICTION
from services.claims.settlements.policies import Policies
from services.claims.settlements.settle import Desk
from shared.auth import Caller
from shared.problems import Problem

NOBODY_BORN = date(2000, 1, 1)
"""Birth date of a history that gives none: nobody's newborn."""


class Person(NamedTuple):
    """Somebody whose enrolment is looked at."""

    county_code: str
    born_on: date
    categories: frozenset[str]
    enrolments: Sequence[Held]


async def preview(
    session: AsyncSession, desk: Desk, caller: Caller, asked: EnrolmentPreviewRequest
) -> WaitingReply:
    """When benefits begin for whoever enrols on a day, and what buying back missed years would change."""
    person = await _person(session, desk, asked)
    if not caller.governs(person.county_code):
        raise Problem(OUTSIDE_JURISDICTION, pointer="/county", division_code=person.county_code)
    day = asked.enrolling_on
    version, rules = _waiting_rules(desk.policies, person.county_code, day)
    stretch = _stretch(person.enrolments, day)
    missed = missed_years(stretch, rules)
    bought_back = asked.bought_back_years or stretch.bought_back_years
    found = wait_of(version, rules, stretch, person.categories, person.born_on, bought_back)
    waits = found.waiting.months > 0
    options = range(1, missed + 1) if waits else ()
    return WaitingReply(
        enrolling_on=day,
        cover_since=found.enrolling.enrolled_on,
        in_time=found.enrolling.in_time,
        missed_years=missed,
        bought_back_years=min(bought_back, missed),
        months=found.waiting.months,
        benefits_from=max(day, found.waiting.until),
        rules=_rules(found.waiting.rules),
        sentence=found.waiting.sentence,
        buy_back=[_buy_back(version, rules, stretch, person, years) for years in options],
        policy=PolicyRef(pack=version.pack, version=version.version),
    )


async def preview_premium(
    session: AsyncSession, desk: Desk, caller: Caller, asked: SponsoredPremiumRequest
) -> SponsoredPremiumReply:
    """Who pays how much of a personal premium, by identity on a day."""
    if not caller.governs(asked.county):
        raise Problem(OUTSIDE_JURISDICTION, pointer="/county", division_code=asked.county)
    _known(asked.categories, "/categories")
    version, _ = sponsoring_version(desk.policies, asked.county, asked.on)
    person_id, categories = None, frozenset(asked.categories)
    if asked.id_number is not None:
        found = (await coverage.patient(session, desk.blind_index, asked.id_number)).insured
        person_id, categories = found.person_id, categories | found.categories_on(asked.on)
    premium = sponsored_premium(version, categories, asked.premium)
    basis = premium.step.basis if premium.step else None
    return SponsoredPremiumReply(
        person_id=person_id,
        categories=sorted(categories),
        premium=asked.premium,
        sponsored=premium.sponsored_fen,
        person_pays=premium.person_fen,
        payer=basis.payer if basis else None,
        title=basis.title if basis else None,
        rule=_rules([basis.rule])[0] if basis else None,
        sentence=sponsorship_sentence(premium),
        detail=step_as_dict(premium.step) if premium.step else None,
        policy=PolicyRef(pack=version.pack, version=version.version),
    )


def sponsoring_version(policies: Policies, county: str, day: date) -> tuple[PolicyVersion, EnrolmentRules]:
    """The policy of a county on a day that sponsors premiums; a Problem without one."""
    version = _version(policies, county, day)
    if version is None or version.enrolment is None or not version.enrolment.sponsorship:
        raise Problem(NO_SPONSORSHIP, county=county, day=day.isoformat())
    return version, version.enrolment


def _waiting_rules(policies: Policies, county: str, day: date) -> tuple[PolicyVersion, WaitingRules]:
    version = _version(policies, county, day)
    if version is None or version.enrolment is None or version.enrolment.waiting is None:
        raise Problem(NO_WAITING_RULES, county=county, day=day.isoformat())
    return version, version.enrolment.waiting


def _version(policies: Policies, county: str, day: date) -> PolicyVersion | None:
    book = policies.for_division(county)
    try:
        return book.on(day) if book else None
    except NoPolicyInForce:
        return None


async def _person(session: AsyncSession, desk: Desk, asked: EnrolmentPreviewRequest) -> Person:
    history, day = asked.history, asked.enrolling_on
    if (asked.id_number is None) == (history is None) or (history is not None and asked.county is None):
        raise Problem(ONE_WAY_TO_NAME, pointer="/id_number")
    if asked.id_number is not None:
        insured: Insured = (await coverage.patient(session, desk.blind_index, asked.id_number)).insured
        return Person(insured.county_code, insured.birth_date, insured.categories_on(day), insured.enrolments)
    assert history is not None
    _known(history.categories, "/history/categories")
    born_on = history.birth_date or NOBODY_BORN
    return Person(asked.county or "", born_on, frozenset(history.categories), _enrolments(history))


def _enrolments(history: History) -> list[Held]:
    for no, each in enumerate(history.enrolments):
        if each.valid_to <= each.valid_from:
            raise Problem(
                EMPTY_ENROLMENT,
                pointer=f"/history/enrolments/{no}/valid_to",
                valid_from=each.valid_from.isoformat(),
                valid_to=each.valid_to.isoformat(),
            )
    return [
        Held(each.scheme, each.valid_from.isoformat(), each.valid_to.isoformat(), each.bought_back_years)
        for each in history.enrolments
    ]


def _stretch(enrolments: Iterable[Held], day: date) -> Stretch:
    """The stretch in which the day of enrolling comes to lie."""
    text = day.isoformat()
    planned = (*(held for held in enrolments if held.valid_from <= text), Held(RESIDENT, text, None))
    return next(each for each in stretches(planned) if each.covers(text))


def _buy_back(
    version: PolicyVersion, rules: WaitingRules, stretch: Stretch, person: Person, years: int
) -> BuyBack:
    waiting = wait_of(version, rules, stretch, person.categories, person.born_on, years).waiting
    return BuyBack(years=years, months=waiting.months, benefits_from=waiting.until)


def _known(categories: Iterable[str], pointer: str) -> None:
    for no, category in enumerate(categories):
        if category not in CATEGORIES:
            known = "、".join(CATEGORIES)
            raise Problem(UNKNOWN_CATEGORY, pointer=f"{pointer}/{no}", category=category, known=known)


def _rules(rules: Iterable[Rule]) -> list[RuleRef]:
    return [
        RuleRef(rule=rule.id, clause=rule.clause, source=rule.source_title, verified=rule.verified)
        for rule in rules
    ]
