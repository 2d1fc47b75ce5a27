"""A county's office that publishes policy packs, with its two officials."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from tests.support import claims as build
from tests.support.platform import bearer
from tests.support.uploads import as_yaml, outpatient_pack

if TYPE_CHECKING:
    from tests.integration.claims.conftest import World

PACK_TABLES = ("policy_packs", "policy_pack_names", "policy_pack_followups")
SECOND = 1.05
"""After so long no process settles by what was in force before."""
_COUNTIES = itertools.count(997001)


def new_county() -> str:
    """A county that no test has used yet."""
    return str(next(_COUNTIES))


@dataclass
class Office:
    """A county of its own in every test, its two officials, and the service."""

    world: "World"
    county: str = field(default_factory=new_county)

    @property
    def pack(self) -> str:
        """The county's pack."""
        return f"county-{self.county}"

    def who(self, subject: str, scopes: str, jurisdiction: str | None = None) -> dict[str, str]:
        """Headers of somebody of this county, or of another jurisdiction."""
        within = [self.county if jurisdiction is None else jurisdiction]
        token = self.world.platform.mint(subject, scopes.split(), within)
        return {**self.world.headers("agency"), **bearer(token)}

    def clerk(self, **changes: str) -> dict[str, str]:
        """The one who prepares."""
        return self.who(**{"subject": "clerk", "scopes": "policies:prepare claims:read", **changes})

    def chief(self, **changes: str) -> dict[str, str]:
        """The one who approves."""
        return self.who(**{"subject": "chief", "scopes": "policies:approve claims:read", **changes})

    def version(self, begins: str = "2026-01-01", rate: str = "0.50") -> dict[str, Any]:
        """A version of the county's pack."""
        return outpatient_pack(self.pack, self.county, begins, rate)

    async def send(self, data: Any, **headers: str) -> httpx.Response:
        """Prepare a version from YAML."""
        body = data if isinstance(data, bytes) else as_yaml(data)
        sent = {**self.clerk(), "Content-Type": "application/yaml", **headers}
        return await self.world.client.post("/v1/policy-packs", content=body, headers=sent)

    async def draft(self, begins: str = "2026-01-01", rate: str = "0.50") -> dict[str, Any]:
        """A version that must be accepted as a draft."""
        reply = await self.send(self.version(begins, rate))
        assert reply.status_code == 201, reply.text
        prepared: dict[str, Any] = reply.json()
        return prepared

    async def decide(self, id_: str, what: str = "approve", **headers: str) -> httpx.Response:
        """Approve or reject as the chief, unless told otherwise."""
        body = {"json": {"reason": "数字有误"}} if what == "reject" else {}
        sent = {**self.chief(), **headers}
        return await self.world.client.post(f"/v1/policy-packs/{id_}:{what}", headers=sent, **body)  # type: ignore[arg-type]  # json or nothing

    async def publish(self, begins: str = "2026-01-01", rate: str = "0.50") -> dict[str, Any]:
        """A version prepared and approved, and taken over by every process."""
        draft = await self.draft(begins, rate)
        reply = await self.decide(draft["id"])
        assert reply.status_code == 200, reply.text
        await asyncio.sleep(SECOND)
        approved: dict[str, Any] = reply.json()
        return approved

    async def patient(self, order: int = 1) -> str:
        """Somebody insured in this county."""
        return await self.world.insure(order, village=f"{self.county}200203")

    def message(self, number: str, visit_no: str, day: str = "2026-03-09") -> dict[str, Any]:
        """An outpatient visit of 100 yuan."""
        days = {"admitted_on": day, "discharged_on": day, "visit_type": "outpatient"}
        return build.visit(number, visit_no, "100.00", **days)

    async def rows(self) -> list[Any]:
        """State and version of everything stored of this county."""
        return await self.world.rows(
            "SELECT state, version FROM policy_packs WHERE pack = :pack ORDER BY id", pack=self.pack
        )
