"""The agency's audit of providers, and the day close of the county."""

import asyncio
from dataclasses import dataclass
from itertools import cycle

from deploy.demo.model import YEAR
from shared.clock import SystemClock, business_date
from shared.money import format_yuan, parse_yuan
from tests.faults.history import Operation
from tests.faults.money.desk import AGENCY, AGENCY_CHIEF, CLERK, COUNTY, Desk, Reply

RUNS, FINDINGS, CLOSES = "/v1/audit-runs", "/v1/audit-findings", "/v1/day-closes"
RUN, STEP, DECISION, CLOSE = "audit run", "audit step", "audit decision", "day close"
_PER_MONTH = 4
_DISMISSED = 0.3
_ABOVE = ("claims.audit_deduction_above_claim",)


@dataclass
class Inspection:
    """Finds what was billed wrongly, hears the provider, decides by a second person."""

    desk: Desk

    async def work(self, stop: asyncio.Event) -> None:
        """Month after month, again and again: more is settled meanwhile."""
        for month in cycle(range(1, 11)):
            if stop.is_set():
                return
            for finding in await self.found(f"{YEAR}-{month:02d}"):
                for order in self.hearing(finding):
                    await self.desk.must(order)
                await self._decide(finding)
            await asyncio.sleep(self.desk.rng.uniform(0.5, 1.5))

    async def found(self, month: str) -> list[Reply]:
        """Some findings on bills of a month that nobody has taken up."""
        await self.desk.must(self.desk.order(RUN, RUNS, AGENCY, {**COUNTY, "month": month}, made="id"))
        asked = {"county": str(COUNTY["county"]), "month": month, "state": "found"}
        fresh = [each for each in await self.desk.listed(FINDINGS, AGENCY, **asked) if each["settlement_id"]]
        return self.desk.rng.sample(fresh, min(_PER_MONTH, len(fresh)))

    def hearing(self, finding: Reply) -> list[Operation]:
        """Notice, and what the provider says."""
        path = f"{FINDINGS}/{finding['id']}"
        hospital = f"hospital:{finding['facility_code']}"
        return [
            self.desk.order(STEP, f"{path}:notify", AGENCY, {"note": "请核对费用明细"}),
            self.desk.order(STEP, f"{path}:state", hospital, {"statement": "录入有误，同意扣减"}),
        ]

    def deduction(self, finding: Reply) -> Operation:
        """Half of what is at stake is taken back; a fund may have paid less than that."""
        amount = format_yuan(max(1, parse_yuan(finding["at_stake"]) // 2))
        body = {"decision": "deduct", "amount": amount, "reason": "按规则扣减"}
        return self._decision(finding, body, "deducted", _ABOVE)

    async def _decide(self, finding: Reply) -> None:
        deduction = self.deduction(finding)
        taken = None if self.desk.chance(_DISMISSED) else await self.desk.do(deduction)
        if taken is not None:
            await self.desk.press_again(deduction)
        else:
            await self.dismiss(finding)

    async def dismiss(self, finding: Reply) -> None:
        """What the provider said is right, or no fund has paid what was to be deducted."""
        body = {"decision": "dismiss", "reason": "理由成立"}
        await self.desk.must(self._decision(finding, body, "dismissed", ()))

    def _decision(
        self, finding: Reply, body: dict[str, str], state: str, refusals: tuple[str, ...]
    ) -> Operation:
        path, subjects = f"{FINDINGS}/{finding['id']}:decide", (f"{finding['id']}/{state}",)
        return self.desk.order(DECISION, path, AGENCY_CHIEF, body, subjects=subjects, refusals=refusals)


@dataclass
class Closing:
    """Closes the day again and again."""

    desk: Desk

    async def work(self, stop: asyncio.Event) -> None:
        """Every few seconds."""
        while not stop.is_set():
            await self.desk.must(self.close())
            await asyncio.sleep(self.desk.rng.uniform(1.5, 4.0))

    def close(self) -> Operation:
        """Everything that is booked and in no close yet."""
        body = {**COUNTY, "business_date": business_date(SystemClock().now()).isoformat()}
        return self.desk.order(CLOSE, CLOSES, CLERK, body, made="id")
