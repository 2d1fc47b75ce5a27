"""Payment batches from preparation to the bank's last answer; what came back is paid anew or given back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from deploy.demo.model import COUNTY_CODE
from shared.clock import SystemClock, business_date
from shared.money import format_yuan
from tests.faults.history import Operation
from tests.faults.money import bank
from tests.faults.money.bank import Bank, File, Instruction
from tests.faults.money.desk import CHIEF, CLERK, COUNTY, Desk, Reply

BATCHES, ADVANCES, ACCOUNTS = "/v1/payment-batches", "/v1/provider-advances", "/v1/payee-accounts"
BATCH, APPROVAL, CANCELLING, EXPORT, RESULT = (
    *("payment batch", "payment approval", "payment cancelling"),
    *("payment export", "bank result"),
)
SENT_AGAIN, EXPORTED_AGAIN, RETURN, ACCOUNT, ACCOUNT_APPROVAL = (
    *("bank result sent again", "payment exported again", "payment return"),
    *("payee account", "payee account approval"),
)
PROVIDER, CARD = "provider", "card"
_NOTHING = ("claims.nothing_payable",)
_CANCELLED, _RETRIED, _PARTIAL, _ADVANCED, _SENT_BACK = 0.12, 0.6, 0.5, 0.35, 0.3
_TRIES = 3
_RULES: Sequence[dict[str, str]] = (
    {"set_off": "all"},
    {"set_off": "instalment", "instalment": "120.00"},
    {"set_off": "share", "rate": "0.30"},
)


async def open_accounts(desk: Desk, facilities: Sequence[str], people: Sequence[UUID]) -> None:
    """Accounts of the county, its providers and most people, in two hands."""
    payees = [("county", COUNTY_CODE), *(("facility", code) for code in facilities)]
    # Who has no account waits, and stops nobody.
    payees += [("person", str(each)) for no, each in enumerate(people) if no % 20]
    accounts = [
        {
            "payee_kind": kind,
            "payee": payee,
            "holder": f"户名{payee[-4:]}",
            "account_no": f"6217{no:013d}",
            "bank_name": "样例县农村商业银行",
            "bank_code": "402999000018",
        }
        for no, (kind, payee) in enumerate(payees)
    ]
    body = {**COUNTY, "accounts": accounts}
    change = await desk.must(desk.order(ACCOUNT, ACCOUNTS, CLERK, body, made="change_id"))
    path = f"{ACCOUNTS}/changes/{change['change_id']}:approve"
    await desk.must(desk.order(ACCOUNT_APPROVAL, path, CHIEF, subjects=(change["change_id"],)))


@dataclass
class Cashier:
    """Pays what is due to providers, or to people by card."""

    desk: Desk
    bank: Bank
    kind: str
    facilities: Sequence[str] = ()

    async def work(self, stop: asyncio.Event) -> None:
        """Batch after batch; what is begun is finished."""
        while not stop.is_set():
            batch = await self.desk.do(self.preparation())
            if batch is not None:
                await self.pay(batch, _TRIES)
            if self.facilities and self.desk.chance(_ADVANCED):
                await self.pay(await self.desk.must(self.advance()), _TRIES)
            await asyncio.sleep(self.desk.rng.uniform(0.3, 1.2))

    def preparation(self) -> Operation:
        """Everything that is due."""
        body = {**COUNTY, "kind": self.kind, "through": _today().isoformat()}
        return self.desk.order(BATCH, BATCHES, CLERK, body, made="id", refusals=_NOTHING)

    def advance(self) -> Operation:
        """Money for a provider before it is due."""
        rng = self.desk.rng
        line = {
            "facility_code": rng.choice(self.facilities),
            "amount": format_yuan(rng.randrange(50_000, 300_000)),
            **rng.choice(_RULES),
        }
        return self.desk.order(BATCH, ADVANCES, CLERK, {**COUNTY, "advances": [line]}, made="id")

    def approval(self, batch: Reply) -> Operation:
        """By another person."""
        path = f"{BATCHES}/{batch['id']}:approve"
        return self.desk.order(APPROVAL, path, CHIEF, {"note": "核对无误"}, subjects=(batch["id"],))

    def export(self, batch: Reply, kind: str = EXPORT) -> Operation:
        """The file for the bank."""
        return self.desk.order(kind, f"{BATCHES}/{batch['id']}:export", CLERK, subjects=(batch["id"],))

    def result(self, batch: Reply, content: bytes, kind: str = RESULT) -> Operation:
        """The bank's answer, perhaps about a part only."""
        return Operation(
            kind,
            "claims",
            f"{BATCHES}/{batch['id']}/results",
            CLERK,
            self.desk.order(kind, "", CLERK).key,
            content,
            media_type="application/octet-stream",
            query={"format": "csv", "partial": "true"},
            subjects=(f"{batch['id']}/{sha256(content).hexdigest()}",),
        )

    async def pay(self, batch: Reply, tries: int) -> None:
        """A prepared batch to its end, or cancelled."""
        desk = self.desk
        if tries == _TRIES and desk.chance(_CANCELLED):
            path = f"{BATCHES}/{batch['id']}:cancel"
            order = desk.order(CANCELLING, path, CLERK, {}, subjects=(batch["id"],))
            await desk.must(order)
            await desk.press_again(order)
            return
        await desk.pause()
        approval = self.approval(batch)
        approved = await desk.must(approval)
        await desk.press_again(approval)
        if self.goes_to_the_bank(approved):
            await self.through_the_bank(batch, tries)

    def goes_to_the_bank(self, approved: Reply) -> bool:
        """Whether anything is to be paid; a batch in which all is set off ends with its approval."""
        return bool(approved["state"] == "approved")

    async def through_the_bank(self, batch: Reply, tries: int) -> None:
        """An approved batch; what the bank refuses at the last try would stay, so it refuses nothing then."""
        file, digest = await self.exported(batch)
        self.bank.take(file, self.desk.rng, may_fail=tries > 1)
        said = self.said(file, digest)
        for content in said:
            await self.desk.must(self.result(batch, content))
            await self.desk.pause()
        # An advance that came back may be set off already, and then has a way of its own.
        if tries > 1 and batch["kind"] != "advance" and self.desk.chance(_SENT_BACK):
            back = self.bank.send_back(file, self.desk.rng)
            if back:
                said.append(self.bank.says(file, digest, back, _today()))
                await self.desk.must(self.result(batch, said[-1]))
        await self._send_again(batch, self.desk.rng.choice(said))
        if any(each.number not in self.bank.paid for each in file.instructions):
            await self._what_came_back(batch, tries)

    async def exported(self, batch: Reply) -> tuple[File, str]:
        """The file as the bank gets it, and its digest."""
        export = await self.desk.must(self.export(batch))
        again = await self.desk.must(self.export(batch, EXPORTED_AGAIN))
        if export["digest"] != again["digest"]:
            self.desk.wrong.append(f"batch {batch['id']} was exported in two forms")
        content = (await self.desk.read(export["files"][0])).content
        if sha256(content).hexdigest() != export["digest"]:
            self.desk.wrong.append(f"the file of batch {batch['id']} is not what was exported")
        return bank.read(content), export["digest"]

    def said(self, file: File, digest: str) -> list[bytes]:
        """One file of the bank about everything, or one about a part before it."""
        every: list[Sequence[Instruction]] = [file.instructions]
        if len(file.instructions) > 1 and self.desk.chance(_PARTIAL):
            cut = self.desk.rng.randrange(1, len(file.instructions))
            every.insert(0, file.instructions[:cut])
        return [self.bank.says(file, digest, part, _today()) for part in every]

    async def _send_again(self, batch: Reply, content: bytes) -> None:
        """Somebody uploads a file of the bank a second time."""
        reply = await self.desk.must(self.result(batch, content, SENT_AGAIN))
        if not reply["already_imported"]:
            self.desk.wrong.append(f"a file of the bank on batch {batch['id']} was imported twice")

    async def _what_came_back(self, batch: Reply, tries: int) -> None:
        path = f"{BATCHES}/{batch['id']}"
        if self.desk.chance(_RETRIED):
            order = self.desk.order(BATCH, f"{path}:retry", CLERK, {}, made="id")
            again = await self.desk.must(order)
            await self.desk.press_again(order)
            await self.pay(again, tries - 1)
        else:
            order = self.desk.order(RETURN, f"{path}:return", CLERK, {}, subjects=(batch["id"],))
            await self.desk.must(order)
            await self.desk.press_again(order)


def _today() -> date:
    return business_date(SystemClock().now())
