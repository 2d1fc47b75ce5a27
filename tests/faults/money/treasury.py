"""The county's treasury: what arrives, what the upper level advances and takes back, in two hands each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deploy.demo.model import YEAR
from shared.money import format_yuan
from tests.faults.history import Operation
from tests.faults.money.desk import CHIEF, CLERK, COUNTY, COUNTY_YEAR, Desk, Reply

OPERATIONS, RECEIPTS = "/v1/fund-operations", "/v1/fund-receipts"
OPERATION, DECISION = "fund operation", "fund decision"
BASIC = "basic_insurance"
_SOURCES: Sequence[tuple[str, str]] = (
    (BASIC, "central"),
    (BASIC, "county"),
    ("medical_assistance", "province"),
    ("poverty_relief_fund", "donation"),
    (BASIC, "personal"),
    ("medical_assistance", "central"),
)
_ACCEPTED = ["above_due", "looks_alike", "past_year"]
_ADVANCED, _REJECTED, _REVERSED = 0.2, 0.1, 0.25
_ENOUGH = "50000000.00"
_DAY = f"{YEAR}-09-10"


@dataclass
class Treasury:
    """Books what arrives."""

    desk: Desk
    _arrived: int = 0

    async def work(self, stop: asyncio.Event) -> None:
        """One arrival after another, some taken back, now and then an advance."""
        while not stop.is_set():
            if self.desk.chance(_ADVANCED):
                await self._advance()
            else:
                await self._receive()
            await asyncio.sleep(self.desk.rng.uniform(0.1, 0.6))

    def receipt(self) -> Operation:
        """Money that has arrived, under a bank reference of its own."""
        payer, source = _SOURCES[self._arrived % len(_SOURCES)]
        line = {
            "payer": payer,
            "source": source,
            "amount": self._amount(),
            "received_on": _DAY,
            **self._paper(),
        }
        return self._prepared(RECEIPTS, {**COUNTY_YEAR, **line})

    def endowment(self) -> Operation:
        """Enough for everything that is paid in a run."""
        line = {"payer": "poverty_relief_fund", "source": "donation", "amount": _ENOUGH, "received_on": _DAY}
        return self._prepared(RECEIPTS, {**COUNTY_YEAR, **line, **self._paper()})

    def advance(self) -> Operation:
        """What the upper level's fund lends, to be given back next year."""
        amount = self._amount()
        schedule = [{"due_on": f"{YEAR + 1}-06-30", "amount": amount}]
        body = {**COUNTY_YEAR, "amount": amount, "on": _DAY, "schedule": schedule, **self._paper()}
        return self._prepared("/v1/risk-fund-advances", body)

    def clawback(self, advance: Reply) -> Operation:
        """What the upper level takes back of it."""
        body = {**COUNTY, "year": YEAR + 1, "amount": advance["amount"], "on": _DAY, **self._paper()}
        return self._prepared("/v1/risk-fund-clawbacks", body)

    def reversal(self, operation: Reply) -> Operation:
        """A wrong entry is to be taken back."""
        path = f"{OPERATIONS}/{operation['id']}:reverse"
        return self.desk.order(OPERATION, path, CLERK, {"reason": "金额有误"}, made="id")

    def approval(self, operation: Reply) -> Operation:
        """By another person, whatever is unusual about it."""
        path = f"{OPERATIONS}/{operation['id']}:approve"
        subjects = (f"{operation['id']}/approved",)
        return self.desk.order(DECISION, path, CHIEF, {"accept": _ACCEPTED}, subjects=subjects)

    async def _receive(self) -> None:
        desk = self.desk
        receipt = await desk.must(self.receipt())
        await desk.pause()
        if desk.chance(_REJECTED):
            path, subjects = f"{OPERATIONS}/{receipt['id']}:reject", (f"{receipt['id']}/rejected",)
            await desk.must(desk.order(DECISION, path, CHIEF, {"reason": "凭证不全"}, subjects=subjects))
            return
        await self._approved(receipt)
        if desk.chance(_REVERSED):
            await self._approved(await desk.must(self.reversal(receipt)))

    async def _advance(self) -> None:
        advance = await self.desk.must(self.advance())
        await self._approved(advance)
        await self._approved(await self.desk.must(self.clawback(advance)))

    async def _approved(self, operation: Reply) -> None:
        order = self.approval(operation)
        await self.desk.must(order)
        await self.desk.press_again(order)

    def _prepared(self, path: str, body: dict[str, Any]) -> Operation:
        return self.desk.order(OPERATION, path, CLERK, body, made="id")

    def _paper(self) -> dict[str, str]:
        self._arrived += 1
        number = f"{self.desk.name}-{self._arrived:05d}"
        return {"bank_reference": number, "document": f"财社〔{YEAR}〕{self._arrived}号"}

    def _amount(self) -> str:
        return format_yuan(self.desk.rng.randrange(100_000, 30_000_000))
