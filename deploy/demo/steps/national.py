"""A hospital that connects by the national interface: the conformance kit, visits, a reconciliation.

One settlement's reply is lost on purpose: the hospital takes it for failed, the centre has it. The day is
closed, the totals (3201) differ, the details (3202) name the settlement, 2601 takes it back, and after the
next close both sides agree. The hospital keeps a journal, as its own system would: another run goes on in it.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from deploy import tokens
from deploy.conformance import his
from deploy.conformance.cases import Case, Patient, load
from deploy.conformance.link import Link, Message, accepted
from deploy.conformance.sequence import patient_of, sign_in
from deploy.conformance.sheet import Sheet, output
from deploy.conformance.stays import Clinic, info_of, text
from deploy.demo.api import Api, DemoError
from deploy.demo.model import COUNTY_CODE, YEAR, County
from deploy.local.system import LocalSystem

FACILITY, NAME = "H99010100020", "县妇幼保健院"
KIT_FACILITY = "H99010100001"
SCOPES = ("claims:settle", "claims:read")
VISITS = 3
_TIMEOUT = 30.0
_SETTLED, _CANCELLED = "0", "1"


@dataclass(frozen=True)
class Entry:
    """A settlement, or a cancellation, as the hospital has it in its books."""

    day: str
    refund: str
    setl_id: str
    mdtrt_id: str
    psn_no: str
    msgid: str
    total: str
    funds: str


@dataclass
class Journal:
    """The hospital's own books, kept between runs."""

    file: Path
    entries: list[Entry] = field(default_factory=list)

    @classmethod
    def opened(cls, file: Path) -> "Journal":
        """The journal of earlier runs, or a new one."""
        found = json.loads(file.read_text("utf-8")) if file.exists() else []
        return cls(file, [Entry(**each) for each in found])

    def enter(self, entry: Entry) -> None:
        """Write an entry down at once."""
        self.entries.append(entry)
        self.file.write_text(json.dumps([asdict(each) for each in self.entries], ensure_ascii=False), "utf-8")

    def of(self, day: date, refund: str) -> list[Entry]:
        """What was settled, or cancelled, on a day."""
        return [each for each in self.entries if (each.day, each.refund) == (day.isoformat(), refund)]


class Compared(NamedTuple):
    """What 3201 or 3202 answered."""

    equal: bool
    said: str


class Connected(NamedTuple):
    """Everything about the hospital that connected."""

    sheet: Sheet
    settled: list[dict[str, Any]]
    before: Compared
    named: list[dict[str, Any]]
    repaired: str
    after: Compared


async def run(api: Api, system: LocalSystem, sample: County, folder: Path, today: date) -> Connected | None:
    """Play it; the day is closed twice by the finance office. None after the year of the sample's members."""
    if today.year != YEAR:
        return None
    await _registered(api)
    treated = people(sample)
    async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as http:
        sheet = await his.play(_link(system, http, KIT_FACILITY), load(None), treated[VISITS])
        link, journal = _link(system, http, FACILITY), Journal.opened(folder / "national.json")
        await sign_in(Sheet(), link)
        case = load(None)["outpatient"]
        visits = [await _visit(link, case, each) for each in treated[:VISITS]]
        settled = [await _settle(journal, visit, today) for visit in visits[:-1]]
        lost = visits[-1].settling()
        # The reply is what gets lost: the hospital writes nothing down.
        info_of(await link.send(lost))
        await _close(api, today)
        before = await _totals(link, journal, today, _SETTLED)
        named = await _details(link, journal, today)
        repaired = await _repair(link, visits[-1], lost)
        await _close(api, today)
        after = [await _totals(link, journal, today, refund) for refund in (_SETTLED, _CANCELLED)]
    agreed = Compared(all(each.equal for each in after), "；".join(each.said for each in after))
    return Connected(sheet, settled, before, named, repaired, agreed)


async def _registered(api: Api) -> None:
    visit_types = ["chronic_outpatient", "delivery", "inpatient", "outpatient"]
    entry = {"name": NAME, "level": 2, "division_code": COUNTY_CODE, "visit_types": visit_types}
    await api.put("claims", f"/v1/providers/{FACILITY}", "agency", entry)


