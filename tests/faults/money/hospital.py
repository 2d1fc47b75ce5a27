"""A hospital on the national interface: outpatients settled, cancelled, given up; with books of its own."""

import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import httpx

from deploy.conformance.cases import Case, Patient, load
from deploy.conformance.link import Link, Message
from deploy.conformance.stays import Clinic
from deploy.demo.model import COUNTY_CODE, YEAR, County, Person
from shared.clock import SystemClock, business_date
from tests.faults.client import HIS, NATIONAL
from tests.faults.history import Operation, Outcome
from tests.faults.money.desk import Desk, Reply

FACILITY = "H99010100020"
PROVIDER = {
    "name": "县妇幼保健院",
    "level": 2,
    "division_code": COUNTY_CODE,
    "visit_types": ["chronic_outpatient", "delivery", "inpatient", "outpatient"],
}
MESSAGE = "national message"
_ROLE = f"{HIS}:{FACILITY}"
_UNDONE = ("nhsa.message_reversed", "nhsa.reversed_before_arrival")
_CANCELLED, _GIVEN_UP = 0.25, 0.2
_SETTLED, _REFUNDED = "0", "1"


@dataclass(frozen=True)
class Entry:
    """A settlement, or a cancellation, in the hospital's books."""

    refund: str
    setl_id: str
    mdtrt_id: str
    psn_no: str
    msgid: str
    total: str
    funds: str


