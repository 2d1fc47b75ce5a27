"""The county's month table."""

from typing import Any

import pytest

from tests.integration.claims.conftest import World
from tests.integration.claims.test_settle_one_visit import fen
from tests.support import claims as build

pytestmark = pytest.mark.integration


async def month(world: World, month: str = "2026-03", county: str = "990101") -> dict[str, Any]:
    reply = await world.client.get(
        "/v1/reports/month", params={"county": county, "month": month}, headers=world.headers("agency")
    )
    assert reply.status_code == 200, reply.text
    table: dict[str, Any] = reply.json()
    return table


async def test_the_poor_are_counted_apart_and_the_sums_are_those_of_the_settlements(world: World) -> None:
    poor, other = await world.insure(1, ["registered_poor"]), await world.insure(2)
    settled = [
        await world.settle(build.visit(poor, "ZY1", "10000.00")),
        await world.settle(build.visit(poor, "ZY2", "20000.00")),
        await world.settle(build.visit(other, "ZY3", "8766.00")),
        await world.settle(build.visit(other, "MZ4", "35.50", visit_type="outpatient")),
    ]
    await world.settle(build.visit(poor, "ZY5", discharged_on="2026-04-01"))
    table = await month(world)
    lines = {(line["visit_type"], line["group"]): line for line in table["lines"]}
    assert set(lines) == {("inpatient", "poor"), ("inpatient", "other"), ("outpatient", "other")}
    assert lines["inpatient", "poor"]["person_times"] == 2
    assert lines["inpatient", "poor"]["personal_share"] == {
        "numerator_fen": 150_000,
        "denominator_fen": 3_000_000,
        "rate": "0.0500",
    }
    total = table["total"]
    assert (total["person_times"], fen(total["total"])) == (4, sum(fen(each["total"]) for each in settled))
    paid = sum(fen(payer["amount"]) for payer in total["payers"])
    assert paid + fen(total["person_pays"]) == fen(total["total"])


async def test_the_personal_share_stands_beside_the_ceiling_that_applied(world: World) -> None:
    poor, monitored = await world.insure(1, ["dibao"]), await world.insure(2, ["sudden_hardship"])
    await world.settle(build.visit(poor, "ZY1", "10000.01"))
    await world.settle(build.visit(monitored, "ZY2", "30000.00"))
    ceilings = {line["ceiling"]: line for line in (await month(world))["ceilings"]}
    assert [(rate, line["person_times"], line["above_ceiling"]) for rate, line in ceilings.items()] == [
        ("0.0500", 1, 0),
        ("0.1000", 1, 0),
    ]
    assert ceilings["0.0500"]["personal_share"]["numerator_fen"] == 50_000


async def test_a_month_without_visits_is_an_empty_table(world: World) -> None:
    table = await month(world, "2026-12")
    assert (table["lines"], table["total"]["person_times"], table["ceilings"]) == ([], 0, [])


async def test_another_countys_month_is_empty_for_an_agency(world: World) -> None:
    number = await world.insure()
    await world.settle(build.visit(number, "ZY1"))
    assert (await month(world, county="990102"))["lines"] == []


@pytest.mark.parametrize("bad", ["2026-13", "2026-3", "202603"])
async def test_a_month_that_does_not_exist_is_refused(world: World, bad: str) -> None:
    reply = await world.client.get(
        "/v1/reports/month", params={"county": "990101", "month": bad}, headers=world.headers("agency")
    )
    assert reply.status_code == 422
