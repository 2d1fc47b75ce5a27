"""The fault script: replies lost, messages doubled, out of order, late. Money moves once or not at all."""

import asyncio
from dataclasses import replace

from deploy.conformance.cases import Case, Patient
from deploy.conformance.link import Link, Message, accepted
from deploy.conformance.sheet import Mismatch, Sheet, output, refused, same
from deploy.conformance.stays import Ward, info_of, text

AT_ONCE = 8
_WAITS = (0.05, 0.2, 0.5, 1.0, 2.0)


async def lost_reply(sheet: Sheet, stay: Ward) -> None:
    """Drop and resend: UNKNOWN is asked again under the same msgid."""
    message = stay.settling()
    with sheet.check("2304", "应答丢失（连接中断）后用同一 msgid 再问，得到结果", needed=True):
        await stay.link.lose(message)
        stay.setl_id = text(await _asked_until_answered(stay.link, message), "setl_id")
    with sheet.check("2304", f"{AT_ONCE} 个相同报文同时到达，只结算一次"):
        replies = await asyncio.gather(*(stay.link.send(message) for _ in range(AT_ONCE)))
        found = {info_of(reply)["setl_id"] for reply in replies if accepted(reply)}
        same("结算编号", found | {stay.setl_id}, {stay.setl_id})


async def reversed_after_success(sheet: Sheet, stay: Ward) -> None:
    """2601 of a settlement that was made; then the original comes again, late."""
    message = stay.settling()
    with sheet.check("2304", "结算成功", needed=True):
        info = info_of(await stay.link.send(message))
    with sheet.check("2601", "按原 msgid 冲正已成功的结算", needed=True):
        output(await stay.link.send(_reversal(stay, message)))
    with sheet.check("2601", "同一报文不能冲正两次"):
        refused(await stay.link.send(_reversal(stay, message)))
    with sheet.check("2304", "冲正后原报文迟到，不再受理"):
        refused(await stay.link.send(message))
    with sheet.check("2304", "冲正后用新 msgid 可以重新结算"):
        again = info_of(await stay.link.send(stay.settling()))
        stay.setl_id = text(again, "setl_id")
        same("基金支付", again["fund_pay_sumamt"], info["fund_pay_sumamt"])


async def reversed_before_arrival(sheet: Sheet, stay: Ward) -> None:
    """2601 overtakes the message that it reverses."""
    message = stay.settling()
    with sheet.check("2601", "原报文尚未到达时冲正，受理", needed=True):
        output(await stay.link.send(_reversal(stay, message)))
    with sheet.check("2304", "被冲正的报文随后到达，拒绝结算"):
        refused(await stay.link.send(message))
    reversal = _reversal(stay, message)
    with sheet.check("2601", "冲正报文本身不能冲正"):
        named = {"psn_no": stay.patient.psn_no, "omsgid": reversal["msgid"], "oinfno": "2601"}
        refused(await stay.link.send(stay.link.message("2601", {"data": named})))


async def out_of_order(sheet: Sheet, stay: Ward) -> None:
    """A settlement overtakes its charges."""
    await stay.admit()
    with sheet.check("2304", "费用明细未到先结算，拒绝"):
        refused(await stay.link.send(stay.settling()))
    with sheet.check("2301", "随后上传明细、出院、结算，成功"):
        output(await stay.link.send(stay.charges("B1", slice(None))))
        output(await stay.link.send(stay.discharge()))
        stay.setl_id = text(info_of(await stay.link.send(stay.settling())), "setl_id")
    with sheet.check("2304", "已结算的就诊用新 msgid 再次结算，拒绝"):
        refused(await stay.link.send(stay.settling()))


async def other_content(sheet: Sheet, stay: Ward) -> None:
    """One msgid, two contents."""
    message = stay.charges("B9", slice(0, 1))
    with sheet.check("2301", "同一 msgid 内容不同，拒绝", needed=True):
        output(await stay.link.send(message))
        other = stay.charges("B9", slice(1, 2))
        refused(await stay.link.send({**other, "msgid": message["msgid"]}))


SCRIPT = (
    ("故障：应答丢失与重发", lost_reply, True),
    ("故障：成功后冲正与迟到", reversed_after_success, True),
    ("故障：到达前冲正", reversed_before_arrival, True),
    ("故障：次序颠倒", out_of_order, False),
    ("故障：编号重复使用", other_content, True),
)
"""Title, what is played, and whether the stay is ready to be settled before it begins."""


async def play(sheet: Sheet, link: Link, case: Case, patient: Patient, number: str, place: int) -> None:
    """One entry of the script on a stay of its own, which is cleared away afterwards."""
    sheet.part, script, prepared = SCRIPT[place]
    stay = Ward(link, replace(case, expect={}), patient, number)
    try:
        if prepared:
            with sheet.check("2401", "准备一次住院：入院、费用、出院", needed=True):
                await stay.ready()
        await script(sheet, stay)
    finally:
        await stay.clear()


async def _asked_until_answered(link: Link, message: Message) -> dict[str, str]:
    reply = await link.send(message)
    for seconds in _WAITS:
        if accepted(reply):
            break
        await asyncio.sleep(seconds)
        reply = await link.send(message)
    found: dict[str, str] = info_of(reply)
    return found


def _reversal(stay: Ward, message: Message) -> Message:
    if not message["msgid"]:
        raise Mismatch("没有可冲正的报文")
    named = {"psn_no": stay.patient.psn_no, "omsgid": message["msgid"], "oinfno": message["infno"]}
    return stay.link.message("2601", {"data": named})
