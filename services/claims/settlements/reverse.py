"""Taking a settlement back (撤销、冲正): everything it moved is moved back, nothing is deleted."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.accumulators import repository as accumulators
from services.claims.accumulators.held import year_of
from services.claims.audit import recounting
from services.claims.guards import repository as guards
from services.claims.problems import PERSON_ELSEWHERE
from services.claims.readjudication import due
from services.claims.readjudication.problems import ALREADY_REVERSED
from services.claims.settlements import correcting_repository, reading_repository
from services.claims.settlements.correcting import Correction, post_corrections
from services.claims.settlements.movements import holders_of
from services.claims.settlements.policies import Policies
from services.claims.settlements.record import REVERSED, Settlement
from services.claims.settlements.repository import Connection
from services.claims.visits import repository as visits
from services.claims.visits.repository import VisitKey
from shared.auth import Caller
from shared.db import raw
from shared.divisions import county_of
from shared.problems import FORBIDDEN, NOT_FOUND, Problem


async def reverse_settlement(
    session: AsyncSession,
    policies: Policies,
    caller: Caller,
    now: datetime,
    settlement_id: UUID,
    reason: str,
) -> Settlement:
    """Reverse one settlement; the settlement as it then stands, with zero everywhere.

    By the hospital that settled it, or by the agency (``claims:review``). What the patient paid at the
    counter is given back there. Later settlements of the year are due for re-adjudication. Raises the
    Problem that stands in the way: not found, already reversed, not the caller's to reverse.
    """
    connection = await raw(session)
    known = await _stored(connection, settlement_id)
    _authorise(caller, known)
    # Funds and ledger are the county's: a token for a part of it sees no balance and books nothing.
    if not caller.governs(county_of(known.division_code)):
        raise Problem(PERSON_ELSEWHERE)
    # Before anything is locked: whoever works through the due holds their rows and waits for these locks.
    await due.after_reversal(session, known.person_id, known.year, settlement_id, now)
    # Days in bed, invoice and daily limits come before visits and accumulators, as in settling.
    await guards.release(connection, [settlement_id])
    await visits.reopen(connection, VisitKey(known.facility_code, known.visit_no), settlement_id)
    await correcting_repository.lock_visits(connection, [settlement_id])
    moved = (await correcting_repository.moved(connection, [settlement_id]))[settlement_id]
    wanted = [(key.kind, year_of(key)) for key in moved]
    held = await accumulators.lock(connection, holders_of(known.division_code, wanted))
    # Read again: someone else may have corrected it before we had the lock.
    before = await _stored(connection, settlement_id)
    if before.status == REVERSED:
        raise Problem(ALREADY_REVERSED)
    after = _nothing(before)
    correction = Correction(
        before, after, {key: -by for key, by in moved.items()}, reason, caller.subject, None
    )
    await post_corrections(session, policies, now, [correction], held)
    await correcting_repository.free_visits(connection, [settlement_id])
    await recounting.end_with_settlement(session, caller.subject, settlement_id, now)
    return after


def _authorise(caller: Caller, settlement: Settlement) -> None:
    own = caller.facility is not None and caller.facility == settlement.facility_code
    if caller.may("claims:review") or (own and caller.may("claims:settle")):
        return
    raise Problem(FORBIDDEN, scope="claims:settle" if own else "claims:review")


async def _stored(connection: Connection, settlement_id: UUID) -> Settlement:
    found = await reading_repository.by_ids(connection, [settlement_id])
    if not found:
        raise Problem(NOT_FOUND)
    return found[0]


def _nothing(settlement: Settlement) -> Settlement:
    return settlement._replace(
        total_fen=0,
        non_covered_fen=0,
        over_limit_fen=0,
        upfront_copay_fen=0,
        eligible_fen=0,
        person_pays_fen=0,
        personal_share_bp=0,
        ceiling_bp=None,
        ceiling_base_fen=None,
        steps="[]",
        payers=(),
        revision=settlement.revision + 1,
        status=REVERSED,
    )
