"""A county's finance bureau in tests: money arrives, one prepares, another approves, the job attributes."""

from typing import TYPE_CHECKING, Any

import httpx

from services.claims.funds.lineage import attribute_new
from tests.support import claims as build
from tests.support.platform import bearer

if TYPE_CHECKING:
    from tests.integration.claims.conftest import World

RECEIPTS, OPERATIONS = "/v1/fund-receipts", "/v1/fund-operations"


class Bureau:
    """The two officials of the sample county."""

    def __init__(self, world: "World") -> None:
        self.world, self.arrived = world, 0

    def receipt(self, amount: str, source: str = "central", **changes: Any) -> dict[str, Any]:
        """The message about money that arrived, each with a bank reference of its own."""
        self.arrived += 1
        message = {
            "county": build.COUNTY,
            "year": 2026,
            "payer": "basic_insurance",
            "source": source,
            "amount": amount,
            "received_on": "2026-03-02",
            "bank_reference": f"BANK-{self.arrived:04d}",
            "document": "财社〔2026〕1号",
        }
        return {**message, **changes}

    def order(self, amount: str, **changes: Any) -> dict[str, Any]:
        """The message about another operation."""
        message = {"county": build.COUNTY, "year": 2026, "amount": amount, "on": "2026-10-09"}
        return {**message, "document": "样财社〔2026〕9号", **changes}

    async def send(self, path: str, body: dict[str, Any], role: str = "finance") -> httpx.Response:
        """Post as one of the roles, or as a subject with every right to funds."""
        headers = self.world.headers("finance")
        if role not in ("finance", "finance_approver", "province", "agency"):
            scopes = ["funds:prepare", "funds:approve", "claims:read"]
            headers |= bearer(self.world.platform.mint(role, scopes, [build.COUNTY]))
        else:
            headers |= bearer(self.world.platform.token(role))
        return await self.world.client.post(path, json=body, headers=headers)

    async def prepared(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """An operation that must be accepted."""
        reply = await self.send(path, body)
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()
        return made

    async def approve(self, id_: str, *accept: str, role: str = "finance_approver") -> httpx.Response:
        """Approve, accepting these warnings."""
        return await self.send(f"{OPERATIONS}/{id_}:approve", {"accept": list(accept)}, role)

    async def booked(self, path: str, body: dict[str, Any], *accept: str) -> dict[str, Any]:
        """An operation prepared and approved."""
        made = await self.prepared(path, body)
        reply = await self.approve(made["id"], *accept)
        assert reply.status_code == 200, reply.text
        approved: dict[str, Any] = reply.json()
        return approved

    async def arrives(self, amount: str, source: str = "central", **changes: Any) -> dict[str, Any]:
        """Money that is received and booked."""
        accept = changes.pop("accept", ())
        return await self.booked(RECEIPTS, self.receipt(amount, source, **changes), *accept)

    async def take_back(self, id_: str) -> dict[str, Any]:
        """Reverse an operation, by two people."""
        reply = await self.send(f"{OPERATIONS}/{id_}:reverse", {"reason": "金额有误"})
        assert reply.status_code == 200, reply.text
        approved = await self.approve(reply.json()["id"])
        assert approved.status_code == 200, approved.text
        reversal: dict[str, Any] = approved.json()
        return reversal

    async def attribute(self) -> None:
        """Let the worker's job run once."""
        await attribute_new(self.world.platform.worker_sessions("claims"), self.world.clock)

    async def get(self, path: str, **query: Any) -> Any:
        """What an official reads."""
        reply = await self.world.client.get(path, params=query, headers=self.world.headers("finance"))
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def funds(self, year: int = 2026) -> dict[str, dict[str, Any]]:
        """The position of every fund by payer."""
        found = await self.get("/v1/funds", county=build.COUNTY, year=year)
        return {fund["payer"]: fund for fund in found["funds"]}

    async def earmarks(self, payer: str = "basic_insurance") -> dict[str, dict[str, Any]]:
        """A fund by earmark."""
        found = await self.get(f"/v1/funds/{payer}/earmarks", county=build.COUNTY, year=2026)
        return {line["earmark"]: line for line in found["earmarks"]}
