"""A stay and an outpatient visit as a hospital plays them; each can be cleared away again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from deploy.conformance.cases import Case, Patient, diagnoses, fees, settling
from deploy.conformance.link import Link, Message, NoReply, Reply
from deploy.conformance.sheet import Mismatch, output

DIAGNOSIS = ("J18.900", "肺炎")


@dataclass
class Ward:
    """Inpatient care: the numbers of its transactions."""

    link: Link
    case: Case
    patient: Patient
    number: str
    mdtrt_id: str = ""
    setl_id: str = ""
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.link.now() - timedelta(hours=2)

    def admission(self) -> Message:
        """2401."""
        return self.link.message(
            "2401",
            {
                "mdtrtinfo": {
                    "psn_no": self.patient.psn_no,
                    "insutype": self.patient.insutype,
                    "begntime": _written(self.began),
                    "mdtrt_cert_type": "02",
                    "mdtrt_cert_no": self.patient.certno,
                    "certno": self.patient.certno,
                    "psn_name": self.patient.name,
                    "med_type": "21",
                    "ipt_no": self.number,
                },
                "diseinfo": diagnoses(*DIAGNOSIS),
            },
        )

    def charges(self, batch: str, part: slice) -> Message:
        """2301 with a part of the lines."""
        every = fees(self.case, self.mdtrt_id, self.patient.psn_no, _written(self.began), batch)
        return self.link.message("2301", {"feedetail": every[part]})

    def extra(self, sn: str, count: int, **changes: str) -> Message:
        """2301 with one line that no case has: so many pieces, or a refund of so many."""
        line = {"code": "XKF0009", "name": "退费药品", "level": "01", "count": str(count), "price": "10.00"}
        case = replace(self.case, lines=[{**line, "amount": str(count * 10)}])
        [fee] = fees(case, self.mdtrt_id, self.patient.psn_no, _written(self.began))
        return self.link.message("2301", {"feedetail": [{**fee, "feedetl_sn": sn, **changes}]})

    def discharge(self) -> Message:
        """2402."""
        info = {**self.named(), "endtime": _written(self.began + timedelta(hours=1))}
        return self.link.message("2402", {"dscginfo": info, "diseinfo": diagnoses(*DIAGNOSIS)})

    def settling(self, infno: str = "2304") -> Message:
        """2303 or 2304."""
        return self.link.message(infno, settling(self.case, self.patient, self.mdtrt_id, "21"))

    def cancelling(self) -> Message:
        """2305."""
        return self.link.message("2305", {"data": {**self.named(), "setl_id": self.setl_id}})

    def named(self) -> dict[str, str]:
        """The visit by its numbers."""
        return {"mdtrt_id": self.mdtrt_id, "psn_no": self.patient.psn_no}

    async def admit(self) -> None:
        """2401, and the visit's number from its reply."""
        self.mdtrt_id = text(output(await self.link.send(self.admission())), "result", "mdtrt_id")

    async def ready(self) -> None:
        """Admitted, charged and discharged."""
        await self.admit()
        output(await self.link.send(self.charges("B1", slice(None))))
        output(await self.link.send(self.discharge()))

    async def clear(self) -> None:
        """Take everything back, whatever of it there is: the patient's year is as it was."""
        if not self.mdtrt_id:
            return
        if self.setl_id:
            await quietly(self.link, self.cancelling())
        await quietly(self.link, self.link.message("2405", {"data": self.named()}))
        everything = {**self.named(), "feedetl_sn": "0000"}
        await quietly(self.link, self.link.message("2302", {"data": [everything]}))
        await quietly(self.link, self.link.message("2404", {"data": self.named()}))


@dataclass
class Clinic:
    """Outpatient care."""

    link: Link
    case: Case
    patient: Patient
    number: str
    mdtrt_id: str = ""
    setl_id: str = ""
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.link.now() - timedelta(minutes=5)

    def registration(self) -> Message:
        """2201."""
        data = {
            "psn_no": self.patient.psn_no,
            "insutype": self.patient.insutype,
            "begntime": _written(self.began),
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": self.patient.certno,
            "certno": self.patient.certno,
            "psn_name": self.patient.name,
            "ipt_otp_no": self.number,
        }
        return self.link.message("2201", {"data": data})

    def information(self) -> Message:
        """2203."""
        visit = {**self.named(), "med_type": "11", "begntime": _written(self.began)}
        diseases = diagnoses("J00.x00", "急性上呼吸道感染")
        return self.link.message("2203A", {"mdtrtinfo": visit, "diseinfo": diseases})

    def charges(self, batch: str = "B1") -> Message:
        """2204."""
        lines = fees(self.case, self.mdtrt_id, self.patient.psn_no, _written(self.began), batch)
        return self.link.message("2204", {"feedetail": lines})

    def withdrawal(self, batch: str) -> Message:
        """2205."""
        return self.link.message("2205", {"data": {**self.named(), "chrg_bchno": batch}})

    def settling(self, infno: str = "2207A") -> Message:
        """2206 or 2207."""
        return self.link.message(infno, settling(self.case, self.patient, self.mdtrt_id, "11"))

    def cancelling(self) -> Message:
        """2208."""
        return self.link.message("2208", {"data": {**self.named(), "setl_id": self.setl_id}})

    def named(self) -> dict[str, str]:
        """The visit by its numbers."""
        return {"mdtrt_id": self.mdtrt_id, "psn_no": self.patient.psn_no}

    async def clear(self) -> None:
        """Take everything back, whatever of it there is."""
        if not self.mdtrt_id:
            return
        if self.setl_id:
            await quietly(self.link, self.cancelling())
        await quietly(self.link, self.withdrawal("0000"))
        await quietly(self.link, self.link.message("2202", {"data": self.named()}))


async def quietly(link: Link, message: Message) -> Reply | None:
    """Send what clears away; that there was nothing to clear is no finding."""
    try:
        return await link.send(message)
    except NoReply:
        return None


def text(found: Mapping[str, Any], *path: str) -> str:
    """A text of a reply that must be there and not be empty."""
    value: Any = found
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if not value:
        raise Mismatch(f"应答缺少 {'.'.join(path)}")
    return str(value)


def info_of(reply: Reply) -> dict[str, Any]:
    """``setlinfo`` of an accepted reply."""
    found = output(reply).get("setlinfo")
    if not isinstance(found, dict):
        raise Mismatch("应答没有 setlinfo")
    return found


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
