"""From a person's enrolment history to the day on which benefits begin. Pure.

A stretch of cover is days without a gap on which the resident or another scheme covered the person. Who
begins one after the county's enrolment period, or after years without any cover, waits as the pack says. The
history begins with what the registry knows: nothing is said about the years before.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from services.claims.benefits.enrolment import Enrolling, Waiting, WaitingRules, waiting_until
from services.claims.benefits.policy import PolicyVersion
from services.claims.coverage.insured import Held, Insured
from services.claims.coverage.stretches import Stretch, stretches


class Wait(NamedTuple):
    """A waiting period: from when it counts, the years without cover before it, and what came of it."""

    enrolling: Enrolling
    waiting: Waiting


def waiting_on(version: PolicyVersion, insured: Insured, day: date) -> Wait | None:
    """The waiting period in which a covered person is on a day; ``None`` for everybody else."""
    rules = version.enrolment.waiting if version.enrolment else None
    if rules is None or _always_in_time(insured.enrolments):
        return None
    text = day.isoformat()
    stretch = next((each for each in stretches(insured.enrolments) if each.covers(text)), None)
    if stretch is None or not stretch.may_wait:
        return None
    # Who is recognised as poor while waiting waits no longer.
    began_on = date.fromisoformat(stretch.begins)
    categories = insured.categories_on(began_on) | insured.categories_on(day)
    found = wait_of(version, rules, stretch, categories, insured.birth_date)
    return found if day < found.waiting.until else None


def wait_of(
    version: PolicyVersion,
    rules: WaitingRules,
    stretch: Stretch,
    categories: frozenset[str],
    born_on: date,
    bought_back_years: int | None = None,
) -> Wait:
    """When benefits begin for whoever begins this stretch; other years bought back than recorded if given."""
    bought_back = stretch.bought_back_years if bought_back_years is None else bought_back_years
    enrolling = Enrolling(
        enrolled_on=date.fromisoformat(stretch.begins),
        in_time=not stretch.may_wait or stretch.begins[5:] <= rules.in_time_until,
        missed_years=missed_years(stretch, rules),
        bought_back_years=bought_back,
        categories=categories,
        born_on=born_on,
    )
    return Wait(enrolling, waiting_until(version, enrolling))


def missed_years(stretch: Stretch, rules: WaitingRules) -> int:
    """Whole years without cover before a stretch, from the year on from which the pack counts them."""
    if stretch.covered_until is None or not stretch.may_wait:
        return 0
    first = max(stretch.covered_until + 1, rules.missed_since_year)
    return max(0, int(stretch.begins[:4]) - first)


def _always_in_time(enrolments: Iterable[Held]) -> bool:
    """The quick answer for nearly everybody: whole years, one after the other."""
    years = sorted((held.valid_from, held.valid_to) for held in enrolments)
    ends: str | None = None
    for begins, until in years:
        if begins[5:] != "01-01" or ends not in (None, begins):
            return False
        ends = until
    return True
