"""One message, one outcome: what was answered once under a msgid is answered again, and done once.

Everything happens in the transaction of the request. What a refused transaction wrote is taken back to a
savepoint, and the refusal itself is kept as the message's outcome; so it has one outcome for ever, and 2601
can say of every msgid what became of it. Failures that pass by themselves (the database is busy) end the
whole request and leave no outcome.
"""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from services.claims.nhsa import envelope as envelopes
from services.claims.nhsa import problems, repository, signature
from services.claims.nhsa.envelope import OK, Envelope, Heard, heard, refusal, reply
from services.claims.nhsa.repository import NEVER, REFUSED, SUCCESS, Message
from services.claims.nhsa.transactions.base import At, Done, check_msgid
from services.claims.nhsa.transactions.table import SIGN_IN, TRANSACTIONS
from services.claims.nhsa.translation import in_fields
from services.claims.reconciliation.problems import DAY_NOT_CLOSED
from shared.auth import Caller
from shared.ids import new_id
from shared.problems import Problem
from shared.refusals import invalid


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, and what the audit trail says about it: ids and codes."""

    reply: bytes
    code: str
    again: bool = False


def check_institution(caller: Caller, body: Any) -> None:
    """A message speaks for the institution that its token belongs to; anything else is 403."""
    institution = body.get("fixmedins_code") if isinstance(body, dict) else None
    if caller.facility is None or (isinstance(institution, str) and institution.strip() != caller.facility):
        shown = institution if isinstance(institution, str) else "-"
        raise Problem(problems.FOREIGN_INSTITUTION, pointer="/fixmedins_code", institution=shown[:30])


def read_envelope(body: Any) -> Envelope:
    """The envelope of a message, or the Problem with the paths of its faulty fields."""
    try:
        return Envelope.model_validate(body)
    except ValidationError as error:
        raise faults(error, "") from error


def check_envelope(envelope: Envelope, at_raw: bytes, at: At) -> None:
    """Everything about a message that is known before its outcome is looked up; raises its Problem."""
    if at.window.settings.signature != "off":
        signature.check(at_raw, envelope, at.window.secrets, at.now)
    check_msgid(at, envelope.msgid, "/msgid")
    if envelope.transaction not in TRANSACTIONS:
        known = "、".join(TRANSACTIONS)
        raise Problem(problems.UNKNOWN_INFNO, pointer="/infno", infno=envelope.infno, known=known)


async def answer(at: At, raw: bytes) -> Answer:
    """The reply to a message: the kept one, or that of doing it now."""
    number = heard(at.envelope.mdtrtarea_admvs, at.now, new_id().int)
    try:
        check_envelope(at.envelope, raw, at)
        if not await repository.lock_message(at.connection, at.envelope.msgid):
            raise Problem(problems.STILL_RUNNING)
        kept = await repository.message(at.connection, at.envelope.msgid)
        digest = envelopes.digest(at.envelope, at.desk.blind_index)
        if kept is not None:
            return _again(at, kept, digest)
        await _check_sign_in(at)
    except Problem as problem:
        return Answer(refusal(number, problem), problem.spec.code)
    return await _do(at, number, digest)


def _again(at: At, kept: Message, digest: bytes) -> Answer:
    by = kept.reversed_by
    if kept.outcome == NEVER:
        raise Problem(problems.REVERSED_BEFORE_ARRIVAL, by=by)
    if kept.content_digest is None or kept.reply is None:
        # Pruned under a shorter time than is set now: the settlement that it made is all that is known.
        days = at.window.settings.keep_days
        raise Problem(problems.MSGID_EXPIRED, pointer="/msgid", days=days)
    if bytes(kept.content_digest) != digest:
        raise Problem(problems.MSGID_REUSED, pointer="/msgid")
    if by is not None:
        raise Problem(problems.MESSAGE_REVERSED, by=by)
    return Answer(at.vault.reply(bytes(kept.reply), kept.msgid), kept.outcome, again=True)


async def _check_sign_in(at: At) -> None:
    if not at.window.settings.sign_in_required or at.envelope.transaction == SIGN_IN:
        return
    sign_no = at.envelope.sign_no
    if sign_no is None or not await repository.signed_in(at.connection, sign_no, at.facility, at.now):
        raise Problem(problems.NOT_SIGNED_IN, pointer="/sign_no")


async def _do(at: At, number: Heard, digest: bytes) -> Answer:
    done, code = Done({}), SUCCESS
    try:
        # A savepoint of the driver: the session's own would tell its listeners that it has committed.
        async with at.connection.transaction():
            done = await _run(at)
        sent = reply(number, OK, "", done.output)
    except Problem as problem:
        sent, code = refusal(number, in_fields(problem, at.envelope.transaction)), problem.spec.code
        if problem.spec in _NO_OUTCOME:
            return Answer(sent, code)
    await repository.keep_message(at.connection, _message(at, digest, sent, done, code))
    return Answer(sent, code)


_TOO_LONG = "field.string_too_long"
# What is true of this moment only: the same message may be asked again.
_NO_OUTCOME = (problems.STILL_RUNNING, DAY_NOT_CLOSED)


async def _run(at: At) -> Done:
    transaction = TRANSACTIONS[at.envelope.transaction]
    try:
        asked = transaction.input.model_validate(at.envelope.input)
    except ValidationError as error:
        raise faults(error, "/input") from error
    return await transaction.run(at, asked)


def _message(at: At, digest: bytes, sent: bytes, done: Done, code: str) -> Message:
    return Message(
        msgid=at.envelope.msgid,
        facility_code=at.facility,
        division_code=at.provider.division_code,
        infno=at.envelope.transaction,
        outcome=SUCCESS if code == SUCCESS else REFUSED,
        content_digest=digest,
        reply=at.vault.seal_reply(sent, at.envelope.msgid),
        mdtrt_id=done.mdtrt_id,
        settlement_id=done.settlement_id,
        part_no=done.part_no,
        person_id=done.person_id,
        received_at=at.now,
    )


def faults(error: ValidationError, prefix: str) -> Problem:
    """The faulty fields by their paths in the message; their values are never repeated."""
    found = invalid(error.errors())
    errors = [replace(each, pointer=f"{prefix}{each.pointer}") for each in found.errors]
    long = all(each.spec.code == _TOO_LONG for each in errors)
    spec = problems.FIELD_TOO_LONG if long else problems.MESSAGE_INVALID
    return Problem(spec, errors=errors, **found.params)
