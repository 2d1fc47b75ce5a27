"""Messages spoiled at random: each is answered in the interface's own form, whatever stands in it."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from tests.support import nhsa
from tests.support.nhsa import His

pytestmark = pytest.mark.integration
EACH = 8
NASTY: list[Any] = [
    None, "", " ", "x" * 5_000, "0", "1", "0000", "A" * 26, "ZY\u202e", "9999-99-99", "2026-13-01 00:00:00",
    -1, 0, 7, 10**17, 2**62, 1.5, -0.001, 1e300, True, [], {}, [[]], [{}], {"x": {"y": []}}, "😀" * 20,
    "1e400", "NaN", "-", "．５", "M03900", "2601",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every value inside a message."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inside:
        yield (*path, name)
        yield from places(part, (*path, name))


def spoiled(message: dict[str, Any], random: Random) -> dict[str, Any]:
    """The message with one to three values of its input, at times of its envelope, replaced or left out."""
    broken = copy.deepcopy(message)
    for _ in range(random.randint(1, 3)):
        inputs = [path for path in places(broken) if random.random() < 0.1 or path[0] == "input"]
        path = random.choice(inputs)
        within = broken
        for name in path[:-1]:
            within = within[name]
        if random.random() < 0.2:
            del within[path[-1]]
        else:
            within[path[-1]] = random.choice(NASTY)
    return broken


async def test_every_spoiled_message_is_answered_in_the_interface_s_form(his: His) -> None:
    stay, visit = await nhsa.admitted(his), await nhsa.registered(his, 2)
    await his.done("2301", {"feedetail": [stay.fee("1", 100), stay.fee("2", 50, chrgitm_lv="02")]})
    await his.done("2204", {"feedetail": [visit.fee("1", 40)]})
    settled = (await his.done("2207", visit.settling(40)))["setlinfo"]
    certificate = {"mdtrt_cert_type": "02", "mdtrt_cert_no": stay.certno}
    days = {"stmt_begndate": "2026-11-01", "stmt_enddate": "2026-11-01", "clr_type": "21"}
    sums = {"medfee_sumamt": 1, "fund_pay_sumamt": 1, "acct_pay": 0}
    named = {"setl_id": settled["setl_id"], **visit.named}
    messages = {
        "9001": {"signIn": {"opter_no": "0001"}},
        "1101": {"data": {**certificate, "psn_name": "张三"}},
        "2201": {"data": {**certificate, "psn_no": stay.psn_no, "insutype": "390", "ipt_otp_no": "MZ8",
                          "begntime": "2026-03-09"}},
        "2202": {"data": visit.named},
        "2203": nhsa.information(visit, med_type="14", dise_codg="M03900"),
        "2204": {"feedetail": [visit.fee("2", 20), visit.fee("3", 20)]},
        "2205": {"data": {**visit.named, "chrg_bchno": "B1"}},
        "2208": {"data": named},
        "2301": {"feedetail": [stay.fee("3", 20, selfpay_prop=0.1), stay.fee("4", 20)]},
        "2302": {"data": [{"feedetl_sn": "2", **stay.named}]},
        "2303": stay.settling(150, inscp_scp_amt=150),
        "2401": nhsa.admission(stay.psn_no, stay.certno, "ZY8"),
        "2402": nhsa.discharge(stay.mdtrt_id, stay.psn_no),
        "2405": {"data": stay.named},
        "2601": {"data": {"psn_no": "", "omsgid": his.msgid(), "oinfno": "2304"}},
        "3201": {"data": {**days, **sums, "insutype": "390", "fixmedins_setl_cnt": 1}},
        "3202": {"data": {**days, "detail": [{**named, **sums}]}},
        "5203": {"data": named},
        "5204": {"data": named},
        "5206": {"data": {"psn_no": stay.psn_no, "cum_ym": "2026"}},
    }  # fmt: skip
    random = Random("spoiled")
    for infno, input_ in messages.items():
        for _ in range(EACH):
            broken = spoiled(his.message(infno, input_), random)
            reply = await his.post(json.dumps(broken, ensure_ascii=True).encode())
            assert reply.status_code in (200, 403), (broken, reply.text)
            if reply.status_code == 200:
                assert reply.json()["infcode"] in ("0", "-1")
                assert list(reply.json()) == [
                    *("infcode", "inf_refmsgid", "refmsg_time", "respond_time", "err_msg", "output")
                ]
