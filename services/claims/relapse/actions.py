"""What is done to a relapse claim: it is locked, its state decides, every action is remembered."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.claims.benefits.steps import step_as_dict
from services.claims.burden import service as burden
from services.claims.ledger import service as ledger
from services.claims.office import Office
from services.claims.problems import (
    OBJECTION_CLOSED,
    RELAPSE_ABOVE_RECORD,
    RELAPSE_DAY,
    RELAPSE_NOTICE_RUNS,
    RELAPSE_OBJECTIONS,
    RELAPSE_STATE,
    SECOND_PERSON_NEEDED,
)
from services.claims.relapse import repository, rules
from services.claims.relapse.payout import decide, insured_version
from services.claims.relapse.repository import Claim
from services.claims.relapse.schemas import (
    AnswerRequest,
    ClaimReply,
    NoteRequest,
    ObjectRequest,
    PublishRequest,
    RejectRequest,
    VerifyRequest,
)
from services.claims.relapse.service import nothing_due, reply
from services.claims.relapse_pool.guard import beyond_pool
from shared.divisions import county_of
from shared.money import Fen, format_yuan
from shared.problems import NOT_FOUND, Problem


async def verify(office: Office, claim_id: UUID, asked: VerifyRequest) -> ClaimReply:
    """Take over what the home verification found; from it follows what would be paid.

    Refused when it is above what the settlements say the holder has paid. May be repeated until the claim is
    payable; a notice then begins anew.
    """
    claim = await _take(office, claim_id, rules.VERIFY)
    _between("/verified_on", asked.verified_on, date(claim.year, 1, 1), office.today)
    day = rules.governing_day(claim.year, office.today)
    version, insurance = insured_version(office.policies, claim.division_code, day)
    recorded = await burden.own_payment(office.session, insurance.per, claim.holder_id, claim.year)
    _within_record(asked.verified_own_cost, recorded)
    paid = await repository.already_paid(office.session, claim.holder_id, claim.year)
    decision = decide(version, claim.household_class, asked.verified_own_cost, paid)
    changes = {
        "recorded_fen": recorded,
        "already_paid_fen": paid,
        "verified_fen": asked.verified_own_cost,
        "verified_by": office.caller.subject,
        "verified_on": asked.verified_on,
        "payout_fen": decision.payout_fen,
        "payer": insurance.payer,
        "policy_pack": version.pack,
        "policy_version": version.version,
        "step": json.dumps(step_as_dict(decision.step), ensure_ascii=False),
        "notice_name": None,
        "posted_on": None,
        "notice_over_on": None,
    }
    details = {
        "verified_own_cost": format_yuan(asked.verified_own_cost),
        "verified_on": asked.verified_on.isoformat(),
        "signed_by": asked.signed_by,
        "findings": asked.findings,
        "payout": format_yuan(decision.payout_fen),
    }
    await repository.mark_verified_again(office.session, claim_id)
    return await _done(office, claim, rules.VERIFY, changes, details)


async def publish(office: Office, claim_id: UUID, asked: PublishRequest) -> ClaimReply:
    """Open the public notice; only the masked name is kept."""
    claim = await _take(office, claim_id, rules.PUBLISH)
    if not claim.payout_fen:
        raise nothing_due(claim.year, claim.verified_fen or 0, claim.already_paid_fen)
    _between("/posted_on", asked.posted_on, claim.verified_on or office.today, office.today)
    day = rules.governing_day(claim.year, office.today)
    _, insurance = insured_version(office.policies, claim.division_code, day)
    over_on = rules.notice_over_on(asked.posted_on, insurance.notice_days)
    changes = {
        "notice_name": rules.masked_name(asked.name),
        "posted_on": asked.posted_on,
        "notice_over_on": over_on,
    }
    details = {"posted_on": asked.posted_on.isoformat(), "payable_from": over_on.isoformat()}
    return await _done(office, claim, rules.PUBLISH, changes, details)


async def object_(office: Office, claim_id: UUID, asked: ObjectRequest) -> ClaimReply:
    """Record an objection; nothing is paid until it is answered."""
    claim = await _take(office, claim_id, rules.OBJECT)
    _between("/received_on", asked.received_on, claim.posted_on or office.today, office.today)
    await repository.add_objection(
        office.session, claim, asked.received_on, asked.content, office.now, office.caller.subject
    )
    return await _done(office, claim, rules.OBJECT, {}, {"received_on": asked.received_on.isoformat()})


async def answer(office: Office, claim_id: UUID, no: int, asked: AnswerRequest) -> ClaimReply:
    """Answer an objection, once."""
    claim = await _take(office, claim_id, rules.ANSWER)
    answered = await repository.answer_objection(
        office.session, claim_id, no, asked.upheld, asked.finding, office.now, office.caller.subject
    )
    if not answered:
        raise Problem(OBJECTION_CLOSED, no=no)
    return await _done(office, claim, rules.ANSWER, {}, {"no": no, "upheld": asked.upheld})


async def approve(office: Office, claim_id: UUID, asked: NoteRequest) -> ClaimReply:
    """Make a claim payable once its notice has stood and no objection is left; not by who verified it."""
    claim = await _take(office, claim_id, rules.APPROVE)
    if office.caller.subject in (claim.verified_by, claim.created_by):
        raise Problem(SECOND_PERSON_NEEDED, action=rules.APPROVE)
    if claim.notice_over_on is None or office.today < claim.notice_over_on:
        raise Problem(RELAPSE_NOTICE_RUNS, payable_from=str(claim.notice_over_on))
    blocking = await repository.blocking_objections(office.session, claim_id)
    if blocking:
        raise Problem(RELAPSE_OBJECTIONS, count=blocking)
    await _still_on_record(office, claim)
    return await _done(
        office, claim, rules.APPROVE, {"approved_by": office.caller.subject}, {"note": asked.note}
    )


async def pay(office: Office, claim_id: UUID, asked: NoteRequest) -> ClaimReply:
    """Book the payout: the insurance's pool owes it to the payee, by card. Not by who approved it.

    What the pool does not hold is refused or flagged, as the pack says.
    """
    claim = await _take(office, claim_id, rules.PAY)
    if office.caller.subject == claim.approved_by:
        raise Problem(SECOND_PERSON_NEEDED, action=rules.PAY)
    await _still_on_record(office, claim)
    amount, county = claim.payout_fen or 0, county_of(claim.division_code)
    day = rules.governing_day(claim.year, office.today)
    _, insurance = insured_version(office.policies, claim.division_code, day)
    beyond_fen = await beyond_pool(office.session, insurance, county, claim.year, amount)
    reference = await ledger.book_relapse_payout(
        office.session, claim.id, claim.payer or "", county, claim.year, amount, office.now
    )
    details = {"amount": format_yuan(amount), "transfer": reference, "note": asked.note}
    if beyond_fen:
        details["beyond_pool"] = format_yuan(beyond_fen)
    return await _done(office, claim, rules.PAY, {"paid_by": office.caller.subject}, details)


async def reject(office: Office, claim_id: UUID, asked: RejectRequest) -> ClaimReply:
    """Close a claim without a payout."""
    claim = await _take(office, claim_id, rules.REJECT)
    return await _done(office, claim, rules.REJECT, {}, {"reason": asked.reason})


async def _take(office: Office, claim_id: UUID, action: str) -> Claim:
    """The claim, locked, in a state in which the action may happen."""
    claim = await repository.lock(office.session, claim_id)
    if claim is None:
        raise Problem(NOT_FOUND)
    if claim.state not in rules.NEXT[action]:
        allowed = "、".join(rules.NEXT[action])
        raise Problem(RELAPSE_STATE, state=claim.state, action=action, allowed=allowed)
    return claim


async def _done(
    office: Office, claim: Claim, action: str, changes: Mapping[str, Any], details: Mapping[str, Any]
) -> ClaimReply:
    after = claim._replace(**changes, state=rules.NEXT[action][claim.state])
    await repository.change(office.session, claim.id, {**changes, "state": after.state})
    await repository.add_step(office.session, after, action, office.now, office.caller.subject, details)
    return await reply(office.session, after)


async def _still_on_record(office: Office, claim: Claim) -> None:
    """A settlement may have been reversed since the home verification."""
    holder = "household" if claim.holder_id == claim.household_id else "person"
    recorded = await burden.own_payment(office.session, holder, claim.holder_id, claim.year)
    _within_record(claim.verified_fen or 0, recorded)


def _within_record(verified_fen: Fen, recorded_fen: Fen) -> None:
    if verified_fen > recorded_fen:
        verified, recorded = format_yuan(verified_fen), format_yuan(recorded_fen)
        raise Problem(
            RELAPSE_ABOVE_RECORD, pointer="/verified_own_cost", verified=verified, recorded=recorded
        )


def _between(pointer: str, day: date, first: date, last: date) -> None:
    if not first <= day <= last:
        raise Problem(RELAPSE_DAY, pointer=pointer, first=first.isoformat(), last=last.isoformat())
