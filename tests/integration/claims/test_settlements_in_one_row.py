"""Movements and payers are in the row of their settlement, also those that were rows of their own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from alembic import command

from services.claims.verification.service import verify_ledger
from shared.cli import alembic_config
from tests.integration.claims.conftest import World
from tests.integration.claims.test_burden_events import OTHER_HOME, all_borne_alone, member, person_id
from tests.integration.claims.test_charges_with_their_bill import COPY, SUMS, database_at
from tests.integration.claims.test_reversal import reversed_
from tests.integration.claims.test_verify import verify
from tests.support import claims as build

pytestmark = pytest.mark.integration
MOVEMENTS = (
    "SELECT settlement_id, kind, person_id, year, amount_fen, revision FROM accumulator_movements"
    " ORDER BY 1, 2, 6"
)
PAYERS = "SELECT * FROM settlement_payers ORDER BY settlement_id, line_no"
CURRENT_PAYERS = "SELECT * FROM current_payers ORDER BY settlement_id, line_no"
STORED = "SELECT id, moved::jsonb::text, payers, payer_fen FROM settlements ORDER BY id"
ROWS = "SELECT settlement_id, revision FROM accumulator_movement_rows ORDER BY 1, 2"
SHOWN = (MOVEMENTS, PAYERS, CURRENT_PAYERS, SUMS)
TABLES = ("settlements", "settlement_revisions", "accumulator_movements", "settlement_payers")
NOBODY = "00000000-0000-0000-0000-000000000000"


async def settle_some(world: World) -> None:
    """Two members of a household, a bill nobody else pays for, one taken back; one member moves house."""
    first, second = await member(world, 1), await member(world, 2)
    for no, number in enumerate((first, second, first, second)):
        await world.settle(build.visit(number, f"A{no}", f"{(no + 1) * 7000}.00"))
    await reversed_(world, await world.settle(build.visit(first, "BACK", "900.00")))
    await world.settle(all_borne_alone(first, "ALONE", "10.00"))
    await member(world, 2, OTHER_HOME, version=2)
    await world.settle(build.visit(second, "THERE", "5000.00"))


async def shown(database: "asyncpg.Connection[Any]") -> list[list[tuple[Any, ...]]]:
    """What the views show."""
    return [[tuple(row) for row in await database.fetch(view)] for view in SHOWN]


async def seen(world: World) -> list[Any]:
    """What the agency sees of settlements, and behind the burdens of two people and of their households."""
    people = [person_id(world, build.id_number(order)) for order in (1, 2)]
    ids = [row[0] for row in await world.rows("SELECT id FROM settlements ORDER BY id")]
    asked = [
        *(f"burdens/{person}?year=2026" for person in people),
        "settlements",
        *(f"settlements/{id_}/revisions" for id_ in ids),
    ]
    replies = [await world.client.get(f"/v1/{path}", headers=world.headers("agency")) for path in asked]
    assert {reply.status_code for reply in replies} == {200}
    return [reply.json() for reply in replies]


@pytest.fixture
async def before(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A database as the migration before left it, with settlements."""
    await settle_some(world)
    async with database_at("0024", world, monkeypatch) as connection:
        for table in TABLES:
            stored = await world.rows(f"SELECT to_jsonb(row)::text FROM {table} AS row")
            await connection.execute(COPY.format(table=table), [row[0] for row in stored])
        yield connection


async def test_the_migration_stores_what_it_finds_as_settling_would_have(
    world: World, before: "asyncpg.Connection[Any]"
) -> None:
    earlier = await shown(before)
    assert all(earlier)
    await asyncio.to_thread(command.upgrade, alembic_config("claims"), "0025")
    assert await shown(before) == earlier
    stored = [tuple(row) for row in await before.fetch(STORED)]
    assert stored == [tuple(row) for row in await world.rows(STORED)]
    assert {len(payers) for _, _, payers, _ in stored} >= {0, 1}
    assert {row["revision"] for row in await before.fetch(ROWS)} == {1}
    assert await before.fetchval("SELECT count(*) FROM settlement_payer_rows") == 0


