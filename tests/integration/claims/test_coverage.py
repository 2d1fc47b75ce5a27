"""Our copy of the people insured, from the registry's events."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from services.claims.handlers import on_person_recorded
from shared.events.registry import CategorySpell
from tests.integration.claims.conftest import World
from tests.support import claims as build

pytestmark = pytest.mark.integration


async def test_an_older_version_changes_nothing_also_inside_one_batch(world: World) -> None:
    number = build.id_number(1)
    newest = build.person(world.index, number, categories=["dibao"], version=3)
    await world.record(
        build.person(world.index, number), newest, build.person(world.index, number, version=2)
    )
    await world.record(build.person(world.index, number, version=1))
    [(version, categories)] = await world.rows("SELECT version, categories::text FROM insured_persons")
    assert (version, categories) == (3, '[["dibao", "2020-01-01", null]]')


async def test_the_same_events_twice_leave_the_same_rows(world: World) -> None:
    people = [build.person(world.index, build.id_number(order), categories=["dibao"]) for order in range(50)]
    await world.record(*people)
    before = await world.rows("SELECT * FROM insured_persons ORDER BY person_id")
    await world.record(*people)
    assert await world.rows("SELECT * FROM insured_persons ORDER BY person_id") == before


async def test_events_that_arrive_together_leave_the_rows_that_they_leave_one_by_one(world: World) -> None:
    people = [build.person(world.index, build.id_number(order)) for order in range(3)]
    events = [
        build.envelope(person).model_copy(update={"time": build.NOW + timedelta(minutes=minute)})
        for minute, person in enumerate(people)
    ]
    for event in events:
        async with world.platform.worker_session("claims") as session:
            await on_person_recorded(session, [event])
    one_by_one = await world.rows("SELECT * FROM insured_persons ORDER BY person_id")
    await world.platform.empty("claims", "insured_persons")
    async with world.platform.worker_session("claims") as session:
        await on_person_recorded(session, events)
    assert await world.rows("SELECT * FROM insured_persons ORDER BY person_id") == one_by_one


async def test_what_was_used_this_year_follows_a_person_to_another_county(world: World) -> None:
    number = await world.insure()
    await world.settle(build.visit(number, "ZY1", "30000.00"))
    await world.record(build.person(world.index, number, village="990102200203", version=2))
    divisions = await world.rows("SELECT DISTINCT division_code FROM accumulators")
    assert divisions == [("990102200203",)]


async def test_people_who_move_together_take_along_what_they_used_in_the_order_in_which_settling_locks(
    world: World,
) -> None:
    numbers = [await world.insure(order) for order in range(1, 6)]
    for visit_no, number in enumerate(numbers):
        await world.settle(build.visit(number, f"ZY{visit_no}", "30000.00"))
    moved = [build.person(world.index, number, village="990102200203", version=2) for number in numbers]
    async with world.platform.worker_session("claims") as settling:
        ordered = "SELECT 1 FROM accumulator_years ORDER BY holder_id, year"
        await settling.execute(text(f"{ordered} LIMIT 1 FOR UPDATE"))
        recording = asyncio.create_task(world.record(*reversed(moved)))
        await world.until_waiting(1)
        # It waits before the first and holds none of the others: nobody can wait for it meanwhile.
        await settling.execute(text(f"{ordered} FOR UPDATE NOWAIT"))
    await recording
    divisions = await world.rows("SELECT DISTINCT division_code FROM accumulators")
    assert divisions == [("990102200203",)]


async def test_two_people_with_one_number_for_a_moment_are_told_apart_by_the_newest(world: World) -> None:
    number = build.id_number(1)
    wrong = build.person(world.index, build.id_number(2))
    await world.record(build.person(world.index, number, enrolled=None))
    mended = wrong.model_copy(update={"id_index": world.index.of(number).hex(), "version": 2})
    later = build.envelope(mended).model_copy(update={"time": build.NOW.replace(year=2027)})
    async with world.platform.worker_session("claims") as session:
        await on_person_recorded(session, [later])
    await world.settle(build.visit(number, "ZY1"))
    [(person_id,)] = await world.rows("SELECT person_id FROM settlements")
    assert person_id == wrong.person_id


async def test_a_settlement_in_flight_while_a_fact_changes_is_due_to_be_worked_out_anew(world: World) -> None:
    number = await world.insure()
    world.clock.instant = build.NOW.replace(month=2)
    await world.settle(build.visit(number, "ZY1", admitted_on="2026-01-05", discharged_on="2026-01-08"))
    world.clock.instant = build.NOW
    granted = build.person(world.index, number, version=2)
    spell = CategorySpell(category="dibao", valid_from=date(2026, 3, 1), valid_to=date(2026, 4, 1))
    granted = granted.model_copy(update={"categories": [spell]})
    async with world.platform.worker_session("claims") as blocking:
        await blocking.execute(text("SELECT 1 FROM accumulator_years FOR UPDATE"))
        # Its facts are read; it waits for the accumulators.
        settling = asyncio.create_task(world.settle(build.visit(number, "ZY2")))
        await world.until_waiting(1)
        recording = asyncio.create_task(world.record(granted))
        await world.until_waiting(2, recording)
    settled = await settling
    await recording
    assert settled["categories"] == []
    [(reason,)] = await world.rows("SELECT reason FROM readjudication_due")
    assert reason == "facts"
