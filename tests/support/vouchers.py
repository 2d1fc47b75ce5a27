"""People, requests and short cuts for tests of the check-up voucher programme."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from services.screening.handlers import on_person_recorded
from shared.clock import SystemClock, business_date
from shared.crypto import BlindIndex
from shared.events.registry import EnrolmentSpell, PersonRecorded
from shared.ids import new_id
from shared.messaging import partition_of
from shared.messaging.envelope import Envelope
from tests.support.platform import Client, Platform

COUNTY, TOWNSHIP, VILLAGE = "990101", "990101200", "990101200200"
OTHER_TOWNSHIP, OTHER_VILLAGE = "990101201", "990101201200"
HOSPITAL, OTHER_HOSPITAL = "H99010100104", "H99010100105"
PROGRAMME = "/v1/programmes/farmer_checkup"
REQUIRED_ITEMS = ["physical", "blood_urine", "ultrasound", "ecg"]
TABLES = (
    "vouchers",
    "redemptions",
    "holdings",
    "handovers",
    "voucher_batches",
    "places",
    "participants",
    "event_log",
    "idempotency_keys",
)


def person(
    village: str = VILLAGE,
    years: Sequence[int] = (2025, 2026),
    *,
    born: date = date(1970, 5, 1),
    alive: bool = True,
    scheme: str = "resident",
    version: int = 1,
    **changes: Any,
) -> PersonRecorded:
    """Somebody as the registry announces them."""
    spells = [
        EnrolmentSpell.model_validate(
            {"scheme": scheme, "year": year, "valid_from": date(year, 1, 1), "valid_to": date(year + 1, 1, 1)}
        )
        for year in years
    ]
    standard: dict[str, Any] = {
        "person_id": new_id(),
        "household_id": new_id(),
        "division_code": village,
        "id_index": os.urandom(32).hex(),
        "birth_date": born,
        "sex": "2",
        "alive": alive,
        "version": version,
        "categories": [],
        "enrolments": spells,
    }
    return PersonRecorded.model_validate({**standard, **changes})


def envelope(recorded: PersonRecorded, position: int = 1) -> Envelope:
    """The event that carries a person."""
    key = str(recorded.household_id)
    return Envelope(
        id=new_id(),
        source="registry",
        type=PersonRecorded.TYPE,
        time=datetime.now(UTC),
        partitionkey=key,
        partition=partition_of(key),
        position=position,
        division=recorded.division_code,
        data=recorded.model_dump(mode="json"),
    )


async def announce(platform: Platform, *people: PersonRecorded) -> None:
    """Deliver people to the screening service, as its worker would."""
    async with platform.worker_session("screening") as session:
        await on_person_recorded(session, [envelope(each) for each in people])


def index_of(platform: Platform, id_number: str) -> str:
    """The blind index of an ID number under this installation's key."""
    return BlindIndex(platform.settings("screening").index_key).of(id_number).hex()


async def post(client: Client, path: str, body: Any, *, key: str | None = None, **headers: str) -> Any:
    """POST with an Idempotency-Key; the reply."""
    keyed = {"Idempotency-Key": key or str(new_id()), **headers}
    return await client.post(f"{PROGRAMME}{path}", json=body, headers=keyed)


async def print_batch(client: Client, year: int, quantity: int = 100) -> range:
    """Print vouchers of a year; their serials, which the county's office now holds."""
    reply = await post(
        client, "/voucher-batches", {"county_code": COUNTY, "year": year, "quantity": quantity}
    )
    assert reply.status_code == 201, reply.text
    return range(reply.json()["first_serial"], reply.json()["last_serial"] + 1)


def handover(giver: str, receiver: str, serials: range, receipt: str | None = None) -> dict[str, Any]:
    """The request of a hand-over."""
    return {
        "from_holder": giver,
        "to_holder": receiver,
        "first_serial": serials[0],
        "last_serial": serials[-1],
        "receipt_no": receipt or f"JJ-{new_id()}",
        "signed_by": "张三",
    }


def holder_lock(holder: str) -> str:
    """The statement that keeps a holder's stock for oneself until the transaction ends."""
    return f"SELECT pg_advisory_xact_lock(hashtextextended('screening.holder:farmer_checkup:{holder}', 0))"


async def to_village(client: Client, serials: range, village: str = VILLAGE) -> None:
    """Hand serials from the office down to a village cadre."""
    for giver, receiver in ((COUNTY, village[:9]), (village[:9], village)):
        reply = await post(client, "/handovers", handover(giver, receiver, serials))
        assert reply.status_code == 201, reply.text


def issue_line(recorded: PersonRecorded, serial: int, **changes: Any) -> dict[str, Any]:
    """A line that hands one voucher to one person."""
    return {"person_id": str(recorded.person_id), "serial": serial, "receipt_no": "QS-1", **changes}


async def issue(client: Client, *lines: dict[str, Any]) -> list[dict[str, Any]]:
    """Hand vouchers out; the results of the lines."""
    reply = await post(client, "/issues", {"lines": lines})
    assert reply.status_code == 200, reply.text
    results: list[dict[str, Any]] = reply.json()["results"]
    return results


def today() -> date:
    """The business day of tests."""
    return business_date(SystemClock().now())


def redemption(serials: Sequence[int], facility: str = HOSPITAL, **changes: Any) -> dict[str, Any]:
    """The request of a redemption."""
    standard = {
        "facility_code": facility,
        "examined_on": today().isoformat(),
        "serials": list(serials),
        "items": REQUIRED_ITEMS,
    }
    return {**standard, **changes}


async def assign_place(client: Client, township: str = TOWNSHIP, facility: str = HOSPITAL) -> None:
    """Let a hospital examine the people of a township."""
    reply = await client.put(
        f"{PROGRAMME}/places/{township}", json={"places": [{"facility_code": facility, "kind": "own"}]}
    )
    assert reply.status_code == 200, reply.text


@dataclass
class Village:
    """A village whose cadre has vouchers of two years, and some of its people."""

    old: range
    new: range
    people: list[PersonRecorded] = field(default_factory=list)

    def pair(self, number: int) -> list[int]:
        """The two serials meant for a person by number."""
        return [self.old[number], self.new[number]]

    def lines(self) -> list[dict[str, Any]]:
        """Both years' vouchers for everybody."""
        return [
            issue_line(recorded, serial)
            for number, recorded in enumerate(self.people)
            for serial in self.pair(number)
        ]


async def village(
    client: Client, platform: Platform, people: int = 1, *, issued: bool = True, name: str = VILLAGE
) -> Village:
    """A village ready for check-ups: place assigned, vouchers with the cadre or with the people."""
    result = Village(
        await print_batch(client, 2025),
        await print_batch(client, 2026),
        [person(name) for _ in range(people)],
    )
    await announce(platform, *result.people)
    await assign_place(client, name[:9])
    for serials in (result.old, result.new):
        await to_village(client, serials, name)
    if issued:
        results = await issue(client, *result.lines())
        assert {each["status"] for each in results} == {"issued"}
    return result


async def balance(client: Client, holder: str, year: int = 2026) -> dict[str, int]:
    """A holder's figures of one year; empty when it never had a voucher of it."""
    reply = await client.get(f"{PROGRAMME}/balances", params={"holder": holder})
    assert reply.status_code == 200, reply.text
    found = [each for each in reply.json()["years"] if each["year"] == year]
    return {name: count for name, count in found[0].items() if name != "year"} if found else {}
