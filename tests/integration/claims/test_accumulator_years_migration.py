"""Accumulators move from a row for each kind to a row for each holder and year, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from tests.integration.claims.conftest import World
from tests.integration.claims.test_burden_events import member
from tests.support import claims as build

pytestmark = pytest.mark.integration
MIGRATION = import_module("services.claims.migrations.versions.0024_years_of_holders")
HELD = "SELECT person_id, year, kind, division_code, used_fen FROM accumulators ORDER BY 1, 2, 3"
FUND = (
    "INSERT INTO accumulator_years (holder_id, year, holder, division_code, used)"
    """ VALUES (gen_random_uuid(), 2026, 'county', '990101', '{"fund.poverty_relief": 500}')"""
)
AS_IT_WAS_THEN = (
    "CREATE TABLE before AS SELECT * FROM accumulators",
    "DROP VIEW accumulators",
    "DROP TABLE accumulator_years",
    "ALTER TABLE before RENAME TO accumulators",
    "ALTER TABLE accumulators OWNER TO claims_owner",
    "ALTER TABLE accumulators ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE accumulators FORCE ROW LEVEL SECURITY",
    "SET ROLE claims_owner",
)


@asynccontextmanager
async def after_settling(world: World) -> AsyncIterator[AsyncConnection]:
    """A connection whose changes are undone; two members of a household were settled twice each."""
    numbers = [await member(world, order) for order in range(2)]
    for no, number in enumerate(numbers * 2):
        await world.settle(build.visit(number, f"A{no}", f"{(no + 1) * 7000}.00"))
    address = world.platform.system.config.admin_dsn.rsplit("/", 1)[0] + "/claims"
    engine = create_async_engine(address.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.connect() as connection:
        await connection.execute(text(FUND))
        yield connection
        await connection.rollback()
    await engine.dispose()


async def test_every_accumulator_holds_after_the_migration_what_it_held_before(world: World) -> None:
    async with after_settling(world) as connection:
        before = (await connection.execute(text(HELD))).all()
        holders = "SELECT * FROM accumulator_years ORDER BY holder_id, year"
        rows = [(*row[:4], row.own_payment_fen) for row in (await connection.execute(text(holders))).all()]
        assert {row[2] for row in rows} == {"person", "household", "county"}
        for statement in (*AS_IT_WAS_THEN, *MIGRATION._TABLE.split(";\n\n")):
            await connection.execute(text(statement))
        await connection.execute(text("RESET ROLE"))
        assert (await connection.execute(text(HELD))).all() == before
        migrated = (await connection.execute(text(holders))).all()
        assert [(*row[:4], row.own_payment_fen) for row in migrated] == rows
        assert any(row.own_payment_fen for row in migrated)


async def test_a_process_of_the_version_before_still_opens_locks_and_moves_accumulators(world: World) -> None:
    async with after_settling(world) as connection:
        before = {tuple(row[:3]): row[4] for row in await connection.execute(text(HELD))}
        holder, year, kind = paid = next(key for key in before if key[2] == "basic_insurance.paid")
        wanted = f"('{holder}', {year}, '{kind}', '990101')", f"('{holder}', {year}, 'test.new', '990101')"
        array = ", ".join(f"{key}::new_accumulator" for key in wanted)
        opened = (await connection.execute(text(f"SELECT open_and_lock(ARRAY[{array}])"))).scalar_one()
        assert opened == [before[paid], 0]
        await connection.execute(
            text(
                "UPDATE accumulators AS stored SET used_fen = stored.used_fen + 7"
                f" FROM (VALUES ('{kind}'), ('test.new')) AS new (kind)"
                f" WHERE (stored.person_id, stored.year, stored.kind) = ('{holder}', {year}, new.kind)"
            )
        )
        after = {tuple(row[:3]): row[4] for row in await connection.execute(text(HELD))}
        assert after == {**before, paid: before[paid] + 7, (holder, year, "test.new"): 7}


async def test_a_move_told_by_the_version_before_takes_nothing_from_who_settles(
    world: World,
) -> None:
    async with after_settling(world) as connection:
        await connection.commit()
        address = world.platform.system.config.admin_dsn.rsplit("/", 1)[0] + "/claims"
        settling = await asyncpg.connect(address)
        mine = "WHERE holder = 'household'"
        transaction = settling.transaction()
        await transaction.start()
        more = "(used::jsonb || jsonb_build_object('household.own_payment', own_payment_fen + 200))::json"
        before = await settling.fetchval(f"SELECT own_payment_fen FROM accumulator_years {mine}")
        await settling.execute(f"UPDATE accumulator_years SET used = {more} {mine}")
        moving = asyncio.create_task(
            connection.execute(text("UPDATE accumulators SET division_code = '990102200203'"))
        )
        await asyncio.sleep(0.3)
        assert not moving.done()
        await transaction.commit()
        await moving
        await connection.commit()
        row = await settling.fetchrow(f"SELECT own_payment_fen, division_code FROM accumulator_years {mine}")
        assert tuple(row or ()) == (before + 200, "990102200203")
        await settling.close()


async def test_no_accumulator_falls_below_zero(world: World) -> None:
    async with after_settling(world) as connection:
        below = "UPDATE accumulator_years SET used = json_build_object('own_payment', -1)"
        with pytest.raises(IntegrityError, match="ck_accumulator_years_used"):
            await connection.execute(text(below))
