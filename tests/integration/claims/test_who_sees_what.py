"""Every address that reads, asked by those to whom nothing of the county belongs."""

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.claims.conftest import World
from tests.integration.claims.test_audit import HOSPITAL, done, found_care
from tests.support import claims as build
from tests.support import funds, payments
from tests.support.closing import close
from tests.support.platform import bearer

pytestmark = pytest.mark.integration
SCOPES = "claims:read claims:review claims:write funds:prepare funds:approve funds:export restricted:read"
ASKED = {
    "county": build.COUNTY,
    "facility": build.COUNTY_HOSPITAL,
    "figure": "visits",
    "month": "2026-03",
    "on": "2026-03-15",
    "year": "2026",
}


async def county_at_work(world: World) -> dict[str, str]:
    """A county with money, bills, findings, payments and a day close: the ids of all of them by name."""
    treasury, desk = funds.Bureau(world), payments.Bureau(world)
    await world.plan(build.financing())
    receipt = await treasury.arrives("1600000.00")
    settled, finding = await found_care(world)
    await done(world, finding, "notify", "agency")
    await treasury.attribute()
    await desk.accounts(build.COUNTY_HOSPITAL, build.COUNTY)
    batch = (await desk.at_the_bank())["batch"]
    closed = await close(world)
    return {
        "settlement_id": settled["id"],
        "finding_id": finding["id"],
        "batch_id": batch["id"],
        "close_id": closed["id"],
        "id": receipt["id"],
        "bank": receipt["bank_reference"],
    }


def address(path: str, operation: dict[str, Any], ids: dict[str, str]) -> str:
    """An address with ids that exist, and its required questions."""
    known = {
        **ids,
        "county": build.COUNTY,
        "facility_code": build.COUNTY_HOSPITAL,
        "name": "pain.001.xml",
        "no": "1",
        "payer": "basic_insurance",
        "revision": "0",
        "visit_no": "ZY1",
        "year": "2026",
    }
    filled = re.sub(r"{([a-z_]+)[^}]*}", lambda found: known.get(found[1], str(uuid4())), path)
    parameters = operation.get("parameters", [])
    asked = [each["name"] for each in parameters if each["in"] == "query" and each.get("required")]
    questions = [f"{name}={ASKED[name]}" for name in asked]
    if path == "/v1/ledger/transfers":
        questions = [f"settlement_id={ids['settlement_id']}"]
    return f"{filled}?{'&'.join(questions)}" if questions else filled


async def test_nothing_of_a_county_is_told_to_another_county_or_hospital(world: World) -> None:
    ids = await county_at_work(world)
    document = (await world.client.get("/openapi.json")).json()
    mint = world.platform.mint
    strangers = {
        "county": bearer(mint("stranger", SCOPES.split(), ["990102"])),
        "township": bearer(mint("part", SCOPES.split(), ["990101100"])),
        "hospital": bearer(world.platform.token(f"hospital:{build.TOWNSHIP_HOSPITAL}")),
    }
    told, own = [], 0
    for path, operations in document["paths"].items():
        if "get" not in operations or not path.startswith("/v1"):
            continue
        asked = address(path, operations["get"], ids)
        for who, headers in strangers.items():
            reply = await world.client.get(asked, headers=headers)
            assert reply.status_code in (200, 403, 404), (asked, who, reply.text)
            if reply.status_code == 200 and any(id_ in reply.text for id_ in ids.values()):
                told.append((who, asked))
        for role in ("finance", HOSPITAL):
            own += ids["settlement_id"] in (await world.client.get(asked, headers=world.headers(role))).text
    assert told == []
    assert own > 10
