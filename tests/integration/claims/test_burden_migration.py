"""What was settled before own payments were counted is counted by the migration."""

from importlib import import_module

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.integration.claims.conftest import World
from tests.integration.claims.test_burden_events import all_borne_alone, member
from tests.support import claims as build

pytestmark = pytest.mark.integration
MIGRATION = import_module("services.claims.migrations.versions.0006_burden")
OWN = "kind IN ('own_payment', 'household.own_payment')"
COUNTED = (
    f"SELECT person_id, year, kind, division_code, used_fen FROM accumulators WHERE {OWN} ORDER BY 1, 2, 3"
)
# Accumulators and their movements were tables of their own.
AS_IT_WAS_THEN = (
    "ALTER VIEW accumulators RENAME TO accumulators_of_today",
    "CREATE TABLE accumulators AS SELECT * FROM accumulators_of_today",
    "ALTER VIEW accumulator_movements RENAME TO accumulator_movements_of_today",
    "CREATE TABLE accumulator_movements AS SELECT * FROM accumulator_movements_of_today",
)
MOVED = (
    "SELECT settlement_id, kind, person_id, year, amount_fen FROM accumulator_movements"
    f" WHERE {OWN} ORDER BY 1, 2"
)


async def test_the_migration_counts_the_past_as_settling_would_have(world: World) -> None:
    numbers = [await member(world, order) for order in range(3)]
    for no, number in enumerate(numbers * 2):
        await world.settle(build.visit(number, f"A{no}", f"{(no + 1) * 3000}.00"))
    await world.settle(all_borne_alone(numbers[0], "C1", "100.00"))
    await member(world, 0, village="990102200203", version=2)
    before = await world.rows(COUNTED), await world.rows(MOVED)
    address = world.platform.system.config.admin_dsn.rsplit("/", 1)[0] + "/claims"
    engine = create_async_engine(address.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.connect() as connection:
        await connection.execute(text("SET session_replication_role = replica"))
        for statement in AS_IT_WAS_THEN:
            await connection.execute(text(statement))
        for table in ("accumulators", "accumulator_movements"):
            await connection.execute(text(f"DELETE FROM {table} WHERE {OWN}"))
        for statement in MIGRATION.COUNT_WHAT_WAS_SETTLED.split(";\n\n"):
            await connection.execute(text(statement))
        counted = (await connection.execute(text(COUNTED))).all()
        moved = (await connection.execute(text(MOVED))).all()
        await connection.rollback()
    await engine.dispose()
    assert moved == before[1]
    assert [row for row in counted if row.kind == "own_payment"] == [
        row for row in before[0] if row.kind == "own_payment"
    ]
    assert sum(row.used_fen for row in counted) == sum(row.used_fen for row in before[0])
