"""One hospital by the national platform's interface: a stay, a lost reply, a message that never came."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from deploy.conformance import setlinfo
from deploy.conformance.sheet import Mismatch
from deploy.demo import places
from deploy.demo.api import Api, DemoError
from deploy.demo.model import COUNTY_CODE, YEAR, County, Person
from shared.clock import SHANGHAI

FACILITY = places.TRADITIONAL_HOSPITAL
_DAY = date(YEAR, 11, 1)
"""The sample visits end in October, so that no stay is in the way."""
_CANDIDATES = 40
_LINES = (
    ("1", "XC07AB", "降压药", "3000.00", "09", "01", None),
    ("2", "331400001", "手术费", "2600.00", "06", "01", None),
    ("3", "C0101", "卫生材料", "1200.00", "08", "02", "0.1"),
)
_DIAGNOSES = [{"diag_type": "1", "diag_srt_no": 1, "diag_code": "I63.900", "maindiag_flag": "1"}]
TAKEN_OVER = "claims.stay_overlaps"


class Exchange(NamedTuple):
    """One message and what came of it."""

    infno: str
    what: str
    result: str


class Shown(NamedTuple):
    """All messages, the settlement, and what is not as it should be."""

    exchanges: list[Exchange]
    setlinfo: dict[str, Any]
    faults: list[str]


class _His:
    """The hospital's programme."""

    def __init__(self, api: Api, facility: str) -> None:
        self._api = api
        self._facility = facility
        now = datetime.now(SHANGHAI)
        self.stamp = f"{now:%Y%m%d%H%M%S}"
        # Two runs within one second begin at numbers of their own.
        self._no = now.microsecond // 100
        self._sign_no = ""
        self.exchanges: list[Exchange] = []
        self.faults: list[str] = []

    def msgid(self) -> str:
        self._no += 1
        return f"{self._facility}{self.stamp}{self._no % 10_000:04d}"

    async def sign_in(self) -> None:
        output = await self.done("9001", "签到", {"signIn": {"opter_no": "0001"}})
        self._sign_no = output["signinoutb"]["sign_no"]

    async def done(self, infno: str, what: str, input_: dict[str, Any]) -> dict[str, Any]:
        """The output of a message that has to be accepted."""
        reply = await self.send(self.msgid(), infno, what, input_)
        if reply["infcode"] != "0":
            raise DemoError(f"医保接口 {infno} 被拒绝：{reply['err_msg']}")
        output: dict[str, Any] = reply["output"]
        return output

    async def send(self, msgid: str, infno: str, what: str, input_: dict[str, Any]) -> dict[str, Any]:
        """Whatever a message is answered."""
        body = {
            "infno": infno,
            "msgid": msgid,
            "mdtrtarea_admvs": COUNTY_CODE,
            "recer_sys_code": "KANGFU",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": "0001",
            "opter_name": "收费员",
            "inf_time": f"{datetime.now(SHANGHAI):%Y-%m-%d %H:%M:%S}",
            "fixmedins_code": self._facility,
            "fixmedins_name": "县中医院",
            "sign_no": self._sign_no,
            "input": input_,
        }
        answer = await self._api.try_("POST", "claims", "/nhsa", f"hospital:{self._facility}", json=body)
        if answer.status != 200:
            raise DemoError(f"医保接口 {infno} 返回 HTTP {answer.status}")
        reply: dict[str, Any] = answer.body
        result = "成功" if reply["infcode"] == "0" else reply["err_msg"].partition(" [")[0]
        self.exchanges.append(Exchange(infno, what, result))
        return reply

    def expect(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(fault)


async def run(api: Api, sample: County, facility: str = FACILITY) -> Shown:
    """Settle one stay, whose reply is lost and asked again; reverse a message that never arrived."""
    his = _His(api, facility)
    await his.sign_in()
    for person in candidates(sample):
        settled = await _stay(his, person)
        if settled is not None:
            return Shown(his.exchanges, settled, his.faults)
        del his.exchanges[1:]
    raise DemoError("样例人员在该日都已有住院，请先 make reset")


async def _stay(his: _His, person: Person) -> dict[str, Any] | None:
    """One stay; nothing when the person lies in a bed already (an earlier run of the demonstration)."""
    voucher = {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.id_number}
    told = await his.done("1101", "人员信息：参保与各种身份", {"data": {**voucher, "psn_name": person.name}})
    psn_no = told["baseinfo"]["psn_no"]
    if not told["idetinfo"] or all(row["psn_insu_stas"] != "1" for row in told["insuinfo"]):
        return None
    named = await _admit(his, psn_no, voucher)
    total = sum(int(line[3].replace(".", "")) for line in _LINES) / 100
    data = {"data": {**named, "medfee_sumamt": total, "psn_setlway": "01", "acct_used_flag": "0"}}
    await his.done("2303", "预结算", data)
    msgid = his.msgid()
    first = await his.send(msgid, "2304", "结算（应答在途中丢失）", data)
    if TAKEN_OVER in first["err_msg"]:
        await his.done("2404", "入院撤销", {"data": named})
        return None
    again = await his.send(msgid, "2304", "结果未知：用原编号再问，应答完全相同", data)
    his.expect(first["infcode"] == "0" and again == first, "同一编号再问，应答不同")
    await _never_arrived(his, data)
    info: dict[str, Any] = first["output"]["setlinfo"]
    asked = {"data": {**named, "setl_id": info["setl_id"]}}
    stored = await his.done("5203", "结算信息查询", asked)
    his.expect(stored == first["output"], "查询到的结算与当时的应答不同")
    _check(his, info)
    return info


async def _admit(his: _His, psn_no: str, voucher: dict[str, str]) -> dict[str, str]:
    begin, end = f"{_DAY} 07:00:00", f"{_DAY} 20:00:00"
    info = {"psn_no": psn_no, "insutype": "390", "begntime": begin, "med_type": "21", **voucher}
    number = f"NH{his.msgid()[12:]}"
    admission = {"mdtrtinfo": {**info, "ipt_no": number}, "diseinfo": _DIAGNOSES}
    mdtrt_id = (await his.done("2401", "入院办理", admission))["result"]["mdtrt_id"]
    named = {"mdtrt_id": mdtrt_id, "psn_no": psn_no}
    for lines in (_LINES[:2], _LINES[2:]):
        fees = [_fee(named, line) for line in lines]
        await his.done("2301", f"费用明细上传：{len(fees)} 行", {"feedetail": fees})
    discharge = {"dscginfo": {**named, "endtime": end}, "diseinfo": _DIAGNOSES}
    await his.done("2402", "出院办理", discharge)
    return named


async def _never_arrived(his: _His, data: dict[str, Any]) -> None:
    """A message gets stuck on its way; the hospital gives it up, and it comes after all."""
    late = his.msgid()
    reversal = {"data": {"omsgid": late, "oinfno": "2304"}}
    output = await his.done("2601", "冲正一个没有到达的结算报文", reversal)
    his.expect(output["result"]["outcome"] == "never", "没有到达的报文未按未到达记录")
    reply = await his.send(late, "2304", "该报文迟到：不再受理", data)
    his.expect("nhsa.reversed_before_arrival" in reply["err_msg"], "冲正后迟到的报文没有被拒绝")


def _check(his: _His, info: dict[str, Any]) -> None:
    for rule in (setlinfo.has_every_field, setlinfo.adds_up):
        try:
            rule(info)
        except Mismatch as fault:
            his.faults.append(str(fault))


def _fee(named: dict[str, str], line: tuple[Any, ...]) -> dict[str, Any]:
    sn, code, name, amount, charge_type, level, prop = line
    return {
        **named,
        "feedetl_sn": sn,
        "med_list_codg": code,
        "medins_list_name": name,
        "det_item_fee_sumamt": amount,
        "cnt": 1,
        "pric": amount,
        "med_chrgitm_type": charge_type,
        "chrgitm_lv": level,
        "selfpay_prop": prop,
    }


def candidates(sample: County) -> Iterator[Person]:
    """People insured for the year who are registered with an aid, in the order of the files."""
    found = 0
    for household in sample.households:
        if not household.hardship.aid:
            continue
        for person in household.people:
            if person.enrolled(YEAR, "resident") and found < _CANDIDATES:
                found += 1
                yield person
