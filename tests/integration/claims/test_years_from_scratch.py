"""Whatever happened to a year, worked out anew it equals the year settled from scratch; nothing gets lost."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.claims.benefits.policy import PolicyBook
from services.claims.main import create_app
from services.claims.readjudication.due import due_after_pack
from services.claims.settlements.policies import Policies
from tests.integration.claims.conftest import World
from tests.integration.claims.test_concurrency import settle_persistently
from tests.integration.claims.test_readjudication import (
    PROPOSALS,
    approve,
    grant,
    propose,
    the_proposal,
)
from tests.integration.claims.test_reversal import adds_up, get, reverse
from tests.support import claims as build
from tests.support.books import shipped_book
from tests.support.platform import Client, serve

pytestmark = pytest.mark.integration


@asynccontextmanager
async def corrected(world: World, since: date) -> AsyncIterator[Client]:
    """The service with this year's pack version beginning only on a later day: the older rules until then."""
    january = date(2026, 1, 1)
    versions = [each for each in shipped_book("sample-county").versions if each.effective_from <= january]
    moved = [
        replace(each, effective_from=since) if each.effective_from == january else each for each in versions
    ]
    app = create_app(world.platform.settings("claims"), world.clock)
    async with serve(app, world.platform) as client:
        await app.state.packs.fresh()
        app.state.desk = replace(app.state.desk, policies=Policies([PolicyBook(moved)]))
        yield client


async def test_a_pack_correction_makes_due_who_has_a_visit_on_its_days(world: World) -> None:
    early, late = await world.insure(1), await world.insure(2)
    settled = await world.settle(build.visit(early, "ZY1", "30000.00"))
    await world.settle(
        build.visit(late, "ZY2", "30000.00", admitted_on="2026-10-01", discharged_on="2026-10-05")
    )
    days = date(2026, 1, 1), date(2026, 7, 1)
    async with world.platform.worker_session("claims") as session:
        assert await due_after_pack(session, "sample-county", *days, "990101", build.NOW) == 1
        assert await due_after_pack(session, "sample-county", *days, "990101", build.NOW) == 0
        assert await due_after_pack(session, "sample-county", *days, "990102", build.NOW) == 0
    async with corrected(world, date(2026, 7, 1)) as client:
        assert (await propose(world, client, automatic=False))["examined"] == 1
        proposal = await the_proposal(world)
        [line] = proposal["lines"]
        assert line["policy_before"] != line["policy_after"] == "sample-county@2025-01-01"
        # A process that does not know the correction yet posts nothing.
        stale = await approve(world, proposal)
        assert stale.json()["code"] == "claims.readjudication_stale"
        await propose(world, client, automatic=False)
        assert (await approve(world, await the_proposal(world), client)).status_code == 200
    now = await get(world, f"/v1/settlements/{settled['id']}")
    assert now["policy"]["version"] == "2025-01-01"
    await adds_up(world)


async def test_visits_arriving_during_an_approval_are_never_lost(world: World) -> None:
    number = await world.insure()
    await world.settle(build.visit(number, "ZY0", "30000.00"))
    await grant(world, number, "dibao")
    await propose(world, automatic=False)
    proposal = await the_proposal(world)
    arriving = (settle_persistently(world, build.visit(number, f"ZY{no}", "9000.00")) for no in range(1, 9))
    approval, *settled = await asyncio.gather(
        *(approve(world, proposal, client) for client in (world.other,)), *arriving
    )
    assert approval.status_code in (200, 409)
    if approval.status_code == 409:
        assert approval.json()["code"] == "claims.readjudication_stale"
    await settle_down(world)
    assert len(settled) == 8
    await equals_scratch(world, number, ["dibao"])
    await adds_up(world)


async def settle_down(world: World) -> None:
    """Work through the due until nothing is left, approving everything."""
    for _ in range(6):
        done = await propose(world, automatic=False)
        waiting = (await get(world, f"{PROPOSALS}?state=proposed"))["items"]
        if not done["examined"] and not waiting:
            return
        for head in waiting:
            reply = await approve(world, head)
            # Proposed before the last visit: refused, and due again.
            assert reply.status_code == 200 or reply.json()["code"] == "claims.readjudication_stale"
    raise AssertionError("people stay due")


