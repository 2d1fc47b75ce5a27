"""A finding's way: notice, the provider's defence, a hearing if it wants one, another person's decision."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.claims.audit import case_repository as cases
from services.claims.audit import claim_repository as claims
from services.claims.audit import deductions, recounting
from services.claims.audit.case_repository import Finding
from services.claims.audit.data import audit_rules
from services.claims.audit.problems import (
    DECIDED_BY_SAME_PERSON,
    DEDUCTION_ABOVE_CLAIM,
    DEDUCTION_AMOUNT,
    FINDING_STATE,
    HEARING_DAY,
    HEARING_MISSING,
    PROVIDER_ONLY,
    STATEMENT_LATE,
    STATEMENT_PERIOD_RUNS,
)
from services.claims.audit.schemas import (
    DecisionRequest,
    FindingReply,
    HearingRequest,
    NotifyRequest,
    StatementRequest,
)
from services.claims.audit.service import reply
from shared.auth import Caller
from shared.clock import business_date
from shared.money import Fen, format_yuan
from shared.problems import NOT_FOUND, Problem

FOUND, NOTIFIED, STATED, DISMISSED = "found", "notified", "stated", "dismissed"
NOTIFY, STATE, HEAR, DECIDE = "notify", "state", "hear", "decide"
_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    NOTIFY: (FOUND,),
    STATE: (NOTIFIED,),
    HEAR: (STATED,),
    DECIDE: (NOTIFIED, STATED),
}


class Office(NamedTuple):
    """Who acts, when, in which transaction."""

    session: AsyncSession
    caller: Caller
    now: datetime

    @property
    def today(self) -> date:
        """The business day."""
        return business_date(self.now)


async def notify(office: Office, finding_id: UUID, asked: NotifyRequest) -> FindingReply:
    """Tell the provider what was found; from now on it sees the finding and may state its defence."""
    finding = await _take(office, finding_id, NOTIFY)
    terms = audit_rules().hearing_on(office.today)
    changes = {
        "state": NOTIFIED,
        "notified_by": office.caller.subject,
        "statement_due": office.today + timedelta(days=terms.days),
    }
    details = {
        "statement_due": changes["statement_due"],
        "clause": f"{terms.source}：{terms.clause}",
        "note": asked.note,
    }
    return await _done(office, finding, NOTIFY, changes, details)


async def state(office: Office, finding_id: UUID, asked: StatementRequest) -> FindingReply:
    """The provider's defence, within the period, by its own token, once."""
    finding = await _take(office, finding_id, STATE)
    if office.caller.facility != finding.facility_code:
        raise Problem(PROVIDER_ONLY)
    if finding.statement_due is not None and office.today > finding.statement_due:
        raise Problem(STATEMENT_LATE, due=finding.statement_due)
    changes = {"state": STATED, "hearing_wanted": asked.hearing}
    details = {"statement": asked.statement, "hearing": asked.hearing}
    return await _done(office, finding, STATE, changes, details)


async def hear(office: Office, finding_id: UUID, asked: HearingRequest) -> FindingReply:
    """Record the hearing."""
    finding = await _take(office, finding_id, HEAR)
    [notified] = [step for step in await cases.steps(office.session, finding_id) if step.action == NOTIFY]
    if not business_date(notified.at) <= asked.held_on <= office.today:
        raise Problem(HEARING_DAY, pointer="/held_on", held_on=asked.held_on, today=office.today)
    details = {"held_on": asked.held_on, "minutes": asked.minutes}
    return await _done(office, finding, HEAR, {"heard_on": asked.held_on}, details)


async def decide(office: Office, finding_id: UUID, asked: DecisionRequest) -> FindingReply:
    """Dismiss a finding, or take a deduction from what the provider is due; not by who gave notice.

    Not before the defence is in or its time is over, nor before the hearing that was asked for. A deduction
    and other ones on the same claim never exceed what funds paid of it, one on a whole month not what its
    bills still put at stake; each fund gets back its share.
    """
    # Before the finding itself: whoever reverses a settlement holds its visit, then its month, and waits for
    # the findings.
    await cases.keep_settlement(office.session, finding_id)
    await claims.lock_month(office.session, finding_id)
    finding = await _take(office, finding_id, DECIDE)
    if office.caller.subject == finding.notified_by:
        raise Problem(DECIDED_BY_SAME_PERSON)
    if (asked.decision == "deduct") != bool(asked.amount):
        raise Problem(DEDUCTION_AMOUNT, pointer="/amount")
    _heard(office, finding)
    changes: dict[str, Any] = {
        "state": DISMISSED,
        "decided_by": office.caller.subject,
        "decided_at": office.now,
    }
    details: dict[str, Any] = {"decision": asked.decision, "reason": asked.reason}
    if asked.amount:
        shares = await _deduct(office, finding, asked.amount)
        changes |= {"state": deductions.DEDUCTED, "deducted_fen": asked.amount}
        details |= {"amount": format_yuan(asked.amount), "funds": shares}
    return await _done(office, finding, DECIDE, changes, details)


async def _deduct(office: Office, finding: Finding, amount_fen: Fen) -> list[dict[str, str | int]]:
    left = await recounting.left_for(office.session, finding)
    stake = await recounting.at_stake(office.session, finding)
    limit = min(deductions.total_of(left), amount_fen if stake is None else stake)
    if amount_fen > limit:
        amount, most = format_yuan(amount_fen), format_yuan(limit)
        raise Problem(DEDUCTION_ABOVE_CLAIM, pointer="/amount", amount=amount, limit=most)
    parts = deductions.shared_out(amount_fen, left)
    await deductions.book(office.session, finding, parts, office.now)
    return recounting.shown(parts)


def _heard(office: Office, finding: Finding) -> None:
    if (
        finding.state == NOTIFIED
        and finding.statement_due is not None
        and office.today <= finding.statement_due
    ):
        raise Problem(STATEMENT_PERIOD_RUNS, due=finding.statement_due)
    if finding.hearing_wanted and finding.heard_on is None:
        raise Problem(HEARING_MISSING)


async def _take(office: Office, finding_id: UUID, action: str) -> Finding:
    """The finding, locked, in a state for this action; a provider knows it from the notice on."""
    finding = await cases.lock(office.session, finding_id)
    if finding is None or (office.caller.facility is not None and finding.notified_by is None):
        raise Problem(NOT_FOUND)
    if finding.state not in _ALLOWED[action]:
        allowed = "、".join(_ALLOWED[action])
        raise Problem(FINDING_STATE, state=finding.state, action=action, allowed=allowed)
    return finding


async def _done(
    office: Office, finding: Finding, action: str, changes: Mapping[str, Any], details: Mapping[str, Any]
) -> FindingReply:
    after = finding._replace(**changes)
    await cases.change(office.session, finding.id, changes)
    await cases.add_step(office.session, after, action, office.now, office.caller.subject, details)
    return await reply(office.session, after)
