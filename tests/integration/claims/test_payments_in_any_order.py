"""Whatever order things are done in: what is due is paid once, waits, or is carried forward; nothing else."""

import random
from typing import Any

import pytest

from services.claims.verification.service import verify_ledger
from tests.integration.claims.conftest import World
from tests.support import claims as build
from tests.support.payments import BATCHES, FINANCE, Bureau, said

pytestmark = pytest.mark.integration
FACILITIES = (build.COUNTY_HOSPITAL, build.TOWNSHIP_HOSPITAL, build.CITY_HOSPITAL)
ASKED = {"county": build.COUNTY, "kind": "provider", "month": "2026-11"}
STEPS = 80
# What is due now, in words that share nothing with the code: every transfer of a provider but the payments.
_DUE = """
SELECT COALESCE(sum(CASE WHEN credit_account LIKE 'provider_due:%' THEN amount_fen ELSE -amount_fen END), 0)
FROM transfers WHERE (credit_account LIKE 'provider_due:%' OR debit_account LIKE 'provider_due:%')
  AND kind IN ('payer', 'payer_increase', 'payer_decrease', 'card_payable', 'card_owed', 'reversal')
  AND (reference IS NULL OR reference NOT LIKE 'payment_item/%')
"""
_LEFT = """
SELECT COALESCE(sum(CASE WHEN credit_account LIKE 'provider_due:%' THEN amount_fen ELSE -amount_fen END), 0)
FROM transfers WHERE credit_account LIKE 'provider_due:%' OR debit_account LIKE 'provider_due:%'
"""
_PAID = "SELECT COALESCE(sum(amount_fen), 0) FROM payment_items WHERE state IN ('in_payment', 'paid')"
# What the county has and has not promised to anybody.
_FREE = """
SELECT COALESCE(sum(CASE WHEN debit_account IN ('bank:990101', 'in_payment:990101') THEN amount_fen ELSE 0 END
  - CASE WHEN credit_account IN ('bank:990101', 'in_payment:990101') THEN amount_fen ELSE 0 END), 0)
FROM transfers
"""
_TWICE = "SELECT transfer_no FROM payment_item_transfers WHERE held GROUP BY 1 HAVING count(*) > 1"


class Play:
    """Somebody who does one thing after another, and remembers the batches."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.bureau, self.draw = world, Bureau(world), random.Random(seed)
        self.settled: list[dict[str, Any]] = []
        self.batches: list[dict[str, Any]] = []
        self.refused = False

    async def step(self) -> None:
        """One thing, chosen by the seed; what is not possible just now is refused and changes nothing."""
        actions = [self.settle, self.settle, self.reverse, self.prepare, self.decide, self.decide]
        await self.draw.choice(
            [*actions, self.bank, self.bank, self.after_failure, self.come_back, self.arrive]
        )()

    async def settle(self) -> None:
        """A visit somewhere."""
        number, facility = build.id_number(self.draw.randint(1, 3)), self.draw.choice(FACILITIES)
        amount = f"{self.draw.randint(100, 30_000)}.{self.draw.randint(0, 99):02d}"
        message = build.visit(number, f"V{len(self.settled)}", amount, facility_code=facility)
        self.settled.append(await self.world.settle(message))

    async def reverse(self) -> None:
        """A settlement is taken back, whether it was paid or not."""
        if self.settled:
            gone = self.draw.choice(self.settled)
            path = f"/v1/settlements/{gone['id']}:reverse"
            await self.bureau.post(path, f"hospital:{gone['facility_code']}", {"reason": "误结"})

    async def prepare(self) -> None:
        """A batch of what is due."""
        reply = await self.bureau.post(BATCHES, FINANCE, ASKED)
        if reply.status_code == 201:
            self.batches.append(reply.json())

    async def decide(self) -> None:
        """Approve and export a batch, or cancel it."""
        if self.batches:
            batch = self.draw.choice(self.batches[-3:])
            action, role = self.draw.choice([("approve", "finance_approver")] * 5 + [("cancel", FINANCE)])
            path = f"{BATCHES}/{batch['id']}"
            reply = await self.bureau.post(f"{path}:{action}", role, {})
            self.refused |= reply.json().get("code") == "claims.payment_shortfall"
            await self.bureau.post(f"{path}:export", FINANCE)
            assert await self.figure(_FREE) >= 0

    async def bank(self) -> None:
        """The bank answers about some items of a batch, twice."""
        if self.batches:
            batch = self.draw.choice(self.batches[-3:])
            reply = await self.bureau.post(f"{BATCHES}/{batch['id']}:export", FINANCE)
            items = [item for item in await self.bureau.items(batch) if item["state"] == "in_payment"]
            if reply.status_code == 200 and items:
                chosen = self.draw.sample(items, self.draw.randint(1, len(items)))
                outcomes = [(item, self.draw.choice(["成功", "失败"]), "退票") for item in chosen]
                body = said(reply.json(), outcomes)
                for _ in range(2):
                    answer = await self.bureau.result(batch["id"], body, partial=True)
                    assert answer.status_code == 200, answer.text

    async def arrive(self) -> None:
        """Money comes into the special account, never enough for long."""
        await self.bureau.money(f"{self.draw.randint(1_000, 9_000)}.00")

    async def come_back(self) -> None:
        """Some of what was paid comes back, told twice."""
        for batch in self.batches[-3:]:
            paid = [item for item in await self.bureau.items(batch) if item["state"] == "paid"]
            for item in paid[:1]:
                line = {"no": item["no"], "amount": item["amount"], "returned_on": "2026-11-02"}
                path, body = f"{BATCHES}/{batch['id']}:bank-returns", {"returns": [line | {"reason": "退汇"}]}
                codes = [(await self.bureau.post(path, FINANCE, body)).status_code for _ in range(2)]
                assert codes == [200, 409]

    async def after_failure(self) -> None:
        """Failed items are paid again, or left to be due."""
        if self.batches:
            batch = self.draw.choice(self.batches[-3:])
            action = self.draw.choice(["retry", "return"])
            reply = await self.bureau.post(f"{BATCHES}/{batch['id']}:{action}", FINANCE, {})
            if reply.status_code == 201:
                self.batches.append(reply.json())

    async def states(self) -> set[str]:
        """What became of items."""
        return {row[0] for row in await self.world.rows("SELECT DISTINCT state FROM payment_items")}

    async def figure(self, statement: str) -> int:
        """One number of the database."""
        return int((await self.world.rows(statement))[0][0])


@pytest.mark.parametrize("seed", [2, 14])
async def test_what_is_paid_and_what_is_left_is_what_was_due(world: World, seed: int) -> None:
    play = Play(world, seed)
    for order in range(1, 4):
        await world.insure(order)
    # One of the three has no account: it always waits.
    await play.bureau.accounts(*FACILITIES[:2], build.COUNTY)
    for _ in range(STEPS):
        await play.step()
    due, left, paid = [await play.figure(each) for each in (_DUE, _LEFT, _PAID)]
    assert due == paid + left
    assert await world.rows(_TWICE) == []
    assert paid > 0
    # The play was worth it: something failed, something was carried forward or waited.
    assert {"failed", "retried", "returned", "bank_returned"} & await play.states()
    assert play.refused
    assert {"unpayable", "carried_forward"} & await play.states()
    report = await verify_ledger(world.platform.worker_url("claims"))
    assert (report.failed, report.record) == (None, None)
