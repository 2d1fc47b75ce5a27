"""One of every way that money takes, up to the step that counts: that step, and what follows it."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.demo.visits import Visit
from tests.faults import operations, sample
from tests.faults.history import Operation, Outcome
from tests.faults.money.cashier import Cashier
from tests.faults.money.desk import Desk, Reply
from tests.faults.money.hospital import Hospital
from tests.faults.money.inspection import Inspection
from tests.faults.money.offices import Offices
from tests.faults.money.treasury import Treasury
from tests.faults.money.welfare import (
    AIDS,
    ONE_OFF_DECISION,
    SPONSORSHIP_DECISION,
    SPONSORSHIPS,
    SUBSIDIES,
    SUBSIDY_DECISION,
    Welfare,
)
from tests.faults.preparation import surely

_PERIOD, _PEOPLE = "2026-H1", 5
_MONTHS = ("2026-10", "2026-09", "2026-08")


async def _nothing(_: Reply) -> None:
    """Most steps are the last of their way."""


async def _no_more() -> None:
    """What is rightly refused mostly ends there."""


@dataclass
class Case:
    """The step that counts, and what has to follow it or its refusal."""

    desk: Desk
    order: Operation
    then: Callable[[Reply], Awaitable[Any]] = _nothing
    otherwise: Callable[[], Awaitable[Any]] = _no_more

    async def carry_out(self) -> None:
        """The step and what follows it, when nobody disturbs."""
        await self.desk.do(self.order)
        await self.finish()

    async def finish(self) -> None:
        """Go on from the answer, or from the refusal."""
        answer = self.order.answer
        assert answer is not None, f"{self.order.kind} was never answered"
        if answer.outcome == Outcome.OK:
            await self.then(json.loads(answer.body))
        else:
            await self.otherwise()


async def prepared(offices: Offices, visits: Sequence[Visit]) -> list[Case]:
    """Bring one of each to its step. The visits are settled on the way, so that there is something to pay."""
    desk = offices.cashier.desk
    half = len(visits) // 2
    await _settle(desk, visits[:half])
    cases = [
        *await _result(offices.cashier),
        *await _receipts(offices.treasury),
        *await _welfare(offices.welfare),
        *await _cards(offices.cards, offices.welfare),
        *await _deduction(offices.inspection),
        *await _relapse(offices.welfare),
    ]
    await _settle(desk, visits[half:])
    return [
        *cases,
        await _advance(offices.cashier),
        _preparation(offices.cashier),
        *await _national(offices.hospital),
        Case(offices.closing.desk, offices.closing.close()),
    ]


async def _settle(desk: Desk, visits: Sequence[Visit]) -> None:
    for batch in sample.batches(visits):
        await surely(desk.client, desk.history, operations.settlement_batch(batch))


async def _result(cashier: Cashier) -> list[Case]:
    """The bank says what it has paid, where something was due."""
    batch = await cashier.desk.do(cashier.preparation())
    if batch is None:
        return []
    approved = await cashier.desk.must(cashier.approval(batch))
    if not cashier.goes_to_the_bank(approved):
        return []
    file, digest = await cashier.exported(batch)
    cashier.bank.take(file, cashier.desk.rng, may_fail=False)
    return [Case(cashier.desk, cashier.result(batch, cashier.said(file, digest)[-1]))]


async def _advance(cashier: Cashier) -> Case:
    return _approval(cashier, await cashier.desk.must(cashier.advance()))


def _approval(cashier: Cashier, batch: Reply) -> Case:
    """A prepared batch is approved; what is to be paid of it goes through the bank."""

    async def then(approved: Reply) -> None:
        if cashier.goes_to_the_bank(approved):
            await cashier.through_the_bank(batch, 1)

    return Case(cashier.desk, cashier.approval(batch), then)


def _preparation(cashier: Cashier) -> Case:
    """Everything that is due is gathered into a batch."""

    async def then(batch: Reply) -> None:
        await cashier.pay(batch, 1)

    return Case(cashier.desk, cashier.preparation(), then)


async def _receipts(treasury: Treasury) -> list[Case]:
    """An arrival, its opposite, an advance of the upper level and its return."""
    orders = (treasury.receipt(), treasury.receipt(), treasury.advance(), treasury.advance())
    first, wrong, open_, given = [await treasury.desk.must(order) for order in orders]
    for made in (wrong, given):
        await treasury.desk.must(treasury.approval(made))
    reversal = await treasury.desk.must(treasury.reversal(wrong))
    clawback = await treasury.desk.must(treasury.clawback(given))
    return [Case(treasury.desk, treasury.approval(each)) for each in (first, reversal, open_, clawback)]


async def _welfare(welfare: Welfare) -> list[Case]:
    people = [next(welfare.people) for _ in range(_PEOPLE)]
    made = [
        (welfare.one_off(people), ONE_OFF_DECISION, AIDS),
        (welfare.subsidy(_PERIOD), SUBSIDY_DECISION, SUBSIDIES),
        (welfare.sponsorship(), SPONSORSHIP_DECISION, SPONSORSHIPS),
    ]
    found = []
    for order, kind, root in made:
        answer = await welfare.desk.do(order)
        if answer is not None:
            found.append(Case(welfare.desk, welfare.approval(answer, kind, root)))
    return found


async def _cards(cards: Cashier, welfare: Welfare) -> list[Case]:
    """Aid that is decided is to be paid to people."""
    people = [next(welfare.people) for _ in range(_PEOPLE)]
    aid = await welfare.desk.do(welfare.one_off(people))
    if aid is not None:
        await welfare.desk.must(welfare.approval(aid, ONE_OFF_DECISION, AIDS))
    batch = await cards.desk.do(cards.preparation())
    return [] if batch is None else [_approval(cards, batch)]


async def _deduction(inspection: Inspection) -> list[Case]:
    for month in _MONTHS:
        for finding in (await inspection.found(month))[:1]:
            for order in inspection.hearing(finding):
                await inspection.desk.must(order)

            async def otherwise(finding: Reply = finding) -> None:
                await inspection.dismiss(finding)

            return [Case(inspection.desk, inspection.deduction(finding), otherwise=otherwise)]
    return []


async def _relapse(welfare: Welfare) -> list[Case]:
    """A payout, where some household has borne enough."""
    claim = await welfare.next_claim()
    if claim is None:
        return []
    for order in welfare.relapse_steps(claim):
        await welfare.desk.must(order)
    return [Case(welfare.desk, welfare.relapse_payment(claim))]


async def _national(hospital: Hospital) -> list[Case]:
    await hospital.sign_in()
    for person in hospital.people:
        visit = await hospital.ready(person)
        if visit is None:
            continue
        message = visit.settling()

        async def then(reply: Reply, visit: Any = visit, message: Any = message) -> None:
            hospital.write(visit, message, reply)

        return [Case(hospital.desk, hospital.order(message), then)]
    return []
