"""Money for people: subsidies, one-off aid, premiums, relapse insurance; payable by card once approved."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from deploy.demo.model import YEAR, County, Person
from shared.clock import SystemClock, business_date
from shared.money import parse_yuan
from tests.faults.history import Operation
from tests.faults.money.desk import AGENCY, CHIEF, CLERK, COUNTY, COUNTY_YEAR, Desk, Reply

SUBSIDY, ONE_OFF, SPONSORSHIP = "subsidy run", "one-off batch", "sponsorship batch"
SUBSIDY_DECISION, ONE_OFF_DECISION, SPONSORSHIP_DECISION = (
    *("subsidy decision", "one-off decision"),
    "sponsorship decision",
)
RELAPSE, RELAPSE_STEP, RELAPSE_APPROVAL, RELAPSE_PAYMENT = (
    *("relapse claim", "relapse step"),
    *("relapse approval", "relapse payment"),
)
SUBSIDIES, AIDS, SPONSORSHIPS, CLAIMS = (
    *("/v1/subsidy-runs", "/v1/one-off-batches"),
    *("/v1/sponsorship-batches", "/v1/relapse-claims"),
)
_PERIODS = (f"{YEAR}-H1", f"{YEAR}-H2")
_PROGRAMME = "living_allowance"
_DIAGNOSES = ("N18.500", "C16.900", "I21.900")
_PEOPLE_PER_BATCH = 4
_BACK = 0.25
_NOBODY = ("claims.sponsorship_nobody",)
_NOBODY_ACCEPTED = ("claims.one_off_nobody_accepted",)
_NOTHING_DUE = ("claims.subsidy_nothing_due",)
_CLASSES = (("non_poor_low_income", 2_000_000), ("exited_poor", 500_000))
"""Classes with the own payment above which the sample county's insurance pays, in fen."""


