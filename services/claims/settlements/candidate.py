"""A visit about to be settled, and its claim on what it must have to itself."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.claims.accumulators.held import Whose
from services.claims.guards import repository as guards
from services.claims.guards.data import item_limits
from services.claims.guards.problems import INVOICE_TWICE, STAY_OVERLAPS
from services.claims.guards.repository import Claim, Claimed, Used
from services.claims.guards.rules import HalfDays, ItemUse, over_limit
from services.claims.problems import VISIT_CONFLICT
from services.claims.settlements.repository import Connection
from services.claims.settlements.visit import Visit
from shared.problems import Problem


class Candidate(NamedTuple):
    """A visit to be settled under a new id: accumulators it may move, half days in bed, limited items."""

    id: UUID
    visit: Visit
    whose: Whose
    stay: HalfDays | None
    uses: tuple[ItemUse, ...]


async def claim_all(connection: Connection, candidates: Sequence[Candidate]) -> dict[UUID, Claim]:
    """Claim for every candidate what it needs, in one round trip; what came of each, by its id.

    Several visits of one person that share an item's daily limit take a round trip each: who comes first in
    the order of the candidates has the first claim.
    """
    claims: dict[UUID, Claim] = {}
    for wave in _waves(candidates):
        uses = [used for each in wave for used in _used(each)]
        claimed = [_claimed(each) for each in wave]
        claims |= await guards.claim(connection, claimed, uses)
    return claims


def refusal_of(candidate: Candidate, claim: Claim) -> Problem:
    """Why a claim failed, told without anything about the other visit."""
    request = candidate.visit.asked.request
    if claim.stay_overlaps:
        return Problem(
            STAY_OVERLAPS,
            pointer="/admitted_on",
            admitted_on=request.admitted_on.isoformat(),
            discharged_on=request.discharged_on.isoformat(),
        )
    if claim.invoice_taken:
        return Problem(INVOICE_TWICE, pointer="/invoice_no", invoice_no=request.invoice_no)
    if claim.item_over_limit is not None:
        return over_limit(claim.item_over_limit, item_limits())
    return Problem(VISIT_CONFLICT, pointer="/visit_no", visit_no=request.visit_no)


def _waves(candidates: Sequence[Candidate]) -> Iterator[list[Candidate]]:
    """The candidates in order, divided so that no two of one wave share a person's item and day."""
    wave: list[Candidate] = []
    taken: set[tuple[UUID, str, date]] = set()
    for each in candidates:
        wanted = {(each.visit.insured.person_id, use.item_code, use.day) for use in each.uses}
        if wanted & taken:
            yield wave
            wave, taken = [], set()
        wave.append(each)
        taken |= wanted
    yield wave


def _claimed(each: Candidate) -> Claimed:
    asked, insured = each.visit.asked, each.visit.insured
    first, end = each.stay or (None, None)
    return Claimed(
        asked.request.facility_code,
        asked.request.visit_no,
        each.id,
        asked.digest,
        insured.division_code,
        insured.person_id,
        first,
        end,
        asked.request.invoice_no,
    )


def _used(each: Candidate) -> Iterator[Used]:
    insured = each.visit.insured
    for item_code, day, quantity, limit in each.uses:
        yield Used(each.id, item_code, insured.person_id, day, insured.division_code, quantity, limit)
