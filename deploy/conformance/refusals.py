"""Messages that must be refused with a reason, in the interface's own form, and change nothing."""

from collections.abc import Callable
from typing import Any

import httpx

from deploy.conformance.link import Link, Message, read
from deploy.conformance.sheet import Mismatch, Sheet, refused
from deploy.conformance.stays import Ward

_FOREIGN = "H99999999999"


def _unknown_infno(stay: Ward) -> Message:
    return stay.link.message("9999", {"data": {}})


def _short_msgid(stay: Ward) -> Message:
    return stay.link.message("1101", {"data": {}}, msgid=f"{stay.link.facility}2026")


def _foreign_msgid(stay: Ward) -> Message:
    message = stay.admission()
    return {**message, "msgid": _FOREIGN + message["msgid"][len(_FOREIGN) :]}


def _no_such_time(stay: Ward) -> Message:
    message = stay.admission()
    return {**message, "msgid": f"{stay.link.facility}20261331250000{message['msgid'][-4:]}"}


def _long_ago(stay: Ward) -> Message:
    message = stay.admission()
    return {**message, "msgid": f"{stay.link.facility}20150101000000{message['msgid'][-4:]}"}


def _too_long(stay: Ward) -> Message:
    return _changed(stay.admission(), "mdtrtinfo", ipt_no="9" * 31)


def _missing(stay: Ward) -> Message:
    return _changed(stay.admission(), "mdtrtinfo", psn_no="")


def _bad_date(stay: Ward) -> Message:
    return _changed(stay.admission(), "mdtrtinfo", begntime="2026-09-31 08:00:00")


def _three_decimals(stay: Ward) -> Message:
    message = stay.settling()
    return _changed(message, "data", medfee_sumamt="100.001")


def _nobody(stay: Ward) -> Message:
    return _changed(stay.admission(), "mdtrtinfo", mdtrt_cert_no="990101190001010000", certno="")


def _no_such_visit(stay: Ward) -> Message:
    return _changed(stay.settling(), "data", mdtrt_id="A" * 26)


def _no_such_settlement(stay: Ward) -> Message:
    return stay.link.message("2305", {"data": {**stay.named(), "setl_id": "A" * 26}})


def _card_alone(stay: Ward) -> Message:
    card = {"mdtrt_cert_type": "03", "mdtrt_cert_no": "A12345678"}
    return stay.link.message("1101", {"data": card})


def _other_voucher(stay: Ward) -> Message:
    return _changed(stay.admission(), "mdtrtinfo", mdtrt_cert_type="ZZ")


def _not_signed_in(stay: Ward) -> Message:
    return {**stay.admission(), "sign_no": "0" * 26}


def _changed(message: Message, part: str, **changes: Any) -> Message:
    return {**message, "input": {**message["input"], part: {**message["input"][part], **changes}}}


_MESSAGES: tuple[tuple[str, str, Callable[[Ward], Message]], ...] = (
    ("9999", "未知的 infno", _unknown_infno),
    ("1101", "msgid 不足 30 位", _short_msgid),
    ("2401", "msgid 前 12 位不是本机构", _foreign_msgid),
    ("2401", "msgid 中的时间不存在", _no_such_time),
    ("2401", "msgid 中的时间早已超过保存期限", _long_ago),
    ("2401", "字段超长（ipt_no 31 位）", _too_long),
    ("2401", "必填字段为空（psn_no）", _missing),
    ("2401", "不存在的日期（9 月 31 日）", _bad_date),
    ("2304", "金额有三位小数", _three_decimals),
    ("2401", "查无此人的证件号码", _nobody),
    ("2304", "不存在的就诊编号", _no_such_visit),
    ("2305", "不存在的结算编号", _no_such_settlement),
    ("1101", "只有社保卡卡号，平台不能解析", _card_alone),
    ("2401", "未知的就诊凭证类型", _other_voucher),
    ("2401", "未签到（sign_no 无效）", _not_signed_in),
)


async def play(sheet: Sheet, link: Link, stay: Ward) -> None:
    """Every bad message; each is refused by infcode and says why."""
    sheet.part = "坏报文"
    stay.mdtrt_id = "B" * 26
    for infno, title, made in _MESSAGES:
        with sheet.check(infno, f"{title}：拒绝并说明原因"):
            refused(await link.send(made(stay)))
    stay.mdtrt_id = ""
    with sheet.check("", "不是 JSON 的报文：拒绝并说明原因"):
        refused(read(await _raw(link, b'{"infno":"9001",')))
    with sheet.check("9001", "以其他机构的名义发送：拒绝"):
        message = link.message("9001", {"signIn": {"opter_no": "x"}}, fixmedins_code=_FOREIGN)
        answer = await _raw(link, link.written(message))
        if answer.status_code not in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            refused(read(answer))
    with sheet.check("9001", "没有令牌：HTTP 401"):
        answer = await link.http.post(link.url, content=b"{}")
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            raise Mismatch(f"HTTP {answer.status_code}")


async def _raw(link: Link, content: bytes) -> httpx.Response:
    headers = {"Authorization": f"Bearer {link.token}", "Content-Type": "application/json"}
    return await link.http.post(link.url, content=content, headers=headers)