@dataclass
class Welfare:
    """Decides who gets what; the offices that pay are others."""

    desk: Desk
    people: Iterator[Person]

    @classmethod
    def of(cls, desk: Desk, county: County, begin: int = 0) -> "Welfare":
        """Everybody of the county who is a member this year, in turn, from somebody on."""
        members = (person for household in county.households for person in household.people)
        resident = (person for person in members if person.enrolled(YEAR, "resident"))
        return cls(desk, islice(resident, begin, None))

    async def aid(self, stop: asyncio.Event) -> None:
        """One batch of one-off aid after another; some are sent back and made again."""
        while not stop.is_set():
            people = list(islice(self.people, _PEOPLE_PER_BATCH))
            if not people:
                return
            while not await self._decided(self.one_off(people), ONE_OFF_DECISION, AIDS, "reject"):
                pass
            await asyncio.sleep(self.desk.rng.uniform(0.2, 0.8))

    async def subsidise(self, stop: asyncio.Event) -> None:
        """The half-years of an allowance; what was given up is run again; then premiums."""
        for period in _PERIODS:
            while not await self._decided(self.subsidy(period), SUBSIDY_DECISION, SUBSIDIES, "cancel"):
                pass
            await self.desk.pause()
        while not stop.is_set():
            await self._decided(self.sponsorship(), SPONSORSHIP_DECISION, SPONSORSHIPS, "reject")
            await asyncio.sleep(self.desk.rng.uniform(0.5, 2.0))

    async def insure(self, stop: asyncio.Event) -> None:
        """The households that bore most, from the warning list to the payout."""
        while not stop.is_set():
            claim = await self.next_claim()
            if claim is not None:
                for order in self.relapse_steps(claim):
                    await self.desk.must(order)
                    await self.desk.pause()
                payment = self.relapse_payment(claim)
                await self.desk.must(payment)
                await self.desk.press_again(payment)
            await asyncio.sleep(self.desk.rng.uniform(0.5, 2.0))

    def one_off(self, people: Sequence[Person]) -> Operation:
        """An application for some people."""
        lines = [
            {
                "id_number": person.id_number,
                "diagnosed_on": f"{YEAR}-08-09",
                "diagnoses": [_DIAGNOSES[no % len(_DIAGNOSES)]],
            }
            for no, person in enumerate(people)
        ]
        body = {**COUNTY_YEAR, "title": f"{YEAR}年一批", "people": lines}
        return self.desk.order(ONE_OFF, AIDS, CLERK, body, made="id", refusals=_NOBODY_ACCEPTED)

    def subsidy(self, period: str) -> Operation:
        """A run of the allowance."""
        body = {**COUNTY, "programme": _PROGRAMME, "period": period}
        return self.desk.order(SUBSIDY, SUBSIDIES, CLERK, body, made="id", refusals=_NOTHING_DUE)

    def sponsorship(self) -> Operation:
        """The premiums of everybody who is in no other batch."""
        body = {**COUNTY_YEAR, "on": _today().isoformat(), "premium": "400.00"}
        return self.desk.order(SPONSORSHIP, SPONSORSHIPS, CLERK, body, made="id", refusals=_NOBODY)

    def approval(self, made: Reply, kind: str, root: str) -> Operation:
        """By another person."""
        subjects = (f"{made['id']}/approved",)
        return self.desk.order(kind, f"{root}/{made['id']}:approve", CHIEF, {}, subjects=subjects)

    async def next_claim(self) -> Reply | None:
        """A claim of the household that bore most and has none yet; none when nobody bore enough."""
        claimed = {each["household_id"] for each in await self.desk.listed(CLAIMS)}
        asked = {"county": COUNTY["county"], "year": str(YEAR)}
        for burden in await self.desk.listed("/v1/burdens", holder="household", **asked):
            own = parse_yuan(burden["own_payment"])
            class_ = next((name for name, above in _CLASSES if own > above + 100), None)
            if class_ is None:
                return None
            if burden["household_id"] not in claimed:
                return await self._opened(burden["household_id"], class_)
        return None

    def relapse_steps(self, claim: Reply) -> Iterator[Operation]:
        """Home verification, public notice, approval."""
        verified, posted = _today() - timedelta(days=8), _today() - timedelta(days=7)
        found = {
            "verified_own_cost": claim["own_payment_on_record"],
            "verified_on": verified.isoformat(),
            "signed_by": "驻村干部、村医、户主",
            "findings": "入户核对票据，与结算记录一致",
        }
        notice = {"name": "李某某", "posted_on": posted.isoformat()}
        path = f"{CLAIMS}/{claim['id']}"
        yield self.desk.order(RELAPSE_STEP, f"{path}:verify", AGENCY, found)
        yield self.desk.order(RELAPSE_STEP, f"{path}:publish", AGENCY, notice)
        yield self.desk.order(RELAPSE_APPROVAL, f"{path}:approve", CHIEF, {}, subjects=(claim["id"],))

    def relapse_payment(self, claim: Reply) -> Operation:
        """The payout."""
        return self.desk.order(
            RELAPSE_PAYMENT, f"{CLAIMS}/{claim['id']}:pay", CLERK, {}, subjects=(claim["id"],)
        )

    async def _opened(self, household_id: str, class_: str) -> Reply:
        asked = {"county": str(COUNTY["county"]), "year": str(YEAR), "holder": "person"}
        payers = await self.desk.listed("/v1/burdens", **asked)
        payee = next(each["person_id"] for each in payers if each["household_id"] == household_id)
        body = {"household_id": household_id, "payee_id": payee, "year": YEAR, "class": class_}
        return await self.desk.must(self.desk.order(RELAPSE, CLAIMS, AGENCY, body, made="id"))

    async def _decided(self, order: Operation, kind: str, root: str, back: str) -> bool:
        """Prepare and approve; false when it went back instead and may be made again."""
        desk = self.desk
        made = await desk.do(order)
        if made is None:
            return True
        await desk.pause()
        if desk.chance(_BACK):
            role = CLERK if back == "cancel" else CHIEF
            body = {} if back == "cancel" else {"reason": "标准有误"}
            subjects = (f"{made['id']}/{'cancelled' if back == 'cancel' else 'rejected'}",)
            await desk.must(desk.order(kind, f"{root}/{made['id']}:{back}", role, body, subjects=subjects))
            return False
        approval = self.approval(made, kind, root)
        await desk.must(approval)
        await desk.press_again(approval)
        return True


def _today() -> date:
    return business_date(SystemClock().now())