def _own(steps: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Steps without what they say of the county's money, which others have used as well."""
    told = []
    for step in steps:
        moved = [each for each in step["detail"]["accumulators"] if not each["kind"].startswith("fund.")]
        if len(moved) == len(step["detail"]["accumulators"]):
            told.append(step)
        else:
            told.append({**{name: step[name] for name in ("payer", "title", "amount")}, "moved": moved})
    return told


async def equals_scratch(world: World, number: str, categories: Sequence[str], **changes: Any) -> None:
    """Somebody new with the final facts, settled in the same order, comes to the same in every respect."""
    person = build.person(world.index, number).person_id
    standing = await world.rows(
        "SELECT id FROM current_settlements WHERE person_id = :person AND status = 'settled'"
        " ORDER BY posting_no",
        person=person,
    )
    twin = await world.insure(int(number[14:17]) + 500, categories=categories, **changes)
    for no, (id_,) in enumerate(standing):
        [(amount, facility, visit_type, first, last)] = await world.rows(
            "SELECT total_fen, facility_code, visit_type, admitted_on, discharged_on FROM settlements"
            " WHERE id = :id",
            id=id_,
        )
        message = build.visit(
            twin,
            f"TWIN{number}{no}",
            f"{amount // 100}.{amount % 100:02d}",
            facility_code=facility,
            visit_type=visit_type,
            admitted_on=first.isoformat(),
            discharged_on=last.isoformat(),
        )
        scratch, current = await world.settle(message), await get(world, f"/v1/settlements/{id_}")
        parts = ("payers", "person_pays", "eligible", "categories", "policy", "personal_share")
        assert {part: current[part] for part in parts} == {part: scratch[part] for part in parts}
        explained = await get(world, current["explanation"]), await get(world, scratch["explanation"])
        assert _own(explained[0]["steps"]) == _own(explained[1]["steps"])
    used = await world.rows(
        "SELECT kind, used_fen FROM accumulators WHERE person_id = :person AND used_fen <> 0 ORDER BY 1",
        person=person,
    )
    afresh = await world.rows(
        "SELECT kind, used_fen FROM accumulators WHERE person_id = :person AND used_fen <> 0 ORDER BY 1",
        person=build.person(world.index, twin).person_id,
    )
    assert used == afresh


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_sequence_of_events_the_year_equals_one_settled_from_scratch(
    world: World, seed: int
) -> None:
    draw = random.Random(seed)
    number = await world.insure()
    standing: list[dict[str, Any]] = []
    categories: list[str] = []
    version = 1
    for no in range(14):
        match draw.choice(["settle", "settle", "settle", "reverse", "facts", "work", "leave"]):
            case "settle":
                day = date(2026, draw.randint(1, 10), draw.randint(5, 28)).isoformat()
                message = build.visit(
                    number,
                    f"ZY{no}",
                    f"{draw.choice([300, 9_000, 40_000])}.{draw.randint(0, 99):02d}",
                    facility_code=draw.choice([build.COUNTY_HOSPITAL, build.TOWNSHIP_HOSPITAL]),
                    visit_type=draw.choice(["inpatient", "inpatient", "outpatient"]),
                    admitted_on=day,
                    discharged_on=day,
                )
                standing.append(await world.settle(message))
            case "reverse" if standing:
                gone = standing.pop(draw.randrange(len(standing)))
                assert (await reverse(world, gone)).status_code == 200
            case "facts":
                version += 1
                categories = draw.choice([[], ["dibao"], ["registered_poor"], ["dibao_margin"]])
                await grant(world, number, *categories, version=version)
            case "work":
                await propose(world)
            case "leave":
                await propose(world, automatic=False)
    await settle_down(world)
    await equals_scratch(world, number, categories)
    await adds_up(world)
