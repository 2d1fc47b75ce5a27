"""A hospital's system at the national interface: it numbers its messages, signs in, and remembers nothing."""

import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from tests.support import claims as build
from tests.support.platform import bearer

if TYPE_CHECKING:
    from tests.integration.claims.conftest import World

TABLES = ("nhsa_messages", "nhsa_sign_ins", "nhsa_patients", "nhsa_visits", "nhsa_batches")
DIAGNOSES = [{"diag_type": "1", "diag_srt_no": 1, "diag_code": "I63.900", "maindiag_flag": "1"}]


@dataclass
class His:
    """One hospital's programme."""

    world: "World"
    facility: str = build.COUNTY_HOSPITAL
    sign_no: str = ""
    stamp: str = "20261102100000"
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def msgid(self) -> str:
        """The next number of a message."""
        return f"{self.facility}{self.stamp}{next(self.numbers):04d}"

    def message(self, infno: str, input_: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A message that is right in itself."""
        envelope = {
            "infno": infno,
            "msgid": self.msgid(),
            "mdtrtarea_admvs": "990101",
            "insuplc_admdvs": "990101",
            "recer_sys_code": "KANGFU",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": "0001",
            "opter_name": "收费员",
            "inf_time": "2026-11-02 10:00:00",
            "fixmedins_code": self.facility,
            "fixmedins_name": "县人民医院",
            "sign_no": self.sign_no,
            "input": input_,
        }
        return {**envelope, **changes}

    async def post(
        self, body: dict[str, Any] | bytes, client: httpx.AsyncClient | None = None
    ) -> httpx.Response:
        """Send a message as it is."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = {
            **bearer(self.world.platform.token(f"hospital:{self.facility}")),
            "Content-Type": "application/json",
        }
        return await (client or self.world.client).post("/nhsa", content=content, headers=headers)

    async def ask(self, infno: str, input_: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The whole reply to a message."""
        return await self.send(self.message(infno, input_, **changes))

    async def send(self, body: dict[str, Any]) -> dict[str, Any]:
        """The whole reply to a message that is made already."""
        reply = await self.post(body)
        assert reply.status_code == 200, reply.text
        parsed: dict[str, Any] = reply.json()
        return parsed

    async def done(self, infno: str, input_: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """The output of a message that must be accepted."""
        reply = await self.ask(infno, input_, **changes)
        assert reply["infcode"] == "0", reply["err_msg"]
        output: dict[str, Any] = reply["output"]
        return output

    async def sign_in(self, stamp: str | None = None) -> "His":
        """Sign in; all later messages carry the number, and the time if one is given."""
        self.stamp = stamp or self.stamp
        self.sign_no = (await self.done("9001", {"signIn": {"opter_no": "0001"}}))["signinoutb"]["sign_no"]
        return self


def code(reply: dict[str, Any]) -> str:
    """The stable code of a refusal."""
    assert reply["infcode"] == "-1", reply
    text: str = reply["err_msg"]
    return text.partition("[")[2].partition("]")[0]


@dataclass
class Visit:
    """A visit that is open, and what names it."""

    mdtrt_id: str
    psn_no: str
    certno: str

    @property
    def named(self) -> dict[str, str]:
        """The fields that name it."""
        return {"mdtrt_id": self.mdtrt_id, "psn_no": self.psn_no}

    def fee(self, sn: str, amount: float, **changes: Any) -> dict[str, Any]:
        """A line of its bill."""
        return fee(self.mdtrt_id, self.psn_no, sn, amount, **changes)

    def settling(self, total: float, **changes: Any) -> dict[str, Any]:
        """The input of its settlement."""
        return settling(self.mdtrt_id, self.psn_no, total, **changes)


async def admitted(his: His, order: int = 1, number: str = "ZY1", **changes: Any) -> Visit:
    """A new insured person whom the hospital has admitted."""
    certno = await his.world.insure(order, categories=["dibao"])
    voucher = {"mdtrt_cert_type": "02", "mdtrt_cert_no": certno}
    psn_no = (await his.done("1101", {"data": voucher}))["baseinfo"]["psn_no"]
    output = await his.done("2401", admission(psn_no, certno, number, **changes))
    return Visit(output["result"]["mdtrt_id"], psn_no, certno)


async def registered(his: His, order: int = 1, number: str = "MZ1", **changes: Any) -> Visit:
    """A new insured person who has registered as an outpatient and is told what is treated."""
    certno = await his.world.insure(order, categories=["dibao"])
    voucher = {"mdtrt_cert_type": "02", "mdtrt_cert_no": certno}
    psn_no = (await his.done("1101", {"data": voucher}))["baseinfo"]["psn_no"]
    times = {"insutype": "390", "begntime": "2026-03-09 08:00:00", "ipt_otp_no": number}
    output = await his.done("2201", {"data": {"psn_no": psn_no, **voucher, **times}})
    visit = Visit(output["data"]["mdtrt_id"], psn_no, certno)
    await his.done("2203", information(visit, **changes))
    return visit


def information(visit: Visit, **changes: Any) -> dict[str, Any]:
    """The input of 2203."""
    info = {**visit.named, "med_type": "11", "begntime": "2026-03-09 08:00:00", **changes}
    return {"mdtrtinfo": info, "diseinfo": [{"diag_srt_no": 1, "diag_code": "J06.900"}]}


def discharge(mdtrt_id: str, psn_no: str, **changes: Any) -> dict[str, Any]:
    """The input of 2402."""
    info = {"mdtrt_id": mdtrt_id, "psn_no": psn_no, "endtime": "2026-03-09 10:00:00", **changes}
    return {"dscginfo": info, "diseinfo": DIAGNOSES}


def fee(mdtrt_id: str, psn_no: str, sn: str, amount: float, /, **changes: Any) -> dict[str, Any]:
    """A line of the bill: one piece at the price."""
    line = {
        "feedetl_sn": sn,
        "mdtrt_id": mdtrt_id,
        "psn_no": psn_no,
        "chrg_bchno": "B1",
        "med_list_codg": "XA01AB",
        "medins_list_name": "某药品",
        "fee_ocur_time": "2026-03-02 09:00:00",
        "det_item_fee_sumamt": amount,
        "cnt": 1,
        "pric": amount,
        "med_chrgitm_type": "09",
        "chrgitm_lv": "01",
    }
    return {**line, **changes}


def admission(psn_no: str, certno: str, number: str = "ZY1", **changes: Any) -> dict[str, Any]:
    """The input of 2401."""
    info = {
        "psn_no": psn_no,
        "insutype": "390",
        "begntime": "2026-03-01 08:00:00",
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": certno,
        "med_type": "21",
        "ipt_no": number,
    }
    return {"mdtrtinfo": {**info, **changes}, "diseinfo": DIAGNOSES}


def settling(mdtrt_id: str, psn_no: str, total: float, **changes: Any) -> dict[str, Any]:
    """The input of 2206, 2207, 2303, 2304."""
    data = {
        "psn_no": psn_no,
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": "",
        "medfee_sumamt": total,
        "psn_setlway": "01",
        "mdtrt_id": mdtrt_id,
        "acct_used_flag": "0",
        "insutype": "390",
        "invono": "",
    }
    return {"data": {**data, **changes}}
