"""Years of people, read and locked as a set, ready to be worked out anew."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from services.claims.accumulators import repository as accumulators
from services.claims.accumulators.held import Held, Holder, HolderYear, amount, year_of
from services.claims.readjudication import loading_repository as repository
from services.claims.readjudication.core import (
    Judged,
    Line,
    PersonYear,
    Standing,
    decide,
    judged,
    own_movements,
)
from services.claims.readjudication.loading_repository import PersonYearKey
from services.claims.settlements import correcting_repository
from services.claims.settlements.movements import holders_of
from services.claims.settlements.policies import Policies
from services.claims.settlements.repository import Connection
from services.claims.settlements.visit import AccumulatorKey


class Case(NamedTuple):
    """A year that can be worked out: what is to be decided, and every accumulator that takes part."""

    year: PersonYear
    judged: list[Judged]
    keys: frozenset[AccumulatorKey]
    last_posting_no: int


class Result(NamedTuple):
    """A year worked out anew."""

    year: PersonYear
    lines: list[Line]
    last_posting_no: int
    held: Held
    """What the accumulators of all these years hold as long as nothing of this is posted."""


async def worked_out(
    connection: Connection, policies: Policies, keys: Sequence[PersonYearKey], *, lock: bool
) -> dict[PersonYearKey, Result]:
    """The years worked out with what is now known; with ``lock`` nobody changes them until the commit.

    Left out: years of which the caller does not see everything (a person who moved to another county), and
    years in which a settlement was posted between reading and locking: their time comes again.
    Locks visits, then accumulators in the order of their keys, as settling does.
    """
    if lock:
        await repository.lock_visits(connection, keys)
    cases = await _cases(connection, policies, keys)
    if lock:
        held = await accumulators.lock_seen(connection, _holders(cases.values()))
        cases = {key: case for key, case in cases.items() if all(year_of(each) in held for each in case.keys)}
        last = await repository.last_postings(connection, list(cases))
        cases = {key: case for key, case in cases.items() if last[key] == case.last_posting_no}
    else:
        held = await accumulators.read(connection, _holders(cases.values()))
    return _results(cases, held)


async def _cases(
    connection: Connection, policies: Policies, keys: Sequence[PersonYearKey]
) -> dict[PersonYearKey, Case]:
    found = await repository.settlements(connection, keys)
    ids = [settlement.id for settlement, _ in found]
    charges = await repository.charges(connection, ids)
    moved = await correcting_repository.moved(connection, ids)
    people = await repository.people(connection, sorted({person for person, _ in keys}))
    programmes = await repository.programmes(
        connection, sorted({settlement.facility_code for settlement, _ in found})
    )
    standings: dict[PersonYearKey, list[Standing]] = defaultdict(list)
    for settlement, no in found:
        standing = Standing(settlement, no, tuple(charges[settlement.id]), moved[settlement.id])
        standings[settlement.person_id, settlement.year].append(standing)
    years = [
        PersonYear(person_id, year, people[person_id], of_year, programmes)
        for (person_id, year), of_year in standings.items()
        if person_id in people
    ]
    return {(year.person_id, year.year): _case(year, policies) for year in years}


def _case(year: PersonYear, policies: Policies) -> Case:
    cases = judged(year, policies)
    keys = {key for case in cases for key in case.keys} | own_movements(year.standings).keys()
    return Case(year, cases, frozenset(keys), max(standing.posting_no for standing in year.standings))


def _holders(cases: Iterable[Case]) -> dict[HolderYear, Holder]:
    """Whose accumulators take part; those that are missing are opened where the person lives now."""
    holders: dict[HolderYear, Holder] = {}
    for case in cases:
        wanted = [(key.kind, year_of(key)) for key in case.keys]
        holders |= holders_of(case.year.insured.division_code, wanted)
    return holders


def _results(cases: Mapping[PersonYearKey, Case], held: Held) -> dict[PersonYearKey, Result]:
    """One year after the other, so that two never count on the same money of a fund that they share."""
    running = {key: amount(held, key) for case in cases.values() for key in case.keys}
    results = {}
    for key, case in cases.items():
        own = own_movements(case.year.standings)
        others = {each: running.get(each, 0) - own.get(each, 0) for each in case.keys}
        if any(by for each, by in others.items() if each.person_id == case.year.person_id):
            # Something moved the person's accumulators that the caller does not see: no part is right alone.
            continue
        lines = decide(case.judged, others)
        for line in lines:
            for each, by in line.moved.items():
                running[each] = running.get(each, 0) + by
        results[key] = Result(case.year, lines, case.last_posting_no, held)
    return results