def _link(system: LocalSystem, http: httpx.AsyncClient, facility: str) -> Link:
    token = tokens.mint(system.config.issuer_key, f"his:{facility}", SCOPES, (COUNTY_CODE,), facility)
    return Link(http, f"{system.config.url('claims-api')}/nhsa", token, facility, COUNTY_CODE)


def people(sample: County) -> list[Patient]:
    """Grown members of the resident scheme, from the end of the county, whom no other step treats."""
    grown = (
        person
        for household in reversed(sample.households)
        for person in household.people
        if person.enrolled(YEAR, "resident") and YEAR - person.born.year in range(30, 60)
    )
    return [Patient(person.id_number, person.name) for person in islice(grown, VISITS + 1)]


async def _visit(link: Link, case: Case, asked: Patient) -> Clinic:
    """An outpatient up to the point of paying."""
    patient = await patient_of(Sheet(), link, asked)
    number = f"MZ{link.now():%m%d%H%M%S%f}"
    visit = Clinic(link, case, patient, number)
    visit.mdtrt_id = text(output(await link.send(visit.registration())), "data", "mdtrt_id")
    output(await link.send(visit.information()))
    output(await link.send(visit.charges()))
    return visit


async def _settle(journal: Journal, visit: Clinic, today: date) -> dict[str, Any]:
    message = visit.settling()
    info = info_of(await visit.link.send(message))
    journal.enter(_entry(visit, message, info, today, _SETTLED))
    return info


async def _repair(link: Link, visit: Clinic, lost: Message) -> str:
    """What only the centre has is taken back by the number of its message; then neither side counts it."""
    named = {"psn_no": visit.patient.psn_no, "omsgid": lost["msgid"], "oinfno": lost["infno"]}
    output(await link.send(link.message("2601", {"data": named})))
    return str(lost["msgid"])


def _entry(visit: Clinic, message: Message, info: dict[str, Any], today: date, refund: str) -> Entry:
    return Entry(
        day=today.isoformat(),
        refund=refund,
        setl_id=info["setl_id"],
        mdtrt_id=visit.mdtrt_id,
        psn_no=visit.patient.psn_no,
        msgid=message["msgid"],
        total=info["medfee_sumamt"],
        funds=info["fund_pay_sumamt"],
    )


async def _close(api: Api, today: date) -> None:
    """The county's day close: what was booked so far."""
    heads = (await api.get("claims", "/v1/day-closes", "finance", county=COUNTY_CODE, limit=1)).body["items"]
    number = heads[0]["no"] + 1 if heads else 1
    body = {"county": COUNTY_CODE, "business_date": today.isoformat()}
    await api.post("claims", "/v1/day-closes", "finance", json=body, key=f"demo-close-{number:06d}")


def _period(today: date) -> dict[str, str]:
    return {"insutype": "390", "stmt_begndate": today.isoformat(), "stmt_enddate": today.isoformat()}


async def _totals(link: Link, journal: Journal, today: date, refund: str) -> Compared:
    entries = journal.of(today, refund)
    stated = {
        **_period(today),
        "clr_type": "11",
        "refd_setl_flag": refund,
        "medfee_sumamt": str(sum((Decimal(each.total) for each in entries), Decimal())),
        "fund_pay_sumamt": str(sum((Decimal(each.funds) for each in entries), Decimal())),
        "acct_pay": "0.00",
        "fixmedins_setl_cnt": len(entries),
    }
    found = output(await link.send(link.message("3201", {"data": stated})))["stmtinfo"]
    return Compared(found["stmt_rslt"] == "0", found["stmt_rslt_dscr"])


async def _details(link: Link, journal: Journal, today: date) -> list[dict[str, Any]]:
    entries = journal.of(today, _SETTLED) + journal.of(today, _CANCELLED)
    lines = [
        {
            "psn_no": each.psn_no,
            "mdtrt_id": each.mdtrt_id,
            "setl_id": each.setl_id,
            "msgid": each.msgid,
            "refd_setl_flag": each.refund,
            "medfee_sumamt": each.total,
            "fund_pay_sumamt": each.funds,
            "acct_pay": "0.00",
        }
        for each in entries
    ]
    message = link.message("3202", {"data": {**_period(today), "detail": lines}})
    reply = await link.send(message)
    if not accepted(reply):
        raise DemoError(f"对明细账被拒绝：{reply['err_msg']}")
    found: list[dict[str, Any]] = output(reply)["detail"]
    return found
