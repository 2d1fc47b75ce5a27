"""Enrolling late, and who pays the premium (国办发〔2024〕38号, 国办发〔2021〕42号, DOMAIN S-22).

Who enrols outside the yearly period or comes back after missed years waits: a fixed number of months, more
for every missed year, less for every missed year bought back. Who is poor has the premium paid, in whole or
in part.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.claims.benefits.arithmetic import Operation
from services.claims.benefits.facts import CATEGORIES
from services.claims.benefits.policy import PackError, PolicyVersion
from services.claims.benefits.sections import Section
from services.claims.benefits.steps import Applied, Arithmetic, Basis, Rule, Step
from shared.money import BasisPoints, Fen, format_yuan, share

MONTHS_OF_YEAR = 12

LABELS = {"premium": "个人缴费标准", "rate_bp": "资助比例", "fixed": "定额资助标准", "amount": "资助金额"}


class Months(NamedTuple):
    """A number of months with its rule."""

    months: int
    rule: Rule


class Exemption(NamedTuple):
    """Who does not wait: one of the categories, or a child enrolled within so many days of birth."""

    categories: frozenset[str]
    days_from_birth: int | None
    rule: Rule

    def frees(self, enrolling: "Enrolling") -> bool:
        """Whether this person is exempt."""
        age_days = (enrolling.enrolled_on - enrolling.born_on).days
        as_newborn = self.days_from_birth is not None and age_days <= self.days_from_birth
        return as_newborn or not self.categories.isdisjoint(enrolling.categories)


@dataclass(frozen=True, slots=True)
class WaitingRules:
    """The waiting period as the pack states it; ``least`` is what remains from so many missed years on."""

    fixed: Months
    per_missed_year: Months
    per_bought_back_year: Months
    least: Months | None
    least_from_missed_years: int
    exemptions: tuple[Exemption, ...]
    in_time_until: str = "01-01"
    """Last month and day on which enrolling for the running year is in time (``02-28``)."""
    missed_since_year: int = 0
    """Years before this one are never missed."""


class SponsorshipRow(NamedTuple):
    """Who is sponsored, by which rate or fixed amount."""

    categories: frozenset[str]
    rate_bp: BasisPoints | None
    fixed_fen: Fen | None
    rule: Rule


@dataclass(frozen=True, slots=True)
class EnrolmentRules:
    """The section ``enrolment`` of a pack."""

    waiting: WaitingRules | None
    payer: str
    title: str
    sponsorship: tuple[SponsorshipRow, ...]


class Enrolling(NamedTuple):
    """One person enrolling. ``missed_years``: years without insurance since the last enrolment (or the start
    of the scheme), ``bought_back_years``: how many of them are paid for now; ``in_time``: within the period.
    """

    enrolled_on: date
    in_time: bool
    missed_years: int
    bought_back_years: int
    categories: frozenset[str]
    born_on: date


class Waiting(NamedTuple):
    """From ``until`` on there are benefits; ``rules`` are those that made it so."""

    months: int
    until: date
    rules: tuple[Rule, ...]
    sentence: str


class Sponsorship(NamedTuple):
    """Who pays a premium; ``step`` explains it, ``None`` where nobody is sponsored."""

    sponsored_fen: Fen
    person_fen: Fen
    step: Step | None


def waiting_until(version: PolicyVersion, enrolling: Enrolling) -> Waiting:
    """When benefits begin for someone who enrols; a pack without the section lets nobody wait."""
    rules = version.enrolment.waiting if version.enrolment else None
    day = enrolling.enrolled_on
    if rules is None or (enrolling.in_time and not enrolling.missed_years):
        return Waiting(0, day, (), f"按时连续参保，自{day.isoformat()}起享受待遇。")
    exempt = next((found for found in rules.exemptions if found.frees(enrolling)), None)
    if exempt is not None:
        sentence = f"不设待遇等待期（{exempt.rule.clause}），自{day.isoformat()}起享受待遇。"
        return Waiting(0, day, (exempt.rule,), sentence)
    return _waits(rules, enrolling)


def _waits(rules: WaitingRules, enrolling: Enrolling) -> Waiting:
    fixed, missed, bought = rules.fixed, enrolling.missed_years, enrolling.bought_back_years
    added = missed * rules.per_missed_year.months
    less = min(added, min(bought, missed) * rules.per_bought_back_year.months)
    months = fixed.months + added - less
    used = [fixed.rule]
    said = [f"固定待遇等待期{fixed.months}个月"]
    if missed:
        used.append(rules.per_missed_year.rule)
        said.append(f"断缴{missed}年增加{added}个月")
    if less:
        used.append(rules.per_bought_back_year.rule)
        said.append(f"补缴{min(bought, missed)}年减少{less}个月")
    if rules.least and missed >= rules.least_from_missed_years and months < rules.least.months:
        months = rules.least.months
        used.append(rules.least.rule)
        said.append(f"断缴{rules.least_from_missed_years}年及以上不少于{months}个月")
    until = months_later(enrolling.enrolled_on, months)
    sentence = f"{'，'.join(said)}，共{months}个月，自{until.isoformat()}起享受待遇。"
    return Waiting(months, until, tuple(used), sentence)


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month where it is shorter."""
    number = day.year * MONTHS_OF_YEAR + day.month - 1 + months
    year, month = divmod(number, MONTHS_OF_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def sponsored_premium(version: PolicyVersion, categories: frozenset[str], premium_fen: Fen) -> Sponsorship:
    """Who pays the personal premium of someone with these categories: the first row that fits counts."""
    rules = version.enrolment
    row = next((row for row in rules.sponsorship if row.categories & categories), None) if rules else None
    if rules is None or row is None:
        return Sponsorship(0, premium_fen, None)
    if row.rate_bp is not None:
        name, value, op = "rate_bp", row.rate_bp, "at_rate"
        amount = share(premium_fen, row.rate_bp)
    else:
        name, value, op = "fixed", row.fixed_fen or 0, "at_most"
        amount = min(premium_fen, value)
    lines = (Operation(op, "amount", ("premium", name)),)
    arithmetic = Arithmetic((name,), lines, (Applied(name, value, row.rule),), LABELS)
    basis = Basis("sponsorship", rules.payer, rules.title, row.rule, "premium", arithmetic, ())
    return Sponsorship(amount, premium_fen - amount, Step(basis, premium_fen, (value,), amount, ()))


def sponsorship_sentence(sponsorship: Sponsorship) -> str:
    """The result in one Chinese sentence."""
    if sponsorship.step is None:
        return f"个人缴费{format_yuan(sponsorship.person_fen)}元，无资助。"
    basis = sponsorship.step.basis
    sponsored, person = format_yuan(sponsorship.sponsored_fen), format_yuan(sponsorship.person_fen)
    return f"{basis.title}{sponsored}元（{basis.rule.clause}），个人缴费{person}元。"


def read_enrolment(pack: Section) -> EnrolmentRules | None:
    """Read the optional section ``enrolment`` of a pack."""
    if not pack.has("enrolment"):
        return None
    section = pack.section("enrolment")
    sponsorship = section.section("sponsorship") if section.has("sponsorship") else None
    return EnrolmentRules(
        waiting=_read_waiting(section.section("waiting")) if section.has("waiting") else None,
        payer=sponsorship.text("payer") if sponsorship else "",
        title=sponsorship.text("title") if sponsorship else "",
        sponsorship=tuple(map(_read_sponsorship, sponsorship.sections("rows"))) if sponsorship else (),
    )


def _read_waiting(section: Section) -> WaitingRules:
    least = section.section("least") if section.has("least") else None
    return WaitingRules(
        fixed=_months(section.section("fixed")),
        per_missed_year=_months(section.section("per_missed_year")),
        per_bought_back_year=_months(section.section("per_bought_back_year")),
        least=_months(least) if least else None,
        least_from_missed_years=least.whole("missed_years") if least else 0,
        exemptions=tuple(map(_read_exemption, section.sections("exempt"))),
        in_time_until=_month_and_day(section.section("period")) if section.has("period") else "01-01",
        missed_since_year=section.section("per_missed_year").whole("since_year", 0),
    )


def _month_and_day(section: Section) -> str:
    text = section.text("until")
    section.rule()
    try:
        date.fromisoformat(f"2000-{text}")
    except ValueError as error:
        raise section.fail("until", "expected a month and day such as 02-28") from error
    return text


def _months(section: Section) -> Months:
    return Months(section.whole("months"), section.rule())


def _read_exemption(part: Section) -> Exemption:
    days = part.whole("days_from_birth") if part.has("days_from_birth") else None
    categories = _categories(part)
    if days is None and not categories:
        raise PackError(part.path, "an exemption names categories or days from birth")
    return Exemption(categories, days, part.rule())


def _read_sponsorship(part: Section) -> SponsorshipRow:
    if part.has("rate") == part.has("amount"):
        raise part.fail("rate", "a premium is sponsored by a rate or by a fixed amount")
    rate_bp = part.rate("rate") if part.has("rate") else None
    return SponsorshipRow(_categories(part), rate_bp, part.amount("amount"), part.rule())


def _categories(part: Section) -> frozenset[str]:
    names = frozenset(part.texts("categories"))
    if not names <= set(CATEGORIES):
        raise part.fail("categories", "expected categories of persons")
    return names