async def test_what_cannot_be_in_the_row_of_a_settlement_stays_as_it_is(
    before: "asyncpg.Connection[Any]",
) -> None:
    odd = "(SELECT min(id::text)::uuid FROM settlements)"
    await before.execute(
        "INSERT INTO accumulator_movements (settlement_id, kind, person_id, year, amount_fen)"
        f" VALUES ({odd}, 'odd', {odd}, 2019, 7), ('{NOBODY}', 'lost', '{NOBODY}', 2026, 8)"
    )
    await before.execute(f"INSERT INTO settlement_payers VALUES ('{NOBODY}', 1, 'lost', 9)")
    earlier = await shown(before)
    await asyncio.to_thread(command.upgrade, alembic_config("claims"), "0025")
    assert await shown(before) == earlier
    assert {row[1] for row in earlier[0]} >= {"odd", "lost", "own_payment"}
    assert len([row for row in await before.fetch(ROWS) if row["revision"] == 0]) == 2
    assert await before.fetchval("SELECT payer FROM settlement_payer_rows") == "lost"


async def test_nothing_that_was_settled_can_be_changed_after_the_migration(
    before: "asyncpg.Connection[Any]",
) -> None:
    await before.execute(f"INSERT INTO settlement_payers VALUES ('{NOBODY}', 1, 'lost', 9)")
    await asyncio.to_thread(command.upgrade, alembic_config("claims"), "0025")
    for statement in (
        "UPDATE settlements SET moved = '{}'",
        "DELETE FROM accumulator_movement_rows",
        "UPDATE settlement_payer_rows SET amount_fen = 1",
        "TRUNCATE settlements",
        "TRUNCATE accumulator_movement_rows",
        "TRUNCATE settlement_payer_rows",
    ):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await before.execute(statement)


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ('moved = \'{"x":{"a":1,"b":0}}\'', "moved"),
        ('moved = \'{"x": {"b": 0, "a": 1}}\'', "moved"),
        ("payers = NULL", "payers"),
        ("payers = payers || 'x'::text", "payers"),
        ("payers = payers || NULL::text, payer_fen = payer_fen || 1", "payers"),
        ("payers = payers || 'x'::text, payer_fen = payer_fen || 0", "payers"),
        ("payers = payers || 'x'::text, payer_fen = payer_fen || NULL::bigint", "payers"),
    ],
)
async def test_a_settlement_moves_something_and_whoever_pays_pays_something(
    world: World, changed: str, constraint: str
) -> None:
    await settle_some(world)
    with pytest.raises(asyncpg.CheckViolationError, match=f"ck_settlements_{constraint}"):
        await world.platform.as_administrator("claims", f"UPDATE settlements SET {changed}")


async def test_what_a_process_of_the_version_before_stores_is_there_for_every_reader(world: World) -> None:
    await settle_some(world)
    views, replies = [await world.rows(view) for view in SHOWN], await seen(world)
    assert [len(each["household"]["settlements"]) for each in replies[:2]] == [5, 1]
    without = "to_jsonb(row) - '{moved,payers,payer_fen}'::text[]"
    stored = await world.rows(f"SELECT ({without})::text FROM settlements AS row")
    await world.platform.empty("claims", "settlements", "accumulator_movement_rows")
    api = await asyncpg.connect(world.platform.system.config.dsn("claims", "api"))
    async with api.transaction():
        await api.execute("SELECT set_config('app.jurisdiction', '{990101}', true)")
        await api.execute(
            f"WITH settled AS ({COPY.format(table='settlements')} RETURNING id), paid AS ("
            " INSERT INTO settlement_payers (settlement_id, line_no, payer, amount_fen)"
            " SELECT * FROM unnest($2::new_payer[])), moved AS ("
            " INSERT INTO accumulator_movements (settlement_id, kind, person_id, year, amount_fen)"
            " SELECT * FROM unnest($3::new_movement[])) SELECT FROM settled",
            [row[0] for row in stored],
            [tuple(row) for row in views[1]],
            [tuple(row[:5]) for row in views[0] if row.revision == 0],
        )
        await api.execute(
            "INSERT INTO accumulator_movements (settlement_id, kind, person_id, year, amount_fen, revision)"
            " SELECT * FROM unnest($1::new_revision_movement[])",
            [tuple(row) for row in views[0] if row.revision > 0],
        )
        assert await shown(api) == [[tuple(row) for row in rows] for rows in views]
        await api.execute("SELECT set_config('app.jurisdiction', '{990102}', true)")
        assert await shown(api) == [[], [], [], []]
    await api.close()
    assert [await world.rows(view) for view in SHOWN] == views
    assert await seen(world) == replies
    assert (await verify_ledger(world.platform.worker_url("claims"))).failed is None
    assert (await verify(world))[1] == []
