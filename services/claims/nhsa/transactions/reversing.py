"""2601: by the id of an earlier message, what it did is taken back, whether it arrived or not.

A hospital that did not hear an outcome (UNKNOWN) asks again under the same msgid; when it gives up, it sends
2601. What had arrived is reversed. What had not is written down as reversed, so that it is refused when it
comes late. So after 2601 nothing of the message stands, and nothing ever will.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from services.claims.nhsa import problems, repository
from services.claims.nhsa.ids import long, short
from services.claims.nhsa.inputs import ReversalInput
from services.claims.nhsa.repository import NEVER, SUCCESS, Message
from services.claims.nhsa.transactions import fees, settle, visits
from services.claims.nhsa.transactions.base import At, Done, check_msgid, visit_named
from services.claims.reconciliation.rules import UNDONE
from services.claims.settlements import service as settlements
from services.claims.settlements.record import REVERSED
from shared.problems import Problem

INFNO: Final = "2601"


async def reverse(at: At, asked: ReversalInput) -> Done:
    """Take back what a message did, or see to it that it never does anything."""
    data = asked.data
    oinfno = data.oinfno.removesuffix("A")
    check_msgid(at, data.omsgid, "/input/data/omsgid")
    if oinfno == INFNO or data.omsgid == at.envelope.msgid:
        raise Problem(problems.REVERSES_REVERSAL, pointer="/input/data/oinfno")
    if not await repository.lock_message(at.connection, data.omsgid):
        raise Problem(problems.STILL_RUNNING)
    found = await repository.message(at.connection, data.omsgid)
    if found is None:
        await repository.keep_message(at.connection, _never(at, data.omsgid, oinfno))
        return Done({"result": {"omsgid": data.omsgid, "outcome": NEVER}})
    _check(found, oinfno, data.psn_no)
    done = await _undo(at, found) if found.outcome == SUCCESS else Done({})
    await repository.mark_reversed(at.connection, found.msgid, at.envelope.msgid, at.now)
    output = {"result": {"omsgid": data.omsgid, "outcome": found.outcome}}
    return Done(output, found.mdtrt_id, found.person_id, done.settlement_id)


def _check(found: Message, oinfno: str, psn_no: str | None) -> None:
    if found.infno == INFNO:
        raise Problem(problems.REVERSES_REVERSAL, pointer="/input/data/omsgid")
    if found.infno != oinfno:
        raise Problem(
            problems.OTHER_INFNO,
            pointer="/input/data/oinfno",
            omsgid=found.msgid,
            found=found.infno,
            oinfno=oinfno,
        )
    if found.reversed_by is not None:
        raise Problem(problems.REVERSED_TWICE, omsgid=found.msgid, by=found.reversed_by)
    if psn_no is not None and found.person_id is not None and long(psn_no) != found.person_id:
        raise Problem(problems.OTHER_PERSON, pointer="/input/data/psn_no")


async def _undo(at: At, found: Message) -> Done:
    undo = _UNDO.get(found.infno)
    if undo is not None:
        return await undo(at, found)
    if found.infno in _INSTEAD:
        zh, en = _INSTEAD[found.infno]
        raise Problem(problems.NOT_REVERSIBLE, oinfno=found.infno, instead_zh=zh, instead_en=en)
    return Done({})


async def _settlement(at: At, found: Message) -> Done:
    assert found.settlement_id is not None
    settlement = await settlements.get(at.session, found.settlement_id)
    # One cancelled meanwhile by 2208 or 2305 no longer stands, which is what is asked for.
    if settlement.status != REVERSED:
        await settle.take_back(at, found.settlement_id, f"{UNDONE}冲正 {found.msgid}")
    return Done({}, settlement_id=found.settlement_id)


async def _visit(at: At, found: Message) -> Done:
    assert found.mdtrt_id is not None
    try:
        return await visits.cancel(at, found.mdtrt_id)
    except Problem as problem:
        if problem.spec is not problems.VISIT_CANCELLED:
            raise
    return Done({})


async def _part(at: At, found: Message) -> Done:
    assert found.mdtrt_id is not None
    assert found.part_no is not None
    row = await visit_named(at, short(found.mdtrt_id), None, "/input/data")
    await fees.withdraw_parts(at, row, [found.part_no])
    return Done({})


async def _discharge(at: At, found: Message) -> Done:
    assert found.mdtrt_id is not None
    row = await visit_named(at, short(found.mdtrt_id), None, "/input/data")
    return await visits.take_back_discharge(at, row) if row.ended_at is not None else Done({})


_UNDO: Final[Mapping[str, Callable[[At, Message], Awaitable[Done]]]] = {
    "2201": _visit,
    "2204": _part,
    "2207": _settlement,
    "2301": _part,
    "2304": _settlement,
    "2401": _visit,
    "2402": _discharge,
}
"""What is taken back. Questions, previews and sign-ins did nothing."""

_AGAIN_ZH, _AGAIN_EN = "重新发起被撤销的交易", "send the cancelled transaction anew"
_INSTEAD: Final[Mapping[str, tuple[str, str]]] = {
    "2202": (_AGAIN_ZH, _AGAIN_EN),
    "2203": ("用 2203 重新上传正确的就诊信息，或用 2202 撤销挂号", "send 2203 anew, or cancel by 2202"),
    "2205": (_AGAIN_ZH, _AGAIN_EN),
    "2208": (_AGAIN_ZH, _AGAIN_EN),
    "2302": (_AGAIN_ZH, _AGAIN_EN),
    "2305": (_AGAIN_ZH, _AGAIN_EN),
    "2404": (_AGAIN_ZH, _AGAIN_EN),
    "2405": ("用 2402 重新办理出院", "discharge anew by 2402"),
}


def _never(at: At, omsgid: str, oinfno: str) -> Message:
    return Message(
        msgid=omsgid,
        facility_code=at.facility,
        division_code=at.provider.division_code,
        infno=oinfno,
        outcome=NEVER,
        content_digest=None,
        reply=None,
        mdtrt_id=None,
        settlement_id=None,
        part_no=None,
        person_id=None,
        received_at=at.now,
        reversed_by=at.envelope.msgid,
        reversed_at=at.now,
    )
