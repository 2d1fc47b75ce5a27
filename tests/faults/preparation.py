"""Before the faults: providers, people, places and vouchers, all through the public APIs."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence

from deploy.demo import referrals
from deploy.demo.model import COUNTY_CODE, YEAR, County, Person
from deploy.demo.places import township_hospital
from deploy.demo.steps import providers
from deploy.demo.visits import Visit
from tests.faults import operations, plans, sample
from tests.faults.changes import FIRST_IMPORT_DAY
from tests.faults.client import Client
from tests.faults.history import Attempt, History, Operation, Outcome
from tests.faults.sample import Village

PATIENCE_SECONDS = 150.0
"""A machine with other work to do takes long to start what was killed, and it may be killed again."""
_YEARS = (YEAR - 1, YEAR)


class Serials:
    """Which voucher goes to whom: a range of every year per township, inside it per village and person."""

    def __init__(self, villages: Sequence[Village]) -> None:
        self._villages = sorted(villages, key=lambda village: village.code)
        self._offsets: dict[str, int] = {}
        self.quantity = 0
        for village in self._villages:
            self._offsets[village.code] = self.quantity
            self.quantity += len(village.people)
        self.first: dict[int, int] = {}

    def township_steps(self) -> Iterator[Operation]:
        """From the county's office to every township."""
        townships: dict[str, list[Village]] = {}
        for village in self._villages:
            townships.setdefault(village.code[:9], []).append(village)
        for code, villages in townships.items():
            count = sum(len(village.people) for village in villages)
            for first in self._firsts(villages[0]):
                yield operations.handover(COUNTY_CODE, code, first, first + count - 1)

    def village_steps(self, village: Village) -> Iterator[Operation]:
        """From the township to one village."""
        for first in self._firsts(village):
            last = first + len(village.people) - 1
            yield operations.handover(village.code[:9], village.code, first, last)

    def lines(self, village: Village) -> list[tuple[Person, int]]:
        """Both years' vouchers of everybody in a village."""
        return [
            (village.people[no], serial) for no, pair in enumerate(self.pairs(village)) for serial in pair
        ]

    def pairs(self, village: Village) -> list[tuple[int, ...]]:
        """The serials of each person."""
        return [tuple(first + no for first in self._firsts(village)) for no in range(len(village.people))]

    def _firsts(self, village: Village) -> list[int]:
        return [self.first[year] + self._offsets[village.code] for year in _YEARS]


def facility_of(county: County, village_code: str) -> str:
    """The township hospital that examines the people of a village."""
    codes = [township.code for township in county.townships]
    return township_hospital(codes.index(village_code[:9]))


async def prepare(client: Client, history: History, county: County, visits: Sequence[Visit]) -> Serials:
    """Load the county, file the referrals of its visits and bring the vouchers to the townships."""
    await _put_providers(client, county)
    await import_county(client, history, county)
    await plans.state(client, county.people_count)
    await _put_places(client, county)
    await _file_referrals(client, visits)
    serials = Serials(sample.villages(county))
    for year in _YEARS:
        printed = await surely(client, history, operations.print_run(year, serials.quantity))
        serials.first[year] = json.loads(printed.body)["first_serial"]
    for step in serials.township_steps():
        await surely(client, history, step)
    return serials


async def surely(client: Client, history: History, operation: Operation) -> Attempt:
    """What later steps build on is asked for until it is answered; it must succeed."""
    history.add(operation)
    await client.attempt(operation)
    if operation.outcome == Outcome.INFO:
        await client.ask_until_known(operation, PATIENCE_SECONDS)
    answer = operation.answer
    assert answer is not None
    assert answer.outcome == Outcome.OK, f"{operation.key}: {answer.body.decode()}"
    return answer


async def import_county(client: Client, history: History, county: County) -> None:
    """People with this year's membership, then the membership of both years."""
    everybody = operations.people_import(county.households, "import.people", FIRST_IMPORT_DAY)
    await surely(client, history, everybody)
    await surely(client, history, operations.enrolment_import(county.households, "import.enrolments"))


async def _put_providers(client: Client, county: County) -> None:
    for provider in county.providers:
        path = f"/v1/providers/{provider.facility_code}"
        reply = await client.put("claims", path, "admin", providers.entry(provider))
        assert reply.is_success, reply.text


async def _file_referrals(client: Client, visits: Sequence[Visit]) -> None:
    """Once claims has heard of the patients."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for body in referrals.of(visits):
        while True:
            reply = await client.post("claims", "/v1/referrals", f"hospital:{referrals.REFERRING}", body)
            if reply.is_success:
                break
            assert time.monotonic() < deadline, reply.text
            await asyncio.sleep(0.2)


async def _put_places(client: Client, county: County) -> None:
    for order, township in enumerate(county.townships):
        place = {"facility_code": township_hospital(order), "kind": "nearby"}
        path = f"{operations.PROGRAMME}/places/{township.code}"
        reply = await client.put("screening", path, "township", {"places": [place]})
        assert reply.is_success, reply.text
