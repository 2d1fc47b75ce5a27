"""What a settlement moves is in its row, also what was stored as rows of its own, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from alembic import command

from services.claims.verification.service import verify_ledger
from shared.cli import alembic_config
from tests.integration.claims.conftest import World
from tests.integration.claims.test_burden_events import OTHER_HOME, member, person_id
from tests.integration.claims.test_charges_with_their_bill import COPY, database_at
from tests.integration.claims.test_reversal import reversed_
from tests.integration.claims.test_verify import verify
from tests.support import claims as build

pytestmark = pytest.mark.integration
MOVEMENTS = (
    "SELECT settlement_id, kind, person_id, year, amount_fen, revision FROM accumulator_movements"
    " ORDER BY 1, 2, 6"
)
MOVED = "SELECT id, moved::jsonb::text FROM settlements ORDER BY id"
ROWS = "SELECT settlement_id, revision FROM accumulator_movement_rows ORDER BY 1, 2"
NOBODY = "00000000-0000-0000-0000-000000000000"


async def settle_some(world: World) -> None:
    """Two members of a household and one bill taken back; one moves house and is settled there too."""
    first, second = await member(world, 1), await member(world, 2)
    for no, number in enumerate((first, second, first, second)):
        await world.settle(build.visit(number, f"A{no}", f"{(no + 1) * 7000}.00"))
    await reversed_(world, await world.settle(build.visit(first, "BACK", "900.00")))
    await member(world, 2, OTHER_HOME, version=2)
    await world.settle(build.visit(second, "THERE", "5000.00"))


async def copy_to(world: World, other: "asyncpg.Connection[Any]", table: str, without: str = "{}") -> None:
    stored = await world.rows(f"SELECT (to_jsonb(row) - '{without}'::text[])::text FROM {table} AS row")
    await other.execute(COPY.format(table=table), [row[0] for row in stored])


async def behind(world: World) -> list[Any]:
    """What the agency sees behind the burdens of two people and of their households."""
    people = [person_id(world, build.id_number(order)) for order in (1, 2)]
    replies = [
        await world.client.get(f"/v1/burdens/{person}?year=2026", headers=world.headers("agency"))
        for person in people
    ]
    assert {reply.status_code for reply in replies} == {200}
    return [reply.json() for reply in replies]


@pytest.fixture
async def before(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A database as the migration before left it, with settlements."""
    await settle_some(world)
    async with database_at("0024", world, monkeypatch) as connection:
        await copy_to(world, connection, "settlements", "{moved}")
        await copy_to(world, connection, "accumulator_movements")
        yield connection


async def test_the_migration_stores_movements_as_settling_would_have(
    world: World, before: "asyncpg.Connection[Any]"
) -> None:
    shown = await before.fetch(MOVEMENTS)
    await asyncio.to_thread(command.upgrade, alembic_config("claims"), "0025")
    assert await before.fetch(MOVEMENTS) == shown
    assert [tuple(row) for row in await before.fetch(MOVED)] == [
        tuple(row) for row in await world.rows(MOVED)
    ]
    assert {row["revision"] for row in await before.fetch(ROWS)} == {1}
    assert len(shown) > len(await before.fetch(ROWS)) > 0


async def test_a_movement_that_is_not_of_its_settlements_year_stays_as_it_is(
    before: "asyncpg.Connection[Any]",
) -> None:
    odd = "(SELECT min(id::text)::uuid FROM settlements)"
    await before.execute(
        "INSERT INTO accumulator_movements (settlement_id, kind, person_id, year, amount_fen)"
        f" VALUES ({odd}, 'odd', {odd}, 2019, 7), ('{NOBODY}', 'lost', '{NOBODY}', 2026, 8)"
    )
    shown = await before.fetch(MOVEMENTS)
    await asyncio.to_thread(command.upgrade, alembic_config("claims"), "0025")
    assert await before.fetch(MOVEMENTS) == shown
    assert {row["kind"] for row in shown} >= {"odd", "lost", "own_payment"}
    assert len([row for row in await before.fetch(ROWS) if row["revision"] == 0]) == 2


async def test_nothing_that_was_moved_can_be_changed_after_the_migration(
    before: "asyncpg.Connection[Any]",
) -> None:
    await asyncio.to_thread(command.upgrade, alembic_config("claims"), "0025")
    for statement in ("UPDATE settlements SET moved = '{}'", "DELETE FROM accumulator_movement_rows"):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await before.execute(statement)
    for table in ("settlements", "accumulator_movement_rows"):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await before.execute(f"TRUNCATE {table}")


@pytest.mark.parametrize("moved", ['{"x":{"a":1,"b":0}}', '{"x": {"b": 0, "a": 1}}'])
async def test_no_settlement_moves_an_accumulator_by_nothing(world: World, moved: str) -> None:
    await settle_some(world)
    with pytest.raises(asyncpg.CheckViolationError, match="ck_settlements_moved"):
        await world.platform.as_administrator("claims", f"UPDATE settlements SET moved = '{moved}'")


async def test_what_a_process_of_the_version_before_stores_is_moved_for_every_reader(world: World) -> None:
    await settle_some(world)
    movements, seen = await world.rows(MOVEMENTS), await behind(world)
    assert [len(each["household"]["settlements"]) for each in seen] == [4, 1]
    stored = await world.rows("SELECT (to_jsonb(row) - 'moved')::text FROM settlements AS row")
    await world.platform.empty("claims", "settlements")
    api = await asyncpg.connect(world.platform.system.config.dsn("claims", "api"))
    async with api.transaction():
        await api.execute("SELECT set_config('app.jurisdiction', '{990101}', true)")
        await api.execute(
            f"WITH settled AS ({COPY.format(table='settlements')} RETURNING id), moved AS ("
            " INSERT INTO accumulator_movements (settlement_id, kind, person_id, year, amount_fen)"
            " SELECT * FROM unnest($2::new_movement[])) SELECT FROM settled",
            [row[0] for row in stored],
            [tuple(row[:5]) for row in movements if row.revision == 0],
        )
        assert [tuple(row) for row in await api.fetch(MOVEMENTS)] == [tuple(row) for row in movements]
        await api.execute("SELECT set_config('app.jurisdiction', '{990102}', true)")
        assert await api.fetch(MOVEMENTS) == []
    await api.close()
    assert await world.rows(MOVEMENTS) == movements
    assert await behind(world) == seen
    assert (await verify_ledger(world.platform.worker_url("claims"))).failed is None
    assert (await verify(world))[1] == []
