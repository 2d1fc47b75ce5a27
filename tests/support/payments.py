"""The finance bureau at its desk: accounts, batches, what the bank says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from shared.money import parse_yuan
from tests.support import claims as build
from tests.support.platform import bearer

FINANCE, APPROVER = "finance", "finance_approver"
BATCHES, ACCOUNTS = "/v1/payment-batches", "/v1/payee-accounts"
BANK = {"bank_name": "某某农村商业银行", "bank_code": "402999000018"}
IN_PAYMENT = f"in_payment:{build.COUNTY}"


@dataclass
class Bureau:
    """Speaks to the claims service as the people of the finance bureau."""

    world: Any

    async def post(
        self, path: str, role: str = FINANCE, body: Mapping[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Send something; the reply whatever it is."""
        sent = {**self.world.headers(role), **headers}
        reply: httpx.Response = await self.world.client.post(path, json=body, headers=sent)
        return reply

    async def must(self, path: str, role: str = FINANCE, body: Mapping[str, Any] | None = None) -> Any:
        """Send something that must be accepted."""
        reply = await self.post(path, role, body)
        assert reply.status_code in (200, 201), reply.text
        return reply.json()

    async def get(self, path: str, role: str = FINANCE) -> Any:
        """Read something that must be there."""
        reply = await self.world.client.get(path, headers=self.world.headers(role))
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def money(self, amount: str = "1000000.00") -> None:
        """Let so much arrive in the special account; the month of every batch has already come."""
        receipt = {
            "county": build.COUNTY,
            "year": 2026,
            "payer": "medical_assistance",
            "source": "county",
            "amount": amount,
            "received_on": "2026-09-01",
            "bank_reference": f"MONEY-{self.world.sent:06d}",
            "document": "样财社〔2026〕5号",
        }
        made = await self.must("/v1/fund-receipts", FINANCE, receipt)
        await self.must(f"/v1/fund-operations/{made['id']}:approve", APPROVER, {"accept": []})

    async def accounts(self, *payees: str, last: str = "0000") -> str:
        """Put accounts of payees in force; the change's id."""
        change = await self.must(ACCOUNTS, FINANCE, proposal(*payees, last=last))
        await self.must(f"{ACCOUNTS}/changes/{change['change_id']}:approve", APPROVER)
        return str(change["change_id"])

    async def prepared(self, kind: str = "provider") -> Any:
        """A batch of everything due up to today."""
        body = {"county": build.COUNTY, "kind": kind, "month": "2026-11"}
        return await self.must(BATCHES, FINANCE, body)

    async def act(self, batch: Mapping[str, Any], action: str, **body: Any) -> Any:
        """Do something to a batch as whoever may."""
        role = APPROVER if action == "approve" else FINANCE
        return await self.must(
            f"{BATCHES}/{batch['id']}:{action}", role, None if action == "export" else body
        )

    async def at_the_bank(self, kind: str = "provider") -> Any:
        """A batch that is prepared, approved and exported; its export."""
        batch = await self.prepared(kind)
        await self.act(batch, "approve")
        return await self.act(batch, "export")

    async def items(self, batch: Mapping[str, Any], role: str = FINANCE) -> list[dict[str, Any]]:
        """The lines of a batch."""
        page = await self.get(f"{BATCHES}/{batch['id']}/items?limit=200", role)
        found: list[dict[str, Any]] = page["items"]
        return found

    async def result(
        self, batch_id: str, body: bytes, form: str = "csv", *, partial: bool = False, key: str | None = None
    ) -> httpx.Response:
        """Send a file of the bank."""
        headers = {**self.world.headers(FINANCE), "Content-Type": "application/octet-stream"}
        if key:
            headers["Idempotency-Key"] = key
        asked = f"{BATCHES}/{batch_id}/results?format={form}{'&partial=true' if partial else ''}"
        reply: httpx.Response = await self.world.client.post(asked, content=body, headers=headers)
        return reply

    async def balances(self) -> dict[str, str]:
        """What every account of the ledger stands at, zeros left out."""
        sheet = await self.get(f"/v1/ledger/trial-balance?county={build.COUNTY}")
        assert sheet["debits"] == sheet["credits"]
        return {each["account"]: each["balance"] for each in sheet["accounts"] if each["balance"] != "0.00"}

    async def spent(self) -> int:
        """What the bank has paid out in fen, less what came back."""
        paid = await self.world.rows(
            "SELECT COALESCE(sum(CASE WHEN credit_account = 'bank:990101' THEN amount_fen"
            " ELSE -amount_fen END), 0) FROM transfers WHERE reference LIKE 'payment_item/%'"
            " AND 'bank:990101' IN (debit_account, credit_account)"
        )
        return int(paid[0][0])

    @staticmethod
    def fen(amount: str) -> int:
        """A string of the interface as fen."""
        return parse_yuan(amount.removeprefix("-")) * (-1 if amount.startswith("-") else 1)

    def token(self, subject: str, scopes: str) -> dict[str, str]:
        """Headers of somebody with scopes of one's choosing."""
        self.world.headers(FINANCE)
        token = self.world.platform.mint(subject, scopes.split(), [build.COUNTY])
        return {**bearer(token), "Idempotency-Key": f"test-key-{self.world.sent:06d}"}


def proposal(*payees: str, last: str = "0000") -> dict[str, Any]:
    """New accounts of facilities, people or the county."""
    return {"county": build.COUNTY, "accounts": [_account(payee, last) for payee in payees]}


def _account(payee: str, last: str) -> dict[str, Any]:
    kind = {6: "county", 12: "facility"}.get(len(payee), "person")
    number = f"62170000{payee.replace('-', '')[-12:]}{last}"
    return {"payee_kind": kind, "payee": payee, "holder": f"某户名{payee[-4:]}", "account_no": number, **BANK}


def said(
    export: Mapping[str, Any], outcomes: Sequence[tuple[Mapping[str, Any], str, str]], **head: Any
) -> bytes:
    """The bank's CSV about items, each with its outcome and the reason."""
    lines = [(item["id"].replace("-", ""), item["amount"], outcome, why) for item, outcome, why in outcomes]
    total = sum(int(amount.replace(".", "")) for _, amount, _, _ in lines)
    values = {
        "message_id": export["message_id"],
        "digest": export["digest"],
        "count": len(lines),
        "sum": f"{total // 100}.{total % 100:02d}",
    } | head
    rows = [
        "批次号,文件摘要,笔数,总金额",
        ",".join(str(value) for value in values.values()),
        "付款明细号,金额,结果,原因,处理日期",
        *(f"{item},{amount},{outcome},{why},2026-11-02" for item, amount, outcome, why in lines),
    ]
    return "\r\n".join(rows).encode()
