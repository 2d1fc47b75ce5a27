"""Who of an application batch gets which one-off aid, and what a batch's figures can be. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import gcd
from typing import Any, NamedTuple
from uuid import UUID

from services.claims.benefits.one_off import OneOffDecision, one_off_aid
from services.claims.benefits.policy import NoPolicyInForce, PolicyBook, PolicyVersion
from services.claims.coverage.insured import Insured
from services.claims.one_off import problems
from services.claims.problems import BAD_ID_NUMBER
from shared.money import Fen, format_yuan
from shared.problems import ProblemSpec


class Applied(NamedTuple):
    """One line of an application; ``id_index`` is missing where the ID number cannot be right."""

    line_no: int
    id_number_masked: str
    id_index: bytes | None
    diagnosed_on: date
    diagnoses: tuple[str, ...]


class Grant(NamedTuple):
    """What a person was given, or waits for, by a rule of a pack."""

    person_id: UUID
    policy_pack: str
    rule: str
    year: int
    amount_fen: Fen


class Refusal(NamedTuple):
    """Why a line gets nothing."""

    spec: ProblemSpec
    params: Mapping[str, Any]


class Entitled(NamedTuple):
    """Whom a line names and what the person gets."""

    insured: Insured
    version: PolicyVersion
    decision: OneOffDecision


class Judged(NamedTuple):
    """A line with its outcome."""

    applied: Applied
    outcome: Entitled | Refusal

    @property
    def amount_fen(self) -> Fen:
        """What the line gives; nothing where it is refused."""
        return self.outcome.decision.amount_fen if isinstance(self.outcome, Entitled) else 0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a county's application: day, policies, people by blind index, earlier aid."""

    county_code: str
    year: int
    today: date
    book: PolicyBook
    people: Mapping[bytes, Insured]
    grants: Iterable[Grant]


def judge(lines: Sequence[Applied], known: Known) -> list[Judged]:
    """Every line with its outcome. A person is aided once by a rule, and once in a batch.

    The policy, the categories and the age are those of the date of diagnosis; what the person has been given
    in the batch's year by another rule of the pack is taken off.
    """
    given: dict[UUID, list[Grant]] = {}
    for grant in known.grants:
        given.setdefault(grant.person_id, []).append(grant)
    first_line: dict[UUID, int] = {}
    judged = []
    for applied in lines:
        insured = known.people.get(applied.id_index) if applied.id_index is not None else None
        if insured is not None and insured.person_id in first_line:
            outcome: Entitled | Refusal = _refused(
                problems.TWICE_IN_BATCH, line=first_line[insured.person_id]
            )
        else:
            outcome = _outcome(applied, insured, known, given)
        if insured is not None:
            first_line.setdefault(insured.person_id, applied.line_no)
        judged.append(Judged(applied, outcome))
    return judged


def _outcome(
    applied: Applied, insured: Insured | None, known: Known, given: Mapping[UUID, Sequence[Grant]]
) -> Entitled | Refusal:
    if applied.id_index is None:
        return _refused(BAD_ID_NUMBER)
    if insured is None:
        return _refused(problems.PERSON_NOT_FOUND)
    if insured.county_code != known.county_code:
        return _refused(problems.OTHER_COUNTY, county=insured.county_code)
    day = applied.diagnosed_on
    if day > known.today:
        return _refused(problems.DIAGNOSED_LATER, diagnosed_on=day.isoformat(), today=known.today.isoformat())
    version = _version(known.book, day)
    if version is None:
        return _refused(problems.NOT_IN_FORCE, day=day.isoformat())
    return _aid(applied, insured, version, [*given.get(insured.person_id, ())], known.year)


def _aid(
    applied: Applied, insured: Insured, version: PolicyVersion, given: Sequence[Grant], year: int
) -> Entitled | Refusal:
    day = applied.diagnosed_on
    categories, age = insured.categories_on(day), insured.age_on(day)
    whole = one_off_aid(version, applied.diagnoses, age, categories)
    if whole is None:
        return _refused(problems.NO_TIER, diagnoses="、".join(applied.diagnoses))
    of_pack = [grant for grant in given if grant.policy_pack == version.pack]
    if any(grant.rule == whole.tier for grant in of_pack):
        return _refused(problems.ALREADY_AIDED, tier=whole.step.basis.title)
    given_fen = sum(grant.amount_fen for grant in of_pack if grant.year == year)
    decision = one_off_aid(version, applied.diagnoses, age, categories, given_fen) or whole
    if not decision.amount_fen:
        amount = format_yuan(whole.amount_fen)
        return _refused(problems.NOTHING_LEFT, given=format_yuan(given_fen), amount=amount)
    return Entitled(insured, version, decision)


def already_aided(judged: Judged) -> Judged:
    """The line of somebody whom the database knows to be aided, by a grant that the caller does not see."""
    assert isinstance(judged.outcome, Entitled)
    tier = judged.outcome.decision.step.basis.title
    return judged._replace(outcome=_refused(problems.ALREADY_AIDED, tier=tier))


def _version(book: PolicyBook, day: date) -> PolicyVersion | None:
    try:
        version = book.on(day)
    except NoPolicyInForce:
        return None
    return version if version.one_off else None


def _refused(spec: ProblemSpec, **params: Any) -> Refusal:
    return Refusal(spec, params)


def tier_amounts(book: PolicyBook) -> list[Fen]:
    """Every amount that one-off aid has in any version of a pack, rising."""
    amounts = {
        tier.amount_fen for version in book.versions if version.one_off for tier in version.one_off.tiers
    }
    return sorted(amounts)


def can_be(amounts: Sequence[Fen], people: int, total_fen: Fen) -> bool:
    """Whether a total may come from so many people with one of these amounts each (DOMAIN O-20).

    False is certain: the total is too low or too high, or no sum of steps between the amounts leads to it.
    """
    if not amounts or not people:
        return not people and not total_fen
    least, most = amounts[0], amounts[-1]
    step = gcd(*(amount - least for amount in amounts))
    above = total_fen - least * people
    return 0 <= above <= (most - least) * people and (above % step == 0 if step else above == 0)
