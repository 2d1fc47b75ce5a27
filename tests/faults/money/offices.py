"""Every office of the county at work at the same time, beside hospitals, villages and imports."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from deploy.demo.model import COUNTY_CODE, County
from tests.faults.client import Client
from tests.faults.history import History
from tests.faults.money.bank import Bank
from tests.faults.money.cashier import CARD, PROVIDER, Cashier, open_accounts
from tests.faults.money.desk import Desk
from tests.faults.money.hospital import FACILITY, Hospital
from tests.faults.money.hospital import PROVIDER as NATIONAL_PROVIDER
from tests.faults.money.inspection import Closing, Inspection
from tests.faults.money.treasury import Treasury
from tests.faults.money.welfare import Welfare
from tests.faults.seeds import rng

Work = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass
class Books:
    """What the outside world knows of the county's money, over all tests of a run."""

    bank: Bank
    hospitals: list[Hospital]
    wrong: list[str]


class Offices:
    """The offices of one test; ``name`` keeps their keys and papers apart from those of other tests."""

    def __init__(
        self, name: str, client: Client, history: History, county: County, books: Books, begin: int = 0
    ) -> None:
        def desk(office: str) -> Desk:
            random: Random = rng(f"{name}/{office}")
            return Desk(f"{name}.{office}", client, history, random, books.wrong)

        own = [each.facility_code for each in county.providers if each.division_code.startswith(COUNTY_CODE)]
        self.treasury = Treasury(desk("treasury"))
        self.cashier = Cashier(desk("cashier"), books.bank, PROVIDER, own)
        self.cards = Cashier(desk("cards"), books.bank, CARD)
        self.welfare = Welfare.of(desk("welfare"), county, begin)
        self.inspection = Inspection(desk("inspection"))
        self.closing = Closing(desk("closing"))
        self.hospital = Hospital.of(desk("hospital"), county)
        books.hospitals.append(self.hospital)

    def workers(self) -> Sequence[Work]:
        """What each of them does until told to stop."""
        return (
            self.treasury.work,
            self.cashier.work,
            self.cards.work,
            self.welfare.aid,
            self.welfare.subsidise,
            self.welfare.insure,
            self.inspection.work,
            self.closing.work,
            self.hospital.work,
        )


async def prepare(client: Client, history: History, county: County, people: Sequence[UUID]) -> Books:
    """The hospital of the national interface, and accounts that payments go to."""
    wrong: list[str] = []
    books = Books(Bank(wrong=wrong), [], wrong)
    reply = await client.put("claims", f"/v1/providers/{FACILITY}", "admin", NATIONAL_PROVIDER)
    assert reply.is_success, reply.text
    facilities = [*(each.facility_code for each in county.providers), FACILITY]
    desk = Desk("accounts", client, history, rng("accounts"))
    await open_accounts(desk, facilities, people)
    # Nothing is paid that has not arrived.
    treasury = Treasury(desk)
    await desk.must(treasury.approval(await desk.must(treasury.endowment())))
    return books