@dataclass
class Hospital:
    """Treats people one after another, each once."""

    desk: Desk
    people: Iterator[Person]
    case: Case = field(default_factory=lambda: load(None)["outpatient"])
    journal: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        # It only writes the messages; they are sent like everything else.
        self._link = Link(
            httpx.AsyncClient(), NATIONAL, "", FACILITY, COUNTY_CODE, _numbers=itertools.count(1)
        )
        self._visits = 0

    @classmethod
    def of(cls, desk: Desk, county: County) -> "Hospital":
        """Grown members from the end of the county."""
        grown = (
            person
            for household in reversed(county.households)
            for person in household.people
            if person.enrolled(YEAR, "resident") and YEAR - person.born.year in range(25, 60)
        )
        return cls(desk, grown)

    async def work(self, stop: asyncio.Event) -> None:
        """Sign in, then visit after visit."""
        await self.sign_in()
        for person in self.people:
            if stop.is_set():
                return
            visit = await self.ready(person)
            if visit is not None:
                await self._paid(visit)
            await asyncio.sleep(self.desk.rng.uniform(0.1, 0.5))

    async def sign_in(self) -> None:
        """9001."""
        output = await self._said(self._link.message("9001", {"signIn": {"opter_no": "0001"}}))
        self._link.sign_no = output["signinoutb"]["sign_no"]

    async def ready(self, person: Person) -> Clinic | None:
        """A visit up to the point of paying; none where the person is not insured."""
        asked = {
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": person.id_number,
            "certno": person.id_number,
            "psn_cert_type": "01",
            "psn_name": person.name,
        }
        told = await self._said(self._link.message("1101", {"data": asked}))
        insured = [row for row in told["insuinfo"] if str(row["psn_insu_stas"]) == "1"]
        if not insured:
            return None
        self._visits += 1
        psn_no, insutype = str(told["baseinfo"]["psn_no"]), str(insured[0]["insutype"])
        patient = Patient(person.id_number, person.name, psn_no, insutype)
        visit = Clinic(
            self._link, self.case, patient, f"MZ{self.desk.name.partition('.')[0]}{self._visits:06d}"
        )
        visit.mdtrt_id = (await self._said(visit.registration()))["data"]["mdtrt_id"]
        await self._said(visit.information())
        await self._said(visit.charges())
        return visit

    def order(self, message: Message, **more: Any) -> Operation:
        """A message as it is sent: its number is its key."""
        body = json.dumps(message, ensure_ascii=False).encode()
        named = {"subjects": (message["msgid"],), **more}
        return Operation(MESSAGE, "claims", NATIONAL, _ROLE, message["msgid"], body, **named)

    async def settled(self, visit: Clinic, order: Operation, message: Message) -> None:
        """Ask until the outcome of a settlement is known, and write it down."""
        self.write(visit, message, await self.desk.must(order))

    def write(self, visit: Clinic, message: Message, reply: Reply) -> None:
        """Into the journal goes what was answered."""
        info = reply["output"]["setlinfo"]
        self.journal.append(
            Entry(
                _SETTLED,
                str(info["setl_id"]),
                visit.mdtrt_id,
                visit.patient.psn_no,
                message["msgid"],
                str(info["medfee_sumamt"]),
                str(info["fund_pay_sumamt"]),
            )
        )

    async def _paid(self, visit: Clinic) -> None:
        message = visit.settling()
        order = self.order(message, refusals=_UNDONE)
        if self.desk.chance(_GIVEN_UP):
            await self._give_up(visit, order, message)
            message = visit.settling()
            order = self.order(message)
        await self.settled(visit, order, message)
        if self.desk.chance(_CANCELLED):
            await self._cancel(visit)

    async def _give_up(self, visit: Clinic, order: Operation, message: Message) -> None:
        """The hospital waits a moment for an answer, then takes the message back, whatever became of it."""
        self.desk.history.add(order)
        await self.desk.client.attempt(order, self.desk.rng.uniform(0.005, 0.1))
        named = {"psn_no": visit.patient.psn_no, "omsgid": message["msgid"], "oinfno": message["infno"]}
        if order.outcome == Outcome.FAIL:
            return
        await self._said(self._link.message("2601", {"data": named}))
        # It comes late, or once more: refused either way, and for ever.
        late = self.order(message, must_fail=True)
        await self.desk.do(late)

    async def _cancel(self, visit: Clinic) -> None:
        entry = self.journal[-1]
        visit.setl_id = entry.setl_id
        message = visit.cancelling()
        await self._said(message)
        self.journal.append(replace(entry, refund=_REFUNDED, msgid=message["msgid"]))
        if self.desk.chance(0.5):
            again = visit.settling()
            await self.settled(visit, self.order(again), again)
        else:
            await self._said(visit.withdrawal("0000"))
            await self._said(self._link.message("2202", {"data": visit.named()}))

    async def reconciled(self) -> list[str]:
        """3201 over everything that was settled and cancelled; what the centre says is different."""
        found = []
        for refund in (_SETTLED, _REFUNDED):
            reply = await self.desk.must(self.order(self._totals(refund)))
            result = reply["output"]["stmtinfo"]
            if str(result["stmt_rslt"]) != "0":
                found.append(f"3201 ({refund}): {result['stmt_rslt_dscr']}")
        return found

    def standing(self) -> set[str]:
        """Settlements that by the hospital's books stand."""
        settled = {each.setl_id for each in self.journal if each.refund == _SETTLED}
        return settled - {each.setl_id for each in self.journal if each.refund == _REFUNDED}

    def _totals(self, refund: str) -> Message:
        entries = [each for each in self.journal if each.refund == refund]
        today = business_date(SystemClock().now()).isoformat()
        stated = {
            "insutype": "390",
            "clr_type": "11",
            "stmt_begndate": today,
            "stmt_enddate": today,
            "refd_setl_flag": refund,
            "medfee_sumamt": str(sum((Decimal(each.total) for each in entries), Decimal())),
            "fund_pay_sumamt": str(sum((Decimal(each.funds) for each in entries), Decimal())),
            "acct_pay": "0.00",
            "fixmedins_setl_cnt": len(entries),
        }
        return self._link.message("3201", {"data": stated})

    async def _said(self, message: Message) -> Reply:
        output: Reply = (await self.desk.must(self.order(message)))["output"]
        return output
